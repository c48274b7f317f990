"""What every decision does to a match inside a hub, to goods, orders and totals."""

from typing import Any

import pytest

from streams.core.lifecycle_times import PROPOSAL_MS
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
    records,
    report,
    tick,
    voided,
)

SELLER = report(A, 1, counted(500, floor_price="5000", lot="L1", grade="A"))
BUYER = report(B, 1, placed("PO-1", 200, ceiling_price="9000", needed_by="2026-11-30"))
GIVEN, TAKEN = "KELAPA|A|L1", "KELAPA|A|"
LAST_DAY_ENDS = 20_788 * DAY - 7 * HOUR
"""2026-11-30 in WIB, as the need names it; a leg of a day or less lies before it."""


class Pair(Desk):
    """A desk with one match between A and B, and what the two decide on it."""

    said = 100

    def all(self) -> dict[str, Any]:
        (match,) = [m for m in self.matches().values() if m["to_coop"] == B][:1]
        return match

    def does(self, actor: str, what: str, at: int = NOON + 1, **more: Any) -> "Pair":
        self.said += 1
        self.feed(decision(actor, self.said, self.all()["match_id"], what, at, **more))
        return self

    def then(self, *said: Saying) -> "Pair":
        self.feed(*said)
        return self

    def agreed(self) -> "Pair":
        return self.does(A, "accept").does(B, "accept")

    def states(self) -> list[str]:
        return [moment["state"] for moment in self.all()["history"]]

    def amounts(self) -> tuple[str, ...]:
        told = self.all()
        names = ("shipped", "received", "refused", "lost", "held")
        return tuple(told.get(f"{name}_quantity", "0") for name in names)

    def need(self) -> tuple[str, str]:
        """What the order asks for still and what came for it, as its record and totals say."""
        row = self.row(grade="UNGRADED")
        return row["demand"], self.orders()[f"{B}|PO-1"].get("delivered", "")

    def refused(self) -> str:
        assert self.verdicts()[-1] == "rejected"
        return self.reasons()[-1]


def proposed(*more: Saying) -> Pair:
    return Pair().then(SELLER, BUYER, *more, tick(1, NOON))


def shipped(quantity: str = "200") -> Pair:
    return proposed().agreed().does(A, "ship", quantity=quantity)


# ------------------------------------------------------------------ before both have said yes
def test_a_counter_keeps_the_hold_and_lowers_what_the_need_waits_for() -> None:
    desk = proposed().does(B, "counter", quantity="150", price="5600")
    told = desk.all()
    assert (told["state"], told["quantity"], told["price"]) == ("countered", "150", 5600)
    assert (told["held_quantity"], desk.row()["matched"]) == ("200", "150")
    assert told["expires_ms"] == NOON + PROPOSAL_MS
    assert desk.does(B, "accept").refused() == "already_accepted"
    assert desk.does(A, "accept").all()["state"] == "accepted"
    assert (desk.all()["held_quantity"], desk.all()["expires_ms"]) == ("150", -1)


def test_a_counter_that_goes_beyond_its_hold_or_says_nothing_new_is_refused() -> None:
    assert proposed().does(B, "counter", quantity="201").refused() == "above_hold"
    assert proposed().does(B, "counter").refused() == "counter_changes_nothing"


def test_the_fourth_counter_is_one_too_many() -> None:
    desk = proposed()
    for n, actor in enumerate((A, B, A)):
        desk.does(actor, "counter", quantity=str(190 - n))
    assert desk.does(B, "counter", quantity="100").refused() == "countered_too_often"
    assert desk.all()["quantity"] == "188"


def test_what_was_countered_is_neither_solved_again_nor_withdrawn() -> None:
    desk = proposed().does(B, "counter", quantity="150")
    desk.feed(report(C, 1, counted(500, floor_price="10", grade="A")), tick(2, NOON + HOUR))
    assert desk.all()["state"] == "countered"
    desk.feed(report(A, 2, issued(400, grade="A", lot="L1")))
    assert (desk.all()["state"], desk.all()["at_risk"]) == ("countered", f"{A}:hp1:2")


