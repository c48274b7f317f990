"""Decides how the lines of past sayings are reached: by saying, or all of one co-op's.

They are read only for late counts, voids and repetitions, so they stay encoded. `MemoryShelf` is
the plain one; a worker may put one in its place that moves to disk beyond a memory budget.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from streams.core.state import Said, State, decode


class Shelf(Protocol):
    """Where judged sayings lie, by (actor, device, sequence)."""

    def put(self, actor: str, device: str, sequence: int, value: bytes) -> None:
        """Keep a saying's bytes."""

    def get(self, actor: str, device: str, sequence: int) -> bytes | None:
        """A saying's bytes, None when it is not (or no longer) kept."""

    def drop(self, actor: str, device: str, sequence: int) -> None:
        """Forget a saying."""

    def of(self, actor: str) -> Iterator[tuple[str, int, bytes]]:
        """All sayings of one actor as (device, sequence, bytes), in no order."""

    def actors(self) -> Iterator[str]:
        """All actors with a saying kept, in no order."""


class MemoryShelf:
    """A shelf in memory."""

    def __init__(self) -> None:
        self._said: dict[str, dict[tuple[str, int], bytes]] = {}

    def put(self, actor: str, device: str, sequence: int, value: bytes) -> None:
        """Keep a saying's bytes."""
        own = self._said.get(actor)
        if own is None:
            own = self._said[actor] = {}
        own[device, sequence] = value

    def get(self, actor: str, device: str, sequence: int) -> bytes | None:
        """A saying's bytes, None when it is not (or no longer) kept."""
        own = self._said.get(actor)
        return None if own is None else own.get((device, sequence))

    def drop(self, actor: str, device: str, sequence: int) -> None:
        """Forget a saying."""
        own = self._said.get(actor)
        if own is not None:
            own.pop((device, sequence), None)
            if not own:
                del self._said[actor]

    def of(self, actor: str) -> Iterator[tuple[str, int, bytes]]:
        """All sayings of one actor as (device, sequence, bytes), in no order."""
        for (device, sequence), value in self._said.get(actor, {}).items():
            yield device, sequence, value

    def actors(self) -> Iterator[str]:
        """All actors with a saying kept, in no order."""
        return iter(self._said)


def opened(value: bytes) -> Said:
    """A saying from its bytes."""
    said = decode(b"said", value)
    assert isinstance(said, Said)
    return said


class Glance(State, gc=False):
    """What the first fields of a saying tell: where in the log it stands, and when it was said."""

    offset: int
    time_ms: int


glance = msgspec.msgpack.Decoder(Glance).decode
"""A saying's bytes -> its glance: a twentieth of the work of opening it."""
