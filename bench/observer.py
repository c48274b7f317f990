"""Looks at how far workers and sink are, through broker restarts and all.

Decides from committed offsets and from the warehouse's own offsets alone. A broker that is away is
asked again; every look is stamped with the moment of its answer.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupIdNotFoundError, KafkaError

from deploy.stack import Stack
from deploy.wiring import groups
from schemas.topics import EVENTS, MATCHES, TOPICS
from sinks.engines import reading
from sinks.errors import SinkError
from sinks.log import LogOptions
from sinks.queries.summary import offsets_of

_PATIENCE: Final[dict[str, Any]] = {
    "request_timeout_ms": 3_000,
    "bootstrap_timeout_ms": 2_000,
    "reconnect_backoff_ms": 20,
    "reconnect_backoff_max_ms": 100,
}
_AGAIN_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Look:
    """Committed and end offsets of a log, by partition, at a moment (monotonic)."""

    at: float
    committed: Mapping[int, int]
    ends: Mapping[int, int]

    @property
    def lag(self) -> int:
        """Records not yet committed."""
        return sum(self.ends.values()) - sum(self.committed.values())


class Observer:
    """One who looks on; not one of the system's processes."""

    def __init__(self, stack: Stack) -> None:
        self._stack: Final = stack
        self._groups: Final = groups(stack.settings)
        self._count: Final = stack.settings.kafka.partitions
        self._sunk: Final = [
            at for topic in LogOptions(stack.bootstrap).topics for at in self._places(topic)
        ]
        self._client: KafkaAdminClient | None = None

    def look(self, log: str = EVENTS) -> Look:
        """How far the workers of a log are; waits while there is no broker."""
        return self.look_at(log)[log]

    def lag(self) -> int:
        """Records that no worker has committed yet; none means that nothing is on its way."""
        return sum(look.lag for look in self.look_at(*self._groups).values())

    def look_at(self, *logs: str) -> dict[str, Look]:
        """How far the workers of these logs are; commits are read before ends, of all of them.

        Workers write into each other's logs: whoever had committed everything had said everything,
        and where the ends show no more than that, nothing was on its way.
        """
        while True:
            try:
                done = {log: self._committed(log) for log in logs}
                ends = self._ends([at for log in logs for at in self._places(log)])
            except (KafkaError, OSError):
                self.close()
                time.sleep(_AGAIN_SECONDS)
            else:
                now = time.monotonic()
                return {log: Look(now, done[log], _of(log, ends)) for log in logs}

    def stored(self) -> int:
        """The sum of the offsets that the warehouse holds; 0 before there is one."""
        try:
            with reading(self._stack.settings.warehouse_url) as connection:
                return sum(reached.next_offset for reached in offsets_of(connection).values())
        except SinkError:
            return 0

    def unstored(self) -> int:
        """Records of the topics that the warehouse does not hold yet."""
        while True:
            try:
                ends = sum(self._ends(self._sunk).values())
            except (KafkaError, OSError):
                self.close()
                time.sleep(_AGAIN_SECONDS)
            else:
                return max(0, ends - self.stored())

    def records(self, topic: str) -> int:
        """End offsets of a topic, summed."""
        return sum(self._ends(self._places(topic)).values())

    def shown_between_hubs(self) -> int:
        """How often a match between hubs was said: records in the market's half of the matches."""
        return sum(self._ends(self._places(MATCHES)[self._count :]).values())

    def close(self) -> None:
        """Hang up; the next look calls again."""
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    def _places(self, topic: str) -> list[TopicPartition]:
        times = next((row.times for row in TOPICS if row.name == topic), 1)
        return [TopicPartition(topic, n) for n in range(times * self._count)]

    def _committed(self, log: str) -> dict[int, int]:
        group = self._groups[log]
        try:
            found = self._admin().list_group_offsets({group: self._places(log)})[group]
        except GroupIdNotFoundError:
            return {}
        return {tp.partition: max(0, at.offset) for tp, at in found.items()}

    def _ends(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        found = self._admin().list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return {tp: entry.offset for tp, entry in found.items()}

    def _admin(self) -> Any:
        if self._client is None:
            self._client = KafkaAdminClient(
                bootstrap_servers=self._stack.bootstrap, client_id="observer", **_PATIENCE
            )
        return self._client


def _of(log: str, ends: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {tp.partition: end for tp, end in ends.items() if tp.topic == log}


class Looking:
    """Looks again and again in a thread of its own; the context gives the looks so far."""

    def __init__(self, stack: Stack) -> None:
        self._observer: Final = Observer(stack)
        self._looks: Final[list[Look]] = []
        self._stop: Final = Event()
        self._thread: Final = Thread(target=self._run, name="looking", daemon=True)

    def __enter__(self) -> list[Look]:
        self._thread.start()
        return self._looks

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._observer.close()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self._looks.append(self._observer.look())
