"""A line that is taken back was never said, whichever of the two came first."""

from itertools import permutations
from typing import Any

import pytest

from streams.core.sayings import ENTRIES_MAX, VOIDS_EACH
from tests.support.core_desk import Desk
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    Saying,
    amended,
    counted,
    line,
    placed,
    planned,
    received,
    report,
    voided,
)

LEVEL = "KELAPA|UNGRADED|"


def outcomes(*log: Saying) -> list[Any]:
    """What every order of arrival comes to: level, order, plan, lines taken back."""
    found = []
    for order in permutations(log):
        desk = Desk().feed(*order)
        level = desk.positions().get((A, LEVEL), {}).get("on_hand")
        seen = desk.orders().get(f"{A}|PO-1", {})
        back = {x["line_id"] for e in desk.ledger() for x in e.get("lines", []) if x.get("voided")}
        back |= {x for e in desk.ledger() for x in e.get("voided", [])}
        one = (level, seen.get("state"), seen.get("quantity"), sorted(back))
        if one not in found:
            found.append(one)
    return found


def test_a_movement_is_taken_back() -> None:
    log = report(A, 1, counted(100)), report(A, 2, received(7), at=NOON + HOUR)
    back = report(A, 3, voided(A, 2), at=NOON + DAY)
    assert outcomes(*log, back) == [("100", None, None, [f"{A}:hp1:2#1"])]


def test_under_a_count_taken_back_lies_the_one_before_with_its_movements() -> None:
    first = report(A, 1, counted(100, keep="9"), at=NOON - 2 * HOUR)
    move = report(A, 2, received(7), at=NOON - HOUR)
    second = report(A, 3, counted(30))
    back = report(A, 4, voided(A, 3), at=NOON + HOUR)
    assert outcomes(first, move, second, back) == [("107", None, None, [f"{A}:hp1:3#1"])]
    assert Desk().feed(second, back, first, move).positions()[A, LEVEL]["keep"] == "9"


def test_a_void_may_take_back_a_line_of_its_own_report() -> None:
    log = report(A, 1, received(5), received(7), voided(A, 1, 1))
    assert Desk().feed(log).on_hand(A) == "7"
    later = report(A, 1, voided(A, 1, 2), received(5), received(7))
    assert Desk().feed(later).on_hand(A) == "7"


def test_a_void_reaches_thirty_days_and_not_a_millisecond_more() -> None:
    said = report(A, 1, received(5), at=NOON - 30 * DAY)
    assert outcomes(said, report(A, 2, voided(A, 1)))[0][0] == "0"
    far = report(A, 2, voided(A, 1), at=NOON + 1)
    assert [one[0] for one in outcomes(said, far)] == ["5"]
    assert Desk().feed(said, far).reasons() == ["void_too_late"]


def test_a_void_may_be_said_before_its_line() -> None:
    back = report(A, 2, voided(A, 1), at=NOON - 30 * DAY)
    assert outcomes(report(A, 1, received(5)), back)[0][0] == "0"


def test_of_two_voids_one_within_reach_is_enough() -> None:
    said = report(A, 1, received(5), at=NOON - 40 * DAY)
    near = report(A, 2, voided(A, 1), at=NOON - 20 * DAY)
    far = report(A, 3, voided(A, 1))
    assert [one[0] for one in outcomes(said, near, far)] == ["0"]
    early = report(A, 2, voided(A, 1), at=NOON - 80 * DAY)
    late = report(A, 3, voided(A, 1), at=NOON - 39 * DAY)
    assert [one[0] for one in outcomes(said, early, late)] == ["0"]


def test_a_void_of_a_void_takes_nothing_back() -> None:
    said, back = report(A, 1, received(5)), report(A, 2, voided(A, 1), at=NOON + HOUR)
    again = report(A, 3, voided(A, 2), at=NOON + 2 * HOUR)
    assert outcomes(said, back, again) == [("0", None, None, [f"{A}:hp1:1#1"])]


def test_nobody_takes_back_the_line_of_another() -> None:
    desk = Desk().feed(report(A, 1, received(5)), report(B, 1, voided(A, 1)))
    assert desk.reasons() == ["void_of_another"]
    assert desk.on_hand(A) == "5"


