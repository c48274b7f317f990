"""Bugs of the kind that such protocols have, each planted in the code of one side.

A bug is a name and what it puts in the place of which method. The interleavings must find every
one of them, or their laws say too little.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from msgspec import structs

from schemas.market import Commit, LegState, Release, Reserve
from streams.core.interchange import (
    hub_life,
    market_asking,
    market_life,
    market_side,
    market_steps,
)
from streams.core.interchange.hub_asking import Questions
from streams.core.interchange.hub_outlook import Outlooks
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import leg_name
from streams.core.interchange.hub_stock import At
from streams.core.interchange.market_outlook import Telling
from streams.core.interchange.market_round import Rounds
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.market_state import Between
from streams.core.interchange.protocol_table import LIVE, News, Phase


class Planted(NamedTuple):
    """Where it goes: an owner, the name of an attribute, and what takes its place."""

    owner: Any
    name: str
    bug: Any


def _granted_again(side: HubSide, asked: Reserve, at: At) -> None:
    leg = side.legs.get(leg_name(asked.match, asked.side))
    if leg is None or leg.state is not LegState.HELD:
        _reserve(side, asked, at)
        return
    leg.held += min(asked.quantity, side.free(asked.side, asked.line, asked.commodity))
    side._keep(leg, at)


def _permits_believed(side: HubSide, asked: Reserve, at: At) -> None:
    bond = side._stock.bond(asked.side, asked.line)
    _reserve(side, structs.replace(asked, asks=bond.holds, permits=bond.asks), at)


def _committed_blindly(side: HubSide, asked: Commit, at: At) -> None:
    leg = side.legs.get(leg_name(asked.match, asked.side))
    if leg is not None and leg.state is not LegState.COMMITTED:
        leg.state, leg.held, leg.committed = LegState.COMMITTED, 0, asked.quantity
        side._keep(leg, at)


def _excess_is_lost(side: HubSide, asked: Commit, at: At) -> None:
    leg = side.legs.get(leg_name(asked.match, asked.side))
    held = 0 if leg is None else leg.held
    _commit(side, asked, at)
    if leg is not None and held and leg.state is LegState.COMMITTED:
        leg.held = held - leg.committed


def _committed_stays(side: HubSide, asked: Release, at: At) -> None:
    leg = side.legs.get(leg_name(asked.match, asked.side))
    promised = 0 if leg is None else leg.committed
    _release(side, asked, at)
    if leg is not None:
        leg.committed = max(leg.committed, promised)


def _committed_expires(side: HubSide, at: At) -> None:
    _tick(side, at)
    for leg in list(side.legs.values()):
        if leg.state is LegState.COMMITTED and leg.until_ms <= at.as_of_ms:
            side._end(leg, LegState.LAPSED, "hold_over", at)


def _of_the_total(side: HubSide, end: Any, line: str, commodity: str) -> int:
    return side._stock.room(end, line, commodity)


def _never_cut(side: HubSide, *_: Any) -> None:
    return None


def _nothing_remembered(side: HubSide, leg: Any, state: LegState, reason: str, at: At) -> None:
    _end(side, leg, state, reason, at)
    if not leg.delivered:
        leg.until_ms = at.as_of_ms
        side._ends.insert(0, (at.as_of_ms, leg.name))


def _half_is_enough(match: Between, now_ms: int) -> News | None:
    if match.phase is Phase.COMMITTING and any(
        market_asking._is_acknowledged(end) for end in match.ends
    ):
        return News.ACKNOWLEDGED
    return _news_of(match, now_ms)


def _other_leg_forgotten(match: Between, end: Any, generation: int) -> Any:
    if match.phase is Phase.RELEASING and end.state in LIVE:
        return None
    return _request_of(match, end, generation)


def _same_name_again(rounds: Rounds, match: Between, *rest: Any) -> None:
    match.n -= 1
    _rest(rounds, match, *rest)


def _stale_answer_wins(side: MarketSide, told: Any) -> None:
    match = side.store.matches.get(told.match)
    if match is not None:
        end = match.offer if told.side is match.offer.side else match.need
        end.told = 0
    _leg(side, told)


def _each_asks_for_its_own(match: Between) -> bool:
    for end in match.ends:
        end.agreed = end.quantity
    return True


def _done_again(match: Between, end: Any, heard: int, acts: Any, now_ms: int) -> bool:
    end.acted = heard
    return _hear(match, end, heard, acts, now_ms)


def _any_terms(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _still_promised(leg: Any, told: Any) -> None:
    before = leg.delivered
    _done(leg, told)
    leg.delivered = before


def _nothing_freed(leg: Any, stand: Any) -> None:
    before = leg.committed
    _stands(leg, stand)
    leg.committed = before


def _acts_forgotten(leg: Any, stand: Any) -> None:
    _stands(leg, stand)
    leg.acts = []


def _older_stand_wins(side: HubSide, asked: Any, at: At) -> None:
    leg = side.legs.get(leg_name(asked.match, asked.side))
    if leg is not None:
        leg.stood = 0
    _stand(side, asked, at)


def _no_doubt(*_: Any) -> str:
    return ""


def _nothing_moves(*_: Any) -> int:
    return 0


def _older_outlook_wins(outlooks: Outlooks, said: Any, at: At) -> bool:
    held = outlooks._side.heard.get(f"{said.hub}|{said.family}")
    if held is not None:
        held.said = 0
    return _outlook(outlooks, said, at)


def _said_once(*_: Any) -> None:
    return None


_outlook = Outlooks.hear
_hear, _done, _stands = market_life.hear, hub_life.done, hub_life.stands
_stand = HubSide._stand
_reserve, _commit, _release = HubSide._reserve, HubSide._commit, HubSide._release
_tick, _end, _leg, _rest = HubSide.tick, HubSide._end, MarketSide._leg, Rounds.rest
_news_of, _request_of = market_asking.news_of, market_asking.request_of

BUGS: Final[Mapping[str, Planted]] = {
    "a repeated reserve is granted again": Planted(HubSide, "_reserve", _granted_again),
    "a hub believes that permits are there": Planted(HubSide, "_reserve", _permits_believed),
    "a commit is carried out blindly": Planted(HubSide, "_commit", _committed_blindly),
    "the excess of a commit is lost": Planted(HubSide, "_commit", _excess_is_lost),
    "a release leaves what is committed": Planted(HubSide, "_release", _committed_stays),
    "what is committed expires": Planted(HubSide, "tick", _committed_expires),
    "a grant takes of the total": Planted(HubSide, "free", _of_the_total),
    "falling stock cuts nothing": Planted(HubSide, "weigh", _never_cut),
    "what is over is forgotten at once": Planted(HubSide, "_end", _nothing_remembered),
    "one acknowledgement is enough": Planted(market_steps, "news_of", _half_is_enough),
    "the other leg is not released": Planted(market_side, "request_of", _other_leg_forgotten),
    "the next match has the same name": Planted(Rounds, "rest", _same_name_again),
    "an older answer wins": Planted(MarketSide, "_leg", _stale_answer_wins),
    "each leg commits its own grant": Planted(market_asking, "_agree", _each_asks_for_its_own),
    "what was done is done again": Planted(market_life, "hear", _done_again),
    "a yes counts for any terms": Planted(market_life, "_are_terms", _any_terms),
    "what has left is still promised": Planted(hub_life, "done", _still_promised),
    "what a match need not hold stays held": Planted(hub_life, "stands", _nothing_freed),
    "what nobody has heard is forgotten": Planted(hub_life, "stands", _acts_forgotten),
    "an older word on a match wins": Planted(HubSide, "_stand", _older_stand_wins),
    "old goods are promised unasked": Planted(Questions, "doubt", _no_doubt),
    "what waits to be counted is offered": Planted(Questions, "is_open", _never),
    "an answer is not heard": Planted(Questions, "lapse", _nothing_moves),
    "an older outlook wins": Planted(Outlooks, "hear", _older_outlook_wins),
    "an outlook that never left is not said again": Planted(Telling, "announce", _said_once),
    "what is left of a pool stays": Planted(market_steps, "is_short", _never),
    "a pool is committed in pieces": Planted(market_steps, "has_answered", _any_terms),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Have a bug in the code while the block runs."""
    plant = BUGS[name]
    sound = getattr(plant.owner, plant.name)
    setattr(plant.owner, plant.name, plant.bug)
    try:
        yield
    finally:
        setattr(plant.owner, plant.name, sound)
