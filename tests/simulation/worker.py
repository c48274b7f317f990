"""A worker process on paper: the real tenure and holding, driven one wait at a time.

Decides when a worker's coroutine goes on: there is no event loop. What it sends lies in flight
until the broker takes it, per topic in order, across topics in any; an answer wakes it. A process
may die or sleep between any two of these.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schemas.metrics import Silent
from streams.agents import tenure
from streams.agents.core_port import Record
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from streams.agents.wire import Sent
from tests.simulation.cluster import CHANGELOG, Cluster
from tests.simulation.truth import Truth

OPTIONS = WorkerOptions(bootstrap="nowhere:0", worker="w", state_dir=Path("unused"))
BOUNDS = Bounds(1_000, 1_000_000, 10_000, 10_000_000)
Batch = list[tuple[bytes, bytes | None]]
_passed: list[str] = []


class Answer:
    """The broker's answer to one batch; waiting for it hands the turn back to the world."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset = -1

    def __await__(self) -> Generator["Answer", None, "Answer"]:
        while self.offset < 0:
            yield self
        return self


class Flight:
    """A batch on its way to one partition of a topic."""

    __slots__ = ("answer", "rows")

    def __init__(self, rows: Batch) -> None:
        self.rows, self.answer = rows, Answer()


class SimWire:
    """What a tenure has of Kafka."""

    def __init__(self, cluster: Cluster, number: int) -> None:
        self._cluster, self._number = cluster, number
        self.flights: dict[str, deque[Flight]] = {}
        self.taken_over = False

    async def send(
        self, topic: str, partition: int, rows: Any, *, whole: bool = False
    ) -> list[Sent]:
        """Put rows in flight: state whole, outputs cut in two where there are several."""
        assert partition == self._number
        name = CHANGELOG if topic == OPTIONS.changelog else topic
        half = len(rows) if whole or len(rows) < 4 else len(rows) // 2
        sent = []
        for part in (rows[:half], rows[half:]):
            if part:
                flight = Flight(list(part))
                self.flights.setdefault(name, deque()).append(flight)
                sent.append(Sent(topic, len(part), flight.answer))
        return sent

    async def ends(self, topics: Iterable[str], partition: int) -> Mapping[str, int]:
        logs, found = self._cluster.logs, {}
        for topic in topics:
            log = logs[CHANGELOG if topic == OPTIONS.changelog else topic, partition]
            if not self.taken_over and log.strange > log.mended:
                log.blind = True
            found[topic] = log.end
        return found

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Record]:
        assert topic == OPTIONS.changelog
        for record in self._cluster.logs[CHANGELOG, partition].read(start, end):
            yield record


class Post:
    """One partition in the hands of one process."""

    def __init__(self, cluster: Cluster, truth: Truth) -> None:
        self.number = truth.number
        self._records = truth.story.records
        self._cluster = cluster
        fold = truth.fresh()
        self.holding = Holding(self.number, fold)
        log = cluster.logs[CHANGELOG, self.number]
        self.holding.restore(log.records)
        self.holding.known = max(self.holding.known, log.end - 1)
        self.wire = SimWire(cluster, self.number)
        inbox = Inbox(cluster.committed[self.number], BOUNDS)
        self.tenure = Tenure(self.holding, self.wire, inbox, OPTIONS, Silent())
        self.coroutine: Coroutine[Any, Any, object] | None = self.tenure._take_over()
        self.waits: Answer | None = None
        self.passed = "restoring"
        """The last failpoint that the tenure went by."""

    @property
    def done(self) -> int:
        return self.tenure.done

    @property
    def has_work(self) -> bool:
        return self.coroutine is not None or self.done < self._cluster.produced[self.number]

    def advance(self, run_records: int) -> bool:
        """Go on to the next wait, with a new run when idle; False when there is nothing to do."""
        if self.coroutine is None:
            at = self.done
            end = min(at + run_records, self._cluster.produced[self.number])
            if at >= end:
                return False
            self.coroutine = self.tenure._work(self._records[at:end])
        try:
            self.waits = self.coroutine.send(None)
            self.passed = _passed.pop() if _passed else self.passed
        except StopIteration:
            self._rest()
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

    def mended(self) -> Iterator[tuple[str, int]]:
        """How far an idle owner has looked through its compacted logs."""
        yield CHANGELOG, self.holding.known + 1
        yield from self.tenure._due_outputs.items()

    @property
    def taken_over(self) -> bool:
        return self.wire.taken_over

    @property
    def blocked(self) -> bool:
        return self.waits is not None and self.waits.offset < 0

    def close(self) -> None:
        """The process is gone; nothing of it runs on."""
        if self.coroutine is not None:
            self.coroutine.close()
            self.coroutine = None


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Work that a worker gives to a thread is done at once: one thread, one order."""

    async def inline(call: Any, *args: Any) -> Any:
        return call(*args)

    before, point = asyncio.to_thread, vars(tenure)["failpoint"]
    vars(asyncio)["to_thread"], vars(tenure)["failpoint"] = inline, _passed.append
    log = logging.getLogger("lumbung.worker")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        vars(asyncio)["to_thread"], vars(tenure)["failpoint"] = before, point
        log.setLevel(level)
