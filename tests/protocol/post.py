"""Letters under way between partitions: in order from each to each, in any order across them."""

from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Any

from schemas.errors import Rejection
from schemas.market import read, written

KEPT_MAX = 60


class Post:
    """What was sent and has not been appended to a log yet; old letters may come once more."""

    def __init__(self, chance: Random, *, on_the_wire: bool) -> None:
        self._chance, self._wire = chance, on_the_wire
        self._queues: dict[tuple[str, str], deque[Any]] = {}
        self._old: list[tuple[str, Any]] = []

    def send(self, sender: str, target: str, message: Any) -> None:
        if self._wire:
            back = read(written(message, 1_000))
            assert not isinstance(back, Rejection), (back, message)
            assert back == message
        self._queues.setdefault((sender, target), deque()).append(message)
        if len(self._old) < KEPT_MAX or self._chance.random() < 0.3:
            self._old.append((target, message))

    def deliver(self) -> tuple[str, Any] | None:
        """The next letter of some queue."""
        waiting = [ends for ends, queue in self._queues.items() if queue]
        if not waiting:
            return None
        ends = self._chance.choice(waiting)
        return ends[1], self._queues[ends].popleft()

    def rest(self) -> Iterator[tuple[str, Any]]:
        """Everything that is under way."""
        while (found := self.deliver()) is not None:
            yield found

    def once_more(self) -> tuple[str, Any] | None:
        """A letter that was sent before, however long ago: a writer thought dead sends it."""
        return self._chance.choice(self._old) if self._old else None
