"""Arrival order, repetition and the cutting of runs change nothing; an oracle says the same."""

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_desk import Desk, taken_back, without_versions
from tests.support.core_logs import COOPS, DAY, HOUR, NOON, Saying, records, tick
from tests.support.core_village import Village
from tests.support.oracle import Moved, Oracle, ms

SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, deadline=None)


def ticks(first: int = 1) -> list[Saying]:
    return [
        tick(first, NOON + HOUR),
        tick(first + 1, NOON + 2 * HOUR),
        tick(first + 2, NOON + DAY),
    ]


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
    plain["voided"] = taken_back(desk)
    return plain


@FEW
@given(SEEDS)
def test_any_arrival_order_with_repetitions_comes_to_the_same(seed: int) -> None:
    chance = Random(seed)
    log = Village(chance).story(chance.randrange(1, 50))
    shuffled = log + chance.choices(log, k=len(log) // 2)
    chance.shuffle(shuffled)
    assert final(Desk().feed(*shuffled, *ticks())) == final(Desk().feed(*log, *ticks()))


def levels(desk: Desk) -> dict[tuple[str, str], dict[str, int]]:
    """Positions as the oracle names them."""
    return {
        place: {
            "on_hand": int(row["on_hand"]),
            "keep": int(row["keep"]),
            "floor_price": row["floor_price"],
            "last_report_ms": row["last_report_ms"],
        }
        for place, row in desk.positions().items()
    }


@FEW
@given(SEEDS)
def test_an_oracle_that_knows_only_the_design_sees_the_same(seed: int) -> None:
    chance = Random(seed)
    log = Village(chance).story(chance.randrange(1, 60))
    chance.shuffle(log)
    desk, oracle = Desk().feed(*log), Oracle([s.value for s in log])
    assert levels(desk) == oracle.positions()
    expected = oracle.orders()
    orders = desk.orders()
    assert orders.keys() == expected.keys()
    for name, order in expected.items():
        shown = {"revision": 0, "ceiling_price": -1, **orders[name]}
        assert {field: shown.get(field) for field in order} == order
    assert final(desk)["voided"] == oracle.voided


def sound_lines(desk: Desk, log: list[Saying]) -> list[bytes]:
    """The reports that held, their refused lines put out of sight of the oracle."""
    found = []
    for entry in desk.ledger():
        if entry["verdict"] != "duplicate" and entry.get("event_type") == "lumbung.report.v1":
            told = json.loads(log[entry["offset"]].value)
            refused = [fault["line"] for fault in entry.get("refused", [])]
            for n in refused:
                told["data"]["lines"][n - 1] = {"kind": "nothing"}
            if not entry.get("reason") and 0 not in refused:  # 0: refused whole
                found.append(json.dumps(told).encode())
    return found


def moved(desk: Desk, log: list[Saying]) -> list[Moved]:
    """What the decisions moved that were carried out."""
    found, matches = [], desk.matches()
    for entry in desk.ledger():
        if entry["verdict"] == "accepted" and entry["event_type"] == "lumbung.decision.v1":
            told = json.loads(log[entry["offset"]].value)
            said, match = told["data"], matches[told["data"]["match"]]
            key = (ms(told["time"]), said["device"], said["sequence"], 0)
            goods, amount = f"{match['commodity']}|{match['grade']}", int(said.get("quantity", 0))
            if said["decision"] == "ship":
                found.append(Moved(match["from_coop"], f"{goods}|{match['lot']}", -amount, key))
            elif said["decision"] == "receive":
                found.append(Moved(match["to_coop"], f"{goods}|", amount, key, match["order"]))
    return found


@FEW
@given(SEEDS)
def test_what_ticks_forget_still_counts_as_the_oracle_that_forgets_nothing_says(seed: int) -> None:
    chance = Random(seed)
    log = Village(chance, COOPS[:2]).life(60, 16, whole=False)
    desk = Desk()
    for said in log:
        desk.feed(said)
    oracle = Oracle(sound_lines(desk, log), moved(desk, log))
    assert levels(desk) == oracle.positions()
    states = {name: order["state"] for name, order in oracle.orders().items()}
    assert {name: order["state"] for name, order in desk.orders().items()} == states


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
