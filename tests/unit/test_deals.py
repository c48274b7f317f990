"""The life of a match inside the hub: who may say what, and what becomes of it."""

from typing import Any

import pytest

from streams.core import ticks
from streams.core.lifecycle_times import HOLD_BACK_MS, PROPOSAL_MS
from tests.support.core_desk import Desk, restored
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    Saying,
    amended,
    cancelled,
    counted,
    decision,
    issued,
    placed,
    profile,
    received,
    report,
    tick,
    voided,
)

SELLER = report(A, 1, counted(500, floor_price="5000"))
BUYER = report(B, 1, placed("PO-1", 200, ceiling_price="9000"))


def proposed(*more: Saying) -> Desk:
    return Desk().feed(SELLER, BUYER, *more, tick(1, NOON))


def only(desk: Desk) -> dict[str, Any]:
    (match,) = desk.matches().values()
    return match


def agreed(desk: Desk) -> Desk:
    match = only(desk)["match_id"]
    return desk.feed(decision(A, 90, match, "accept"), decision(B, 90, match, "accept"))


def states(desk: Desk) -> list[str]:
    return [moment["state"] for moment in only(desk)["history"]]


def test_a_proposal_names_both_sides_the_money_and_the_way() -> None:
    match = only(proposed())
    assert (match["state"], match["tier"], match["certified"]) == ("proposed", 1, True)
    assert (match["offer"], match["need"]) == (f"{A}|KELAPA|UNGRADED|", f"{B}|PO-1")
    assert (match["quantity"], match["unit"]) == ("200", "EA")
    assert match["surplus"] == 9000 - 5000 - match["leg_cost"]
    assert match["price"] == 5000 + match["surplus"] // 2
    assert match["expires_ms"] == NOON + PROPOSAL_MS
    assert match["why_id"]
    assert match["why_en"]


def test_a_match_is_accepted_when_both_sides_have_accepted() -> None:
    desk = proposed()
    match = only(desk)["match_id"]
    desk.feed(decision(A, 1, match, "accept"))
    assert only(desk)["state"] == "proposed"
    desk.feed(decision(B, 1, match, "accept"))
    assert only(desk)["state"] == "accepted"
    assert only(desk)["expires_ms"] == -1
    assert [m["actor"] for m in only(desk)["history"]] == ["lumbung", A, B]


def test_a_hub_accepts_for_both_under_their_mandates() -> None:
    since = [{"hub": HUB, "since": "2026-11-01", "until": "2026-11-22"}]
    desk = proposed(profile(A, 1, mandates=since), profile(B, 1, mandates=since))
    desk.feed(decision(HUB, 1, only(desk)["match_id"], "accept"))
    assert only(desk)["state"] == "accepted"


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-23", "2026-12-31"), ("2026-01-01", "2026-11-21")]
)
def test_a_mandate_holds_on_its_days_only(since: str, until: str) -> None:
    mandates = [{"hub": HUB, "since": since, "until": until}]
    desk = proposed(profile(A, 1, mandates=mandates))
    desk.feed(decision(HUB, 1, only(desk)["match_id"], "accept"))
    assert desk.reasons() == ["no_mandate"]
    assert desk.verdicts()[-1] == "rejected"
    assert only(desk)["state"] == "proposed"


def test_a_hub_with_one_mandate_speaks_for_that_side_alone() -> None:
    desk = proposed(profile(A, 1, mandates=[{"hub": HUB, "since": "2026-11-01"}]))
    match = only(desk)["match_id"]
    desk.feed(decision(HUB, 1, match, "accept"), decision(A, 2, match, "accept"))
    assert desk.reasons() == ["already_accepted"]
    assert only(desk)["state"] == "proposed"
    assert only(desk.feed(decision(B, 1, match, "accept")))["state"] == "accepted"


def test_who_is_no_party_has_no_say() -> None:
    desk = proposed()
    desk.feed(decision(C, 1, only(desk)["match_id"], "accept"))
    assert desk.reasons() == ["not_a_party"]


def test_a_match_that_is_not_there_cannot_be_decided() -> None:
    assert Desk().feed(decision(A, 1, "A" * 16, "accept")).reasons() == ["unknown_match"]


@pytest.mark.parametrize("what", ["accept", "reject", "ship"])
def test_nothing_follows_the_end(what: str) -> None:
    desk = proposed()
    match = only(desk)["match_id"]
    desk.feed(decision(B, 1, match, "reject"), decision(A, 1, match, what))
    assert desk.reasons() == ["match_rejected"]
    assert states(desk) == ["proposed", "rejected"]


def test_one_side_is_enough_to_reject() -> None:
    desk = proposed()
    desk.feed(decision(A, 1, only(desk)["match_id"], "reject"))
    assert states(desk) == ["proposed", "rejected"]
    assert desk.row()["matched"] == "0"