def test_an_unanswered_counter_runs_out_and_gives_all_of_its_hold_back() -> None:
    desk = proposed().does(B, "counter", quantity="150")
    desk.feed(tick(2, NOON + PROPOSAL_MS))
    assert desk.states() == ["proposed", "countered", "expired"]
    assert [m["quantity"] for m in desk.matches().values()] == ["150", "200"]


# ------------------------------------------------------------------ shipping and receiving
def test_what_ships_leaves_the_givers_stock_and_is_held_no_more() -> None:
    desk = shipped("120")
    assert (desk.on_hand(A, GIVEN), desk.amounts()) == ("380", ("120", "0", "0", "0", "80"))
    assert desk.row(grade="A")["supply"] == "380"
    assert (desk.row()["matched"], desk.need()) == ("200", ("200", ""))
    desk.does(A, "ship", quantity="80")
    assert (desk.on_hand(A, GIVEN), desk.amounts()) == ("300", ("200", "0", "0", "0", "0"))


def test_what_arrives_comes_to_the_takers_unnamed_lot_and_fills_the_order() -> None:
    desk = shipped().does(B, "receive", quantity="150")
    assert desk.on_hand(B, TAKEN) == "150"
    assert (desk.all()["state"], desk.row()["matched"]) == ("shipped", "50")
    assert desk.need() == ("50", "150")
    desk.does(B, "receive", quantity="50")
    assert desk.states() == ["proposed"] * 2 + ["accepted"] + ["shipped"] * 2 + ["received"]
    assert desk.all()["history"][-1] == desk.all()["history"][-2] | {"state": "received"}
    assert (desk.need(), desk.row()["matched"]) == (("0", "200"), "0")
    assert desk.row(grade="A")["supply"] == "500"


def test_what_is_refused_or_lost_moves_nothing_and_is_asked_for_again() -> None:
    desk = shipped().does(B, "receive", quantity="150", refused="20", final=True)
    assert desk.all()["state"] == "short"
    assert desk.amounts() == ("200", "150", "20", "30", "0")
    assert (desk.on_hand(B, TAKEN), desk.on_hand(A, GIVEN)) == ("150", "300")
    assert (desk.need(), desk.row()["matched"]) == (("50", "150"), "0")
    desk.feed(tick(2, NOON + HOUR))
    (again,) = [m for m in desk.matches().values() if m["state"] == "proposed"]
    assert (again["quantity"], again["to_coop"]) == ("50", B)


def test_nothing_received_and_no_more_to_come_is_all_lost() -> None:
    desk = shipped().does(B, "receive", final=True)
    assert (desk.all()["state"], desk.amounts()[3]) == ("short", "200")
    assert (B, TAKEN) not in desk.positions()


def test_goods_that_ship_stay_promised_to_nobody_else() -> None:
    desk = shipped("120")
    buyer = report(C, 1, placed("PO-9", 900, ceiling_price="9000"))
    desk.feed(buyer, tick(2, NOON + HOUR))
    (other,) = [m for m in desk.matches().values() if m["to_coop"] == C]
    assert other["quantity"] == "300"  # 500 - 120 that left - 80 that have still to leave


@pytest.mark.parametrize(
    ("actor", "what", "more", "reason"),
    [
        (A, "ship", {"quantity": "201"}, "above_match"),
        (A, "ship", {}, "quantity_zero"),
        (B, "ship", {"quantity": "5"}, "wrong_side"),
        (B, "receive", {"quantity": "5"}, "not_shipped"),
        (B, "pay", {}, "not_shipped"),
        (A, "cancel", {}, "missing_field"),
        (C, "ship", {"quantity": "5"}, "not_a_party"),
        (HUB, "ship", {"quantity": "5"}, "no_mandate"),
        (A, "ship", {"quantity": "-5"}, "quantity_negative"),
        (B, "receive", {"refused": "1.0000001"}, "quantity_malformed"),
        (B, "receive", {"refused": "-1"}, "quantity_negative"),
        (B, "receive", {"final": "yes"}, "wrong_type"),
    ],
)
def test_what_an_agreed_match_does_not_allow_is_refused_and_changes_nothing(
    actor: str, what: str, more: dict[str, Any], reason: str
) -> None:
    desk = proposed().agreed()
    before = desk.all(), desk.positions(), desk.row()
    assert desk.does(actor, what, **more).refused() == reason
    assert (desk.all(), desk.positions(), desk.row()) == before


