"""Whom the market tells of prices, when a round is only tried out, and what is said again."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.market import Reserve
from schemas.outlook import Outlook
from streams.core.interchange import market_prices
from streams.core.interchange.market_prices import REPEAT_MS, TRIALS_MAX
from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.outlook import Quote, Quotes, Step
from streams.core.interchange.terms import Shipment
from tests.protocol.bazaar import solve
from tests.support.fair import GIVER, TAKER, Fair, goods, order

BEAT = 5_000


class Board:
    """Prices as a test sets them: at every hub that the market knows, by hub."""

    def __init__(self, idr: int = 100) -> None:
        self.idr: dict[str, int] = {GIVER: idr, TAKER: idr}
        self.asked: list[tuple[int, ...]] = []
        """For how much of offers and needs, and how many shipments, prices were asked."""

    def __call__(self, problem: Problem, shipments: Sequence[Shipment]) -> Quotes:
        sizes = (sum(one.quantity for one in each) for each in (problem.offers, problem.needs))
        self.asked.append((*sizes, len(shipments)))
        return {
            hub: {("X", "A"): Quote((Step(0, self.idr[hub]),))}
            for hub in problem.hubs
            if self.idr[hub]
        }


def opened(board: Board, **need: Any) -> Fair:
    fair = Fair(board)
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order(**need)))
    return fair


def prices(said: Sequence[Any]) -> list[tuple[str, int]]:
    """Who is told what, by hub."""
    told = [one for one in said if isinstance(one, Outlook)]
    return sorted((one.hub, one.goods[0].sell[0][1] if one.goods else 0) for one in told)


def begun(said: Sequence[Any]) -> int:
    return sum(isinstance(one, Reserve) for one in said)


def stirred(fair: Fair, later_ms: int = BEAT) -> list[Any]:
    """A round in which nothing can be matched, for one hub told something."""
    fair.version += 1
    fair.hear(fair.lines(GIVER, goods(70 + fair.version % 2, floor=99)))
    return fair.next_round(later_ms)


def quiet(board: Board) -> Fair:
    """Both hubs have lines, and nothing fits; prices were told twice."""
    fair = Fair(board)
    fair.hear(fair.lines(GIVER, goods(floor=99)), fair.lines(TAKER, order()))
    assert prices(fair.next_round()) == [(GIVER, 100), (TAKER, 100)]
    assert prices(stirred(fair)) == [(GIVER, 100), (TAKER, 100)]
    assert prices(stirred(fair)) == []
    return fair


def test_a_round_whose_prices_are_news_is_tried_out_before_its_matches_begin():
    board = Board()
    fair = Fair(board)
    fair.hear(fair.lines(GIVER, goods(80_000)), fair.lines(TAKER, order(20_000)))
    first = fair.next_round()
    assert (prices(first), begun(first)) == ([(GIVER, 100), (TAKER, 100)], 0)
    second = fair.next_round()
    assert begun(second) == 2
    whole = 80_000, 20_000, 1
    assert board.asked == [whole, whole, (60_000, 0, 0)]  # the last of what is left over


def test_a_round_is_tried_out_so_many_times_and_no_more():
    board = Board()
    fair = opened(board)
    for n in range(TRIALS_MAX):
        assert begun(fair.next_round()) == 0
        board.idr = dict.fromkeys(board.idr, 200 + 100 * n)
    assert begun(fair.next_round()) == 2


def test_what_fills_an_emergency_begins_at_once():
    said = opened(Board(), priority="emergency").next_round()
    assert (begun(said), len(prices(said))) == (2, 2)


def test_a_round_that_is_much_work_is_not_done_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(market_prices, "TRIAL_WORK", 1)
    assert begun(opened(Board()).next_round()) == 2


def test_without_prices_nobody_is_told_and_nothing_waits():
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order()))
    said = fair.next_round()
    assert (prices(said), begun(said)) == ([], 2)


def test_a_hub_is_told_when_its_prices_move_and_once_more():
    board = Board()
    fair = quiet(board)
    board.idr[GIVER] = 102
    assert prices(stirred(fair)) == []
    board.idr[GIVER] = 103
    assert prices(stirred(fair)) == [(GIVER, 103)]
    assert prices(stirred(fair)) == [(GIVER, 103)]
    assert prices(stirred(fair)) == []


def test_prices_that_vanish_are_told_as_none():
    board = Board()
    fair = quiet(board)
    board.idr[TAKER] = 0
    assert prices(stirred(fair)) == [(TAKER, 0)]


def test_prices_that_stand_are_told_again_before_they_are_too_old():
    board = Board()
    fair = quiet(board)
    assert prices(stirred(fair, REPEAT_MS - 2 * BEAT)) == []
    assert prices(stirred(fair, 3 * BEAT)) == [(GIVER, 100), (TAKER, 100)]


def test_a_hub_that_has_nothing_left_is_told_too():
    fair = Fair(Board())
    fair.hear(fair.lines(GIVER, goods(floor=99)), fair.lines(TAKER))
    assert prices(fair.next_round()) == [(GIVER, 100), (TAKER, 100)]


def test_whom_a_record_has_no_room_for_the_next_round_tells(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(market_prices, "BYTES_MAX", 60)
    fair = Fair(Board())
    fair.hear(fair.lines(GIVER, goods(floor=99)), fair.lines(TAKER, order()))
    assert prices(fair.next_round()) == [(GIVER, 100)]
    assert prices(fair.next_round()) == [(TAKER, 100)]


def test_what_may_never_have_left_is_said_again_as_it_was():
    fair = quiet(Board())
    fair.side.announce(0)
    rows, asked, _ = fair.side.drain()
    again = [one.request for one in asked if isinstance(one.request, Outlook)]
    assert rows == []
    told = fair.side.store.prices
    assert {(one.hub, one.version, one.goods) for one in again} == {
        (one.hub, one.version, one.goods) for one in told.values()
    }
    fair.side.announce(fair.offset + 2)
    assert fair.side.drain()[1] == []


def test_a_market_made_anew_goes_on_as_the_old_one_would_have():
    board = Board()
    old = quiet(board)
    new = Fair(board)
    new.side = MarketSide(solve, new.policy, generation=6)
    for key, value in old.changelog.items():
        new.side.restore(key, value)
    new.side.settle()
    new.offset, new.version = old.offset, old.version
    new.tick_no, new.now_ms = old.tick_no, old.now_ms
    board.idr[TAKER] = 150
    assert stirred(new) == stirred(old)
    assert stirred(new) == stirred(old)
    assert new.side.store.prices == old.side.store.prices
