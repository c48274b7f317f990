"""Decides what the market between hubs makes of what hubs say: matches, requests, rounds.

Theory of operation. The market is a fold over one log, as a hub is. A match is a table over both
its legs: each is kept as its hub last told it, the highest version wins, and what follows is read
off `protocol_table` (`market_steps`). Nothing is published before both legs are committed with
what was agreed; from then on it has a life (`market_life`), and both hubs are told how it stands.
Whatever a leg has not answered is asked again at every tick. A record at or below `applied`
changes nothing, and is answered again from the state. Requests and matches leave as the state has
them at the end of a run; `market_round` decides when lines are matched, and by whom.

Refuses to know Kafka, the clock and what solves a round.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from schemas.market import (
    Done,
    LegTold,
    Release,
    Request,
    Residual,
    Retell,
)
from schemas.records import version_of
from streams.core.interchange import market_life
from streams.core.interchange.market_asking import is_ending, request_of
from streams.core.interchange.market_outlook import Telling
from streams.core.interchange.market_round import Policy, Rounds, Solve
from streams.core.interchange.market_state import APPLIED, Between, DoneTick, End, Lines
from streams.core.interchange.market_steps import Steps
from streams.core.interchange.market_store import MarketStore
from streams.core.interchange.protocol_table import (
    LIVE,
    MATCHES,
    TOMBSTONE_MS,
    News,
)
from streams.core.lifecycle_table import Action

AGE_MAX: Final = 200
"""How many matches a tick may change because time went on; the others follow at the next."""
FORGET_MAX: Final = 300
"""How many ended matches a tick may forget; the others follow at the next."""


class Tick(NamedTuple):
    """The clock's word: the number of the tick, and the time, ms UTC."""

    tick: int
    as_of_ms: int


class Asked(NamedTuple):
    """A request on its way to the partition of a hub; `hub` is empty where it names its own."""

    hub: str
    request: Request


