"""Records become rows; what cannot be read becomes a row too."""

from typing import Any

import msgspec
import pytest

from schemas import records
from sinks.batch import Batch
from sinks.reading import micro_of, rows_of
from sinks.rows import (
    SHAPES,
    DeadLetterRow,
    DemandHeadRow,
    FaultRow,
    HeardRow,
    HubDemandRow,
    JudgementRow,
    LedgerLineRow,
    LineVoidRow,
    MatchHistoryRow,
    MatchRow,
    OrderRow,
    PositionRow,
    Row,
    WhyNotHeadRow,
    WhyNotRow,
)
from sinks.tables import TABLES
from tests.support import derived
from tests.support.derived import COOP, HUB, NOW_MS, OTHER, laid

EVENT = f"{COOP}:hp1:7"


def read(value: bytes | None) -> list[Row]:
    return rows_of("t", 3, 9, b"k", value)


def one(rows: list[Row], shape: type[Row]) -> Any:
    (found,) = [row for row in rows if isinstance(row, shape)]
    return found


def test_a_judged_report_gives_its_judgement_lines_positions_orders_and_when_it_was_heard() -> (
    None
):
    rows = read(
        derived.ledger(
            7,
            lines=[derived.line(EVENT)],
            positions=[derived.position(8, "-2.5")],
            orders=[derived.order(8)],
            voided=[f"{COOP}:hp1:5#1"],
        )
    )
    judged = one(rows, JudgementRow)
    assert (judged.partition, judged.offset, judged.verdict) == (0, 7, "accepted")
    assert (judged.line_count, judged.body, judged.version) == (1, "", 8)
    said = one(rows, LedgerLineRow)
    assert (said.line_id, said.stem, said.quantity_micro) == (
        f"{EVENT}#1",
        f"{EVENT}#1",
        120_000_000,
    )
    held = one(rows, PositionRow)
    assert (held.offer, held.hub, held.on_hand_micro) == (f"{COOP}|LADA-PUTIH|A|", HUB, -2_500_000)
    asked = one(rows, OrderRow)
    assert (asked.order_id, asked.quantity_micro) == (f"{OTHER}|PO-17", 50_000_000)
    assert one(rows, LineVoidRow) == LineVoidRow(f"{COOP}:hp1:5#1", EVENT, 8)
    assert one(rows, HeardRow) == HeardRow(COOP, HUB, NOW_MS, NOW_MS + 5)


def test_a_part_of_a_conversion_keeps_the_line_it_was_said_in() -> None:
    part = derived.line(EVENT, 2, line_id=f"{EVENT}#2.1", quantity="-100", kind="stock.converted")
    said = one(read(derived.ledger(7, lines=[part])), LedgerLineRow)
    assert (said.line_id, said.stem, said.quantity_micro) == (
        f"{EVENT}#2.1",
        f"{EVENT}#2",
        -100_000_000,
    )


def test_a_line_without_a_quantity_has_none_rather_than_zero() -> None:
    void = derived.line(EVENT, kind="line.voided", quantity="", target="x#1")
    assert one(read(derived.ledger(7, lines=[void])), LedgerLineRow).quantity_micro is None


def test_a_rejected_record_is_judged_but_not_heard() -> None:
    rows = read(derived.ledger(7, "rejected", reason="unknown_coop"))
    assert [type(row) for row in rows] == [JudgementRow]


def test_the_body_of_other_sayings_is_kept_as_it_came() -> None:
    body = msgspec.Raw(b'{"land":true}')
    assert one(read(derived.ledger(7, body=body)), JudgementRow).body == '{"land":true}'


def test_demand_gives_a_row_for_each_grade_and_market_and_one_head() -> None:
    rows = read(derived.demand(5, [("A", "1"), ("B", "2.000001")]))
    assert [row.demand_micro for row in rows if isinstance(row, HubDemandRow)] == [
        1_000_000,
        2_000_001,
    ]
    assert one(rows, DemandHeadRow).version == 5


def test_demand_that_has_vanished_leaves_a_head() -> None:
    assert [type(row) for row in read(derived.demand(5, []))] == [DemandHeadRow]


def test_a_match_brings_its_whole_life() -> None:
    rows = read(derived.match(5, "accepted", steps=("proposed", "accepted")))
    assert one(rows, MatchRow).certified == 1
    steps = [row for row in rows if isinstance(row, MatchHistoryRow)]
    assert [(row.step, row.state) for row in steps] == [(1, "proposed"), (2, "accepted")]


