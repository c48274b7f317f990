"""Hubs and the market between them on paper: both logs, all partitions, no broker.

Every fold is the real one. Records are worked off in an order drawn from a seed until neither log
has news; a part may be thrown away at any time and made again from its changelog.
"""

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random
from typing import Any

from schemas import network_reference, reference
from schemas.identity import partition_of
from schemas.topics import EVENTS, MARKET, MATCHES
from streams.core.interchange.market_building import MarketBuilder
from streams.core.interchange.market_hours import Hours
from tests.support.core_desk import PARTITIONS, builder, newest
from tests.support.core_logs import NOON, Logged, Saying, tick

TICK_MS = 5_000


@cache
def market_builder(*, outlook: bool = False) -> MarketBuilder:
    if outlook:
        made = copy(market_builder())
        made._solve = copy(made._solve)
        return made.telling(reference.legs())
    tables = network_reference.tables()
    goods, sailings = reference.catalogue(), network_reference.sailings()
    return MarketBuilder(goods, tables, sailings, tables.rates, PARTITIONS)


@dataclass
class Part:
    """One partition of one log, its fold, and what the fold wrote down."""

    make: Callable[[], Any]
    log: list[Logged] = field(default_factory=list)
    changelog: dict[bytes, bytes] = field(default_factory=dict)
    at: int = 0
    committed: int = 0
    core: Any = None

    def __post_init__(self) -> None:
        self.core = self.make()

    def put(self, key: bytes, value: bytes, at_ms: int) -> None:
        self.log.append(Logged(len(self.log), at_ms, key, value))

    def born_again(self) -> None:
        self.core = self.make()
        for key, value in self.changelog.items():
            self.core.restore(key, value)
        self.core.settle()
        self.at = self.committed


class PaperMarket:
    """All partitions of both logs; `outputs` is everything that left for readers."""

    def __init__(
        self,
        seed: int = 0,
        deadly: float = 0.0,
        hours: Hours | None = None,
        *,
        outlook: bool = False,
        asking: bool = False,
    ) -> None:
        """`deadly`: how likely a part dies after a run, and before its outputs leave.

        `hours` are when hubs decide; always, where nothing is said. `outlook`: whether hubs hear
        the market's prices; `asking`: whether hubs, too, have the cut-offs of `hours`, and so ask
        for word of old goods.
        """
        self.chance, self.deadly = Random(seed), deadly
        self.ticks, self.now, self.generation = 0, NOON, 0
        self.outputs: list[tuple[str, bytes, bytes]] = []
        self.parts: dict[tuple[str, int], Part] = {}
        made = market_builder(outlook=outlook)
        if hours is not None:
            made = copy(made).deciding_at(hours.minutes, hours.zones)
        for n in range(PARTITIONS):
            minutes = hours.minutes if hours is not None and asking else ()
            self.parts[EVENTS, n] = Part(partial(builder(minutes, outlook=outlook).partition, n))
            self.parts[MARKET, n] = Part(partial(made.partition, n))

    def say(self, *sayings: Saying) -> "PaperMarket":
        """Put what co-ops say into the partitions of their hubs, and work it off."""
        for saying in sayings:
            place = partition_of(saying.key.decode()[:5], PARTITIONS)
            self.parts[EVENTS, place].put(
                saying.key, saying.value, max(saying.timestamp, self.now)
            )
        return self.settle()

    def tick(self, times: int = 1, step_ms: int = TICK_MS) -> "PaperMarket":
        """Ticks to all partitions of both logs, each after all is quiet."""
        for _ in range(times):
            self.ticks += 1
            self.now += step_ms
            moment = tick(self.ticks, self.now)
            for part in self.parts.values():
                part.put(moment.key, moment.value, self.now)
            self.settle()
        return self

    def settle(self) -> "PaperMarket":
        """Work everything off, in an order of chance."""
        while busy := [place for place, p in self.parts.items() if p.at < len(p.log)]:
            self.work(self.chance.choice(busy), self.chance.choice((1, 3, 1_000)))
        return self

    def work(self, place: tuple[str, int], most: int) -> None:
        """Fold a run of one partition; what comes of it is in the logs and the changelog."""
        part = self.parts[place]
        run = part.log[part.at : part.at + most]
        done = 0
        while done < len(run):
            effects = part.core.fold(run, done)
            assert effects.next > done
            done = effects.next
            self.keep(part, effects.state)
            if self.deadly and self.chance.random() < self.deadly:
                self.die(part)  # its outputs never left
                return
            self.leave(effects.outputs, effects.away)
        part.at += len(run)
        if not self.deadly or self.chance.random() < 0.5:
            part.committed = part.at
        if self.deadly and self.chance.random() < self.deadly:
            self.die(part)

    def die(self, part: Part) -> None:
        """A part is gone, and another takes over from the changelog."""
        part.born_again()
        self.generation += 1
        part.core.reign(self.generation)
        self.leave(part.core.announce(part.committed), part.core.announce_away(part.committed))

    def keep(self, part: Part, rows: list[tuple[bytes, bytes | None]]) -> None:
        for key, value in rows:
            if value is None:
                part.changelog.pop(key, None)
            else:
                part.changelog[key] = value

    def leave(self, outputs: Any, away: Any) -> None:
        self.outputs += [(topic, key, value) for topic, rows in outputs for key, value in rows]
        for topic, place, rows in away:
            for key, value in rows:
                self.parts[topic, place].put(key, value, self.now)

    def matches(self, tier: int = 2) -> list[dict[str, Any]]:
        """The newest of each match of a tier, in the order of their names."""
        found = (json.loads(value)["data"] for t, _, value in self.outputs if t == MATCHES)
        rows = newest((m["match_id"], m) for m in found if "match_id" in m)
        return [rows[name] for name in sorted(rows) if rows[name]["tier"] == tier]
