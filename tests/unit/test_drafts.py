"""Proposals hold still: drafts improve until the hub's cut-off, then nothing changes them."""

from typing import Any

import pytest

from schemas import reference
from streams.core.drafts import CutOffs, Drafts, cut_offs
from tests.support.core_desk import Desk, partition, restored
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    Line,
    Saying,
    counted,
    decision,
    placed,
    report,
    tick,
)

CUT_OFFS = (7 * 60, 14 * 60)
FIRST = NOON + 3 * HOUR
"""The story begins at eleven in Belitung; this is fourteen hours there."""
SECOND = NOON + 20 * HOUR
THIRD = FIRST + DAY
MEAT: dict[str, Any] = {"commodity": "DAGING-KELAPA"}
"""Goods of which word is old after a day."""


class Story:
    """A hub with cut-offs, and what it is told."""

    def __init__(self, minutes: tuple[int, ...] = CUT_OFFS) -> None:
        self.desk, self.minutes = Desk(partition(minutes)), minutes
        self._said: dict[str, int] = {}
        self._ticks = 0

    def say(self, coop: str, line: Line, at: int = NOON) -> "Story":
        self._said[coop] = self._said.get(coop, 0) + 1
        return self.feed(report(coop, self._said[coop], line, at=at))

    def decide(self, coop: str, what: str, at: int, match: str = "", **more: str) -> "Story":
        self._said[coop] = self._said.get(coop, 0) + 1
        name = match or self.only()["match_id"]
        return self.feed(decision(coop, self._said[coop], name, what, at, **more))

    def tick(self, at: int = NOON) -> "Story":
        self._ticks += 1
        return self.feed(tick(self._ticks, at))

    def feed(self, saying: Saying) -> "Story":
        self.desk.feed(saying)
        return self

    def only(self) -> dict[str, Any]:
        """The one match that stands."""
        ended = ("superseded", "expired", "rejected")
        (match,) = [m for m in self.desk.matches().values() if m["state"] not in ended]
        return match

    def states(self) -> list[str]:
        return sorted(m["state"] for m in self.desk.matches().values())

    def kept(self) -> dict[bytes, bytes]:
        """What a worker built anew from the changelog would hold and write at the next tick."""
        core = restored(self.desk.batches, self.minutes)
        anew = Desk(core, list(self.desk.batches), end=self.desk.end)
        self._ticks += 1
        for desk in (anew, self.desk):
            desk.feed(tick(self._ticks, THIRD + DAY))
        assert anew.state() == self.desk.state()
        return anew.state()


def pair(minutes: tuple[int, ...] = CUT_OFFS, **more: str) -> Story:
    """A has 500, B asks for 200."""
    story = Story(minutes).say(A, counted(500, floor_price="5000"))
    return story.say(B, placed("PO-1", 200, ceiling_price="9000", **more)).tick()


def test_before_the_cut_off_a_match_is_a_draft_and_nobody_can_accept_it() -> None:
    story = pair()
    match = story.only()
    assert (match["state"], match["freezes_ms"], match["expires_ms"]) == ("draft", FIRST, -1)
    assert match["held_quantity"] == match["quantity"] == "200"
    story.decide(A, "accept", NOON)
    assert story.desk.reasons() == ["match_is_draft"]


def test_a_draft_improves_with_every_round() -> None:
    story = pair().say(B, placed("PO-1", 350, ceiling_price="9500"), NOON + 1).tick(NOON + HOUR)
    match = story.only()
    assert (match["state"], match["quantity"], len(match["history"])) == ("draft", "350", 1)


def test_a_draft_that_a_round_no_longer_wants_goes() -> None:
    story = pair().say(C, counted(900, floor_price="1000"), NOON + 1).tick(NOON + HOUR)
    assert story.states() == ["draft", "superseded"]


