"""An order is its revisions, folded by number; the order in which they come means nothing."""

from itertools import permutations
from typing import Any

from streams.core.sayings import ENTRIES_MAX, REVISIONS_MAX
from tests.support.core_desk import Desk
from tests.support.core_logs import (
    HOUR,
    HUB,
    NOON,
    A,
    Saying,
    amended,
    cancelled,
    counted,
    line,
    placed,
    profile,
    report,
)

ORDER = f"{A}|PO-1"


def told(*log: Saying) -> list[dict[str, Any]]:
    """The order as every arrival leaves it, once each."""
    found: list[dict[str, Any]] = []
    for order in permutations(log):
        seen = {**Desk().feed(*order).orders()[ORDER]}
        del seen["version"]
        if seen not in found:
            found.append(seen)
    return found


def one(*log: Saying) -> dict[str, Any]:
    (seen,) = told(*log)
    return seen


def test_a_placing_is_revision_one() -> None:
    terms = {"ceiling_price": "9000", "needed_by": "2026-12-01", "priority": "staple"}
    terms["market"] = "export"
    seen = one(report(A, 1, placed("PO-1", 200, grade="A", min_lot="50", **terms)))
    assert seen == {
        "order": "PO-1",
        "order_id": ORDER,
        "state": "open",
        "commodity": "KELAPA",
        "grade": "A",
        "market": "export",
        "quantity": "200",
        "unit": "EA",
        "ceiling_price": 9000,
        "needed_day": 20788,
        "priority": "staple",
        "min_lot": "50",
        "revision": 1,
    }


def test_later_revisions_replace_what_they_name() -> None:
    place = report(A, 1, placed("PO-1", 200, ceiling_price="9000"))
    second = report(A, 2, amended("PO-1", 2, quantity="300", unit="BUTIR"))
    third = report(A, 3, amended("PO-1", 3, ceiling_price="8000", grade="B"))
    seen = one(place, second, third)
    assert (seen["quantity"], seen["ceiling_price"], seen["grade"]) == ("300", 8000, "B")
    assert seen["revision"] == 3


def test_revisions_go_by_number_and_not_by_time() -> None:
    place = report(A, 1, placed("PO-1", 200))
    third = report(A, 2, amended("PO-1", 3, ceiling_price="3"), at=NOON - HOUR)
    second = report(A, 3, amended("PO-1", 2, ceiling_price="2"))
    assert one(place, second, third)["ceiling_price"] == 3


def test_of_two_sayings_of_one_revision_the_newest_holds() -> None:
    place = report(A, 1, placed("PO-1", 200))
    older = report(A, 2, amended("PO-1", 2, ceiling_price="7"), at=NOON - HOUR)
    newer = report(A, 3, amended("PO-1", 2, grade="B"))
    seen = one(place, older, newer)
    assert (seen["grade"], seen.get("ceiling_price", -1)) == ("B", -1)


def test_an_amendment_before_its_order_waits() -> None:
    desk = Desk().feed(report(A, 1, amended("PO-1", 2, quantity="3", unit="BUTIR")))
    assert desk.orders()[ORDER]["state"] == "unplaced"
    assert f"{HUB}|KELAPA|season" not in desk.demand()
    desk.feed(report(A, 2, placed("PO-1", 200)))
    assert desk.orders()[ORDER]["quantity"] == "3"
    assert desk.row()["demand"] == "3"


def test_a_cancellation_without_a_revision_is_for_good() -> None:
    place = report(A, 1, placed("PO-1", 200))
    gone = report(A, 2, cancelled("PO-1"))
    later = report(A, 3, amended("PO-1", 9, ceiling_price="5"))
    assert one(place, gone, later)["state"] == "cancelled"


def test_a_cancellation_with_a_revision_gives_way_to_a_higher_one() -> None:
    place = report(A, 1, placed("PO-1", 200))
    gone = report(A, 2, cancelled("PO-1", 3))
    assert one(place, gone, report(A, 3, amended("PO-1", 2, grade="B")))["state"] == "cancelled"
    assert one(place, gone, report(A, 3, amended("PO-1", 4, grade="B")))["state"] == "open"


