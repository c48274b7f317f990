"""The one way to the broker: records out, a result for each, nothing called sent before its ack.

Decides how a record travels (idempotent, acks=all, partition given) and how much may be under way
at once. Refuses to know what a record says and who waits for it. Bytes leave exactly as they came
in.

Theory of operation. kafka-python sends from a thread of its own and keeps records of one partition
in order, also through retries; but its buffer has no bound (3.0.12), so a byte budget here is the
bound: `publish` blocks when it is spent, at most `max_block_ms`, and then says so. Records whose
ack never came within `delivery_timeout_ms` are `Unsent`: they may lie in the log all the same, so
whoever sends them again must send the same bytes (the outbox does).

A producer of 3.0.12 whose records ran out of time while the broker was away may send nothing ever
after, though the broker is back: measured with records under way, 3 of 3 times. So one that let a
record run out of time is done with, and the next `publish` begins with another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition
from types import TracebackType
from typing import Any, Final, Protocol, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from producers.errors import PublishError

_RECORD_OVERHEAD_BYTES: Final = 256
_SLACK_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to send; `timestamp_ms` None means the moment of sending."""

    key: bytes | None
    value: bytes
    partition: int
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The broker has it, at this place in the log."""

    partition: int
    offset: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """The broker did not say that it has it; `why` is for a person."""

    why: str


class Sender(Protocol):
    """What delivery and simulation need of a publisher."""

    @property
    def partitions(self) -> int:
        """How many partitions the topic has."""

    def publish(self, records: Sequence[Outgoing]) -> list[Sent | Unsent]:
        """Send all and give a verdict for each, in order."""


@dataclass(frozen=True, slots=True)
class PublisherOptions:
    """Where to send and how patiently; `security` is kafka-python's own settings (SASL, TLS)."""

    bootstrap: str
    topic: str
    client_id: str = "lumbung-producer"
    linger_ms: int = 5
    max_block_ms: int = 10_000
    request_timeout_ms: int = 10_000
    delivery_timeout_ms: int = 60_000
    in_flight_bytes_max: int = 32 * 1024 * 1024
    security: Mapping[str, Any] = field(default_factory=dict)