def test_more_than_is_under_way_cannot_be_received() -> None:
    assert shipped("120").does(B, "receive", quantity="121").refused() == "above_match"
    assert (
        shipped("120").does(B, "receive", quantity="100", refused="21").refused() == "above_match"
    )


# ------------------------------------------------------------------ the order of sayings
def test_a_newer_count_contains_what_had_shipped_and_a_late_one_is_folded_with_it() -> None:
    desk = proposed().agreed()
    desk.feed(report(A, 2, counted(450, grade="A", lot="L1"), at=NOON + 9 * HOUR))
    desk.does(A, "ship", NOON + 8 * HOUR, quantity="50")
    assert desk.on_hand(A, GIVEN) == "450"
    desk.does(A, "ship", NOON + 9 * HOUR + 1, quantity="20")
    assert desk.on_hand(A, GIVEN) == "430"
    desk.feed(report(A, 3, counted(600, grade="A", lot="L1"), at=NOON + 7 * HOUR, device="hp2"))
    assert desk.on_hand(A, GIVEN) == "430"
    desk.feed(report(A, 4, voided(A, 2)))
    assert desk.on_hand(A, GIVEN) == str(600 - 50 - 20)


def test_stock_falls_below_nothing_and_is_shown_so() -> None:
    desk = proposed().agreed()
    desk.feed(report(A, 2, counted(20, grade="A", lot="L1"), at=NOON + 1))
    desk.does(A, "ship", NOON + 2, quantity="200")
    assert desk.on_hand(A, GIVEN) == "-180"


def test_a_hub_moves_the_goods_of_the_coop_that_it_speaks_for() -> None:
    since = [{"hub": HUB, "since": "2026-11-01"}]
    desk = proposed(profile(A, 1, mandates=since), profile(B, 1, mandates=since))
    desk.does(HUB, "accept").does(HUB, "ship", quantity="200").does(HUB, "receive", quantity="200")
    assert (desk.on_hand(A, GIVEN), desk.on_hand(B, TAKEN)) == ("300", "200")
    assert desk.need() == ("0", "200")
    told = [p.get("coop") for e in desk.ledger() for p in e.get("positions", ())]
    assert [coop for coop in told if coop] == [A, B]
    core = restored(desk.batches)._view
    assert (core.book.coops, core.totals.wants) == (
        desk.core._view.book.coops,
        desk.core._view.totals.wants,
    )


def test_a_decision_said_again_shows_what_it_moved_as_it_stands() -> None:
    desk = shipped()
    receive = decision(B, 500, desk.all()["match_id"], "receive", quantity="150")
    desk.feed(receive)
    desk.does(B, "receive", quantity="50").feed(receive)
    entry = desk.ledger()[-1]
    assert entry["verdict"] == "duplicate"
    assert [p["on_hand"] for p in entry["positions"]] == ["200"]
    assert [o["delivered"] for o in entry["orders"]] == ["200"]


def test_a_successor_that_takes_over_says_again_what_a_decision_moved() -> None:
    desk = shipped()
    before = len(desk.batches)
    desk.does(B, "receive", quantity="150")
    desk.does(B, "receive", quantity="50")
    heir = Desk(restored(desk.batches))
    (once,) = records(
        [decision(B, 104, desk.all()["match_id"], "receive", NOON + 1, quantity="150")],
        desk.end - 2,
    )
    heir.run([once])
    assert len(desk.batches) == before + 2
    (entry,) = heir.ledger()
    assert entry["verdict"] == "accepted"
    assert [p["on_hand"] for p in entry["positions"]] == ["200"]
    assert [o["delivered"] for o in entry["orders"]] == ["200"]


# ------------------------------------------------------------------ orders that change
def test_what_came_counts_when_the_order_is_amended() -> None:
    desk = shipped().does(B, "receive", quantity="200")
    desk.feed(report(B, 2, amended("PO-1", 2, quantity="150", unit="BUTIR")))
    assert desk.need() == ("0", "200")
    desk.feed(report(B, 3, amended("PO-1", 3, quantity="350", unit="BUTIR")))
    assert desk.need() == ("150", "200")


