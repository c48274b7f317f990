"""The log of a real Kafka: every partition from its first record to the end it had at the start.

Decides the size of a fetch and how long silence may last. Refuses to join a group, to commit,
and to know what a record means.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from deploy.errors import DependencyError
from deploy.provision import require_kafka
from deploy.verify.log import LogRecord

FETCH_BYTES: Final = 16 * 1024 * 1024
RECORDS: Final = 20_000
SILENCE_MS: Final = 1_000
SILENCES_MAX: Final = 30


@contextmanager
def opened(bootstrap: str) -> Iterator["KafkaLog"]:
    """The log of a cluster, open for reading; DependencyError when it cannot be read."""
    require_kafka(bootstrap)
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","),
            client_id="lumbung-verify",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            check_crcs=False,  # the broker has checked them; in Python it is half of the cost
            fetch_max_bytes=4 * FETCH_BYTES,
            max_partition_fetch_bytes=FETCH_BYTES,
            max_poll_records=RECORDS,
        )
        try:
            yield KafkaLog(consumer)
        finally:
            consumer.close()
    except (KafkaError, TimeoutError) as error:
        raise DependencyError(
            "LB-K013",
            f"Kafka at {bootstrap} cannot be read: {type(error).__name__}: {error}",
            "Check the broker's log and that this user may read every topic of Lumbung.",
        ) from error


class KafkaLog:
    """Reads one partition at a time; ends are those of the first time they were asked for."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._ends: dict[tuple[str, int], int] = {}
        self._topics: set[str] = set()

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has, 0 when there is no such topic."""
        if not self._topics:
            self._topics = set(self._consumer.topics())
        # Asking for one that is not there would wait for it to appear.
        return (
            len(self._consumer.partitions_for_topic(topic) or ()) if topic in self._topics else 0
        )

    def end(self, topic: str, partition: int) -> int:
        """The offset after the last record, as it was when first asked for."""
        name = (topic, partition)
        if name not in self._ends and partition >= self.partitions(topic):
            self._ends[name] = 0
        elif name not in self._ends:
            place = TopicPartition(topic, partition)
            self._ends[name] = self._consumer.end_offsets([place])[place]
        return self._ends[name]

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        """Records from `start` to the end, in the order of their offsets."""
        consumer, place = self._consumer, TopicPartition(topic, partition)
        end = self.end(topic, partition)
        if start >= end:
            return
        first = max(start, consumer.beginning_offsets([place])[place])
        consumer.assign([place])
        consumer.seek(place, first)
        silences = 0
        while consumer.position(place) < end:
            found = consumer.poll(timeout_ms=SILENCE_MS).get(place, ())
            silences = 0 if found else silences + 1
            if silences > SILENCES_MAX:
                raise DependencyError(
                    "LB-K014", f"{topic}/{partition} cannot be read up to {end}", "Try again."
                )
            for record in found:
                if record.offset >= end:
                    return
                yield LogRecord(
                    partition, record.offset, record.timestamp, record.key, record.value
                )
