"""A broker of paper: every partition of a topic as a list, for tests of what a tenure does."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from streams.agents.guards import WorkerFatal
from streams.agents.wire import Rows, Sent


@dataclass(frozen=True)
class PaperRecord:
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0

    @property
    def serialized_value_size(self) -> int:
        return -1 if self.value is None else len(self.value)


class PowerCutError(Exception):
    """The process is gone."""


@dataclass
class PaperBroker:
    """What was written, whole batches only."""

    logs: dict[tuple[str, int], list[PaperRecord]] = field(default_factory=dict)

    def log(self, topic: str, partition: int = 0) -> list[PaperRecord]:
        return self.logs.setdefault((topic, partition), [])

    def append(self, topic: str, rows: Rows, partition: int = 0) -> int:
        log = self.log(topic, partition)
        base = len(log)
        log.extend(PaperRecord(base + at, key, value) for at, (key, value) in enumerate(rows))
        return base


class PaperWire:
    """The wire of one owner.

    `cut_after` so many half-sends its power is cut. With `chance`, others come in between, up to
    `patience` turns long.
    """

    def __init__(
        self,
        broker: PaperBroker,
        chance: random.Random | None = None,
        *,
        batch_rows_max: int = 10_000,
        patience: int = 3,
        cut_after: int | None = None,
    ) -> None:
        self._broker = broker
        self._chance = chance
        self._rows_max = batch_rows_max
        self._patience = patience
        self._steps = cut_after

    async def send(
        self,
        topic: str,
        partition: int,
        rows: Rows,
        *,
        whole: bool = False,
    ) -> list[Sent]:
        if whole and len(rows) > self._rows_max:
            raise WorkerFatal("does not fit")
        sent = []
        for batch in _chunks(rows, self._rows_max):
            self._step()  # lost before it was sent ...
            await self._others()
            base = self._broker.append(topic, batch, partition)
            self._step()  # ... or sent, and the answer lost
            await self._others()
            answer: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
            answer.set_result(SimpleNamespace(offset=base))
            sent.append(Sent(topic, len(batch), answer))
        return sent

    async def ends(self, topics: Iterable[str], partition: int) -> Mapping[str, int]:
        return {topic: len(self._broker.log(topic, partition)) for topic in topics}

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[PaperRecord]:
        for record in self._broker.log(topic, partition)[start:end]:
            yield record

    def _step(self) -> None:
        if self._steps is not None:
            self._steps -= 1
            if self._steps < 0:
                raise PowerCutError

    async def _others(self) -> None:
        if self._chance is not None:
            for _ in range(self._chance.randrange(self._patience)):
                await asyncio.sleep(0)


def _chunks(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
