"""Where intake of a partition stands, kept in Kafka so that every worker anywhere sees it.

The barrier of a partition is the committed offset of a group that nobody joins,
`<app_id>-halt`: no record at or above it may be taken in. None, 0, or one below what the workers
have committed means that there is none. The worker puts it, an operator takes it away. Refuses to
know when and why.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

WORDS_MAX: Final = 1_000


class Barrier(Protocol):
    """What intake needs of it; tests have one of paper."""

    async def at(self, partition: int) -> int:
        """The offset from which on nothing may be taken in; 0 when all may."""

    async def put(self, partition: int, offset: int, why: str) -> None:
        """Let nothing in from an offset on; `why` is for people."""


class KafkaBarrier:
    """The barriers of one application on a real broker."""

    def __init__(self, bootstrap: str, group: str, topic: str, check: Callable[[], None]) -> None:
        """`check` raises when this process may not send any more."""
        self._bootstrap, self._group, self._topic = bootstrap, group, topic
        self._check: Final = check
        self._client: AIOKafkaConsumer | None = None
        self._one_by_one: Final = asyncio.Lock()

    async def at(self, partition: int) -> int:
        """The offset from which on nothing may be taken in; 0 when all may."""
        async with self._one_by_one:
            client = await self._started()
            return await client.committed(TopicPartition(self._topic, partition)) or 0

    async def put(self, partition: int, offset: int, why: str) -> None:
        """Let nothing in from an offset on; `why` is for people."""
        place = TopicPartition(self._topic, partition)
        async with self._one_by_one:
            client = await self._started()
            client.assign([place])
            client.pause(place)  # only who is assigned may commit; nothing is to be fetched
            self._check()
            await client.commit({place: OffsetAndMetadata(offset, why[:WORDS_MAX])})
            client.unsubscribe()

    async def stop(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.stop()

    async def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            client = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap, group_id=self._group, enable_auto_commit=False
            )
            await client.start()
            self._client = client
        return self._client
