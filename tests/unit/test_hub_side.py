"""What a hub grants, commits, cuts and remembers of the legs it holds."""

from collections import defaultdict
from typing import Any

import pytest

from schemas.market import (
    ActTold,
    Commit,
    LegSide,
    LegState,
    Release,
    Reserve,
    Residual,
    Stand,
)
from streams.core.interchange import hub_life
from streams.core.interchange.hub_residual import LINES_MAX, Residuals, left_needs, left_offers
from streams.core.interchange.hub_side import FENCE_MS, HubSide
from streams.core.interchange.hub_state import Leg
from streams.core.interchange.hub_stock import At
from streams.core.interchange.protocol_table import HOLD_MS, LEGS, LIVE, TOMBSTONE_MS, LegEvent
from streams.core.lines import FREE, Bond
from tests.support.line_books import Standing, standing
from tests.support.lines import need, offer

OFFER = LegSide.OFFER


class Desk:
    """A hub side with one line of stock, driven by hand."""

    def __init__(self, stock: int = 100) -> None:
        self.stock, self.version, self.now_ms = stock, 0, 0
        self.doubts = ""
        self.bound = FREE
        self.side = HubSide(self)
        self.changelog: dict[str, bytes | None] = {}

    def room(self, side: LegSide, line: str, commodity: str) -> int:
        return self.stock if (side, line, commodity) == (OFFER, "o", "X") else 0

    def doubt(self, leg: Leg, at: At) -> str:
        return self.doubts

    def bond(self, _side: LegSide, _line: str) -> Bond:
        return self.bound

    def at(self) -> At:
        self.version += 1
        return At(self.version, self.now_ms)

    def _end(self, match: str, generation: int) -> dict[str, Any]:
        return {
            "match": match,
            "side": OFFER,
            "hub": "19.02",
            "family": "F",
            "version": 1,
            "generation": generation,
        }

    def reserve(
        self, match: str, quantity: int, least: int = 1, generation: int = 0, **more: Any
    ) -> Any:
        facts = self._end(match, generation) | {"line": "o", "commodity": "X"} | more
        return self.hear(Reserve(**facts, quantity=quantity, least=least, ttl_ms=HOLD_MS))

    def commit(self, match: str, quantity: int, generation: int = 0) -> Any:
        return self.hear(Commit(**self._end(match, generation), quantity=quantity))

    def release(self, match: str, generation: int = 0) -> Any:
        return self.hear(Release(**self._end(match, generation)))

    def stand(self, match: str, version: int = 1, **more: Any) -> Any:
        facts = {"state": "proposed", "quantity": 60, "granted": 60, "price": 9, "holds": 60}
        end = self._end(match, 0) | {"version": version}
        return self.hear(Stand(**(end | facts | more)))

    def do(self, action: str, quantity: int = 0, **more: Any) -> Any:
        """What the giver does to M1: the reason why not, or the leg after it."""
        told = ActTold(action=action, actor="a", at_ms=0, quantity=quantity, **more)
        refusal = hub_life.judged(self.side.legs["M1|offer"], told)
        if refusal is not None:
            return refusal.reason
        self.side.act("M1|offer", told, self.at())
        return self.write()["M1|offer"]

    def hear(self, request: Reserve | Commit | Release | Stand) -> Any:
        self.side.hear(request, self.at())
        return self.write()[f"{request.match}|offer"]

    def tick(self, later_ms: int) -> None:
        self.now_ms += later_ms
        self.side.tick(self.at())
        self.write()

    def fall(self, stock: int) -> None:
        self.stock = stock
        self.side.weigh(OFFER, "o", "report 7", self.at())
        self.write()

    def write(self) -> defaultdict[str, Any]:
        rows, self.told = self.side.drain()
        self.changelog |= dict(rows)
        return defaultdict(lambda: None, self.side.legs)

    def books(self) -> Standing:
        return standing(self.side, self.room(OFFER, "o", "X"), (OFFER, "o", "X"))


@pytest.mark.parametrize(
    ("bound", "asks", "permits", "granted"),
    [
        (FREE, ("nib",), (), False),
        (Bond(holds=("halal", "nib")), ("nib",), (), True),
        (Bond(asks=("nib",)), (), (), False),
        (Bond(asks=("nib",), holds=("halal",)), ("halal",), ("nib",), True),
        (Bond(asks=("halal", "nib")), (), ("nib",), False),
    ],
)
def test_a_hub_grants_nothing_to_whom_a_permit_is_lacking_now(
    bound: Bond, asks: tuple[str, ...], permits: tuple[str, ...], granted: bool
):
    desk = Desk()
    desk.bound = bound
    leg = desk.reserve("M1", 70, asks=asks, permits=permits)
    told = ("held", "", bound.asks, asks) if granted else ("refused", "permit", (), ())
    assert (leg.state, leg.reason, leg.asks, leg.permits) == told
    assert leg.told().asks == told[2]


