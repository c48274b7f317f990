"""A worker process on paper: the real tenure and holding, driven one wait at a time.

Decides when a worker's coroutine goes on: there is no event loop. What it sends lies in flight
until the broker takes it, per partition of a topic in order, across them in any; an answer wakes
it. A process may die or sleep between any two of these.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from schemas.market import written
from schemas.metrics import Silent
from schemas.topics import MARKET
from streams.agents import tenure
from streams.agents.breaker import Limits
from streams.agents.core_port import Record
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.intake import Intake
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from streams.core import ahead, desk
from streams.core.requests import request_of
from tests.simulation.cluster import CHANGELOG, Cluster, PaperTopic, Place
from tests.simulation.craft import MARKETS, REMEMBERED_MAX
from tests.simulation.truth import Truth

OPTIONS = WorkerOptions(bootstrap="nowhere:0", worker="w", state_dir=Path("unused"))
BOUNDS = Bounds(1_000, 1_000_000, 10_000, 10_000_000)
SILENT = Silent()
_STATE = OPTIONS.changelog
Batch = list[tuple[bytes, bytes | None]]
_passed: list[str] = []


class Flight:
    """A batch on its way to one partition of a topic: what a tenure knows as `Sent`.

    Waiting for the broker's answer hands the turn back to the world.
    """

    __slots__ = ("offset", "records", "rows", "topic")

    def __init__(self, topic: str, rows: Batch) -> None:
        self.topic, self.rows, self.records = topic, rows, len(rows)
        self.offset = -1
        """Of its first record, once the broker has all."""

    def landed(self) -> "Flight":
        return self

    def __await__(self) -> Generator["Flight", None, int]:
        while self.offset < 0:
            yield self
        return self.offset


@cache
def _intake(number: int) -> Intake:
    """Without a barrier everything is taken in and nothing is noted: all tenures share it."""
    return Intake(number, Limits(), None, SILENT)


@cache
def _inbox(due: int) -> Inbox:
    """Runs are handed over by the world, so that nothing ever lies in an inbox: all share it."""
    return Inbox(due, BOUNDS)


class SimWire:
    """What a tenure has of Kafka."""

    def __init__(self, cluster: Cluster, number: int) -> None:
        self._cluster, self._number = cluster, number
        self.flights: dict[Place, deque[Flight]] = defaultdict(deque)
        self.taken_over = False

    async def send(self, topic: str, partition: int, rows: Any, *, whole: bool = False) -> Any:
        """Put rows in flight: state whole, others cut in two where there are several.

        What goes to a partition of the market that nobody looks at is there at once.
        """
        assert topic == MARKET or partition == self._number
        name, many = CHANGELOG if topic == _STATE else topic, len(rows)
        if topic == MARKET and partition not in MARKETS:
            return []
        if whole or many < 4:
            sent = [Flight(topic, rows[:])]
        else:
            sent = [Flight(topic, rows[: many // 2]), Flight(topic, rows[many // 2 :])]
        self.flights[name, partition] += sent
        return sent

    async def ends(self, topics: Iterable[str], partition: int) -> Mapping[str, int]:
        logs, found = self._cluster.logs, {}
        for topic in topics:
            log = logs[CHANGELOG if topic == _STATE else topic, partition]
            if not self.taken_over and log.strange > log.mended:
                log.blind = True
            found[topic] = log.end
        return found

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Record]:
        assert topic == _STATE
        for record in self._cluster.logs[CHANGELOG, partition].read(start, end):
            yield record


class Post:
    """One partition in the hands of one process."""

    def __init__(self, cluster: Cluster, truth: Truth, generation: int) -> None:
        self.number = truth.number
        self.records = truth.story.records
        self._cluster = cluster
        self._fold = fold = truth.fresh()
        self.holding = Holding(self.number, fold)
        self._recover(cluster.logs[CHANGELOG, self.number], generation)
        self.wire = SimWire(cluster, self.number)
        parts = self.holding, self.wire, _inbox(cluster.committed[self.number]), OPTIONS, SILENT
        intake = _intake(self.number)
        self.tenure = Tenure(*parts, intake=intake, generation=generation)
        self.coroutine: Coroutine[Any, Any, object] | None = self.tenure._take_over()
        self.waits: Flight | None = None
        self.passed = "restoring"
        """The last failpoint that the tenure went by, or what it waits for instead."""

    def _recover(self, log: PaperTopic, generation: int) -> None:
        """Recovery reads to an end of before, or a piece further on: into a batch, sometimes."""
        short = generation % 4
        self.holding.restore(log.records[:-short] if short else log.records)
        if not short:  # what a compaction took from the end is no more to come
            self.holding.known = max(self.holding.known, log.end - 1)

    @property
    def done(self) -> int:
        return self.tenure.done

    @property
    def has_work(self) -> bool:
        return self.coroutine is not None or self.done < self._cluster.produced[self.number]

    def advance(self, run_records: int) -> bool:
        """Go on to the next wait, with a new run when idle; False when there is nothing to do."""
        if self.coroutine is None:
            at = self.tenure.done
            end = min(at + run_records, self._cluster.produced[self.number])
            if at >= end:
                return False
            self.coroutine = self.tenure._work(self.records[at:end])
        try:
            self.waits = waits = self.coroutine.send(None)
        except StopIteration:
            self._rest()
        else:
            if waits.topic == MARKET:
                self.passed = "away_sent"
            elif _passed:
                self.passed = _passed[-1]
        _passed.clear()
        return True

    def look(self) -> None:
        """Begin to look for what strangers wrote while nothing was."""
        assert self.coroutine is None
        self.coroutine = self.tenure._look_for_strangers()
        self.advance(0)

    def _rest(self) -> None:
        """Idle: all that is known of the compacted logs has been mended."""
        self.coroutine = self.waits = None
        self.passed = "at rest"
        self.wire.taken_over = True

    def note_mended(self) -> None:
        """Note how far an idle owner has looked through its compacted logs."""
        logs, number = self._cluster.logs, self.number
        log = logs[CHANGELOG, number]
        log.mended = max(log.mended, self.holding.known + 1)
        for topic, upto in self.tenure._due_outputs.items():
            log = logs[topic, number]
            log.mended = max(log.mended, upto)

    @property
    def taken_over(self) -> bool:
        return self.wire.taken_over

    @property
    def blocked(self) -> bool:
        return self.waits is not None and self.waits.offset < 0

    def close(self) -> None:
        """The process is gone; nothing of it runs on, and its memory is free at once."""
        if self.coroutine is not None:
            self.coroutine.close()
            self.coroutine = None
        vars(self._fold._desk).clear()  # the one ring that a collector would have to find


def _untold(*_: object) -> None:
    """What becomes of figures: nobody reads them here."""


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Work that a worker gives to a thread is done at once: one thread, one order."""

    async def inline(call: Any, *args: Any) -> Any:
        return call(*args)

    put: list[tuple[Any, str, Any]] = [
        (asyncio, "to_thread", inline),
        (tenure, "failpoint", _passed.append),
        (tenure, "tell", _untold),
        (desk, "written", lru_cache(REMEMBERED_MAX)(written)),
        (ahead, "request_of", lru_cache(REMEMBERED_MAX)(request_of)),
    ]
    before = [(owner, name, vars(owner)[name]) for owner, name, _ in put]
    log = logging.getLogger("lumbung.worker")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        for owner, name, other in put:
            vars(owner)[name] = other
        yield
    finally:
        for owner, name, own in before:
            vars(owner)[name] = own
        log.setLevel(level)
