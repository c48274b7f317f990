"""Rows out as record batches, and stretches of a log back in.

Decides that a batch goes to an explicit partition, that nothing is sent by a process whose session
may be over, and that an end offset or a stretch of a log is read outside the consumer group.
Refuses to know what a row means.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.agents.core_port import Record
from streams.agents.guards import WorkerFatal

Rows = Sequence[tuple[bytes, bytes | None]]

_POLL_MS: Final = 1_000
_EMPTY_POLLS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch on its way: its topic, its records, and the broker's answer to come."""

    topic: str
    records: int
    answer: Any
    """A future of aiokafka's RecordMetadata."""

    async def landed(self) -> int:
        """The offset of the first record, once the broker has all; raises what the send raised."""
        base: int = (await self.answer).offset
        return base


class Wire(Protocol):
    """What a partition needs of Kafka; tests have one of paper."""

    async def send(
        self, topic: str, partition: int, rows: Rows, *, whole: bool = False
    ) -> list[Sent]:
        """Give rows to the producer, in order; `whole`: in one batch or WorkerFatal."""

    async def ends(self, topics: Iterable[str], partition: int) -> Mapping[str, int]:
        """End offsets of a partition by topic."""

    def read(self, topic: str, partition: int, start: int, end: int) -> AsyncIterator[Record]:
        """Records from `start` up to and without `end`."""


class KafkaWire:
    """The wire to a real broker: Faust's own producer, and a reader without a group."""

    def __init__(
        self, bootstrap: str, producer: Callable[[], Any], check: Callable[[], None]
    ) -> None:
        """`producer` gives the started aiokafka producer; `check` raises when we may not send."""
        self._bootstrap: Final = bootstrap
        self._producer: Final = producer
        self._check: Final = check
        self._reader: AIOKafkaConsumer | None = None
        self._reading: Final = asyncio.Lock()

    async def send(
        self, topic: str, partition: int, rows: Rows, *, whole: bool = False
    ) -> list[Sent]:
        """Give rows to the producer, in order; `whole`: in one batch or WorkerFatal."""
        producer = self._producer()
        sent: list[Sent] = []
        at = 0
        while at < len(rows):
            batch = producer.create_batch()
            append = batch.append
            for key, value in rows[at:] if at else rows:
                if append(key=key, value=value, timestamp=None) is None:
                    break
                at += 1
            if whole and at < len(rows):
                raise WorkerFatal(
                    f"the state of a run, {len(rows)} records, does not fit one batch of {topic}"
                )
            self._check()
            answer = await producer.send_batch(batch, topic, partition=partition)
            sent.append(Sent(topic, batch.record_count(), answer))
        return sent

    async def ends(self, topics: Iterable[str], partition: int) -> Mapping[str, int]:
        """End offsets of a partition by topic."""
        asked = [TopicPartition(topic, partition) for topic in topics]
        if not asked:
            return {}
        reader = await self._started()
        found = await reader.end_offsets(asked)
        return {tp.topic: found[tp] for tp in asked}

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[Record]:
        """Records from `start` up to and without `end`; WorkerFatal when they cannot be had."""
        reader = await self._started()
        async with self._reading:
            place = TopicPartition(topic, partition)
            reader.assign([place])
            reader.seek(place, start)
            empty = 0
            while await reader.position(place) < end:
                found = (await reader.getmany(place, timeout_ms=_POLL_MS)).get(place, ())
                empty = 0 if found else empty + 1
                if empty > _EMPTY_POLLS_MAX:
                    raise WorkerFatal(f"{topic}/{partition} {start}..{end} cannot be read")
                for record in found:
                    if record.offset < end:
                        yield record

    async def stop(self) -> None:
        """Close the reader."""
        if self._reader is not None:
            await self._reader.stop()

    async def _started(self) -> AIOKafkaConsumer:
        async with self._reading:
            if self._reader is None:
                reader = AIOKafkaConsumer(
                    bootstrap_servers=self._bootstrap,
                    enable_auto_commit=False,
                    max_partition_fetch_bytes=4_194_304,
                    fetch_max_wait_ms=50,
                )
                await reader.start()
                self._reader = reader
        return self._reader