def test_what_came_does_not_fill_an_order_that_came_to_ask_for_other_goods() -> None:
    desk = shipped().does(B, "receive", quantity="200")
    desk.feed(report(B, 2, placed("PO-1", 90, "KOPRA"), at=NOON + 1))
    assert desk.orders()[f"{B}|PO-1"].get("delivered", "") == ""
    assert desk.row("KOPRA")["demand"] == "90"


def test_an_order_that_is_cancelled_on_the_way_still_receives_its_goods() -> None:
    desk = shipped()
    desk.feed(report(B, 2, cancelled("PO-1")))
    assert desk.all()["at_risk"] == f"{B}:hp1:2"
    desk.does(B, "receive", quantity="200")
    assert (desk.all()["state"], desk.on_hand(B, TAKEN)) == ("received", "200")


# ------------------------------------------------------------------ ends
def test_cancelling_gives_back_what_has_not_left() -> None:
    whole = proposed().agreed().does(B, "cancel", reason="banjir")
    assert (whole.states()[-1], whole.row()["matched"]) == ("cancelled", "0")
    assert whole.all()["history"][-1]["reason"] == "banjir"
    part = shipped("120").does(A, "cancel", reason="busuk")
    assert (part.all()["state"], part.all()["quantity"]) == ("shipped", "200")
    assert (part.amounts()[4], part.row()["matched"]) == ("0", "120")
    assert part.does(A, "ship", quantity="1").refused() == "above_match"
    part.does(B, "receive", quantity="120")
    assert (part.states()[-1], part.row()["matched"], part.need()) == ("short", "0", ("80", "120"))


def test_the_next_match_of_a_pair_is_another_one() -> None:
    desk = proposed().agreed().does(B, "cancel", reason="banjir")
    desk.feed(tick(2, NOON + HOUR))
    assert sorted(m["state"] for m in desk.matches().values()) == ["cancelled", "proposed"]


def test_payment_is_claimed_by_the_buyer_and_confirmed_by_the_seller() -> None:
    desk = shipped().does(B, "receive", quantity="200")
    assert desk.all()["payment"] == "none"
    assert desk.does(B, "pay", price="1").all()["payment"] == "claimed"
    assert desk.does(B, "pay").refused() == "wrong_side"
    assert desk.does(A, "pay").all()["payment"] == "confirmed"
    assert desk.does(A, "pay").refused() == "match_paid"


def test_who_never_ships_is_a_no_show_a_day_after_the_last_day() -> None:
    desk = proposed().agreed()
    due = (desk.all()["ship_by_day"] + 2) * DAY - 7 * HOUR
    desk.feed(tick(2, due - 1))
    assert desk.all()["state"] == "accepted"
    desk.feed(tick(3, due))
    last = desk.all()["history"][-1]
    assert (last["state"], last["actor"], last["reason"]) == ("no_show", "lumbung", "no_show")
    assert desk.all()["held_quantity"] == "0"


def test_what_is_not_heard_of_a_day_after_its_last_day_is_lost() -> None:
    desk = shipped("120").does(B, "receive", quantity="100")
    due = LAST_DAY_ENDS + DAY
    desk.feed(tick(2, due - 1))
    assert desk.all()["state"] == "shipped"
    desk.feed(tick(3, due))
    assert desk.states()[-1] == "short"
    assert desk.amounts() == ("120", "100", "0", "20", "0")
    assert (desk.need(), desk.row()["matched"]) == (("100", "100"), "0")


def test_at_most_so_many_matches_end_at_one_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.ticks.EXPIRE_MAX", 0)
    desk = proposed().agreed()
    desk.feed(tick(2, LAST_DAY_ENDS + 9 * DAY))
    assert desk.all()["state"] == "accepted"


# ------------------------------------------------------------------ risk
def test_what_has_left_is_short_of_nothing_and_what_remains_may_be() -> None:
    desk = shipped("120")
    desk.feed(report(A, 2, counted(50, grade="A", lot="L1"), at=NOON + 1))
    assert desk.all()["at_risk"] == f"{A}:hp1:2"  # 80 have still to leave
    desk.does(A, "ship", NOON + 2, quantity="80")
    assert (desk.all()["at_risk"], desk.on_hand(A, GIVEN)) == ("", "-30")
