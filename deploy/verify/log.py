"""The port through which the checker reads topics; Kafka is one log, a list of records another.

Decides nothing but the shape.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class LogRecord(NamedTuple):
    """One record; `timestamp` in ms since 1970, key and value as bytes or None."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Log(Protocol):
    """Topics as they stood when the check began."""

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has, 0 when there is no such topic."""

    def end(self, topic: str, partition: int) -> int:
        """The offset after the last record."""

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        """Records from `start`, in the order of their offsets."""
