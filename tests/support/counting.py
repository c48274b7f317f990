"""The smallest core that can be wrong: a counter per key, versioned as the real one is.

A record's value is ``<key> <delta>``; anything else is a dead letter. The state of a key is
``<version> <count>``, version = offset + 1 of the record that last changed it. Every judged record
is one row of the ledger, every touched key one row of the totals. A tick doubles nothing and
counts itself. With `away_partitions` every touched key is also told into a log of others, in the
partition `place_of` gives, as ``<version> <count> <generation>``.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.agents.core_port import TICK, Away, Outputs, Record, StateRows

KEYS_PER_STRETCH_MAX = 400


@dataclass(frozen=True, slots=True)
class Topics:
    source: str
    ledger: str
    totals: str
    dead: str
    away: str

    @classmethod
    def of(cls, app: str) -> "Topics":
        return cls(*(f"{app}-{name}" for name in ("events", "ledger", "totals", "dead", "away")))


@dataclass(slots=True)
class Stretch:
    next: int
    state: StateRows
    outputs: Outputs
    away: Away = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    refused: list[int] = field(default_factory=list)


class CountingFold:
    def __init__(
        self, topics: Topics, tick_seconds: float = 0.0, away_partitions: int = 0
    ) -> None:
        self.topics = topics
        self.applied = -1
        self.counts: dict[bytes, list[int]] = {}  # key -> [version, count]
        self.sum: int | None = None
        self.reigns: list[int] = []
        self._tick_seconds = tick_seconds
        self._away_partitions = away_partitions

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

    def reign(self, generation: int) -> None:
        self.reigns.append(generation)

    def announce(self, committed: int) -> Outputs:
        keys = self._newer_than(committed)
        return [(self.topics.totals, self._rows(keys))] if keys else []

    def announce_away(self, committed: int) -> Away:
        return self._told(self._newer_than(committed))

    def _newer_than(self, committed: int) -> list[bytes]:
        assert self.reigns, "announced before it was told of its reign"
        return [key for key, (version, _) in self.counts.items() if version > committed]

    def _told(self, keys: Iterable[bytes]) -> Away:
        if not self._away_partitions:
            return []
        by_place: dict[int, list[tuple[bytes, bytes]]] = {}
        for key, value in self._rows(keys):
            said = b"%s %d" % (value, self.reigns[-1])
            by_place.setdefault(place_of(key, self._away_partitions), []).append((key, said))
        return [(self.topics.away, place, rows) for place, rows in by_place.items()]

    def fold(self, run: Sequence[Record], start: int) -> Stretch:
        assert self.sum is not None, "folded before it was settled"
        assert self.reigns, "folded before it was told of its reign"
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
        return Stretch(at, state, outputs, self._told(touched), counts, at - start, refused)

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


def place_of(key: bytes, partitions: int) -> int:
    """The partition of a log of others that is told of a key."""
    return sum(key) % partitions