def test_a_rejected_pair_rests_for_a_day_and_comes_back_as_another_match() -> None:
    desk = proposed()
    first = only(desk)["match_id"]
    desk.feed(decision(A, 1, first, "reject"), tick(2, NOON + HOUR))
    assert list(desk.matches()) == [first]
    desk.feed(tick(3, NOON + HOLD_BACK_MS - 1))
    assert list(desk.matches()) == [first]
    desk.feed(tick(4, NOON + HOLD_BACK_MS))
    (second,) = (m for name, m in desk.matches().items() if name != first)
    assert second["state"] == "proposed"


def test_a_successor_knows_that_a_pair_has_rested_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = proposed()
    desk.feed(decision(A, 1, only(desk)["match_id"], "reject"), tick(2, NOON + HOLD_BACK_MS - 1))
    desk.feed(report(C, 1, counted(5, "BERAS-MED")))
    monkeypatch.setattr(ticks, "BYTES_MAX", 1)
    desk.feed(tick(3, NOON + HOLD_BACK_MS))  # too full a tick for the second family
    assert list(desk.core._view.book.dirty) == [(HUB, "KELAPA")]
    assert list(restored(desk.batches)._view.book.dirty) == [(HUB, "KELAPA")]


def test_a_proposal_runs_out_by_tick_and_the_pair_may_come_at_once() -> None:
    desk = proposed()
    first = only(desk)["match_id"]
    desk.feed(tick(2, NOON + PROPOSAL_MS - 1))
    assert only(desk)["state"] == "proposed"
    desk.feed(tick(3, NOON + PROPOSAL_MS))
    assert desk.matches()[first]["state"] == "expired"
    assert sorted(m["state"] for m in desk.matches().values()) == ["expired", "proposed"]


def test_one_yes_is_not_enough_when_time_runs_out() -> None:
    desk = proposed()
    first = only(desk)["match_id"]
    desk.feed(decision(A, 1, first, "accept"), tick(2, NOON + PROPOSAL_MS))
    assert desk.matches()[first]["state"] == "expired"


def test_solving_again_changes_quantity_and_version_and_keeps_the_name() -> None:
    desk = proposed()
    first = only(desk)
    desk.feed(report(B, 2, amended("PO-1", 2, quantity="300", unit="BUTIR")), tick(2, NOON + HOUR))
    second = only(desk)
    assert (second["match_id"], second["quantity"]) == (first["match_id"], "300")
    assert second["version"] > first["version"]
    assert second["surplus"] == first["surplus"]
    assert second["history"] == first["history"]


def test_a_proposal_follows_the_day_its_need_names() -> None:
    desk = proposed()
    desk.feed(report(B, 2, amended("PO-1", 2, needed_by="2026-11-30")), tick(2, NOON + HOUR))
    assert only(desk)["arrive_by_day"] == 20787


def test_a_pair_no_longer_wanted_is_superseded() -> None:
    desk = proposed()
    desk.feed(report(C, 1, counted(500, floor_price="10")), tick(2, NOON + HOUR))
    old = [m for m in desk.matches().values() if m["from_coop"] == A]
    new = [m for m in desk.matches().values() if m["from_coop"] == C]
    assert [m["state"] for m in (*old, *new)] == ["superseded", "proposed"]


# ------------------------------------------------------------------ when goods or needs shrink
@pytest.mark.parametrize(
    "less",
    [
        report(A, 2, issued(450)),
        report(A, 2, counted(10)),
        report(A, 2, counted(500, keep="450")),
        report(A, 2, voided(A, 1)),
        report(B, 2, amended("PO-1", 2, quantity="3", unit="BUTIR")),
        report(B, 2, cancelled("PO-1")),
        report(B, 2, voided(B, 1)),
        report(B, 2, placed("PO-1", 900, "KOPRA"), at=NOON + 1),
    ],
)
def test_a_proposal_goes_at_once_when_it_no_longer_fits(less: Saying) -> None:
    desk = proposed()
    desk.feed(less)
    assert states(desk) == ["proposed", "superseded"]
    last = only(desk)["history"][-1]
    assert (last["actor"], last["reason"]) == (less.key.decode(), f"{less.key.decode()}:hp1:2")
    assert desk.row().get("matched", "0") == "0"


@pytest.mark.parametrize(
    "less",
    [
        report(A, 2, issued(450)),
        report(B, 2, amended("PO-1", 2, quantity="3", unit="BUTIR")),
        report(B, 2, cancelled("PO-1")),
        report(B, 2, placed("PO-1", 900, "KOPRA"), at=NOON + 1),
    ],
)
def test_what_was_agreed_is_at_risk_and_names_the_report(less: Saying) -> None:
    desk = agreed(proposed())
    desk.feed(less)
    assert (only(desk)["state"], only(desk)["at_risk"]) == (
        "accepted",
        f"{less.key.decode()}:hp1:2",
    )


def test_the_risk_is_over_when_the_goods_are_back() -> None:
    desk = agreed(proposed())
    desk.feed(report(A, 2, issued(450)))
    assert only(desk)["at_risk"]
    desk.feed(report(A, 3, received(100)))
    assert only(desk)["at_risk"]
    desk.feed(report(A, 4, received(50)))
    assert only(desk)["at_risk"] == ""


