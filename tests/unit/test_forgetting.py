"""What a tick forgets still counts: lines go, what they amount to stays."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from streams.core.forgetting import FORGET_MS, KEEP_MS
from streams.core.sayings import ENTRIES_MAX
from tests.support.core_desk import Desk, restored
from tests.support.core_logs import (
    DAY,
    HOUR,
    NOON,
    A,
    B,
    Saying,
    amended,
    cancelled,
    counted,
    decision,
    issued,
    placed,
    planned,
    received,
    report,
    tick,
    voided,
)

KEPT = KEEP_MS // DAY


def swept(*log: Saying, at: int = NOON) -> Desk:
    """The log, then two ticks: the second forgets what the first has found."""
    return Desk().feed(*log, tick(1, at), tick(2, at + 1))


def kept(desk: Desk) -> set[str]:
    return {key.decode() for key in desk.state() if key.startswith((b"said/", b"odd/"))}


def old(days: int) -> int:
    return NOON - days * DAY


def test_lines_are_kept_for_45_days() -> None:
    edge = NOON + 1 - KEEP_MS
    desk = swept(report(A, 1, received(1), at=edge), report(A, 2, received(1), at=edge - 1))
    assert kept(desk) == {f"said/{A}|hp1|1"}
    assert desk.on_hand(A) == "2"


def test_only_what_the_tick_before_found_is_forgotten() -> None:
    desk = Desk().feed(tick(1, NOON), report(A, 1, received(1), at=old(60)), tick(2, NOON + 1))
    assert kept(desk) == {f"said/{A}|hp1|1"}
    assert kept(desk.feed(tick(3, NOON + 2))) == set()


def test_movements_forgotten_stay_under_those_that_come() -> None:
    log = [report(A, 1, counted(100, keep="7"), at=old(60)), report(A, 2, issued(30), at=old(50))]
    desk = swept(*log, report(A, 3, received(5)))
    desk.feed(report(A, 4, received(2), at=NOON - HOUR), report(A, 5, voided(A, 3), at=NOON + 1))
    assert desk.on_hand(A) == "72"
    assert desk.positions()[A, "KELAPA|UNGRADED|"]["keep"] == "7"


def test_a_late_movement_after_the_forgotten_count_still_counts() -> None:
    desk = swept(report(A, 1, counted(100), at=old(60)), report(A, 2, received(5), at=old(50)))
    desk.feed(report(A, 3, issued(1), at=old(55)), report(A, 4, issued(2), at=old(61)))
    assert desk.on_hand(A) == "104"
    assert desk.reasons() == []


def test_a_count_from_among_forgotten_movements_is_too_late() -> None:
    desk = swept(report(A, 1, counted(100), at=old(60)), report(A, 2, received(5), at=old(50)))
    before = desk.state()[f"coop/{A}".encode()]
    desk.feed(report(A, 3, counted(80), at=old(55)))
    assert desk.reasons() == ["count_too_late"]
    assert desk.on_hand(A) == "105"
    assert desk.positions()[A, "KELAPA|UNGRADED|"]["version"] == 2
    assert desk.state()[f"coop/{A}".encode()] != before  # the sequence was used


def test_a_count_older_than_the_forgotten_one_changes_nothing_and_is_no_fault() -> None:
    desk = swept(report(A, 1, counted(100), at=old(60)), report(A, 2, received(5), at=old(50)))
    desk.feed(report(A, 3, counted(80), at=old(70)))
    assert (desk.reasons(), desk.on_hand(A)) == ([], "105")


def test_an_old_count_with_nothing_forgotten_after_it_is_welcome() -> None:
    desk = swept(report(A, 1, received(5), at=old(60)), report(A, 2, received(3)))
    desk.feed(report(A, 3, counted(80), at=old(50)))
    assert (desk.reasons(), desk.on_hand(A)) == ([], "83")


def test_what_is_forgotten_cannot_be_taken_back() -> None:
    desk = swept(report(A, 1, received(5), at=old(50)))
    desk.feed(report(A, 2, voided(A, 1), at=old(40)))
    assert (desk.reasons(), desk.on_hand(A)) == (["void_too_late"], "5")


def test_a_line_taken_back_and_then_forgotten_stays_taken_back() -> None:
    desk = swept(report(A, 1, received(5), at=old(60)), report(A, 2, voided(A, 1), at=old(50)))
    assert kept(desk) == set()
    desk.feed(report(A, 3, received(1)), report(A, 4, voided(A, 3), at=NOON + HOUR))
    assert desk.on_hand(A) == "0"


def test_a_late_count_waits_for_the_next_tick_with_all_that_follows_it() -> None:
    """It came after the last tick: it must stay, and so must every movement after it."""
    desk = Desk().feed(report(A, 1, received(5), at=old(46)), tick(1, NOON - 20 * DAY))
    desk.feed(report(A, 2, counted(80), at=old(47)), tick(2, NOON), tick(3, NOON + 1))
    desk.feed(report(A, 3, received(1)), report(A, 4, voided(A, 3), at=NOON + HOUR))
    assert desk.on_hand(A) == "85"


@pytest.mark.parametrize("newer", ["plan", "order"])
def test_under_what_is_taken_back_lies_what_was_forgotten(newer: str) -> None:
    first: list[dict[str, Any]] = [planned(300, "2027-03-10"), placed("PO-1", 9), counted(1)]
    second = {"plan": planned(200, "2027-03-10"), "order": placed("PO-1", 4)}[newer]
    ticks = tick(1, NOON), tick(2, NOON + 1)
    told = report(A, 1, *first, at=old(60))
    for order in ((told, report(A, 2, second), *ticks), (told, *ticks, report(A, 2, second))):
        desk = Desk().feed(*order, report(A, 3, voided(A, 2), at=NOON + HOUR))
        assert (desk.row()["planned"], desk.row()["demand"]) == ("300", "9")


def test_an_order_keeps_its_revisions_when_their_lines_are_gone() -> None:
    log = [
        report(A, 1, placed("PO-1", 200), at=old(60)),
        report(A, 2, amended("PO-1", 2, grade="B")),
    ]
    desk = swept(*log)
    desk.feed(report(A, 3, voided(A, 2), at=NOON + HOUR))
    assert desk.orders()[f"{A}|PO-1"]["grade"] == "UNGRADED"
    assert desk.row()["demand"] == "200"


def test_a_void_that_waits_is_kept_as_long_as_its_line_may_come() -> None:
    waits = report(A, 2, voided(A, 1))
    desk = Desk().feed(waits, tick(1, NOON), tick(2, NOON + FORGET_MS - DAY))
    desk.feed(replace(report(A, 1, received(5)), timestamp=NOON + 399 * DAY))
    assert desk.on_hand(A) == "0"


def test_a_position_of_nothing_goes_after_445_days_and_makes_room() -> None:
    full = [counted(0, lot=f"L{n}") for n in range(ENTRIES_MAX)]
    desk = Desk().feed(report(A, 1, *full[:200]), report(A, 2, *full[200:]), tick(1, NOON))
    desk.feed(report(A, 3, counted(5)), tick(2, NOON + KEEP_MS + DAY), tick(3, NOON + FORGET_MS))
    assert desk.reasons() == ["state_too_large"]
    desk.feed(tick(4, NOON + FORGET_MS + 1))
    later = NOON + FORGET_MS + DAY
    desk.feed(report(A, 4, counted(5), at=later))
    assert desk.on_hand(A) == "5"
    assert desk.row()["supply"] == "5"
    assert desk.demand()["19.02|KELAPA|now"]["stalest_ms"] == later


def test_a_position_of_something_stays() -> None:
    desk = swept(report(A, 1, counted(5), counted(3, lot="L1"), issued(9, lot="L2")))
    desk.feed(tick(3, NOON + KEEP_MS + 1), tick(4, NOON + 2 * FORGET_MS))
    assert desk.row()["supply"] == "-1"
    assert restored(desk.batches)._view.totals.by_key == desk.core._view.totals.by_key


def test_a_closed_order_goes_after_445_days_and_an_open_one_stays() -> None:
    desk = Desk().feed(
        report(A, 1, placed("OPEN", 1), placed("SHUT", 1), cancelled("SHUT")),
        tick(1, NOON),
        tick(2, NOON + KEEP_MS + 1),
        tick(3, NOON + FORGET_MS + DAY),
    )
    assert list(desk.core._view.book.coops[A].orders) == ["OPEN"]
    again = report(A, 2, placed("SHUT", 7), at=NOON + FORGET_MS + DAY)
    assert desk.feed(again).orders()[f"{A}|SHUT"]["state"] == "open"


def test_what_was_received_for_an_order_counts_when_it_was_taken_back_and_is_placed_again() -> (
    None
):
    desk = Desk().feed(report(A, 1, counted(50)), report(B, 1, placed("PO-1", 20)), tick(1, NOON))
    (name,) = desk.core._view.book.deals
    acts = [(A, "accept", ""), (B, "accept", ""), (A, "ship", "20"), (B, "receive", "20")]
    for number, (actor, word, quantity) in enumerate(acts, 1):
        desk.feed(decision(actor, number, name, word, quantity=quantity))
    desk.feed(report(B, 2, voided(B, 1)), tick(2, NOON + HOUR), tick(3, NOON + 2 * HOUR))
    desk.feed(report(B, 3, placed("PO-1", 30), at=NOON + 3 * HOUR))
    assert desk.orders()[f"{B}|PO-1"]["delivered"] == "20"


def test_a_plan_goes_when_its_day_is_long_past() -> None:
    desk = swept(report(A, 1, planned(5, "2026-11-01"), planned(6, "2027-03-10"), at=old(30)))
    assert len(desk.core._view.book.coops[A].plans) == 2
    desk.feed(tick(3, NOON + 30 * DAY), tick(4, NOON + 31 * DAY))
    assert list(desk.core._view.book.coops[A].plans) == ["KELAPA|UNGRADED||20887"]


def test_what_is_promised_is_not_forgotten() -> None:
    desk = Desk().feed(
        report(A, 1, counted(500, floor_price="5000")),
        report(B, 1, placed("PO-1", 200, ceiling_price="9000", needed_by="2098-01-01")),
        tick(1, NOON),
    )
    (match,) = desk.matches()
    desk.feed(decision(A, 1, match, "accept"), decision(B, 1, match, "accept"))
    desk.feed(report(A, 2, counted(0)), report(B, 2, cancelled("PO-1")))
    for n, days in enumerate((1, 50, 500, 501), 2):
        desk.feed(tick(n, NOON + days * DAY))
    assert desk.matches()[match]["at_risk"]
    book = desk.core._view.book
    assert (list(book.coops[A].levels), list(book.coops[B].orders)) == (
        ["KELAPA|UNGRADED|"],
        ["PO-1"],
    )


def test_odd_records_are_forgotten_once_a_tick_is_behind_them() -> None:
    desk = Desk().feed(report(A, 1, counted(5)), report(A, 1, counted(6)), tick(1, NOON))
    assert b"odd/1" in desk.state()
    assert b"odd/1" not in desk.feed(tick(2, NOON + 1)).state()
    assert desk.core.encode(b"odd/1") is None


def test_a_duplicate_of_what_was_forgotten_is_still_a_duplicate() -> None:
    said = report(A, 1, received(5), at=old(60))
    desk = swept(said).feed(said)
    assert desk.verdicts() == ["accepted", "duplicate"]
    assert desk.on_hand(A) == "5"


def test_every_actor_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.ticks.SWEEP", 1)
    desk = Desk().feed(*(report(c, 1, received(1), at=old(60)) for c in (A, B)), tick(1, NOON))
    left = [len(kept(desk.feed(tick(n, NOON + n)))) for n in (2, 3, 4)]
    assert left == [1, 0, 0]


def test_the_order_in_which_old_lines_come_and_go_means_nothing() -> None:
    log = [
        report(A, 1, counted(100), at=old(42)),
        report(A, 2, received(7), at=old(41)),
        report(A, 3, issued(3), at=old(34)),
    ]
    found = set()
    for order in permutations(log):
        desk = Desk()
        for n, said in enumerate(order, 1):
            desk.feed(said, tick(n, NOON + n * DAY))
        desk.feed(tick(9, NOON + 8 * DAY), tick(10, NOON + 40 * DAY))
        assert desk.reasons() == []
        found.add(desk.on_hand(A))
    assert found == {"104"}
