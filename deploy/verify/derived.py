"""What the streams wrote, read plainly: envelope, version, and which record of a key holds.

Decides that a reader keeps the highest version of a key, that equal versions must say the same,
that no version speaks of an input record that is not there, and that in a compacted topic the last
record of a key must be its highest. Refuses to know what a record means.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from deploy.verify.findings import VERSIONS, Report, place
from deploy.verify.log import Log, LogRecord

EPOCH: Final = 2**40
T = TypeVar("T")


class Kind(msgspec.Struct, gc=False):
    """The envelope alone."""

    type: str


class Derived(NamedTuple):
    """One derived record, and what a typed decoder made of it."""

    record: LogRecord
    said: Any


class Source(NamedTuple):
    """Where derived records stand, and whose check a breach of them belongs to."""

    topic: str
    partition: int
    report: Report
    check: str

    def at(self, offset: int) -> str:
        """Name one of them."""
        return place(self.topic, self.partition, offset)

    def read(self, log: Log, decode: Callable[[bytes], Any]) -> Iterator[Derived]:
        """The records; one that the decoder cannot read is a breach."""
        count = 0
        for record in log.records(self.topic, self.partition):
            count += 1
            try:
                yield Derived(record, decode(record.value or b""))
            except (msgspec.DecodeError, UnicodeDecodeError) as broken:
                what = f"a derived record cannot be read: {broken}"
                at = self.at(record.offset)
                self.report.breach(self.check, what, at, found=record.value)
        self.report.count("records", count)


class Held(NamedTuple, Generic[T]):
    """The highest version of a key, where it was said last, and what it says."""

    version: int
    offset: int
    said: T


class Newest(Generic[T]):
    """Keeps the highest version per key of one partition of one topic.

    `end` is the end of the log that versions speak of.
    """

    def __init__(self, source: Source, end: int) -> None:
        self._from, self._end = source, end
        self.held: Final[dict[Any, Held[T]]] = {}
        self._late: dict[Any, tuple[int, int]] = {}
        self._seen = 0

    def see(self, name: Hashable, version: int, offset: int, said: T) -> bool:
        """Take a record in; True when it is the newest of its key so far."""
        self._seen += 1
        held = self.held.get(name)
        if held is None or version > held.version:
            if not 0 < version % EPOCH <= self._end:
                self._beyond(name, version, offset)
            self.held[name] = Held(version, offset, said)
            if self._late:
                self._late.pop(name, None)
            return True
        if version < held.version:
            self._from.report.count("late_records")
            self._late[name] = (version, offset)
            return False
        if self._late:
            self._late.pop(name, None)
        if said != held.said:
            self._from.report.breach(
                self._from.check,
                f"{named(name)} has two different contents of version {version}",
                self._from.at(held.offset),
                self._from.at(offset),
                expected=held.said,
                found=said,
            )
        return True

    def _beyond(self, name: Any, version: int, offset: int) -> None:
        self._from.report.breach(
            VERSIONS,
            f"{named(name)} has a version that no record of the log could give it",
            self._from.at(offset),
            expected=f"1 to {self._end}, the end of its partition",
            found=version % EPOCH,
        )

    def settle(self, *, compacted: bool = True) -> None:
        """At the end of the partition: compaction keeps the last, so it must be the highest."""
        self._from.report.held(VERSIONS, self._seen)
        if not compacted:
            return
        for name, (version, offset) in self._late.items():
            held = self.held[name]
            what = (
                f"the last record of {named(name)} is not its newest: compaction would lose that"
            )
            self._from.report.breach(
                self._from.check,
                what,
                self._from.at(held.offset),
                self._from.at(offset),
                expected=f"version {held.version} last",
                found=f"version {version} last",
            )
        self._from.report.held(self._from.check, len(self.held))


def named(name: Any) -> str:
    """A key in a sentence."""
    return "|".join(map(str, name)) if isinstance(name, tuple) else str(name)
