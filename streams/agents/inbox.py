"""What has arrived of one partition and is not yet done.

Decides what makes a run: everything that gathered while the partition was busy, up to a bound; and
when enough has gathered that no more should be fetched. Refuses to know what is in a record.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from streams.agents.core_port import Record
from streams.agents.guards import WorkerFatal

_size_of = attrgetter("serialized_value_size")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may gather: records and bytes of values, in one run and in the whole inbox."""

    run_records: int
    run_bytes: int
    records: int
    bytes: int


class Inbox:
    """Records in offset order, from `due` on, without a hole; the end of a tenure closes it."""

    def __init__(self, due: int, bounds: Bounds) -> None:
        self.due = due
        self._bounds: Final = bounds
        self._pieces: deque[tuple[Sequence[Record], int]] = deque()
        self._records = 0
        self._bytes = 0
        self._news = asyncio.Event()
        self._closed = asyncio.Event()

    def put(self, piece: Sequence[Record]) -> None:
        """Add the next records; WorkerFatal when some were lost on the way."""
        if self._closed.is_set():
            return
        if piece[0].offset != self.due:
            raise WorkerFatal(f"records from {piece[0].offset} came where {self.due} was due")
        size = sum(map(_size_of, piece))
        self._pieces.append((piece, size))
        self._records += len(piece)
        self._bytes += size
        self.due = piece[-1].offset + 1
        self._news.set()

    @property
    def is_full(self) -> bool:
        """Whether fetching should pause."""
        return self._records >= self._bounds.records or self._bytes >= self._bounds.bytes

    @property
    def has_room(self) -> bool:
        """Whether fetching may go on after a pause."""
        return self._records * 2 <= self._bounds.records and self._bytes * 2 <= self._bounds.bytes

    async def take(self, idle_seconds: float) -> Sequence[Record] | None:
        """The next run; empty when nothing came for so long; None once closed."""
        if not self._pieces and not self._closed.is_set():
            try:
                async with asyncio.timeout(idle_seconds):
                    await self._news.wait()
            except TimeoutError:
                return ()
        if self._closed.is_set():
            return None
        return self._cut()

    async def closed_within(self, seconds: float) -> bool:
        """Wait for the end of the tenure; False when it goes on."""
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Forget what is undone: it will be fetched again by whoever owns the partition next."""
        self._closed.set()
        self._pieces.clear()
        self._records = self._bytes = 0
        self._news.set()

    def _cut(self) -> Sequence[Record]:
        run, size = self._pieces.popleft()
        if self._pieces:
            run = list(run)
            while self._pieces and self._fits(len(run) + len(self._pieces[0][0]), size):
                piece, more = self._pieces.popleft()
                run.extend(piece)
                size += more
        if not self._pieces:
            self._news.clear()
        self._records -= len(run)
        self._bytes -= size
        return run

    def _fits(self, records: int, size: int) -> bool:
        return records <= self._bounds.run_records and size < self._bounds.run_bytes
