"""What the streams wrote, read plainly: envelope, version, and which record of a key holds.

Decides that a reader keeps the highest version of a key, that equal versions must say the same,
and that in a compacted topic the last record of a key must be its highest. Refuses to know what
a record means.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify.findings import Report, place
from deploy.verify.log import Log, LogRecord

_UNSEEN: Final = -1


class _Wrapped(msgspec.Struct, gc=False):
    type: str
    data: msgspec.Raw


_envelope: Final = msgspec.json.Decoder(_Wrapped).decode
_value: Final = msgspec.json.Decoder().decode


class Derived(NamedTuple):
    """One derived record: its type, and its data as bytes."""

    record: LogRecord
    type: str
    raw: bytes

    def tree(self) -> dict[str, Any]:
        """Its data as plain values; ValueError when that is no object."""
        found = _value(self.raw)
        if not isinstance(found, dict):
            raise ValueError("the data is no object")  # noqa: TRY004 - bad data, whatever its type
        return found


class Held(NamedTuple):
    """What is known of a key so far: its highest version, where, and a digest of what it says."""

    version: int
    offset: int
    digest: bytes
    last: int
    last_offset: int


def read(
    log: Log, topic: str, partition: int, report: Report, check: str, *, start: int = 0
) -> Iterator[Derived]:
    """The records of a derived topic; one that is no CloudEvent is a breach."""
    count = 0
    for record in log.records(topic, partition, start):
        count += 1
        try:
            wrapped = _envelope(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            where = place(topic, partition, record.offset)
            report.breach(check, "a derived record cannot be read", where, found=record.value)
            continue
        yield Derived(record, wrapped.type, bytes(wrapped.data))
    report.count("records", count)


class Newest:
    """Keeps the highest version per key of one partition of one topic."""

    def __init__(self, topic: str, partition: int, report: Report, check: str) -> None:
        self._topic, self._partition = topic, partition
        self._report, self._check = report, check
        self.held: dict[str, Held] = {}

    def see(self, name: str, version: int, offset: int, content: bytes) -> bool:
        """Take a record in; True when it now holds (the last of equal versions does)."""
        digest = blake2b(content, digest_size=12).digest()
        held = self.held.get(name)
        if held is None or version > held.version:
            self.held[name] = Held(version, offset, digest, version, offset)
            return True
        self._report.held(self._check)
        self.held[name] = held._replace(last=version, last_offset=offset)
        if version < held.version:
            self._report.count("late_records")
            return False
        if digest != held.digest:
            self._report.breach(
                self._check,
                f"{name} has two different contents of version {version}",
                self._at(held.offset),
                self._at(offset),
            )
        return True

    def settle(self) -> None:
        """At the end of the partition: compaction keeps the last, so it must be the highest."""
        for name, held in self.held.items():
            if held.last < held.version:
                self._report.breach(
                    self._check,
                    f"the last record of {name} is not its newest: compaction would lose that",
                    self._at(held.offset),
                    self._at(held.last_offset),
                    expected=f"version {held.version} last",
                    found=f"version {held.last} last",
                )
        self._report.held(self._check, len(self.held))

    def version(self, name: str) -> int:
        """The highest version of a key, -1 when it was not seen."""
        held = self.held.get(name)
        return _UNSEEN if held is None else held.version

    def _at(self, offset: int) -> str:
        return place(self._topic, self._partition, offset)
