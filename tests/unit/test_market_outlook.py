"""Whom the market tells what to spare, when a round's matches wait for it, what is said again."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.identity import MatchId
from schemas.market import LegState, Reserve
from schemas.outlook import Outlook
from streams.core.interchange import market_outlook
from streams.core.interchange.market_outlook import REPEAT_MS, TRIALS_MAX
from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.terms import Interchange, Shipment
from tests.protocol.bazaar import solve
from tests.support.fair import GIVER, NEED, OFFER, TAKER, Fair, goods, order

BEAT = 5_000


class Best:
    """A round over all lines as a test sets it: so much of the one offer to the one need."""

    def __init__(self, quantity: int = 50) -> None:
        self.quantity = quantity
        self.asked: list[tuple[int, int]] = []
        """For how much of offers and needs it was asked."""

    def __call__(self, problem: Problem) -> Interchange:
        sides = [sum(one.quantity for one in each) for each in (problem.offers, problem.needs)]
        self.asked.append((sides[0], sides[1]))
        much = self.quantity
        sent = Shipment(MatchId("M"), "o", "n", much, much, 1, 9, 0, 0, 0, ())
        return Interchange((sent,) if much else (), 0, 0, True, 0, (), "", "exact")


def opened(best: Best | None, free: int = 80, **need: Any) -> Fair:
    """A hub that matched 20 of its goods inside, and one that asks for 50 of them."""
    fair = Fair(best)
    lines = goods(free) if free else goods(1, line="p", floor=99)
    fair.hear(
        fair.lines(GIVER, lines, inside_offers=(goods(20),)), fair.lines(TAKER, order(50, **need))
    )
    return fair


def told(said: Sequence[Any]) -> list[tuple[str, int]]:
    """Who is told to spare how much, by hub."""
    words = [one for one in said if isinstance(one, Outlook)]
    return sorted((one.hub, one.spared[0].quantity if one.spared else 0) for one in words)


def begun(said: Sequence[Any]) -> list[int]:
    return [one.quantity for one in said if isinstance(one, Reserve)]


def stirred(fair: Fair, later_ms: int = BEAT) -> list[Any]:
    """A round in which nothing can be matched, for one hub told something."""
    fair.version += 1
    asks = order(50 + fair.version % 2, ceiling=0)
    fair.hear(fair.lines(TAKER, asks))
    return fair.next_round(later_ms)


def quiet(best: Best) -> Fair:
    """Both hubs know what they spare, and nothing fits."""
    fair = opened(best, ceiling=0)
    assert told(fair.next_round()) == [(GIVER, 50), (TAKER, 50)]
    assert told(stirred(fair)) == []
    return fair


def test_hubs_are_told_what_to_spare_before_matches_begin():
    best = Best()
    fair = opened(best, free=80)
    first = fair.next_round()
    assert (told(first), begun(first)) == ([(GIVER, 50), (TAKER, 50)], [])
    second = fair.next_round()
    assert begun(second) == [50, 50]
    assert best.asked[0] == (100, 50)  # what is matched inside counts, too


def test_what_begins_is_spared_no_more():
    fair = opened(Best())
    fair.next_round()
    assert told(fair.next_round()) == [(GIVER, 0), (TAKER, 0)]


def test_of_what_begins_in_part_the_rest_is_spared():
    fair = opened(Best(), free=30)
    fair.next_round()
    second = fair.next_round()
    assert (begun(second), told(second)) == ([30, 30], [(GIVER, 20), (TAKER, 20)])


def test_a_hub_that_matched_all_of_it_inside_is_told_too():
    fair = opened(Best(), free=0)
    assert told(fair.next_round()) == [(GIVER, 50), (TAKER, 50)]


def test_a_round_waits_so_many_times_and_no_more():
    best = Best()
    fair = opened(best)
    for _ in range(TRIALS_MAX):
        assert begun(fair.next_round()) == []
        best.quantity -= 1
    assert begun(fair.next_round()) == [50, 50]


def test_what_fills_an_emergency_begins_at_once():
    said = opened(Best(), priority="emergency").next_round()
    assert (begun(said), len(told(said))) == ([50, 50], 2)


def test_a_round_over_all_lines_that_is_much_work_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(market_outlook, "WHOLE_WORK", 1)
    said = opened(Best()).next_round()
    assert (begun(said), told(said)) == ([50, 50], [])


def test_where_nobody_matched_inside_there_is_one_round_and_nobody_is_told():
    best = Best()
    fair = Fair(best)
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order(50)))
    said = fair.next_round()
    assert (begun(said), told(said), best.asked) == ([50, 50], [], [])


def test_what_all_hubs_spare_stays_spared_while_nothing_of_it_can_begin():
    best = Best()
    fair = opened(best, ceiling=0)
    fair.next_round()
    fair.hear(fair.lines(GIVER, goods(100)))  # it spares its goods now
    assert told(fair.next_round()) == []
    assert best.asked[-1] == (100, 50)


def test_without_a_round_over_all_lines_nobody_is_told_and_nothing_waits():
    said = opened(None).next_round()
    assert (told(said), begun(said)) == ([], [50, 50])


def test_a_hub_is_told_when_what_it_spares_is_another_and_once_only():
    best = Best()
    fair = quiet(best)
    best.quantity = 51
    assert told(stirred(fair)) == [(GIVER, 51), (TAKER, 51)]
    assert told(stirred(fair)) == []
    best.quantity = 0
    assert told(stirred(fair)) == [(GIVER, 0), (TAKER, 0)]


def test_what_stands_is_told_again_before_it_is_too_old():
    fair = quiet(Best())
    assert told(stirred(fair, REPEAT_MS - 2 * BEAT)) == []
    assert told(stirred(fair, 3 * BEAT)) == [(GIVER, 50), (TAKER, 50)]


def test_whom_a_record_has_no_room_for_the_next_round_tells(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(market_outlook, "BYTES_MAX", 30)
    fair = opened(Best(), ceiling=0)
    assert told(fair.next_round()) == [(GIVER, 50)]
    assert told(fair.next_round()) == [(TAKER, 50)]


def test_what_may_never_have_left_is_said_again_as_it_was():
    fair = quiet(Best())
    fair.side.announce(0)
    rows, asked, _ = fair.side.drain()
    again = [one.request for one in asked if isinstance(one.request, Outlook)]
    assert rows == []
    held = fair.side.store.outlooks
    assert {(one.hub, one.version, one.spared) for one in again} == {
        (one.hub, one.version, one.spared) for one in held.values()
    }
    fair.side.announce(fair.offset + 2)
    assert fair.side.drain()[1] == []


def test_a_match_that_a_hub_granted_takes_its_course():
    fair = opened(Best())
    fair.next_round()
    fair.next_round()
    fair.hear(fair.told(OFFER, LegState.HELD, 50), fair.told(NEED, LegState.HELD, 50))
    fair.hear(fair.told(OFFER, LegState.COMMITTED, 50), fair.told(NEED, LegState.COMMITTED, 50))
    assert fair.match.state == "proposed"


def test_a_market_made_anew_goes_on_as_the_old_one_would_have():
    best = Best()
    old = quiet(best)
    new = Fair(best)
    new.side = MarketSide(solve, new.policy, generation=6)
    for key, value in old.changelog.items():
        new.side.restore(key, value)
    new.side.settle()
    new.offset, new.version = old.offset, old.version
    new.tick_no, new.now_ms = old.tick_no, old.now_ms
    best.quantity = 40
    assert stirred(new) == stirred(old)
    assert stirred(new) == stirred(old)
    assert new.side.store.outlooks == old.side.store.outlooks
