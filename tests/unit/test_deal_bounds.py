"""What a co-op and a match have room for when goods move, and what they forget."""

from typing import Any

import pytest

from streams.core import deal_life, movements
from streams.core.forgetting import KEEP_MS
from tests.support.core_desk import Desk, restored
from tests.support.core_logs import NOON, A, B, counted, decision, placed, report, tick

GIVEN, TAKEN = "KELAPA|A|L1", "KELAPA|A|"
OPENING = (
    report(A, 1, counted(500, lot="L1", grade="A")),
    report(B, 1, placed("PO-1", 200)),
    tick(1, NOON),
)


class Pair(Desk):
    """Two co-ops and their match."""

    said = 100

    def match(self) -> dict[str, Any]:
        (match,) = self.matches().values()
        return match

    def does(self, actor: str, what: str, **more: Any) -> "Pair":
        self.said += 1
        self.feed(decision(actor, self.said, self.match()["match_id"], what, NOON + 1, **more))
        return self


def shipped() -> Pair:
    desk = Pair()
    desk.feed(*OPENING)
    return desk.does(A, "accept").does(B, "accept").does(A, "ship", quantity="120")


def too_large(desk: Pair) -> bool:
    return desk.verdicts()[-1] == "rejected" and desk.reasons()[-1] == "state_too_large"


def test_a_taker_without_room_for_another_position_cannot_receive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(movements, "ENTRIES_MAX", 0)
    desk = shipped()
    before = desk.match()
    assert too_large(desk.does(B, "receive", quantity="1"))
    assert desk.match() == before
    assert desk.orders()[f"{B}|PO-1"].get("delivered", "") == ""
    assert desk.core._view.book.coops[B].levels == {}


def test_a_coop_keeps_so_many_movements_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movements, "MOVES_MAX", 1)
    desk = shipped()
    assert too_large(desk.does(A, "ship", quantity="1"))
    assert desk.on_hand(A, GIVEN) == "380"


def test_a_match_ends_in_a_bounded_number_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deal_life, "STEPS_MAX", 4)
    desk = shipped()
    assert too_large(desk.does(A, "ship", quantity="1"))
    assert too_large(desk.does(B, "receive", quantity="1"))
    assert desk.does(B, "receive", quantity="1", final=True).match()["lost_quantity"] == "119"


def test_what_moved_is_forgotten_with_the_lines_of_its_time_and_still_counts() -> None:
    desk = shipped().does(B, "receive", quantity="100")
    coops = desk.core._view.book.coops
    assert (len(coops[A].moves), len(coops[B].moves)) == (1, 1)
    desk.feed(tick(2, NOON + KEEP_MS), tick(3, NOON + KEEP_MS + 2))
    assert (coops[A].moves, coops[B].moves) == ({}, {})
    assert [desk.on_hand(A, GIVEN), desk.on_hand(B, TAKEN)] == ["380", "100"]
    late = report(A, 2, counted(900, lot="L1", grade="A"), at=NOON, device="hp2")
    desk.feed(late)
    assert desk.reasons()[-1] == "count_too_late"
    heir = restored(desk.batches)._view.book.coops
    assert heir == coops