def test_a_grant_is_what_is_free_now_and_a_second_request_changes_nothing():
    desk = Desk()
    assert desk.reserve("M1", 70).held == 70
    assert desk.reserve("M1", 70).held == 70
    assert desk.reserve("M2", 70).held == 30
    assert [one.quantity for one in desk.told] == [30]
    assert desk.reserve("M3", 5).state is LegState.REFUSED
    assert desk.books() == Standing(100, 0, 100, 0, 0)


def test_a_grant_below_the_smallest_lot_is_a_refusal():
    desk = Desk(stock=10)
    leg = desk.reserve("M1", 50, least=20)
    assert (leg.state, leg.reason, leg.promised) == (LegState.REFUSED, "missing", 0)


def test_a_commit_gives_the_excess_back():
    desk = Desk()
    desk.reserve("M1", 70)
    assert desk.commit("M1", 50).state is LegState.COMMITTED
    assert desk.commit("M1", 10).committed == 50
    assert desk.books() == Standing(100, 50, 0, 50, 0)


@pytest.mark.parametrize("quantity", [0, 71])
def test_a_commit_of_nothing_or_of_more_than_is_held_lapses(quantity):
    desk = Desk()
    desk.reserve("M1", 70)
    assert desk.commit("M1", quantity).state is LegState.LAPSED
    assert desk.books().open == 100


def test_what_was_never_reserved_cannot_be_committed_and_stays_over():
    desk = Desk()
    assert desk.commit("M1", 5).state is LegState.LAPSED
    assert desk.release("M2").state is LegState.RELEASED
    assert desk.reserve("M1", 5).state is LegState.LAPSED
    assert desk.reserve("M2", 5).state is LegState.RELEASED


def test_a_hold_ends_at_a_tick_and_a_promise_does_not():
    desk = Desk()
    desk.reserve("M1", 40)
    desk.reserve("M2", 40)
    desk.commit("M2", 40)
    desk.tick(HOLD_MS - 1)
    assert desk.books() == Standing(100, 20, 40, 40, 0)
    desk.tick(1)
    assert desk.side.legs["M1|offer"].reason == "hold_over"
    assert desk.books() == Standing(100, 60, 0, 40, 0)


def test_falling_stock_cuts_the_newest_hold_first_and_then_tells_of_the_risk():
    desk = Desk()
    for match in ("M1", "M2", "M3"):
        desk.reserve(match, 30)
    desk.commit("M1", 30)
    desk.fall(70)
    assert [leg.promised for leg in desk.side.on_line(OFFER, "o")] == [30, 30, 10]
    desk.fall(20)
    assert {name: leg.state for name, leg in desk.side.legs.items()} == {
        "M1|offer": LegState.COMMITTED,
        "M2|offer": LegState.LAPSED,
        "M3|offer": LegState.LAPSED,
    }
    assert desk.side.legs["M1|offer"].at_risk == "report 7"
    assert desk.books() == Standing(20, 0, 0, 30, 10)
    assert desk.reserve("M4", 5).state is LegState.REFUSED
    desk.fall(30)
    assert desk.side.legs["M1|offer"].at_risk == ""


def agreed(desk: Desk) -> Desk:
    """Both sides have said yes to the 60 of M1."""
    desk.reserve("M1", 60)
    desk.commit("M1", 60)
    yes: dict[str, Any] = {"state": "accepted", "giver_yes": True, "taker_yes": True}
    desk.stand("M1", **yes)
    return desk


def test_what_was_shipped_is_promised_no_more_and_release_frees_only_the_rest():
    desk = agreed(Desk())
    assert desk.do("ship", 25).delivered == 25
    desk.fall(75)
    assert desk.books() == Standing(75, 40, 0, 35, 0)
    assert desk.do("ship", 36) == "above_match"
    leg = desk.release("M1")
    assert (leg.promised, leg.delivered, desk.books().open) == (0, 25, 75)
    assert desk.do("ship", 1) == "unknown_match"


def test_nobody_decides_on_what_the_market_has_not_shown():
    desk = Desk()
    desk.reserve("M1", 60)
    assert desk.do("accept") == "unknown_match"
    desk.commit("M1", 60)
    assert desk.do("reject") == "unknown_match"
    desk.stand("M1")
    assert [one.action for one in desk.do("accept").acts] == ["accept"]
    assert desk.do("accept") == "already_accepted"
    assert desk.do("ship", 5) == "not_accepted"


def test_nothing_is_shipped_before_the_market_says_that_both_agree():
    desk = Desk()
    desk.reserve("M1", 60)
    desk.commit("M1", 60)
    desk.stand("M1", taker_yes=True)
    assert [(one.quantity, one.price) for one in desk.do("accept").acts] == [(60, 9)]
    assert desk.do("ship", 5) == "not_accepted"


