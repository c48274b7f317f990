"""Looks on from outside all the time: what ledger, market and warehouse have, moment by moment.

Decides from these samples how long after a fault its victim brought forth something new. Asks the
broker at its plain listener, so no bad network is in the way.
"""

import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.topics import LEDGER, changelog_topic

_EVERY_SECONDS: Final = 0.05
_LANDING_SECONDS: Final = 0.1
"""What a victim sent before it died may still arrive so much later."""


@dataclass(frozen=True, slots=True)
class Sample:
    """At `at` (monotonic): ends of the ledger's partitions, and the sum of the sink's offsets.

    `market` is how much the market's workers have kept of their state.
    """

    at: float
    ends: dict[int, int]
    market: int
    sunk: int


class Lookout:
    """Samples in a thread until closed."""

    def __init__(self, direct: str, warehouse: Path, partitions: int, market: str) -> None:
        """`market` is the group of the market's workers."""
        self.samples: Final[list[Sample]] = []
        self._direct: Final = direct
        self._warehouse: Final = warehouse
        topics = (LEDGER, changelog_topic(market).name)
        self._places: Final = [TopicPartition(t, n) for t in topics for n in range(partitions)]
        self._stop: Final = Event()
        self._thread: Final = Thread(target=self._run, name="lookout", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10.0)

    def until_worked(self, since: float, partitions: Collection[int]) -> float | None:
        """Seconds from `since` to the first new ledger record of these partitions."""
        return self._first(since, lambda s: sum(s.ends[p] for p in partitions))

    def until_matched(self, since: float) -> float | None:
        """Seconds from `since` to the market's first new state."""
        return self._first(since, lambda s: s.market)

    def until_sunk(self, since: float) -> float | None:
        """Seconds from `since` to the sink's first new commit."""
        return self._first(since, lambda s: s.sunk)

    def longest_pause(self, since: float, until: float) -> float | None:
        """The longest time without any new ledger record between two moments; None: no record."""
        marks, last = [since], -1
        for sample in list(self.samples):
            if since <= sample.at <= until:
                now = sum(sample.ends.values())
                if now != last and last >= 0:
                    marks.append(sample.at)
                last = now
        return max(b - a for a, b in pairwise(marks)) if marks[1:] else None

    def _first(self, since: float, figure: Callable[[Sample], int]) -> float | None:
        base: int | None = None
        for sample in list(self.samples):
            if sample.at < since + _LANDING_SECONDS or base is None:
                base = figure(sample)
            elif figure(sample) > base:
                return sample.at - since
        return None

    def _run(self) -> None:
        consumer: KafkaConsumer | None = None
        while not self._stop.wait(_EVERY_SECONDS):
            with suppress(KafkaError, OSError):
                if consumer is None:
                    consumer = KafkaConsumer(
                        bootstrap_servers=self._direct, reconnect_backoff_max_ms=200,
                        bootstrap_timeout_ms=3_000,
                    )  # fmt: skip
                found = consumer.end_offsets(self._places, 1_000)
                ends = {at.partition: end for at, end in found.items() if at.topic == LEDGER}
                market = sum(found.values()) - sum(ends.values())
                self.samples.append(Sample(time.monotonic(), ends, market, self._sunk()))
        if consumer is not None:
            consumer.close()

    def _sunk(self) -> int:
        try:
            url = f"file:{self._warehouse}?mode=ro"
            with closing(sqlite3.connect(url, uri=True, timeout=0.2)) as found:
                row = found.execute("SELECT COALESCE(SUM(next_offset), 0) FROM sink_offset")
                return int(row.fetchone()[0])
        except sqlite3.Error:
            return self.samples[-1].sunk if self.samples else 0
