"""A position is the newest count and the movements after it, whatever comes first."""

from itertools import permutations

import pytest

from tests.support.core_desk import Desk
from tests.support.core_logs import (
    DAY,
    HOUR,
    NOON,
    A,
    Saying,
    counted,
    issued,
    planned,
    received,
    report,
)


def levels(*log: Saying) -> set[str]:
    """What every order of arrival comes to."""
    return {Desk().feed(*order).on_hand(A) for order in permutations(log)}


def test_a_count_is_the_level() -> None:
    assert levels(report(A, 1, counted(120))) == {"120"}


def test_movements_before_any_count_add_up_from_nothing() -> None:
    assert levels(report(A, 1, received(5)), report(A, 2, issued(3), at=NOON + HOUR)) == {"2"}


def test_a_count_holds_what_moved_before_it_and_not_what_moved_after() -> None:
    before = report(A, 1, received(50), at=NOON - HOUR)
    count = report(A, 2, counted(100))
    after = report(A, 3, issued(30), at=NOON + HOUR)
    more = report(A, 4, received(7), at=NOON + 2 * HOUR)
    assert levels(before, count, after, more) == {"77"}


def test_of_two_counts_the_later_said_holds() -> None:
    first = report(A, 1, counted(10), at=NOON - HOUR)
    between = report(A, 2, received(5), at=NOON - 60_000)
    second = report(A, 3, counted(30))
    assert levels(first, between, second, report(A, 4, issued(1), at=NOON + HOUR)) == {"29"}


def test_a_late_count_lies_under_the_movements_already_known() -> None:
    moved = report(A, 1, received(5))
    late = report(A, 2, counted(100), at=NOON - HOUR)
    assert Desk().feed(moved, late).on_hand(A) == "105"


def test_at_one_moment_the_device_decides_then_the_number_and_the_line() -> None:
    assert levels(report(A, 1, counted(1)), report(A, 1, counted(2), device="hp2")) == {"2"}
    assert levels(report(A, 9, counted(9)), report(A, 10, counted(10))) == {"10"}
    assert levels(report(A, 1, counted(1), counted(2))) == {"2"}


def test_lines_of_one_report_follow_each_other() -> None:
    assert levels(report(A, 1, received(5), counted(10), issued(3))) == {"7"}


def test_a_level_may_be_negative_and_is_shown_so() -> None:
    desk = Desk().feed(report(A, 1, counted(10), issued(25)))
    assert desk.on_hand(A) == "-15"
    assert desk.row()["supply"] == "-15"


def test_grade_and_lot_part_positions_and_ungraded_is_no_grade() -> None:
    graded = counted(5, grade="A"), counted(7, grade="A", lot="L1"), counted(9, grade="UNGRADED")
    desk = Desk().feed(report(A, 1, *graded, received(1)))
    assert {name: p["on_hand"] for (_, name), p in desk.positions().items()} == {
        "KELAPA|A|": "5",
        "KELAPA|A|L1": "7",
        "KELAPA|UNGRADED|": "10",
    }


def test_quantities_are_exact_to_the_millionth() -> None:
    lines = [received("0.000001", "KOPRA")] * 3
    lines += [issued("0.1", "KOPRA"), received("0.2", "KOPRA")]
    assert Desk().feed(report(A, 1, *lines)).on_hand(A, "KOPRA|UNGRADED|") == "0.100003"


# ------------------------------------------------------------------ terms
TERMS = ("floor_price", "expires_day", "min_lot", "keep")


def terms(*log: Saying) -> set[tuple[object, ...]]:
    rows = [Desk().feed(*order).positions()[A, "KELAPA|UNGRADED|"] for order in permutations(log)]
    return {tuple(row[name] for name in TERMS) for row in rows}


def test_a_count_says_the_terms_of_the_offer() -> None:
    told = {"floor_price": "5000", "expires_on": "2027-05-01", "min_lot": "50", "keep": "20"}
    assert terms(report(A, 1, counted(120, **told))) == {(5000, 20939, "50", "20")}


def test_a_count_without_terms_takes_the_old_ones_back() -> None:
    first = report(A, 1, counted(120, keep="20"), at=NOON - HOUR)
    assert terms(first, report(A, 2, counted(120))) == {(-1, -1, "0", "0")}


def test_a_movement_without_terms_leaves_them() -> None:
    first = report(A, 1, counted(120, keep="20"), at=NOON - HOUR)
    moves = report(A, 2, received(1)), report(A, 3, issued(2), at=NOON + HOUR)
    assert terms(first, *moves) == {(-1, -1, "0", "20")}


def test_a_receipt_with_terms_says_them_anew() -> None:
    first = report(A, 1, counted(120, keep="20"), at=NOON - HOUR)
    assert terms(first, report(A, 2, received(1, floor_price="700"))) == {(700, -1, "0", "0")}


# ------------------------------------------------------------------ conversions
def converted(used: str, made: str) -> dict[str, object]:
    return {
        "kind": "stock.converted",
        "recipe": "R01",
        "inputs": [{"commodity": "PADI-GKP", "quantity": used, "unit": "KG"}],
        "outputs": [{"commodity": "PADI-GKG", "quantity": made, "unit": "KG"}],
    }


def test_a_conversion_takes_its_inputs_and_gives_its_outputs() -> None:
    count = report(A, 1, counted(300, "PADI-GKP"), at=NOON - HOUR)
    milled = report(A, 2, converted("100", "82"))
    for order in ((count, milled), (milled, count)):
        desk = Desk().feed(*order)
        assert desk.on_hand(A, "PADI-GKP|UNGRADED|") == "200"
        assert desk.on_hand(A, "PADI-GKG|UNGRADED|") == "82"
    parts = [(x["line_id"][-3:], x["quantity"]) for x in desk.ledger()[0]["lines"]]
    assert parts == [("1.1", "-100"), ("1.2", "82")]


# ------------------------------------------------------------------ plans
def plan(desk: Desk) -> str:
    shown: str = desk.row()["planned"]
    return shown


def test_the_newest_saying_of_a_plan_holds() -> None:
    older = report(A, 1, planned(300, "2026-12-20"), at=NOON - DAY)
    newer = report(A, 2, planned(200, "2026-12-20"))
    other = report(A, 3, planned(5, "2026-12-21"))
    for order in permutations((older, newer, other)):
        assert plan(Desk().feed(*order)) == "205"


def test_zero_withdraws_a_plan() -> None:
    log = (
        report(A, 1, planned(300, "2026-12-20"), counted(1)),
        report(A, 2, planned(0, "2026-12-20")),
    )
    assert plan(Desk().feed(*log)) == "0"


@pytest.mark.parametrize("kind", ["received", "counted"])
def test_a_plan_is_no_stock(kind: str) -> None:
    stock = {"received": received, "counted": counted}[kind]
    desk = Desk().feed(report(A, 1, planned(300, "2026-12-20"), stock(8)))
    assert desk.row()["supply"] == "8"
