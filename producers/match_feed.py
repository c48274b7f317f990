"""The matches as they come: every record of `lumbung.matches.v1`, from its beginning.

Decides what a match record is among others of that topic (what cannot be read is passed over: it
is the sinks' to tell). Refuses to commit: whoever starts again reads all there is again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from producers.errors import PublishError
from schemas.records import MATCH_TYPE, Match
from schemas.topics import MATCHES


class _Typed(msgspec.Struct, gc=False):
    type: str


class _Record(msgspec.Struct, gc=False):
    data: Match


_type_of: Final = msgspec.json.Decoder(_Typed).decode
_decode: Final = msgspec.json.Decoder(_Record).decode


def match_of(value: bytes | None) -> Match | None:
    """Give the match that a record holds; None for anything else."""
    try:
        return _decode(value).data if value and _type_of(value).type == MATCH_TYPE else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """Where the matches are; `security` holds kafka-python's own settings."""

    bootstrap: str
    client_id: str
    topic: str = MATCHES
    timeout_ms: int = 10_000
    security: Mapping[str, Any] = field(default_factory=dict)


class MatchFeed:
    """Reads all partitions; PublishError LB-K010 when no broker answers."""

    def __init__(self, options: FeedOptions) -> None:
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=options.bootstrap,
                client_id=options.client_id,
                bootstrap_timeout_ms=options.timeout_ms,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                metrics_enabled=False,
                **options.security,
            )
            found = self._consumer.partitions_for_topic(options.topic) or ()
            places = [TopicPartition(options.topic, number) for number in sorted(found)]
            self._consumer.assign(places)
            self._consumer.seek_to_beginning(*places)
        except (KafkaError, OSError) as failed:
            raise PublishError(
                "LB-K010",
                f"no broker answers at {options.bootstrap} ({type(failed).__name__}: {failed})",
                "Start it, or give another address with --kafka HOST:PORT.",
            ) from failed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def poll(self, most: int) -> list[Match]:
        """Give what has come by now, at most so many records, each partition's in order."""
        try:
            polled = self._consumer.poll(timeout_ms=0, max_records=most)
        except KafkaError:
            return []  # it comes with a later poll; who sends will say that the broker is away
        found = (match_of(record.value) for records in polled.values() for record in records)
        return [match for match in found if match is not None]