def test_what_is_done_is_told_until_the_market_has_heard_it():
    desk = agreed(Desk())
    desk.do("ship", 25)
    desk.do("ship", 10)
    (told,) = desk.told
    assert (told.heard, [one.quantity for one in told.acts], told.stood) == (0, [25, 10], 1)
    after: dict[str, Any] = {"state": "shipped", "giver_yes": True, "taker_yes": True}
    after |= {"shipped": 25}
    leg = desk.stand("M1", version=2, heard=1, delivered=25, **after | {"holds": 35})
    assert (leg.heard, [one.quantity for one in leg.acts]) == (1, [10])
    assert (leg.promised, desk.do("ship", 26)) == (25, "above_match")
    assert desk.stand("M1", version=1, holds=1).promised == 25


def test_what_a_match_need_not_hold_any_more_is_free():
    desk = agreed(Desk())
    yes: dict[str, Any] = {"state": "accepted", "giver_yes": True, "taker_yes": True}
    desk.stand("M1", version=2, quantity=45, holds=45, **yes)
    assert desk.books() == Standing(100, 55, 0, 45, 0)
    assert desk.stand("M1", version=3, quantity=60, holds=60, **yes).committed == 45


def test_what_is_said_to_be_refused_of_a_shipment_has_not_left():
    desk = agreed(Desk())
    assert desk.do("ship", 10, refused=5).delivered == 10


def test_goods_that_are_gone_cannot_be_promised_anew():
    desk = Desk()
    desk.reserve("M1", 60)
    desk.commit("M1", 60)
    desk.stand("M1")
    desk.fall(50)
    assert desk.do("accept") == "stock_gone"
    assert [one.action for one in desk.do("reject").acts] == ["reject"]


def test_how_a_match_stands_means_nothing_to_a_hub_that_holds_nothing():
    desk = Desk()
    assert desk.stand("M1").state is LegState.LAPSED


def test_what_is_over_is_remembered_for_a_week():
    desk = Desk()
    desk.reserve("M1", 60)
    desk.release("M1")
    desk.tick(TOMBSTONE_MS - 1)
    assert "M1|offer" in desk.side.legs
    desk.tick(1)
    assert desk.side.legs == {}
    assert desk.changelog["leg/M1|offer"] is None


def test_a_market_worker_that_was_replaced_is_heard_no_more_for_ten_minutes():
    desk = Desk()
    desk.reserve("M1", 60, generation=4)
    assert desk.release("M1", generation=3).state is LegState.HELD
    assert [one.state for one in desk.told] == [LegState.HELD]
    assert desk.reserve("M2", 10, generation=3) is None
    desk.tick(FENCE_MS)
    assert desk.reserve("M2", 10, generation=3).held == 10


def test_a_hub_made_of_its_changelog_is_the_same_and_older_records_change_nothing():
    desk = Desk()
    desk.reserve("M1", 60)
    older = dict(desk.changelog)
    desk.commit("M1", 50)
    desk.reserve("M2", 20)
    again = Desk()
    for key, value in (*desk.changelog.items(), *older.items()):
        again.side.restore(key, value)
    again.side.settle()
    assert {key: again.side.encode(key) for key in desk.changelog} == desk.changelog
    assert again.books() == desk.books()
    again.side.announce(desk.version)
    assert [one.match for one in again.side.drain()[1]] == ["M2"]


def test_every_state_a_leg_ends_in_is_left_by_nothing():
    assert {state for state, _ in LEGS if state} == LIVE
    assert {event for _, event in LEGS} == set(LegEvent)


def test_a_residual_is_told_when_it_changed_and_after_any_leg_did():
    desk, at = Desk(), At(5, 0)
    told = Residuals(desk.side)
    offers = left_offers([offer("o", 10)], {"o": 4_000_000})
    same = Residual(hub="19.02", family="F", version=0, offers=offers)
    first = told.renew(same, at)
    assert first is not None
    assert (first.version, first.offers[0].quantity) == (5, 6_000_000)
    assert told.renew(same, At(6, 0)) is None
    desk.version = 6
    desk.reserve("M1", 5)
    again = told.renew(same, At(8, 0))
    assert again is not None
    assert again.version == 8
    assert told.due() == set()
    told.again(0, At(9, 0))
    assert told.due() == {"19.02|F"}
    repeated = told.renew(same, At(10, 0))
    assert repeated is not None
    assert (repeated.version, repeated.offers) == (10, offers)
    assert told.renew(same, At(11, 0)) is None
    assert told.renew(Residual(hub="19.05", family="F", version=0), At(12, 0)) is None


def test_only_the_largest_lines_are_told_and_only_what_is_left_of_them():
    many = [offer(f"o{n:04}", n + 1) for n in range(LINES_MAX + 2)]
    kept = left_offers(many, {})
    assert len(kept) == LINES_MAX
    assert kept[0].line == "o0002"
    (left,) = left_needs([need("n", 10, grade="B", min_lot=9)], {"n": 5_000_000}, {"n"})
    assert (left.quantity, left.min_lot, left.grade, left.contract) == (5 * 10**6,) * 2 + ("B", 1)
    assert left_needs([need("n", 10)], {"n": 10_000_000}) == ()