def test_goods_that_come_back_do_not_heal_a_need_that_is_gone() -> None:
    desk = agreed(proposed())
    desk.feed(report(B, 2, cancelled("PO-1")), report(A, 2, received(100)))
    assert only(desk)["at_risk"] == f"{B}:hp1:2"


def test_proposals_go_before_what_was_agreed_newest_first() -> None:
    desk = agreed(proposed())
    desk.feed(report(C, 1, placed("PO-2", 100, ceiling_price="8000")), tick(2, NOON + HOUR))
    desk.feed(report(C, 2, placed("PO-3", 100, ceiling_price="8000")), tick(3, NOON + 2 * HOUR))
    order = {m["need"]: m["match_id"] for m in desk.matches().values()}
    desk.feed(report(A, 2, counted(300)))
    shown = {need: desk.matches()[name] for need, name in order.items()}
    assert {need: m["state"] for need, m in shown.items()} == {
        f"{B}|PO-1": "accepted",
        f"{C}|PO-2": "proposed",
        f"{C}|PO-3": "superseded",
    }
    assert desk.matches()[order[f"{B}|PO-1"]]["at_risk"] == ""


def test_no_yes_is_taken_for_goods_that_are_promised_to_another() -> None:
    desk = proposed()
    match = only(desk)["match_id"]
    desk.feed(decision(A, 1, match, "accept"), report(A, 2, counted(50)))
    assert only(desk)["at_risk"]
    desk.feed(decision(B, 1, match, "accept"))
    assert desk.reasons() == ["stock_gone"]
    assert only(desk)["state"] == "proposed"


def test_what_is_left_after_an_agreement_is_matched_under_another_name() -> None:
    desk = agreed(proposed())
    first = only(desk)["match_id"]
    desk.feed(report(B, 2, amended("PO-1", 2, quantity="350", unit="BUTIR")), tick(2, NOON + HOUR))
    assert desk.matches()[first]["state"] == "accepted"
    (second,) = (m for name, m in desk.matches().items() if name != first)
    assert (second["quantity"], second["offer"]) == ("150", desk.matches()[first]["offer"])
    assert desk.row()["matched"] == "350"


def test_a_half_agreed_match_keeps_its_quantity_when_the_rest_is_solved_again() -> None:
    desk = proposed()
    first = only(desk)["match_id"]
    desk.feed(decision(A, 1, first, "accept"), report(A, 2, received(400), at=NOON + 1))
    desk.feed(report(B, 2, amended("PO-1", 2, quantity="900", unit="BUTIR")), tick(2, NOON + HOUR))
    assert desk.matches()[first]["quantity"] == "200"
    assert sorted(m["quantity"] for m in desk.matches().values()) == ["200", "700"]


# ------------------------------------------------------------------ what is never matched
@pytest.mark.parametrize("commodity", ["PUPUK-UREA", "LPG-3KG", "BIJIH-TIMAH", "TIMAH-BATANGAN"])
def test_contract_only_and_restricted_goods_are_never_matched(commodity: str) -> None:
    unit = "TABUNG" if commodity == "LPG-3KG" else "KG"
    desk = Desk().feed(
        report(A, 1, counted(500, commodity, unit=unit)),
        report(B, 1, placed("PO-1", 200, commodity, unit=unit, ceiling_price="900000")),
        tick(1, NOON),
    )
    assert desk.reasons() == []
    assert desk.matches() == {}
    reasons = [x["reason"] for w in desk.why_not().values() for x in w["lines"]]
    assert reasons == ["trade", "trade"]


def test_a_coop_does_not_sell_to_itself() -> None:
    desk = Desk().feed(report(A, 1, counted(500), placed("PO-1", 200)), tick(1, NOON))
    assert desk.matches() == {}


def test_what_is_kept_back_is_not_offered() -> None:
    desk = Desk().feed(report(A, 1, counted(500, keep="400")), BUYER, tick(1, NOON))
    assert only(desk)["quantity"] == "100"


def test_demand_shows_what_is_matched_and_what_is_left() -> None:
    desk = Desk().feed(report(A, 1, counted(150)), BUYER, tick(1, NOON))
    row = desk.row()
    assert (row["supply"], row["demand"], row["matched"], row["gap"]) == (
        "150",
        "200",
        "150",
        "50",
    )


def test_every_line_that_found_no_full_match_is_told_why() -> None:
    desk = proposed(report(C, 1, placed("PO-9", 50, ceiling_price="10")))
    why = {x["line"]: x for x in desk.why_not()[f"{HUB}|KELAPA"]["lines"]}
    assert why[f"{C}|PO-9"]["reason"] == "price"
    assert why[f"{A}|KELAPA|UNGRADED|"]["quantity"] == "300"
    assert all(x["why_id"] and x["why_en"] for x in why.values())


def test_a_decision_said_twice_shows_the_match_as_it_stands() -> None:
    desk = proposed()
    yes = decision(A, 1, only(desk)["match_id"], "accept", NOON + DAY // 2)
    before = len(desk.of("lumbung.matches.v1"))
    desk.feed(yes, yes)
    assert desk.verdicts()[-2:] == ["accepted", "duplicate"]
    desk.feed(yes)
    assert len(desk.of("lumbung.matches.v1")) == before + 2
