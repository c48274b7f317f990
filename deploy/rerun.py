"""The round that made a match, rebuilt from the log.

Decides how far a log is folded and which of its rounds is the one that was told: the one of the
same digest, which names all that went into it. The fold is the workers' own; only its matchers are
listened to. Refuses to judge what it finds (`deploy.rerun_check`) and to tell it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from deploy.errors import CheckFailed
from deploy.rerun_between import BetweenRound
from deploy.rerun_pairs import HubRound
from deploy.verify.log import Log, LogRecord
from producers.ticks import tick_of
from schemas.identity import partition_of
from schemas.records import offset_of
from schemas.topics import EVENTS, MARKET, MATCHES
from streams.agents.core_port import Outputs, PartitionFold
from streams.core.building import Builder
from streams.core.interchange.market_building import MarketBuilder
from streams.core.interchange.market_partition import MarketPartition
from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.terms import Interchange, Shipment
from streams.core.lines import Proposal, Round
from streams.core.partition import Partition

RUN: Final = 1_000
WITHIN_HUB: Final = 1
Posed = HubRound | BetweenRound
Tell = Callable[[int, int], None]
"""Hears how many records are folded, and how many there are."""


class Reading(NamedTuple):
    """What was read of the log."""

    topic: str
    partition: int
    first: int
    last: int
    records: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the log says: the round, the record that began it and its time, ms UTC; the match.

    `posed` is None where no round of that digest was solved, `match` where the log tells none of
    that id by then; it is the record as it left for the topic of matches.
    """

    reading: Reading
    posed: Posed | None
    began: LogRecord | None
    match: Mapping[str, Any] | None


@dataclass(slots=True)
class _Heard:
    """Rounds of one digest, as they are solved."""

    digest: str
    last: Posed | None = None

    def hear(self, digest: str, posed: Callable[[], Posed]) -> None:
        if digest == self.digest:
            self.last = posed()

    def take(self) -> Posed | None:
        found, self.last = self.last, None
        return found


class _HubBuilder(Builder):
    """Makes what another builder makes, and listens to the matcher."""

    def __init__(self, made: Builder, heard: _Heard) -> None:
        vars(self).update(vars(made))
        solve = self._setting.solve

        def listening(*asked: Any) -> Round:
            found: Round = solve(*asked)
            heard.hear(found.digest, lambda: HubRound._make((*asked, found)))
            return found

        self._setting = replace(self._setting, solve=listening)


class _MarketBuilder(MarketBuilder):
    """Makes what another builder makes, and listens to the matcher."""

    def __init__(self, made: MarketBuilder, heard: _Heard) -> None:
        vars(self).update(vars(made))
        self._heard = heard

    def partition(self, number: int, epoch: int = 0) -> MarketPartition:
        side = MarketSide(self._listening, self._policy, number=number, epoch=epoch)
        return MarketPartition(number, self._partitions, side, self._goods)

    def _listening(self, problem: Problem) -> Interchange:
        found = self._solve(problem)
        self._heard.hear(found.digest, lambda: self._posed(problem, found))
        return found

    def _posed(self, asked: Problem, found: Interchange) -> BetweenRound:
        terms = self._solve.terms(asked)
        return BetweenRound(asked.offers, asked.needs, terms, asked.options, asked.today, found)


@dataclass(frozen=True, slots=True)
class Cores:
    """How the partitions of both logs are made, by how many of them there are."""

    hub: Callable[[int], Builder]
    market: Callable[[int], MarketBuilder]


def rebuilt(log: Log, told: Mapping[str, Any], cores: Cores, tell: Tell) -> Rebuilt:
    """Fold the log that a match lies in, up to the record that last changed it.

    `told` is the match as the warehouse has it. CheckFailed where the log does not reach from its
    beginning to that record.
    """
    inside = told["tier"] == WITHIN_HUB
    topic = EVENTS if inside else MARKET
    partitions = log.partitions(topic)
    if not partitions:
        raise CheckFailed("LB-K030", f"there is no topic {topic}", "Name its Kafka: --kafka.")
    number = partition_of(told["from_hub"] if inside else told["family"], partitions)
    heard = _Heard(told["round"])
    core: Partition | MarketPartition
    if inside:
        core = _HubBuilder(cores.hub(partitions), heard).partition(number)
    else:
        core = _MarketBuilder(cores.market(partitions), heard).partition(number)
    last = offset_of(told["version"])
    asked = _Asked(told["match_id"], told["tick"], tell)
    return _folded(core, heard, _Stretch(log, topic, number, last), asked)


class _Asked(NamedTuple):
    """The match that is looked for, the tick of its round, and who hears how it goes."""

    match: str
    tick: int
    tell: Tell


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A partition of a log, from its beginning to an offset."""

    log: Log
    topic: str
    partition: int
    last: int

    def runs(self) -> Iterator[list[LogRecord]]:
        """All its records, some at a time; CheckFailed where the log is cut."""
        place = f"{self.topic}/{self.partition}"
        end = self.log.end(self.topic, self.partition)
        if end <= self.last:
            raise CheckFailed(
                "LB-K031",
                f"{place} ends at {end}, the match was last changed at {self.last}",
                "The warehouse is of another log: name its Kafka, or lumbung rebuild.",
            )
        records = self._records()
        first = next(records, None)
        if first is None or first.offset > 0:
            raise CheckFailed(
                "LB-K032",
                f"{place} does not begin with its first record: that is gone",
                "A round is rebuilt from the whole log; keep the topics without a limit.",
            )
        records = chain((first,), records)
        while run := list(islice(records, RUN)):
            yield run

    def _records(self) -> Iterator[LogRecord]:
        for record in self.log.records(self.topic, self.partition):
            if record.offset > self.last:
                return
            yield record


def _folded(core: PartitionFold, heard: _Heard, stretch: _Stretch, asked: _Asked) -> Rebuilt:
    """Fold a stretch; of the rounds that were heard take the one that fits best."""
    best, began, shown = -1, None, None
    posed: Posed | None = None
    read = 0
    for run in stretch.runs():
        at = 0
        while at < len(run):
            effects = core.fold(run, at)
            at = effects.next
            shown = _shown(effects.outputs, asked.match) or shown
            found = heard.take()
            fits = -1 if found is None else _fits(found, run[at - 1], asked)
            if fits > best:
                best, posed, began = fits, found, run[at - 1]
        read += len(run)
        asked.tell(read, stretch.last + 1)
    reading = Reading(stretch.topic, stretch.partition, 0, stretch.last, read)
    return Rebuilt(reading, posed, began, shown)


def _fits(posed: Posed, began: LogRecord, asked: _Asked) -> int:
    """The same lines may be solved again later: the round of the tick is meant, with the match."""
    tick = tick_of(began.key, began.value)
    named = tick is not None and tick.tick == asked.tick
    return 2 * (asked.match in matches_of(posed)) + named


def matches_of(posed: Posed) -> Mapping[str, Proposal | Shipment]:
    """The matches of a round by their ids."""
    if isinstance(posed, HubRound):
        return {str(each.match): each for each in posed.found.proposals}
    return {str(each.match): each for each in posed.found.shipments}


def _shown(outputs: Outputs, match: str) -> Mapping[str, Any] | None:
    """The match as it left last, if it is among these rows."""
    key, found = match.encode(), None
    for topic, rows in outputs:
        for name, value in rows if topic == MATCHES else ():
            if name == key:
                found = value
    return None if found is None else json.loads(found)["data"]
