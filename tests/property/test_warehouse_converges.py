"""Whatever order records come in, however often, in whatever batches: the same tables."""

import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.compare import digests
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.warehouses import fresh

STATES = ("proposed", "countered", "accepted", "shipped", "received")


def said_at(version: int) -> list[bytes]:
    """Everything that the input record of this version changed."""
    offset = version - 1
    event = f"{COOP}:hp1:{offset}"
    report = derived.ledger(
        offset,
        lines=[derived.line(event, quantity=str(version))],
        positions=[
            derived.position(version, str(version % 4)),
            derived.position(version, lot="L"),
        ],
        voided=[f"{COOP}:hp1:{version % 3}#1"],
        repairs=f"{COOP}:hp1:{version % 2}#1",
    )
    request = derived.ledger(
        offset, coop=OTHER, partition=1, orders=[derived.order(version, str(version))]
    )
    grades = [(grade, str(version)) for grade in "ABC"[version % 3 :]]
    return [
        report,
        request,
        derived.demand(version, grades),
        derived.demand(version, [], horizon="7d"),
        derived.match(version, STATES[min(version, 5) - 1], steps=STATES[: min(version, 5)]),
        derived.why_not(version, [f"{OTHER}|PO-{n}" for n in range((version + 1) % 3)]),
        derived.dead_letter(offset, payload=str(version).encode()),
        derived.dead_letter(offset, f"{COOP}:hp1:1#1", str(version).encode()),
    ]


ALL = [record for version in range(1, 7) for record in said_at(version)]


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[bytes]]:
    """Every record at least once, in any order, some again, cut into batches anywhere."""
    again = draw(st.lists(st.sampled_from(ALL), max_size=30))
    order = draw(st.permutations(ALL + again))
    cuts = draw(st.sets(st.integers(1, len(order) - 1), max_size=6))
    edges = [0, *sorted(cuts), len(order)]
    return [list(order[a:b]) for a, b in pairwise(edges)]


def tables_after(batches: list[list[bytes]]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        url = fresh(Path(folder))
        with open_warehouse(url) as warehouse:
            for batch in batches:
                ends = {topic: at.next_offset for (topic, _), at in warehouse.reached.items()}
                write(warehouse, laid(batch, ends))
        return digests(url)


IN_ORDER = tables_after([[record] for record in ALL])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(deliveries())
def test_any_interleaving_with_repeats_ends_in_the_same_tables(batches: list[list[bytes]]) -> None:
    assert tables_after(batches) == IN_ORDER


def test_the_tables_in_order_hold_something_to_compare() -> None:
    nothing = tables_after([[]])
    assert all(IN_ORDER[table] != digest for table, digest in nothing.items())