def test_at_the_cut_off_a_draft_is_proposed_with_a_day_to_answer() -> None:
    story = pair().tick(FIRST - 1)
    assert story.states() == ["draft"]
    match = story.tick(FIRST + 5_000).only()
    assert [s["state"] for s in match["history"]] == ["draft", "proposed"]
    assert match["expires_ms"] == FIRST + 5_000 + DAY
    story.decide(A, "accept", FIRST).decide(B, "accept", FIRST)
    assert story.states() == ["accepted"]


def test_what_is_made_after_a_cut_off_waits_for_the_next() -> None:
    story = Story().say(A, counted(500)).tick(FIRST + 1)
    story.say(B, placed("PO-1", 200), FIRST + 2).tick(FIRST + 3)
    assert story.only()["freezes_ms"] == SECOND
    assert story.tick(SECOND).only()["state"] == "proposed"


def test_what_is_frozen_no_round_changes_and_its_pair_is_not_matched_again() -> None:
    story = pair().tick(FIRST)
    before = story.only()
    story.say(B, placed("PO-1", 350, ceiling_price="9900"), FIRST + 1)
    story.say(C, counted(900, floor_price="1000"), FIRST + 1).tick(FIRST + 5_000)
    frozen, rest = sorted(story.desk.matches().values(), key=lambda m: m["state"], reverse=True)
    assert (frozen["quantity"], frozen["price"]) == (before["quantity"], before["price"])
    assert (rest["state"], rest["quantity"], rest["from_coop"]) == ("draft", "150", C)


def test_the_rest_of_a_frozen_pair_is_matched_once_it_is_answered() -> None:
    story = pair().tick(FIRST).say(B, placed("PO-1", 350), FIRST + 1).tick(FIRST + 5_000)
    assert story.states() == ["proposed"]
    story.decide(A, "accept", FIRST + 6_000).tick(FIRST + 10_000)
    assert sorted(m["quantity"] for m in story.desk.matches().values()) == ["150", "200"]


def test_goods_that_are_gone_withdraw_what_is_frozen_at_once() -> None:
    story = pair().tick(FIRST).say(A, counted(10), FIRST + 1)
    assert story.states() == ["superseded"]


def test_an_emergency_waits_for_no_cut_off() -> None:
    match = pair(priority="emergency").only()
    assert [s["state"] for s in match["history"]] == ["draft", "proposed"]
    assert match["freezes_ms"] == match["history"][1]["at_ms"] == NOON


def test_what_is_frozen_and_not_answered_gives_way_to_an_emergency_and_only_to_it() -> None:
    story = Story().say(A, counted(200)).say(B, placed("PO-1", 200)).tick().tick(FIRST)
    frozen = story.only()["match_id"]
    story.say(C, placed("PO-2", 200, ceiling_price="99000"), FIRST + 1).tick(FIRST + 2)
    assert story.only()["match_id"] == frozen
    story.say(C, placed("PO-3", 200, priority="emergency"), FIRST + 3).tick(FIRST + 4)
    assert story.only()["to_coop"] == C
    assert story.desk.matches()[frozen]["state"] == "superseded"


def test_an_emergency_does_not_break_a_yes() -> None:
    story = Story().say(A, counted(200)).say(B, placed("PO-1", 200)).tick().tick(FIRST)
    story.decide(B, "accept", FIRST)
    story.say(C, placed("PO-3", 200, priority="emergency"), FIRST + 3).tick(FIRST + 4)
    assert story.only()["to_coop"] == B


def test_what_loses_to_an_emergency_has_another_name_when_it_comes_back() -> None:
    story = Story().say(A, counted(300)).say(B, placed("PO-1", 300)).tick().tick(FIRST)
    frozen = story.only()["match_id"]
    story.say(C, placed("PO-3", 200, priority="emergency"), FIRST + 3).tick(FIRST + 4)
    shares = {m["to_coop"]: m for m in story.desk.matches().values() if m["state"] != "superseded"}
    assert (shares[C]["quantity"], shares[B]["quantity"]) == ("200", "100")
    assert shares[B]["match_id"] != frozen
    assert shares[B]["state"] == "draft"


