"""The reading side of Kafka: all partitions of the sink's topics, from the offsets it is told.

Decides that nothing is skipped: no group, no committed offsets, no reset; a place that is no
longer in the log is an error. Refuses to know what a record says and where it goes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MATCHES
from sinks.batch import Place, Reached, Received
from sinks.errors import LogError, RebuildNeeded

TOPICS: Final = (LEDGER, DEMAND, MATCHES, DEAD_LETTER)
_REBUILD: Final = "Make the warehouse anew from the topics: lumbung rebuild."


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Where the topics are; `security` holds kafka-python's own settings (SASL, TLS)."""

    bootstrap: str
    prefix: str = ""
    client_id: str = "lumbung-sink"
    timeout_ms: int = 10_000
    security: Mapping[str, Any] = field(default_factory=dict)

    @property
    def topics(self) -> tuple[str, ...]:
        """The sink's topics by their full names."""
        return tuple(self.prefix + topic for topic in TOPICS)


class Log:
    """A reader of the sink's topics. LogError when the broker or a topic is not there."""

    def __init__(self, options: LogOptions) -> None:
        self._options: Final = options
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=options.bootstrap,
                client_id=options.client_id,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                # The broker checks what is written; in pure Python the sum would cost more than
                # the rest.
                check_crcs=False,
                # One fetch is under way at a time: while it waits for news of idle partitions, the
                # others bring nothing either.
                fetch_max_wait_ms=25,
                max_partition_fetch_bytes=4 * 1024 * 1024,
                bootstrap_timeout_ms=options.timeout_ms,
                metrics_enabled=False,
                **options.security,
            )
        except (KafkaError, OSError) as failed:
            raise self._unreachable(failed) from failed
        try:
            self.places: Final[tuple[Place, ...]] = self._places()
        except BaseException:
            self._consumer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._consumer.close()

    def ids(self) -> dict[str, str]:
        """The id the broker gave each topic when it was made; an old broker gives none."""
        options = self._options
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=options.bootstrap,
                client_id=options.client_id,
                bootstrap_timeout_ms=options.timeout_ms,
                **options.security,
            )
            try:
                found = admin.describe_topics(list(options.topics))
            finally:
                admin.close()
        except (KafkaError, OSError) as failed:
            raise self._unreachable(failed) from failed
        return {each["name"]: str(each["topic_id"]) for each in found if each.get("topic_id")}

    def ends(self) -> dict[Place, int]:
        """The offset after the last record of every partition."""
        return self._offsets(self._consumer.end_offsets)

    def starts(self) -> dict[Place, int]:
        """The first offset that every partition still has."""
        return self._offsets(self._consumer.beginning_offsets)

    def seek(self, offsets: Mapping[Place, int]) -> None:
        """Read on from these offsets; every place must have one."""
        places = [TopicPartition(*place) for place in self.places]
        self._consumer.assign(places)
        for place in places:
            self._consumer.seek(place, offsets[place.topic, place.partition])

    def poll(self, timeout_ms: int, records_max: int) -> list[Sequence[Received]]:
        """Give what has come, by partition and in order; nothing when nothing came in time."""
        try:
            found = self._consumer.poll(timeout_ms=timeout_ms, max_records=records_max)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as cut:
            raise RebuildNeeded(
                "LB-W011", f"the log no longer has what comes next ({cut})", _REBUILD
            ) from cut
        except KafkaError as failed:
            raise self._unreachable(failed) from failed
        if not found and self._places() != self.places:
            raise LogError(
                "LB-K022",
                "a topic has more partitions than when the sink began",
                "Start the sink again: it goes on from where it is, and reads the new ones too.",
                passing=True,
            )
        return list(found.values())

    def _places(self) -> tuple[Place, ...]:
        found: list[Place] = []
        for topic in self._options.topics:
            try:
                partitions: Iterable[int] | None = self._consumer.partitions_for_topic(topic)
            except KafkaError as failed:
                raise self._unreachable(failed) from failed
            if not partitions:
                raise LogError(
                    "LB-K021",
                    f"topic {topic} is not there",
                    "Create the topics: lumbung topics apply.",
                )
            found += [(topic, partition) for partition in sorted(partitions)]
        return tuple(found)

    def _offsets(self, ask: Any) -> dict[Place, int]:
        try:
            found = ask([TopicPartition(*place) for place in self.places])
        except KafkaError as failed:
            raise self._unreachable(failed) from failed
        return {(place.topic, place.partition): offset for place, offset in found.items()}

    def _unreachable(self, failed: Exception) -> LogError:
        return LogError(
            "LB-K020",
            f"no broker answers at {self._options.bootstrap} ({type(failed).__name__}: {failed})",
            "Start it, or give another address with --kafka HOST:PORT.",
            passing=True,
        )


def resume_from(
    log: Log,
    reached: Mapping[Place, Reached],
    *,
    made: Mapping[str, str],
    known: Mapping[str, str],
) -> dict[Place, int]:
    """Where to read on: the database's offsets, or the start of what is new.

    `made` are the topics' ids now, `known` those that were read. RebuildNeeded where the log is
    not the one that was read: made anew (its topic has another id), cut at its end (the stored
    offset lies past it), or cut at its start before it was read.
    """
    for topic, topic_id in made.items():
        if known.get(topic, topic_id) != topic_id:
            raise RebuildNeeded("LB-W012", f"topic {topic} was made anew", _REBUILD)
    starts, ends = log.starts(), log.ends()
    offsets: dict[Place, int] = {}
    for place in log.places:
        read = reached.get(place)
        stored = starts[place] if read is None else read.next_offset
        topic, partition = place
        if stored > ends[place]:
            cut = f"ends at {ends[place]}, the warehouse has read up to {stored}"
            raise RebuildNeeded("LB-W013", f"{topic}/{partition} {cut}", _REBUILD)
        if stored < starts[place]:
            cut = f"begins at {starts[place]}, the warehouse has read up to {stored}"
            raise RebuildNeeded("LB-W014", f"{topic}/{partition} {cut}", _REBUILD)
        offsets[place] = stored
    return offsets


def behind(log: Log, reached: Mapping[Place, Reached]) -> dict[Place, int]:
    """How far each partition's end is ahead of what was read; those not behind are left out."""
    lag = {
        place: end - (reached[place].next_offset if place in reached else 0)
        for place, end in log.ends().items()
    }
    return {place: records for place, records in lag.items() if records > 0}
