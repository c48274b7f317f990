"""The log of a real Kafka: every partition from its first record to the end it had at the start.

Decides the size of a fetch and how long silence may last. Refuses to join a group, to commit,
and to know what a record means.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from deploy.errors import DependencyError
from deploy.provision import require_kafka
from deploy.verify.batches import QuickRecords
from deploy.verify.log import LogRecord

FETCH_BYTES: Final = 8 * 1024 * 1024
RECORDS: Final = 5_000
SILENCE_MS: Final = 1_000
SILENCES_MAX: Final = 30
Ends = Mapping[tuple[str, int], int]
"""(topic, partition) -> the offset after its last record."""


@contextmanager
def opened(bootstrap: str, ends: Ends | None = None) -> Iterator["KafkaLog"]:
    """The log of a cluster, open for reading; DependencyError when it cannot be read.

    `ends` are those that another reader of the same check has found.
    """
    require_kafka(bootstrap)
    try:
        log = KafkaLog(bootstrap, ends or {})
        try:
            yield log
        finally:
            log.close()
    except (KafkaError, TimeoutError) as error:
        raise DependencyError(
            "LB-K013",
            f"Kafka at {bootstrap} cannot be read: {type(error).__name__}: {error}",
            "Check the broker's log and that this user may read every topic of Lumbung.",
        ) from error


class KafkaLog:
    """Reads partitions; ends are those of the first time they were asked for.

    Several may be read by turns: each has a consumer of its own, which is used again later.
    """

    def __init__(self, bootstrap: str, ends: Ends) -> None:
        self._bootstrap = bootstrap
        self._ends: dict[tuple[str, int], int] = dict(ends)
        self._all: list[Any] = []
        self._free: list[Any] = []
        self._topics: set[str] = set()

    def close(self) -> None:
        """Close every consumer."""
        for consumer in self._all:
            consumer.close()

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has, 0 when there is no such topic."""
        with self._consumer() as consumer:
            if not self._topics:
                self._topics = set(consumer.topics())
            # Asking for one that is not there would wait for it to appear.
            return len(consumer.partitions_for_topic(topic) or ()) if topic in self._topics else 0

    def end(self, topic: str, partition: int) -> int:
        """The offset after the last record, as it was when first asked for."""
        name = (topic, partition)
        if name not in self._ends and partition >= self.partitions(topic):
            self._ends[name] = 0
        elif name not in self._ends:
            place = TopicPartition(topic, partition)
            with self._consumer() as consumer:
                self._ends[name] = consumer.end_offsets([place])[place]
        return self._ends[name]

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        """Records from `start` to the end, in the order of their offsets."""
        place, end = TopicPartition(topic, partition), self.end(topic, partition)
        if start >= end:
            return
        with self._consumer() as consumer:
            first = max(start, consumer.beginning_offsets([place])[place])
            consumer.assign([place])
            consumer.seek(place, first)
            silences = 0
            while consumer.position(place) < end:
                found = consumer.poll(timeout_ms=SILENCE_MS).get(place, ())
                silences = 0 if found else silences + 1
                if silences > SILENCES_MAX:
                    what = f"{topic}/{partition} cannot be read up to {end}"
                    raise DependencyError("LB-K014", what, "Try again.")
                for record in found:
                    if record.offset >= end:
                        return
                    yield record

    @contextmanager
    def _consumer(self) -> Iterator[Any]:
        consumer = self._free.pop() if self._free else self._opened()
        try:
            yield consumer
        finally:
            self._free.append(consumer)

    def _opened(self) -> Any:
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id="lumbung-verify",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            check_crcs=False,  # the broker has checked them; in Python it is half of the cost
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES,
            max_poll_records=RECORDS,
        )
        consumer._fetcher.PartitionRecords = QuickRecords  # noqa: SLF001 - see `batches`
        self._all.append(consumer)
        return consumer