def test_without_cut_offs_matches_are_proposed_at_once_and_follow_every_round() -> None:
    story = pair(()).say(B, placed("PO-1", 350), NOON + 1).tick(NOON + HOUR)
    match = story.only()
    assert (match["state"], match["quantity"]) == ("proposed", "350")
    assert "freezes_ms" not in match
    assert len(match["history"]) == 1


def test_drafts_are_proposed_at_the_next_tick_when_cut_offs_are_given_up() -> None:
    story = pair()
    story.desk.core = restored(story.desk.batches)
    assert story.tick(NOON + 1_000).only()["state"] == "proposed"


def test_a_worker_built_anew_goes_on_with_the_same_drafts() -> None:
    pair().kept()
    pair().tick(FIRST).kept()


# ------------------------------------------------------------------ masih ada?
def old(at: int = FIRST) -> Story:
    """A counted two days ago what B asks for now."""
    story = Story().say(A, counted(80, **MEAT), NOON - 2 * DAY)
    return story.say(B, placed("PO-1", 50, **MEAT)).tick().tick(at)


def test_at_the_cut_off_the_owner_of_old_stock_is_asked_and_the_match_stays_a_draft() -> None:
    match = old().only()
    assert (match["state"], match["asked_ms"], match["freezes_ms"]) == ("draft", FIRST, SECOND)
    assert [s["reason"] for s in match["history"][1:]] == ["ask"]


@pytest.mark.parametrize("quantity", [80, 60])
def test_a_count_is_the_answer_and_the_match_freezes_at_the_next_tick(quantity: int) -> None:
    story = old().say(A, counted(quantity, **MEAT), FIRST + HOUR).tick(FIRST + 2 * HOUR)
    match = story.only()
    assert [s["state"] for s in match["history"]] == ["draft", "draft", "proposed"]
    assert match["history"][-1]["at_ms"] == FIRST + 2 * HOUR


def test_who_has_less_than_was_counted_answers_too_and_what_there_is_is_frozen() -> None:
    story = old().say(A, counted(30, **MEAT), FIRST + HOUR).tick(FIRST + 2 * HOUR)
    match = story.only()
    assert (match["quantity"], match["freezes_ms"]) == ("30", FIRST + 2 * HOUR)
    assert [s["state"] for s in match["history"]] == ["draft", "proposed"]


def test_what_comes_of_an_answer_after_another_cut_off_is_a_draft_again() -> None:
    story = old().say(A, counted(30, **MEAT), FIRST + HOUR).tick(SECOND + HOUR)
    assert (story.only()["state"], story.only()["freezes_ms"]) == ("draft", THIRD)


def test_a_count_that_is_as_old_is_no_answer() -> None:
    story = old().say(A, counted(70, **MEAT), FIRST - 2 * DAY).tick(FIRST + 2 * HOUR)
    assert story.only()["state"] == "draft"


def test_who_does_not_answer_by_the_next_cut_off_loses_the_draft_and_the_line_rests() -> None:
    story = old().tick(SECOND)
    assert story.states() == ["superseded"]
    story.say(C, placed("PO-2", 20, **MEAT), SECOND).tick(THIRD).tick(THIRD + DAY)
    assert story.states() == ["superseded"]
    story.say(A, counted(80, **MEAT), THIRD + DAY).tick(THIRD + DAY + 1)
    assert story.states() == ["draft", "draft", "superseded"]


def test_others_serve_the_order_while_a_line_rests() -> None:
    story = old().say(C, counted(50, **MEAT), SECOND - 1).tick(SECOND)
    assert story.only()["from_coop"] == C


def test_a_line_that_rests_is_not_told_to_other_hubs() -> None:
    story = old().tick(SECOND)
    drafts = Drafts(
        story.desk.core._view.book, cut_offs(CUT_OFFS, reference.catalogue()), 7, THIRD
    )
    assert drafts.rests(f"{A}|DAGING-KELAPA|UNGRADED|")
    clock = story.desk.core._clock
    assert clock.market((HUB, "KELAPA")).offers() == []