class MarketSide:
    """One partition of `lumbung.market.v1`: its state, and the fold over its log."""

    def __init__(
        self,
        solve: Solve,
        policy: Policy,
        *,
        number: int = 0,
        epoch: int = 0,
        generation: int = 0,
    ) -> None:
        self._number = number
        self.store = MarketStore(epoch, policy.home_of)
        self.generation = generation
        self._rounds = Rounds(self.store, solve, policy)
        self._telling = Telling(self.store, policy)
        self._rounds.beginning = self._telling.begun
        self._steps = Steps(self.store, self._rounds)
        self._orphans: dict[tuple[str, str], LegTold] = {}
        self._retell: dict[int, int] = {}

    @property
    def applied(self) -> int:
        """The last offset that is in the state, -1 when none is."""
        return self.store.now.offset

    @property
    def counts(self) -> dict[str, int]:
        """Rounds, shipments and uncertified rounds since the start of this process."""
        return self._rounds.counts

    # -------------------------------------------------------------- the fold
    def hear(self, offset: int, said: Residual | Done | LegTold | Tick) -> None:
        """Fold one record of the log."""
        now = self.store.now
        if offset <= now.offset:
            self._again(said)
            return
        now.offset = offset
        now.version = version_of(now.epoch, offset)
        self.store.changed[APPLIED] = None
        if isinstance(said, LegTold):
            self._leg(said)
        elif isinstance(said, Residual):
            self._residual(said)
        elif isinstance(said, Done):
            self._done(said)
        else:
            self._tick(said)

    def pass_over(self, offset: int) -> None:
        """A record that says nothing the market can take; the log goes on behind it."""
        now = self.store.now
        if offset > now.offset:
            now.offset, now.version = offset, version_of(now.epoch, offset)
            self.store.changed[APPLIED] = None

    def _again(self, said: Residual | Done | LegTold | Tick) -> None:
        """Say again what a record led to; what else may be lost is asked for at the next tick."""
        if isinstance(said, LegTold) and said.match in self.store.matches:
            self._steps.ask[said.match] = None
            self.store.show(said.match)

    def _residual(self, said: Residual) -> None:
        name = f"{said.hub}|{said.family}"
        held = self.store.residuals.get(name)
        if held is not None and held.told >= said.version:
            return
        told = (said.offers, said.needs, said.holders, said.inside_offers, said.inside_needs)
        lines = Lines(self.store.now.version, said.version, said.hub, said.family, *told)
        self.store.put("residual", name, lines)
        self._rounds.stir(said.family)

    def _done(self, said: Done) -> None:
        name = str(said.partition)
        held = self.store.done.get(name)
        if held is not None and held.tick >= said.tick:
            return
        if said.told not in (-1, self.store.tally.sum(said.partition)):
            self._retell[said.partition] = said.tick  # and the round waits for it a while
            return
        self.store.put("done", name, DoneTick(self.store.now.version, said.tick))
        self._round()

    def _tick(self, said: Tick) -> None:
        now = self.store.now
        if said.tick <= now.tick:
            return
        before = now.as_of_ms
        now.tick, now.as_of_ms = said.tick, max(now.as_of_ms, said.as_of_ms)
        for match in self.store.open.values():
            if (match.phase, News.TICK) in MATCHES:
                self._steps.ask[match.match] = None
        self._age()
        self._rounds.wake(before)
        self._forget()
        self._round()

    def _age(self) -> None:
        """What time does to matches that people see, the longest due of a few first come."""
        now_ms = self.store.now.as_of_ms
        due = [
            (match.moved_ms, name)
            for name, match in self.store.open.items()
            if market_life.due(match, now_ms) or is_ending(match, now_ms)
        ]
        room = AGE_MAX + self._steps.dragged
        for _, name in sorted(due):
            if room <= self._steps.dragged:
                return
            room -= 1
            match = self.store.matches[name]
            action = market_life.due(match, now_ms)
            if action is not None:
                market_life.pass_time(match, action, now_ms)
            self._steps.lived(match)

    def _round(self) -> None:
        for match in self._rounds.begin():
            self._steps.ask[match.match] = None

    def _forget(self) -> None:
        until_ms = self.store.now.as_of_ms - TOMBSTONE_MS
        for name in self.store.forgettable(until_ms, FORGET_MAX):
            self.store.drop("match", name)

    # -------------------------------------------------------------- matches
    def _leg(self, told: LegTold) -> None:
        match = self.store.matches.get(told.match)
        if match is None:
            if told.state in LIVE:  # forgotten long ago; nothing else would ever let it go
                self._orphans[told.match, told.side] = told
            return
        end = match.offer if told.side is match.offer.side else match.need
        if told.version <= end.told:
            return
        end.told, end.state, end.quantity = told.version, told.state, told.quantity
        end.at_risk, end.delivered, end.reason = told.at_risk, told.delivered, told.reason
        end.stood = told.stood
        if self._has_lived(match, end, told):
            self._steps.lived(match)
            return
        self._steps.follow(match)
        self.store.put("match", match.match, match)
        self.store.show(match.match)

    def _has_lived(self, match: Between, end: End, told: LegTold) -> bool:
        """Carry out what people did; a proposal whose goods are gone goes, too."""
        now_ms, life = self.store.now.as_of_ms, match.life
        if life is None:
            return False
        lived = market_life.hear(match, end, told.heard, told.acts, now_ms)
        if end.at_risk and market_life.may_go(match):
            market_life.pass_time(match, Action.SUPERSEDE, now_ms, end.at_risk)
            return True
        return lived

    # -------------------------------------------------------------- what leaves
    def announce(self, version: int) -> None:
        """Say everything again that changed at or above a version: it may never have left."""
        for name in sorted(self.store.matches):
            if self.store.matches[name].version >= version:
                self._steps.ask[name] = None
                self.store.show(name)
        self._telling.announce(version)

    def drain(
        self,
    ) -> tuple[list[tuple[str, bytes | None]], list[Asked], list[Between]]:
        """What to write, then whom to ask and which matches to publish; empty afterwards."""
        asked = [one for name in self._steps.ask for one in self._requests(name)]
        asked += [self._let_go(told) for told in self._orphans.values()]
        asked += [self._tell_all(*each) for each in self._retell.items()]
        asked += [Asked(said.hub, said) for said in self._telling.drain(self.generation)]
        self._steps.ask, self._orphans, self._retell = {}, {}, {}
        rows, shown = self.store.drain()
        return rows, asked, shown

    def _requests(self, name: str) -> Iterator[Asked]:
        """What the legs of a match have not answered yet."""
        match = self.store.matches.get(name)
        if match is None:
            return
        for end in match.ends:
            request = request_of(match, end, self.generation)
            if request is not None:
                yield Asked(end.hub, request)

    def _let_go(self, told: LegTold) -> Asked:
        facts: dict[str, Any] = {"match": told.match, "side": told.side, "hub": told.hub}
        version, spoken = self.store.now.version, self.generation
        release = Release(
            **facts, family=told.family, version=version, generation=spoken, reason="unknown"
        )
        return Asked(told.hub, release)

    def _tell_all(self, partition: int, tick: int) -> Asked:
        """A partition of hubs told more than has arrived."""
        facts: dict[str, Any] = {"partition": partition, "tick": tick, "market": self._number}
        version, spoken = self.store.now.version, self.generation
        return Asked("", Retell(**facts, version=version, generation=spoken))

    # -------------------------------------------------------------- recovery
    def restore(self, key: str, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        return self.store.restore(key, value)

    def encode(self, key: str) -> bytes | None:
        """What the changelog should hold for a key; None when nothing."""
        return self.store.encode(key)

    def settle(self) -> None:
        """Recovery is over: build what the state implies."""
        self.store.settle()
