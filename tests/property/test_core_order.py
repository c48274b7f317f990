"""Arrival order, repetition and the cutting of runs change nothing; an oracle says the same."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_logs import (
    DAY,
    HOUR,
    NOON,
    Desk,
    Saying,
    Village,
    records,
    tick,
    without_versions,
)
from tests.support.oracle import Oracle

SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, deadline=None)


def ticks(first: int = 1) -> list[Saying]:
    return [tick(first, NOON + HOUR), tick(first + 1, NOON + 2 * HOUR), tick(first + 2, NOON + DAY)]


def final(desk: Desk) -> dict[str, Any]:
    """All that a reader ends up with, versions left out."""
    tables: dict[str, dict[Any, dict[str, Any]]] = {
        "positions": desk.positions(),
        "orders": desk.orders(),
        "demand": desk.demand(),
        "matches": desk.matches(),
        "why": desk.why_not(),
    }
    plain: dict[str, Any] = {
        name: {key: without_versions(row) for key, row in table.items()}
        for name, table in tables.items()
    }
    entries = desk.ledger()
    plain["voided"] = {line for entry in entries for line in entry.get("voided", [])} | {
        line["line_id"]
        for entry in entries
        for line in entry.get("lines", [])
        if line.get("voided")
    }
    return plain


@FEW
@given(SEEDS)
def test_any_arrival_order_with_repetitions_comes_to_the_same(seed: int) -> None:
    chance = Random(seed)
    log = Village(chance).story(chance.randrange(1, 50))
    shuffled = log + chance.choices(log, k=len(log) // 2)
    chance.shuffle(shuffled)
    assert final(Desk().feed(*shuffled, *ticks())) == final(Desk().feed(*log, *ticks()))


@FEW
@given(SEEDS)
def test_an_oracle_that_knows_only_the_design_sees_the_same(seed: int) -> None:
    chance = Random(seed)
    log = Village(chance).story(chance.randrange(1, 60))
    chance.shuffle(log)
    desk, oracle = Desk().feed(*log), Oracle([s.value for s in log])
    seen = {
        place: {
            "on_hand": int(row["on_hand"]),
            "keep": int(row["keep"]),
            "floor_price": row["floor_price"],
            "last_report_ms": row["last_report_ms"],
        }
        for place, row in desk.positions().items()
    }
    assert seen == oracle.positions()
    expected = oracle.orders()
    orders = desk.orders()
    assert orders.keys() == expected.keys()
    for name, order in expected.items():
        shown = {"revision": 0, "ceiling_price": -1, **orders[name]}
        assert {field: shown.get(field) for field in order} == order
    assert final(desk)["voided"] == oracle.voided


@FEW
@given(SEEDS)
def test_runs_of_any_size_come_to_the_same_as_one_by_one(seed: int) -> None:
    chance = Random(seed)
    log = records(Village(chance).life(40, 8))
    single, cut = Desk(), Desk()
    for one in log:
        single.run([one])
    at = 0
    while at < len(log):
        size = chance.choice((1, 2, 3, 7, 20))
        cut.run(log[at : at + size])
        at += size
    assert cut.state() == single.state()
    assert final(cut) == final(single)
    for name in ("positions", "orders", "demand", "matches", "why_not"):
        assert getattr(cut, name)() == getattr(single, name)()
    assert cut.counts == single.counts
