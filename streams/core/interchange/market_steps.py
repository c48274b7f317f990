"""Decides how a match goes on from what its legs say, and its pool with it.

What follows is read off `protocol_table`, until nothing more does. The matches of a pool wait for
each other before anything is committed, and go together when too little is left of it
(`market_pools`). Refuses to know who says what, and when.
"""

from typing import Final

from streams.core.interchange import market_life
from streams.core.interchange.market_asking import news_of
from streams.core.interchange.market_pools import POOL_SHORT, has_answered, is_short, may_go
from streams.core.interchange.market_round import Rounds
from streams.core.interchange.market_state import Between
from streams.core.interchange.market_store import MarketStore
from streams.core.interchange.protocol_table import HOLD_BACK_MS, MATCHES, News, Phase
from streams.core.lifecycle_table import FINAL, HOLDING, Action

REST_MS: Final = {"rejected": HOLD_BACK_MS, "expired": HOLD_BACK_MS}
"""How long a pair rests, by why its match is over; else until its hubs tell of new lines."""


class Steps:
    """How matches go on; `ask` are those whose legs are to be asked, `dragged` those of a pool.

    `dragged` counts, since the start, matches that changed because of others of their pool.
    """

    def __init__(self, store: MarketStore, rounds: Rounds) -> None:
        self.store, self._rounds = store, rounds
        self.ask: dict[str, None] = {}
        self.dragged = 0

    def lived(self, match: Between) -> None:
        """The life of a match went on: both hubs hear of it."""
        life = match.life
        match.stands = self.store.now.version
        settled = life is not None and life.state not in HOLDING | FINAL
        if settled and not match.settled:
            self._rest(match, ())
            match.settled = True
        self.follow(match)
        self.ask[match.match] = None
        self.store.put("match", match.match, match)
        self.store.show(match.match)

    def follow(self, match: Between) -> None:
        """Go on from what the legs say, until there is nothing more to follow from it."""
        self._step(match)
        if match.pool:
            self._settle(match)

    def _step(self, match: Between, news: News | None = None) -> None:
        """The same for the match alone; `news` comes first."""
        while True:
            news = news or news_of(match, self.store.now.as_of_ms)
            rule = None if news is None else MATCHES.get((match.phase, news))
            waits = news is News.GRANTED and not has_answered(self.store.pool_of(match))
            if rule is None or waits:
                return
            if match.phase is not Phase.RELEASING and rule.to is Phase.RELEASING:
                self._end(match)
            elif match.phase is not Phase.PROPOSED and rule.to is Phase.PROPOSED:
                market_life.begin(match, self.store.now.as_of_ms)
                match.stands = self.store.now.version
            match.phase, news = rule.to, None
            self.ask[match.match] = None
            if match.phase is Phase.ENDED:
                match.ended_ms = self.store.now.as_of_ms
                return

    def _settle(self, match: Between) -> None:
        """The others of a pool go on with it, or what is left of the pool is let go."""
        pool = self.store.pool_of(match)
        short = is_short(pool)
        if not short and not has_answered(pool):
            return
        for other in pool:
            before = other.phase, other.state
            if short and may_go(other):
                self._let_loose(other)
            else:
                self._step(other)
            if (other.phase, other.state) != before:
                self.dragged += 1
                self.ask[other.match] = None
                self.store.put("match", other.match, other)
                self.store.show(other.match)

    def _let_loose(self, match: Between) -> None:
        """What is left of its pool is too little."""
        now_ms, match.reason = self.store.now.as_of_ms, POOL_SHORT
        if match.life is None:
            self._step(match, News.POOL_SHORT)
            return
        action = market_life.due(match, now_ms) or Action.SUPERSEDE
        reason = POOL_SHORT if action is Action.SUPERSEDE else ""
        market_life.pass_time(match, action, now_ms, reason)
        match.stands = self.store.now.version
        self._step(match)

    def _end(self, match: Between) -> None:
        """A match is over: the next of the pair has another name, and the pair rests."""
        over = [end for end in match.ends if end.is_over]
        if over:
            market_life.lose(match, over[0].reason, over[0].hub, self.store.now.as_of_ms)
        match.reason = match.state or (over[0].reason if over else match.reason or "too_little")
        if not match.settled:
            short = [end for end in match.ends if end.is_over or end.quantity < end.asked]
            self._rest(match, tuple((end.hub, end.told) for end in short))

    def _rest(self, match: Between, after: tuple[tuple[str, int], ...]) -> None:
        rest_ms = REST_MS.get(match.reason, 0)
        self._rounds.rest(match, self.store.now.as_of_ms + rest_ms if rest_ms else 0, after)