def test_a_line_that_rests_says_so_and_no_longer_once_it_is_counted() -> None:
    story = old().tick(SECOND).say(C, placed("PO-2", 20, **MEAT), SECOND).tick(THIRD)
    left = story.desk.core._view.rounds[f"{HUB}|KELAPA"].left
    line = left[f"{A}|DAGING-KELAPA|UNGRADED|"]
    assert (line.kind, line.reason, line.quantity) == ("offer", "unanswered", 80_000_000)
    assert {why.reason for name, why in left.items() if name.startswith(B)} == {"no_offer"}
    story.say(A, counted(80, **MEAT), THIRD + DAY).tick(THIRD + DAY + 1)
    left = story.desk.core._view.rounds[f"{HUB}|KELAPA"].left
    assert "unanswered" not in {why.reason for why in left.values()}


def test_goods_that_keep_well_are_not_asked_after() -> None:
    story = Story().say(A, counted(500), NOON - 10 * DAY).say(B, placed("PO-1", 200)).tick()
    assert story.tick(FIRST).only()["state"] == "proposed"


def test_a_worker_built_anew_knows_who_was_asked_and_which_lines_rest() -> None:
    old().kept()
    old().tick(SECOND).kept()


def test_hubs_without_cut_offs_ask_nobody() -> None:
    policy = CutOffs((), {"DAGING-KELAPA": 1})
    assert not Drafts(old().tick(SECOND).desk.core._view.book, policy, 7, THIRD).rests(
        f"{A}|DAGING-KELAPA|UNGRADED|"
    )


# ------------------------------------------------------------------ what somebody looks at
def looked_at(minutes: tuple[int, ...] = CUT_OFFS) -> Story:
    """B looks at the match; then C offers the same for much less."""
    story = pair(minutes).decide(B, "open", NOON)
    return story.say(C, counted(900, floor_price="1000"), NOON + 1)


@pytest.mark.parametrize("minutes", [(), CUT_OFFS])
def test_what_somebody_looks_at_no_round_touches_for_half_an_hour(
    minutes: tuple[int, ...],
) -> None:
    story = looked_at(minutes).tick(NOON + HOUR // 2 - 1)
    match = story.only()
    assert (match["from_coop"], match["opened_ms"], len(match["history"])) == (A, NOON, 1)
    assert story.tick(NOON + HOUR // 2).only()["from_coop"] == C


def test_what_somebody_looks_at_still_comes_to_its_cut_off() -> None:
    story = pair().tick(FIRST - 1).decide(B, "open", FIRST).tick(FIRST)
    assert story.only()["state"] == "proposed"


def test_goods_that_are_gone_are_gone_whoever_looks() -> None:
    assert looked_at().say(A, counted(10), NOON + 2).states() == ["superseded"]


def test_whoever_has_no_part_in_a_match_holds_nothing_still() -> None:
    story = pair().decide(C, "open", NOON)
    assert story.desk.reasons() == ["not_a_party"]
    assert "opened_ms" not in story.only()


def test_what_is_agreed_on_need_not_be_held_still() -> None:
    story = pair(()).decide(A, "accept", NOON).decide(B, "accept", NOON).decide(B, "open", NOON)
    assert story.desk.reasons() == ["already_accepted"]


def test_an_unanswered_draft_waits_for_whoever_looks_at_it() -> None:
    story = old().tick(SECOND - 1).decide(B, "open", SECOND - 1).tick(SECOND)
    assert story.states() == ["draft"]
    assert story.tick(SECOND + HOUR).states() == ["superseded"]


def test_a_worker_built_anew_knows_what_is_looked_at() -> None:
    looked_at().kept()
    looked_at().tick(NOON + HOUR).kept()
