"""Every match to the topics of its hubs: what `lumbung.match.<hub>.v1` holds, and when.

Decides which topics a record of `lumbung.matches.v1` goes to (those of both hubs, once when they
are the same), that its bytes and key go unchanged, and that offsets are committed only after all
of it is acknowledged. Refuses to know how a topic is made, and what a match says beside its hubs.

Theory of operation. At least once: what was sent and not committed is sent again by whoever comes
next, in the same order, so a topic may repeat a stretch of versions; readers keep the highest per
match. One process works (a static member of its group: a second one with its name takes its place
and the first ends). A process that stood still longer than its session ends before it sends, for
another may have sent newer versions meanwhile, and compaction keeps what lies last. The broker's
memory of sent batches (idempotence) keeps the order of each topic through retries.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final, Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from schemas.identity import HUB_FORM
from schemas.metrics import Meter, Silent
from schemas.records import MATCH_TYPE, WHY_NOT_TYPE
from schemas.topics import MATCHES, hub_topic
from sinks.errors import LogError

_log: Final = logging.getLogger("lumbung.fan-out")
_SECOND: Final = 1_000

Make = Callable[[Sequence[str]], None]
"""Makes the topics of hubs that have none yet, and returns when they can be written to."""


class _Hubs(msgspec.Struct, gc=False):
    from_hub: str
    to_hub: str


class _Match(msgspec.Struct, tag_field="type", tag=MATCH_TYPE, gc=False):
    data: _Hubs


class _WhyNot(msgspec.Struct, tag_field="type", tag=WHY_NOT_TYPE, gc=False):
    """Speaks of what found no match; it is in the warehouse and in the hub's topics of none."""


_decode: Final = msgspec.json.Decoder(_Match | _WhyNot).decode


def hubs_of(value: bytes) -> tuple[str, ...]:
    """The hubs that a record of the matches goes to; ValueError for what is no such record."""
    try:
        found = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise ValueError(str(wrong)) from wrong
    if isinstance(found, _WhyNot):
        return ()
    hubs = tuple(dict.fromkeys((found.data.from_hub, found.data.to_hub)))
    if not all(HUB_FORM.fullmatch(hub) for hub in hubs):
        raise ValueError(f"no hubs: {hubs}")
    return hubs


@dataclass(frozen=True, slots=True)
class FanOutOptions:
    """Where the topics are, and how patiently; `security` holds kafka-python's own settings."""

    bootstrap: str
    group: str
    member: str
    prefix: str = ""
    session_seconds: float = 6.0
    heartbeat_seconds: float = 2.0
    delivery_seconds: float = 30.0
    timeout_ms: int = 10_000
    poll_ms: int = 200
    records_max: int = 2_000
    security: Mapping[str, Any] = field(default_factory=dict)


class FanOut:
    """The copying of matches; LogError when the broker is lost or took not everything."""

    def __init__(self, options: FanOutOptions, make: Make, meter: Meter | None = None) -> None:
        self._options: Final = options
        self._make: Final = make
        self._meter: Final = meter or Silent()
        self._made: Final[set[str]] = set()
        shared: dict[str, Any] = {
            "bootstrap_servers": options.bootstrap,
            "client_id": options.member,
            "bootstrap_timeout_ms": options.timeout_ms,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
            **options.security,
        }
        try:
            self._consumer = _consumer(options, shared)
            self._producer = KafkaProducer(
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                max_block_ms=options.timeout_ms,
                delivery_timeout_ms=int(options.delivery_seconds * _SECOND),
                request_timeout_ms=options.timeout_ms,
                **shared,
            )
        except (KafkaError, OSError) as failed:
            raise _lost(failed) from failed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What was not acknowledged is not committed either: nothing is waited for.
        self._producer.close(timeout=0)
        self._consumer.close(timeout_ms=1_000)

    def run(self, stop: Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self.step()

    def step(self) -> int:
        """Copy what has come, commit it, and say how many records that were."""
        options = self._options
        try:
            polled = self._consumer.poll(
                timeout_ms=options.poll_ms, max_records=options.records_max
            )
            if not polled:
                return 0
            polled_at = time.monotonic()
            copies = [copy for records in polled.values() for copy in self._copies(records)]
            self._prepare({hub for hub, _ in copies})
            if time.monotonic() - polled_at > options.session_seconds:
                raise LogError(
                    "LB-K024",
                    f"the fan-out stood still for more than {options.session_seconds:.0f} s",
                    "It ends before it sends what another may have overtaken; start it again.",
                )
            self._send(copies)
            self._commit(polled)
        except (KafkaError, OSError) as failed:
            raise _lost(failed) from failed
        return sum(len(records) for records in polled.values())

    def _copies(self, records: Iterable[Any]) -> Iterable[tuple[str, Any]]:
        """Each record with each hub it goes to; what cannot be read is told and left behind."""
        for record in records:
            try:
                hubs = hubs_of(record.value or b"")
            except ValueError as wrong:
                where = f"{record.topic}/{record.partition}/{record.offset}"
                _log.error("%s is no match and goes to no hub: %s", where, wrong)
                continue
            for hub in hubs:
                yield hub, record

    def _prepare(self, hubs: set[str]) -> None:
        new = sorted(hubs - self._made)
        if new:
            self._make(new)
            self._made.update(new)

    def _send(self, copies: Sequence[tuple[str, Any]]) -> None:
        under_way = [
            self._producer.send(
                self._options.prefix + hub_topic(hub).name,
                key=record.key,
                value=record.value,
                partition=0,
                timestamp_ms=record.timestamp,
            )
            for hub, record in copies
        ]
        # Every batch ends within the delivery bound, in an ack or in an error.
        self._producer.flush(timeout=self._options.delivery_seconds + 5.0)
        for future in under_way:
            if not future.is_done or future.failed():
                why = future.exception if future.is_done else "no answer in time"
                raise LogError(
                    "LB-K025",
                    f"a match was not confirmed by a hub's topic: {why}",
                    "Nothing of it counts as done: it is sent again when the fan-out runs again.",
                    passing=True,
                )

    def _commit(self, polled: Mapping[TopicPartition, Sequence[Any]]) -> None:
        reached = {
            place: OffsetAndMetadata(records[-1].offset + 1, "", -1)
            for place, records in polled.items()
        }
        self._consumer.commit(reached)
        self._meter.count("lumbung_runs_total")
        self._meter.observe("lumbung_run_records", sum(map(len, polled.values())))
        for place, at in reached.items():
            end = self._consumer.highwater(place)
            if end is not None:
                labels = {"topic": place.topic, "partition": str(place.partition)}
                self._meter.set("lumbung_lag_records", max(0, end - at.offset), **labels)


def _consumer(options: FanOutOptions, shared: Mapping[str, Any]) -> Any:
    consumer = KafkaConsumer(
        group_id=options.group,
        group_instance_id=options.member,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=int(options.session_seconds * _SECOND),
        heartbeat_interval_ms=int(options.heartbeat_seconds * _SECOND),
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        **shared,
    )
    try:
        consumer.subscribe([options.prefix + MATCHES])
    except BaseException:
        consumer.close()
        raise
    return consumer


def _lost(failed: Exception) -> LogError:
    return LogError(
        "LB-K023",
        f"the fan-out has lost its broker or its place ({type(failed).__name__}: {failed})",
        "It goes on from its last commit when it is started again; look at the broker.",
        passing=True,
    )