class ByteBudget:
    """A bound on bytes under way: `take` waits for room, `give` makes it; one always fits."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._taken = 0
        self._changed: Final = Condition()

    def take(self, size: int, timeout_seconds: float) -> bool:
        """Wait for room; False when there was none in time."""
        with self._changed:
            free = self._changed.wait_for(
                lambda: not self._taken or self._taken + size <= self._most, timeout_seconds
            )
            if free:
                self._taken += size
            return free

    def give(self, size: int) -> None:
        """Give room back."""
        with self._changed:
            self._taken -= size
            self._changed.notify()


class Publisher:
    """Sends to one topic. PublishError when no broker answers or the topic does not exist."""

    def __init__(self, options: PublisherOptions) -> None:
        self._options: Final = options
        self._budget: Final = ByteBudget(options.in_flight_bytes_max)
        self._producer: KafkaProducer = self._made()
        self._spent = False
        """A record ran out of time: this producer is not to be asked again."""
        try:
            self.partitions: Final[int] = self._count()
        except BaseException:
            self._producer.close(timeout=1)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let what is under way finish within the delivery bound, then hang up."""
        if self._spent:
            self._drop()
            return
        try:
            self._producer.close(timeout=self._options.delivery_timeout_ms / 1000)
        except KafkaError as failed:
            raise self._unreachable(failed) from failed

    def publish(self, records: Iterable[Outgoing]) -> list[Sent | Unsent]:
        """Send all, in order, and wait for every verdict; results come in the records' order.

        Blocks while the budget is spent. PublishError after `max_block_ms` without any room; what
        was handed over before then may still arrive.
        """
        asked = list(records)
        try:
            self._renew()
        except PublishError as away:
            return [Unsent(str(away))] * len(asked)
        under_way = [self._send(record) for record in asked]
        self._flush()
        self._spent = any(map(_ran_out, under_way))
        return [found if isinstance(found, Unsent) else _verdict(found) for found in under_way]

    def publish_all(self, records: Sequence[Outgoing]) -> list[Sent]:
        """Send all or raise PublishError, which says how many the broker did not confirm."""
        results = self.publish(records)
        unsent = [result for result in results if isinstance(result, Unsent)]
        if unsent:
            raise PublishError(
                "LB-K012",
                f"{len(unsent)} of {len(results)} records were not confirmed: {unsent[0].why}",
                "Send them again with the same bytes: the hub counts a repeat once.",
            )
        return [result for result in results if isinstance(result, Sent)]

    def _made(self) -> KafkaProducer:
        options = self._options
        try:
            return KafkaProducer(
                bootstrap_servers=options.bootstrap,
                client_id=options.client_id,
                enable_idempotence=True,
                acks="all",
                linger_ms=options.linger_ms,
                batch_size=256 * 1024,
                max_block_ms=options.max_block_ms,
                bootstrap_timeout_ms=options.max_block_ms,
                request_timeout_ms=options.request_timeout_ms,
                delivery_timeout_ms=options.delivery_timeout_ms,
                allow_auto_create_topics=False,
                metrics_enabled=False,
                **options.security,
            )
        except KafkaError as failed:
            raise self._unreachable(failed) from failed

    def _renew(self) -> None:
        """Begin anew after a record ran out of time; PublishError while no broker answers."""
        if self._spent:
            fresh = self._made()
            self._drop()
            self._producer, self._spent = fresh, False

    def _drop(self) -> None:
        """Let go of a producer; one that waits for what will never come has to be forced."""
        dropped: Any = self._producer
        try:
            dropped.close(timeout=0)
        except KafkaError:  # kafka-python 3.0.12 gives up before it has ended its own thread
            dropped._sender.force_close()  # noqa: SLF001 - nothing public ends it
            dropped._closed = True  # noqa: SLF001 - else it tries once more when it is collected

    def _send(self, record: Outgoing) -> Any:
        size = len(record.value) + len(record.key or b"") + _RECORD_OVERHEAD_BYTES
        if not self._budget.take(size, self._options.max_block_ms / 1000):
            raise PublishError(
                "LB-K011",
                f"the broker took nothing for {self._options.max_block_ms} ms "
                f"while {self._options.in_flight_bytes_max} bytes waited",
                "Look at the broker (`lumbung doctor`); what is not confirmed must be sent again.",
            )
        try:
            future = self._producer.send(
                self._options.topic,
                key=record.key,
                value=record.value,
                partition=record.partition,
                timestamp_ms=record.timestamp_ms,
            )
        except (KafkaError, ValueError) as refused:
            self._budget.give(size)
            return Unsent(f"{type(refused).__name__}: {refused}")
        except BaseException:
            self._budget.give(size)
            raise
        future.add_both(lambda _: self._budget.give(size))
        return future

    def _flush(self) -> None:
        # Every batch ends within the delivery bound, in an ack or in an error; the rest is slack,
        # and what has not ended by then has no verdict.
        bound = self._options.delivery_timeout_ms / 1000 + _SLACK_SECONDS
        try:
            self._producer.flush(timeout=bound)
        except KafkaTimeoutError:
            return
        except KafkaError as failed:
            raise self._unreachable(failed) from failed

    def _count(self) -> int:
        try:
            known = self._producer.partitions_for(self._options.topic)
        except KafkaError as failed:
            raise PublishError(
                "LB-K013",
                f"topic {self._options.topic} is not there ({type(failed).__name__})",
                "Create the topics: lumbung topics apply.",
            ) from failed
        return len(known)

    def _unreachable(self, failed: KafkaError) -> PublishError:
        return PublishError(
            "LB-K010",
            f"no broker answers at {self._options.bootstrap} ({type(failed).__name__}: {failed})",
            "Start it, or give another address with --kafka HOST:PORT.",
        )


def _ran_out(future: Any) -> bool:
    if isinstance(future, Unsent):
        return False
    return not future.is_done or isinstance(future.exception, KafkaTimeoutError)


def _verdict(future: Any) -> Sent | Unsent:
    if not future.is_done:
        return Unsent("no answer in time")
    if future.failed():
        return Unsent(f"{type(future.exception).__name__}: {future.exception}")
    at = future.value
    return Sent(at.partition, at.offset, at.timestamp)
