"""Hub demand: what is held, planned and wanted, within four horizons."""

import pytest

from schemas.records import HORIZONS
from streams.core.totals import Total, bucket_of, plan_bucket
from tests.support.core_desk import Desk
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    cancelled,
    counted,
    issued,
    placed,
    planned,
    report,
    tick,
)

TODAY = "2026-11-22"


def across(desk: Desk, what: str) -> list[str]:
    return [desk.row(horizon=horizon).get(what, "") for horizon in HORIZONS]


@pytest.mark.parametrize(
    ("needed_by", "expected"),
    [
        ("", ["9", "9", "9", "9"]),
        ("2026-11-21", ["9", "9", "9", "9"]),
        (TODAY, ["0", "9", "9", "9"]),
        ("2026-11-23", ["0", "0", "9", "9"]),
        ("2026-11-29", ["0", "0", "9", "9"]),
        ("2026-11-30", ["0", "0", "0", "9"]),
    ],
)
def test_horizons_hold_what_is_needed_by_then(needed_by: str, expected: list[str]) -> None:
    more = {"needed_by": needed_by} if needed_by else {}
    desk = Desk().feed(report(A, 1, placed("PO-1", 9, **more)))
    assert across(desk, "demand") == expected
    assert across(desk, "gap") == expected


@pytest.mark.parametrize(
    ("ready_on", "expected"),
    [
        ("2026-11-21", ["0", "0", "0", "0"]),
        (TODAY, ["0", "9", "9", "9"]),
        ("2026-11-29", ["0", "0", "9", "9"]),
        ("2027-03-10", ["0", "0", "0", "9"]),
    ],
)
def test_a_plan_counts_from_its_day_on_and_no_more_when_it_is_past(
    ready_on: str, expected: list[str]
) -> None:
    desk = Desk().feed(report(A, 1, planned(9, ready_on), counted(1)))
    assert across(desk, "planned") == expected


def test_supply_is_the_sum_of_the_positions_of_a_grade_negative_ones_too() -> None:
    desk = Desk().feed(
        report(A, 1, counted(10, grade="A"), counted(5, grade="A", lot="L1")),
        report(B, 1, counted(2, grade="A"), issued(9, grade="A")),
        report(C, 1, counted(4)),
    )
    assert desk.row(grade="A")["supply"] == "8"
    assert desk.row()["supply"] == "4"


def test_markets_stand_apart_and_supply_is_shown_as_domestic() -> None:
    export = placed("PO-1", 9, market="export")
    desk = Desk().feed(report(A, 1, export), report(B, 1, counted(4)))
    rows = desk.demand()[f"{HUB}|KELAPA|season"]["rows"]
    assert [(r["market"], r["supply"], r["demand"]) for r in rows] == [
        ("domestic", "4", "0"),
        ("export", "0", "9"),
    ]


def test_a_row_of_nothing_at_all_is_not_shown() -> None:
    desk = Desk().feed(report(A, 1, placed("PO-1", 9, grade="B")), report(A, 2, cancelled("PO-1")))
    assert desk.demand()[f"{HUB}|KELAPA|season"]["rows"] == []


def test_a_counted_nothing_is_shown() -> None:
    assert Desk().feed(report(A, 1, counted(0))).row()["supply"] == "0"


def test_age_is_of_what_each_coop_said_last() -> None:
    desk = Desk().feed(
        report(A, 1, counted(1), at=NOON - 2 * DAY),
        report(B, 1, counted(1), at=NOON - DAY),
        report(C, 1, placed("PO-1", 9), at=NOON - HOUR),
    )
    total = desk.demand()[f"{HUB}|KELAPA|now"]
    assert (total["stalest_ms"], total["freshest_ms"]) == (NOON - 2 * DAY, NOON - HOUR)
    desk.feed(report(A, 2, counted(1)))
    total = desk.demand()[f"{HUB}|KELAPA|now"]
    assert (total["stalest_ms"], total["freshest_ms"]) == (NOON - DAY, NOON)


def test_a_total_forgets_whom_it_heard_when_nothing_of_it_counts() -> None:
    total = Total()
    for name, at in (("a", 5), ("b", 3), ("c", 9), ("b", 4)):
        total.hear(name, at)
    assert (total.stalest, total.freshest) == (4, 9)
    total.hear_anew("c", -1)
    assert (total.stalest, total.freshest) == (4, 5)
    total.hear_anew("b", 7)
    assert (total.stalest, total.freshest) == (5, 7)
    total.hear_anew("a", -1)
    total.hear_anew("b", -1)
    assert (total.stalest, total.freshest, total.heard) == (-1, -1, {})


def test_at_midnight_of_the_hub_what_is_wanted_moves_on() -> None:
    desk = Desk().feed(
        tick(1, NOON), report(A, 1, placed("PO-1", 9, needed_by="2026-11-23"), counted(1))
    )
    midnight = NOON + 13 * HOUR  # 11:00 and thirteen hours
    desk.feed(tick(2, midnight - 1))
    assert across(desk, "demand") == ["0", "0", "9", "9"]
    desk.feed(tick(3, midnight))
    assert across(desk, "demand") == ["0", "9", "9", "9"]
    desk.feed(tick(4, midnight + DAY))
    assert across(desk, "demand") == ["9", "9", "9", "9"]


def test_a_plan_whose_day_is_past_counts_no_more() -> None:
    desk = Desk().feed(tick(1, NOON), report(A, 1, planned(9, TODAY), counted(1)))
    assert across(desk, "planned") == ["0", "9", "9", "9"]
    desk.feed(tick(2, NOON + DAY))
    assert across(desk, "planned") == ["0", "0", "0", "0"]


def test_the_buckets_are_those_of_the_design() -> None:
    assert [bucket_of(day, 10) for day in (-1, 9, 10, 11, 17, 18)] == [0, 0, 1, 2, 2, 3]
    assert [plan_bucket(day, 10) for day in (9, 10, 11, 17, 18)] == [-1, 1, 2, 2, 3]


def test_a_version_is_the_offset_of_the_record_that_changed_the_total_and_one() -> None:
    desk = Desk().feed(report(A, 1, counted(1)), report(B, 1, counted(1, "KOPRA")), tick(1, NOON))
    assert desk.demand()[f"{HUB}|KELAPA|now"]["version"] == 1
    assert desk.demand()[f"{HUB}|KOPRA|now"]["version"] == 2
    assert desk.positions()[B, "KOPRA|UNGRADED|"]["version"] == 2
