"""The changelog of the state: what compaction would keep is the newest, and nothing is forgotten.

Reads the records as plain msgpack arrays. Decides that the last record of each key is its highest,
that `applied` stands at the end of the log, that the gates hold every sequence that was used and
show every one that is missing. Refuses to know what else the state means.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify.findings import CHANGELOG, GAPS, KEPT, Report, place
from deploy.verify.gates import Gate
from deploy.verify.log import Log

APPLIED: Final = "applied"
_MENDED: Final = "mended/"


class Kinds(NamedTuple):
    """The kinds of keys in a state, and which of them may be deleted."""

    kept: frozenset[str]
    forgettable: frozenset[str]


OF_HUBS: Final = Kinds(
    frozenset({"coop", "deal", "round", "mended", "fence", "left", "out", APPLIED}),
    frozenset({"said", "odd", "leg", "ask"}),
)
OF_THE_MARKET: Final = Kinds(
    frozenset({"residual", "done", "pair", "family", "outlook", APPLIED}), frozenset({"match"})
)
_BITS: Final = 48


class _First(msgspec.Struct, array_like=True, gc=False):
    version: int


_first = msgspec.msgpack.Decoder(_First).decode
_decode = msgspec.msgpack.Decoder().decode


class Changelog:
    """One partition of the changelog; of each key its highest version and where that stands."""

    def __init__(self, topic: str, partition: int, report: Report, kinds: Kinds = OF_HUBS) -> None:
        self._topic, self._partition, self._report = topic, partition, report
        self._kinds = kinds
        self._highest: dict[bytes, int] = {}
        self._late: dict[bytes, tuple[int, int]] = {}
        self._coops: dict[str, bytes] = {}

    def load(self, log: Log) -> None:
        """Read the partition; the first element of each value orders it among those of its key."""
        count = 0
        for record in log.records(self._topic, self._partition):
            count += 1
            key = record.key or b""
            kind, _, name = key.decode("utf-8", "replace").partition("/")
            if kind not in self._kinds.kept | self._kinds.forgettable:
                what = "a key that is none of the state's"
                self._report.breach(CHANGELOG, what, self._at(record.offset), found=key)
            elif record.value is not None:
                self._take(key, name if kind == "coop" else "", record.value, record.offset)
            elif kind in self._kinds.forgettable:
                self._late.pop(key, None)  # pruned: whatever stood last is gone
            else:
                self._report.breach(
                    CHANGELOG, f"{kind}/{name} was deleted", self._at(record.offset)
                )
        self._report.count("records", count)

    def _take(self, key: bytes, coop: str, value: bytes, offset: int) -> None:
        try:
            version = _first(value).version
        except msgspec.DecodeError:
            what = f"the state {key.decode('utf-8', 'replace')} cannot be read"
            self._report.breach(CHANGELOG, what, self._at(offset))
            return
        known = self._highest.get(key)
        if known is not None and version < known >> _BITS:
            self._late[key] = (version, offset)
            return
        self._highest[key] = version << _BITS | offset
        if self._late:
            self._late.pop(key, None)
        if coop:
            self._coops[coop] = value

    def compare(
        self, last_offset: int, gates: dict[tuple[str, str], Gate], mended: Iterable[str] = ()
    ) -> None:
        """Hold the state against the log's end, the checker's own gates and mended letters."""
        self._remembers(frozenset(mended))
        self.stands(last_offset)
        for (actor, device), gate in gates.items():
            self._gate(actor, device, gate)

    def stands(self, last: int) -> None:
        """What is kept last is the newest, and `applied` stands where it must."""
        self._report.held(CHANGELOG, len(self._highest))
        for key, (found, found_at) in self._late.items():
            name, known = key.decode("utf-8", "replace"), self._highest[key]
            self._report.breach(
                CHANGELOG,
                f"the last record of {name} is not its newest: compaction would lose that",
                self._at(known & (1 << _BITS) - 1),
                self._at(found_at),
                expected=known >> _BITS,
                found=found,
            )
        applied = self._highest.get(APPLIED.encode(), -1 << _BITS) >> _BITS
        if applied != last:
            self._report.breach(
                CHANGELOG,
                f"the state of partition {self._partition} is not at the end of its log",
                f"{self._topic}/{self._partition}",
                expected=f"applied {last}",
                found=f"applied {applied}",
            )

    def _gate(self, actor: str, device: str, gate: Gate) -> None:
        """The state of a device holds just the sequences used, and so shows every gap."""
        self._report.held(KEPT)
        held = _gates(self._coops.get(actor)).get(device)
        low, bits = (0, 0) if held is None else (held[0], int.from_bytes(held[1], "little"))
        missing = gate.missing()
        if missing:
            self._report.held(GAPS)
            self._report.count("gaps", missing)
        if (low, bits) == gate.marks():
            return
        forgot = low > gate.low or bits.bit_count() > len(gate.above)
        at = self._highest.get(f"coop/{actor}".encode())
        self._report.breach(
            GAPS if forgot else KEPT,
            f"the gate of {actor}:{device} does not hold just the sequences used",
            f"{self._topic}/{self._partition}" if at is None else self._at(at & (1 << _BITS) - 1),
            expected=f"all up to {gate.low}, and {sorted(gate.above)[:20]}",
            found=f"all up to {low}, and marks {bits:b}",
        )

    def _remembers(self, mended: frozenset[str]) -> None:
        """A letter that was mended must not be mended again: the state has to know it."""
        names = (key.decode("utf-8", "replace") for key in self._highest)
        held = {name.removeprefix(_MENDED) for name in names if name.startswith(_MENDED)}
        self._report.held(KEPT, len(mended))
        if held != mended:
            self._report.breach(
                KEPT,
                "the state does not remember just the dead letters that were mended",
                f"{self._topic}/{self._partition}",
                expected=sorted(mended - held)[:20],
                found=sorted(held - mended)[:20],
            )

    def _at(self, offset: int) -> str:
        return place(self._topic, self._partition, offset)


def _gates(coop: bytes | None) -> dict[str, Any]:
    """The gates of a co-op: the first map in its array, device -> low, marks above it, ..."""
    parts = _decode(coop) if coop is not None else ()
    return next((part for part in parts if isinstance(part, dict)), {})
