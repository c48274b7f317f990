"""The smallest core that can be wrong: a counter per key, versioned as the real one is.

A record's value is ``<key> <delta>``; anything else is a dead letter. The state of a key is
``<version> <count>``, version = offset + 1 of the record that last changed it. Every judged record
is one row of the ledger, every touched key one row of the totals. A tick doubles nothing and
counts itself.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.agents.core_port import TICK, Outputs, Record, StateRows

KEYS_PER_STRETCH_MAX = 400


@dataclass(frozen=True, slots=True)
class Topics:
    source: str
    ledger: str
    totals: str
    dead: str

    @classmethod
    def of(cls, app: str) -> "Topics":
        return cls(*(f"{app}-{name}" for name in ("events", "ledger", "totals", "dead")))


@dataclass(slots=True)
class Stretch:
    next: int
    state: StateRows
    outputs: Outputs
    counts: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    refused: list[int] = field(default_factory=list)


class CountingFold:
    def __init__(self, topics: Topics, tick_seconds: float = 0.0) -> None:
        self.topics = topics
        self.applied = -1
        self.counts: dict[bytes, list[int]] = {}  # key -> [version, count]
        self.sum: int | None = None
        self._tick_seconds = tick_seconds

    def restore(self, key: bytes, value: bytes | None) -> bool:
        assert value is not None
        if key == b"applied":
            newer = int(value) >= self.applied
            self.applied = max(self.applied, int(value))
            return newer
        version, count = map(int, value.split())
        held = self.counts.get(key)
        if held is not None and held[0] > version:
            return False
        self.counts[key] = [version, count]
        return True

    def settle(self) -> None:
        self.sum = sum(count for _, count in self.counts.values())

    def encode(self, key: bytes) -> bytes | None:
        if key == b"applied":
            return b"%d" % self.applied
        held = self.counts.get(key)
        return None if held is None else b"%d %d" % tuple(held)

    def announce(self, committed: int) -> Outputs:
        keys = [key for key, (version, _) in self.counts.items() if version > committed]
        return [(self.topics.totals, self._rows(keys))] if keys else []

    def fold(self, run: Sequence[Record], start: int) -> Stretch:
        assert self.sum is not None, "folded before it was settled"
        touched: dict[bytes, None] = {}
        ledger: list[tuple[bytes, bytes]] = []
        dead: list[tuple[bytes, bytes]] = []
        refused: list[int] = []
        at = start
        for at in range(start, len(run)):
            if len(touched) >= KEYS_PER_STRETCH_MAX:
                break
            record = run[at]
            name = b"%d" % record.offset
            read = self._read(record)
            if read is None:
                refused.append(at - start)
                dead.append((name, record.value or b""))
                continue
            key, delta = read
            touched[key] = None
            ledger.append((name, b"%s %d" % (key, delta)))
            if record.offset > self.applied:
                held = self.counts.setdefault(key, [0, 0])
                held[0] = record.offset + 1
                held[1] += delta
                self.sum += delta
        else:
            at = len(run)
        self.applied = max(self.applied, run[at - 1].offset)
        state: StateRows = [*self._rows(touched), (b"applied", b"%d" % self.applied)]
        outputs: Outputs = [(self.topics.totals, self._rows(touched))] if touched else []
        outputs += [
            (t, r) for t, r in ((self.topics.ledger, ledger), (self.topics.dead, dead)) if r
        ]
        counts = {"lumbung_records_total{verdict=accepted}": len(ledger)}
        return Stretch(at, state, outputs, counts, at - start, refused)

    def _read(self, record: Record) -> tuple[bytes, int] | None:
        if record.key == TICK:
            time.sleep(self._tick_seconds)
            return b"ticks", 1
        try:
            key, delta = (record.value or b"").split()
            return key, int(delta)
        except ValueError:
            return None

    def _rows(self, keys: Iterable[bytes]) -> list[tuple[bytes, Any]]:
        counts = self.counts
        return [(key, b"%d %d" % (counts[key][0], counts[key][1])) for key in keys]