def test_every_part_of_a_conversion_is_taken_back() -> None:
    portion = {"commodity": "PADI-GKP", "quantity": "100", "unit": "KG"}
    made = {**portion, "commodity": "PADI-GKG", "quantity": "82"}
    milled = {"kind": "stock.converted", "recipe": "R01", "inputs": [portion], "outputs": [made]}
    for order in permutations((report(A, 1, milled), report(A, 2, voided(A, 1)))):
        desk = Desk().feed(*order)
        assert desk.on_hand(A, "PADI-GKP|UNGRADED|") == "0"
        assert desk.on_hand(A, "PADI-GKG|UNGRADED|") == "0"


def test_an_order_whose_only_placing_is_taken_back_is_unplaced_and_asks_for_nothing() -> None:
    said = report(A, 1, placed("PO-1", 200)), report(A, 2, voided(A, 1))
    assert outcomes(*said) == [(None, "unplaced", "0", [f"{A}:hp1:1#1"])]
    desk = Desk().feed(*said, report(B, 1, counted(1)))
    assert desk.row()["demand"] == "0"


def test_under_an_amendment_taken_back_lies_the_order_before() -> None:
    log = (
        report(A, 1, placed("PO-1", 200)),
        report(A, 2, amended("PO-1", 2, quantity="5", unit="BUTIR")),
    )
    assert outcomes(*log, report(A, 3, voided(A, 2)))[0][2] == "200"


def test_under_a_plan_taken_back_lies_the_one_before() -> None:
    first = report(A, 1, planned(300, "2026-12-20"), counted(1), at=NOON - DAY)
    second = report(A, 2, planned(200, "2026-12-20"))
    for order in permutations((first, second, report(A, 3, voided(A, 2)))):
        assert Desk().feed(*order).row()["planned"] == "300"
    assert Desk().feed(first, report(A, 2, voided(A, 1))).row()["planned"] == "0"


def test_a_line_taken_back_before_it_came_shows_what_it_speaks_of() -> None:
    desk = Desk().feed(report(A, 2, voided(A, 1, 1), voided(A, 1, 2)))
    desk.feed(report(A, 1, received(5), placed("PO-1", 9)))
    assert desk.verdicts() == ["accepted", "accepted"]
    assert desk.on_hand(A) == "0"
    assert desk.orders()[f"{A}|PO-1"]["state"] == "unplaced"


def test_the_ledger_of_a_void_names_its_line_and_the_position_as_it_stands() -> None:
    desk = Desk().feed(report(A, 1, received(5)), report(A, 2, voided(A, 1)))
    entry = desk.ledger()[-1]
    assert entry["voided"] == [f"{A}:hp1:1#1"]
    assert [p["on_hand"] for p in entry["positions"]] == ["0"]
    assert desk.row()["supply"] == "0"


def test_a_plan_never_counted_makes_no_total() -> None:
    plan = report(A, 1, planned(5, "2026-12-20"))
    desk = Desk().feed(report(A, 2, voided(A, 1)), plan, plan)
    assert desk.verdicts() == ["accepted", "accepted", "duplicate"]
    assert desk.demand() == {}


def test_a_void_of_a_line_that_is_not_there_changes_nothing() -> None:
    desk = Desk().feed(report(A, 1, received(5)), report(A, 2, voided(A, 1, 9)))
    assert desk.verdicts() == ["accepted", "accepted"]
    assert desk.on_hand(A) == "5"


def test_voids_that_wait_are_bounded() -> None:
    waiting = [voided(A, 1000 + n) for n in range(ENTRIES_MAX + 1)]
    desk = Desk().feed(*(report(A, n + 1, *waiting[n * 200 : n * 200 + 200]) for n in range(3)))
    assert desk.reasons() == ["state_too_large"]
    same = [report(B, n, voided(B, 99), at=NOON + n) for n in range(1, VOIDS_EACH + 2)]
    assert Desk().feed(*same).reasons() == ["state_too_large"]


@pytest.mark.parametrize("unit", ["KERANJANG"])
def test_a_line_that_was_refused_cannot_be_taken_back(unit: str) -> None:
    bad = line("stock.counted", 1, unit=unit)
    desk = Desk().feed(report(A, 1, bad, received(5)), report(A, 2, voided(A, 1, 1)))
    assert desk.on_hand(A) == "5"
    assert f"{HUB}|KELAPA|now" in desk.demand()