def test_a_cancelled_order_asks_for_nothing() -> None:
    desk = Desk().feed(
        report(A, 1, placed("PO-1", 200), counted(1)), report(A, 2, cancelled("PO-1"))
    )
    assert desk.row()["demand"] == "0"


def test_an_order_placed_anew_for_other_goods_leaves_the_first() -> None:
    first = report(A, 1, placed("PO-1", 200), at=NOON - HOUR)
    second = report(A, 2, placed("PO-1", 30, "KOPRA"))
    assert one(first, second)["commodity"] == "KOPRA"
    desk = Desk().feed(first, second)
    assert desk.demand()[f"{HUB}|KELAPA|season"]["rows"] == []
    assert desk.row("KOPRA")["demand"] == "30"


def test_an_amendment_in_a_unit_that_does_not_fit_the_goods_is_refused() -> None:
    wrong = report(A, 2, amended("PO-1", 2, quantity="3", unit="LITER", ceiling_price="5"))
    desk = Desk().feed(report(A, 1, placed("PO-1", 200)), wrong)
    assert desk.reasons() == ["unknown_unit"]
    assert desk.orders()[ORDER]["quantity"] == "200"


def test_such_an_amendment_before_its_order_changes_nothing_either() -> None:
    wrong = report(A, 1, amended("PO-1", 2, quantity="3", unit="LITER", ceiling_price="5"))
    desk = Desk().feed(wrong, report(A, 2, placed("PO-1", 200)))
    seen = desk.orders()[ORDER]
    assert (seen["quantity"], seen.get("ceiling_price", -1), seen["revision"]) == ("200", -1, 1)


def basket(quantity: str) -> list[dict[str, str]]:
    return [{"commodity": "KELAPA", "pack": "KERANJANG", "quantity": quantity, "unit": "BUTIR"}]


def test_a_pack_counts_from_its_profile_on() -> None:
    sacks = line("stock.counted", 3, unit="KERANJANG")
    desk = Desk().feed(report(A, 1, sacks), profile(A, 1, packs=basket("40")), report(A, 2, sacks))
    assert desk.reasons() == ["unknown_unit"]
    assert desk.on_hand(A) == "120"


def test_the_newest_profile_by_time_holds() -> None:
    sacks = line("stock.counted", 3, unit="KERANJANG")
    older = profile(A, 2, at=NOON - HOUR, packs=basket("1"))
    desk = Desk().feed(profile(A, 1, packs=basket("40")), older, report(A, 1, sacks))
    assert desk.on_hand(A) == "120"


def test_an_amendment_follows_the_pack_of_the_newest_profile() -> None:
    more = report(A, 2, amended("PO-1", 2, quantity="3", unit="KERANJANG"))
    desk = Desk().feed(report(A, 1, placed("PO-1", 9)), profile(A, 1, packs=basket("40")), more)
    assert desk.row()["demand"] == "120"
    desk.feed(profile(A, 2, at=NOON + HOUR, packs=basket("50")))
    assert desk.row()["demand"] == "150"
    assert desk.orders()[ORDER]["quantity"] == "150"


def test_a_coop_has_a_bounded_number_of_orders_and_revisions() -> None:
    half = ENTRIES_MAX // 2
    first = [placed(f"P{n}", 1) for n in range(half)]
    second = [placed(f"P{n}", 1) for n in range(half, ENTRIES_MAX)]
    desk = Desk().feed(report(A, 1, *first), report(A, 2, *second))
    assert desk.reasons() == []
    desk.feed(report(A, 3, placed("ONE-MORE", 1), amended("P1", 2, grade="A")))
    assert desk.reasons() == ["state_too_large"]
    assert desk.orders()[f"{A}|P1"]["grade"] == "A"
    room = REVISIONS_MAX - ENTRIES_MAX - 1
    for sequence, start in enumerate(range(3, room + 3, 200), 4):
        more = [amended("P1", n, grade="B") for n in range(start, min(start + 200, room + 3))]
        desk.feed(report(A, sequence, *more))
    assert desk.reasons() == ["state_too_large"]
    desk.feed(report(A, 9, amended("P2", 2, grade="A")))
    assert desk.reasons() == ["state_too_large"] * 2