def test_reasons_of_a_round_stand_under_one_head() -> None:
    rows = read(derived.why_not(5, ["a|b", "c|d"]))
    assert [row.line for row in rows if isinstance(row, WhyNotRow)] == ["a|b", "c|d"]
    assert one(rows, WhyNotHeadRow).version == 5


def test_a_dead_letter_keeps_its_bytes() -> None:
    payload = bytes(range(256))
    assert one(read(derived.dead_letter(3, payload=payload)), DeadLetterRow).payload == payload


UNREADABLE = {
    "nothing": None,
    "empty": b"",
    "no JSON": b"{",
    "bad UTF-8": b'{"type":"\xff"}',
    "no object": b"[]",
    "too deep": b"[" * 200_000,
    "no type": b'{"data":{}}',
    "a type to come": derived.demand(1).replace(b"demand.v1", b"demand.v9"),
    "a field missing": b'{"type":"lumbung.demand.v1","data":{"hub":"19.02"}}',
    "a field of another type": derived.demand(1).replace(b'"hub":"19.02"', b'"hub":1902'),
    "no quantity": derived.demand(1, [("A", "1e9")]),
    "not a number": derived.demand(1, [("A", "NaN")]),
    "digits of another script": derived.demand(1, [("A", "١٢")]),
    "a quantity beyond 64 bits": derived.demand(1, [("A", "9999999999999")]),
    "a number beyond 64 bits": derived.demand(2**70),
    "a negative number beyond 64 bits": derived.demand(-(2**70)),
    "a key too long": derived.demand(1, hub="x" * 201),
    "a text with NUL": derived.demand(1, hub="19\0"),
    "a lone surrogate": derived.demand(1).replace(b"19.02", b"\\ud800"),
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_record_is_kept_whole_with_its_place(value: bytes | None) -> None:
    (fault,) = read(value)
    assert isinstance(fault, FaultRow)
    assert (fault.topic, fault.partition, fault.offset) == ("t", 3, 9)
    assert (fault.key, fault.value) == (b"k", value or b"")
    assert fault.reason
    assert "\0" not in fault.reason


def test_bytes_of_a_dead_letter_may_hold_what_no_text_may() -> None:
    assert isinstance(read(derived.dead_letter(1, payload=b'"\\u0000"'))[0], DeadLetterRow)


def test_a_field_added_later_is_read_over() -> None:
    value = derived.demand(1).replace(b'"hub":', b'"new":1,"hub":')
    assert one(read(value), DemandHeadRow).hub == HUB


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("", 0),
        ("0", 0),
        ("-0.5", -500_000),
        ("1.000001", 1_000_001),
        ("9000000000000", 9 * 10**18),
    ],
)
def test_a_quantity_is_read_exactly(text: str, micro: int) -> None:
    assert micro_of(text) == micro


@pytest.mark.parametrize("text", ["1,5", " 1", "+1", "1_0", "1.", ".5", "1.0000001", "--1", "1\n"])
def test_a_text_that_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        micro_of(text)


def test_every_row_has_the_columns_of_its_table_in_order() -> None:
    for shape in SHAPES:
        assert tuple(column.name for column in TABLES[shape].columns) == shape._fields


def test_several_versions_in_one_batch_leave_the_highest() -> None:
    values = [derived.demand(v, [("A", str(v))]) for v in (2, 9, 4)]
    batch = Batch()
    batch.take(laid(values), {})
    (row,) = batch.rows[HubDemandRow].values()
    assert isinstance(row, HubDemandRow)
    assert (row.version, row.demand_micro) == (9, 9_000_000)
    assert batch.records == 3


def test_a_record_below_the_known_offset_is_left_out() -> None:
    records_in = laid([derived.demand(1), derived.demand(2)])
    first = Batch()
    first.take(records_in[:1], {})
    second = Batch()
    second.take(records_in, first.reached)
    assert second.records == 1
    assert second.reached["lumbung.demand.v1", 0].next_offset == 2


def test_the_epoch_of_what_was_read_is_remembered() -> None:
    batch = Batch()
    batch.take(laid([derived.demand(records.version_of(3, 7))]), {})
    assert batch.reached["lumbung.demand.v1", 0].epoch == 3
