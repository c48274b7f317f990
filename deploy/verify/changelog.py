"""The changelog of the state: what compaction would keep is the newest, and nothing is forgotten.

Reads the records as plain msgpack arrays. Decides that the last record of each key is its highest,
that `applied` stands at the end of the log, and that the gates hold every sequence that was used.
Refuses to know what else the state means.
"""

from typing import Any, Final

import msgspec

from deploy.verify.findings import CHANGELOG, KEPT, Report, place
from deploy.verify.gates import Gate
from deploy.verify.log import Log

APPLIED: Final = "applied"
_FORGETTABLE: Final = frozenset({"said", "odd"})
_KINDS: Final = frozenset({"coop", "deal", "round", APPLIED}) | _FORGETTABLE


class _First(msgspec.Struct, array_like=True, gc=False):
    version: int


_first = msgspec.msgpack.Decoder(_First).decode
_decode = msgspec.msgpack.Decoder().decode


class Changelog:
    """One partition of the changelog."""

    def __init__(self, topic: str, partition: int, report: Report) -> None:
        self._topic, self._partition, self._report = topic, partition, report
        self._highest: dict[str, tuple[int, int]] = {}
        self._last: dict[str, tuple[int | None, int]] = {}
        self._coops: dict[str, bytes] = {}

    def load(self, log: Log) -> None:
        """Read the partition; the first element of each value orders it among those of its key."""
        count = 0
        for record in log.records(self._topic, self._partition):
            count += 1
            name = (record.key or b"").decode("utf-8", "replace")
            at = place(self._topic, self._partition, record.offset)
            kind = name.partition("/")[0]
            if kind not in _KINDS:
                self._report.breach(CHANGELOG, "a key that is none of the state's", at, found=name)
            elif record.value is None:
                self._last[name] = (None, record.offset)
                if kind not in _FORGETTABLE:
                    self._report.breach(CHANGELOG, f"{name} was deleted", at)
            else:
                self._take(name, kind, record.value, record.offset, at)
        self._report.count("records", count)

    def _take(self, name: str, kind: str, value: bytes, offset: int, at: str) -> None:
        try:
            version = _first(value).version
        except msgspec.DecodeError:
            self._report.breach(CHANGELOG, f"the state {name} cannot be read", at)
            return
        self._last[name] = (version, offset)
        if version >= self._highest.get(name, (-1, 0))[0]:
            self._highest[name] = (version, offset)
            if kind == "coop":
                self._coops[name.partition("/")[2]] = value

    def compare(self, last_offset: int, gates: dict[tuple[str, str], Gate]) -> None:
        """Hold the state against the log's end and the checker's own gates."""
        for name, (version, offset) in self._highest.items():
            self._report.held(CHANGELOG)
            last, last_at = self._last[name]
            if last is not None and last < version:
                self._report.breach(
                    CHANGELOG,
                    f"the last record of {name} is not its newest: compaction would lose that",
                    place(self._topic, self._partition, offset),
                    place(self._topic, self._partition, last_at),
                    expected=version,
                    found=last,
                )
        applied = self._highest.get(APPLIED, (-1, -1))[0]
        if applied != last_offset:
            self._report.breach(
                CHANGELOG,
                f"the state of partition {self._partition} is not at the end of its log",
                f"{self._topic}/{self._partition}",
                expected=f"applied {last_offset}",
                found=f"applied {applied}",
            )
        for (actor, device), gate in gates.items():
            self._report.held(KEPT)
            held = _gates(self._coops.get(actor)).get(device)
            low, bits = (0, 0) if held is None else (held[0], int.from_bytes(held[1], "little"))
            if (low, bits) != gate.marks():
                self._report.breach(
                    KEPT,
                    f"the gate of {actor}:{device} does not hold just the sequences used",
                    f"{self._topic}/{self._partition}",
                    expected=f"all up to {gate.low}, and {sorted(gate.above)[:20]}",
                    found=f"all up to {low}, and marks {bits:b}",
                )


def _gates(coop: bytes | None) -> dict[str, Any]:
    """The gates of a co-op: the first map in its array, device -> low, marks above it, ..."""
    parts = _decode(coop) if coop is not None else ()
    return next((part for part in parts if isinstance(part, dict)), {})
