"""A partition on a desk: it is fed sayings, and all that leaves it is kept and can be read.

A reader ends up with the row of the highest version; two rows of one version must be equal.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from schemas import reference
from schemas.identity import partition_of
from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MATCHES
from streams.core.building import Builder
from streams.core.effects import Effects
from streams.core.partition import Partition
from tests.support.core_logs import HUB, Line, Logged, Saying, records

PARTITIONS = 8
NUMBER = partition_of(HUB, PARTITIONS)
Batch = list[tuple[bytes, bytes | None]]
OPEN_ENDED = ("positions", "orders", "voided")  # of a ledger record: as things stood when it left


@cache
def builder(cut_offs: tuple[int, ...] = (), *, outlook: bool = False) -> Builder:
    ways = reference.legs()
    goods, units, register = reference.catalogue(), reference.units(), reference.register()
    made = Builder(goods, units, register, ways, PARTITIONS).deciding_at(cut_offs)
    return made.heeding(outlook=outlook)


def partition(cut_offs: tuple[int, ...] = ()) -> Partition:
    """An empty one; `cut_offs` are the minutes of the local day at which its hubs decide."""
    return builder(cut_offs).partition(NUMBER)


@dataclass
class Desk:
    """A partition being fed, with all that left it: batches of state, and records by topic."""

    core: Partition = field(default_factory=partition)
    batches: list[Batch] = field(default_factory=list)
    outputs: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    end: int = 0

    def feed(self, *log: Saying) -> Self:
        """Fold sayings in one run, at the end of the log."""
        run = records(log, self.end)
        self.end += len(run)
        return self.run(run)

    def run(self, run: Sequence[Logged]) -> Self:
        at = 0
        while at < len(run):
            effects = self.core.fold(run, at)
            assert effects.next > at
            at = effects.next
            self.take(effects)
        return self

    def take(self, effects: Effects) -> None:
        if effects.state:
            assert effects.state[-1][0] == b"applied"
            self.batches.append(effects.state)
        self.say(effects.outputs)
        for name, n in effects.counts.items():
            self.counts[name] = self.counts.get(name, 0) + n

    def say(self, outputs: Iterable[tuple[str, list[tuple[bytes, bytes]]]]) -> None:
        self.outputs += [(topic, key, value) for topic, rows in outputs for key, value in rows]

    # -------------------------------------------------------------- reading
    def of(self, topic: str) -> list[dict[str, Any]]:
        """The data of every record that left for a topic, in order."""
        return [json.loads(value)["data"] for t, _, value in self.outputs if t == topic]

    def ledger(self) -> list[dict[str, Any]]:
        return self.of(LEDGER)

    def verdicts(self) -> list[str]:
        return [entry["verdict"] for entry in self.ledger()]

    def reasons(self) -> list[str]:
        """Reasons of all dead letters, in order."""
        return [letter["reason"] for letter in self.of(DEAD_LETTER)]

    def positions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The newest of each position, by (co-op, `commodity|grade|lot`)."""
        return newest(
            ((p.pop("coop", entry["coop"]), f"{p['commodity']}|{p['grade']}|{p['lot']}"), p)
            for entry in self.ledger()
            for p in entry.get("positions", [])
        )

    def on_hand(self, coop: str, name: str = "KELAPA|UNGRADED|") -> str:
        shown: str = self.positions()[coop, name]["on_hand"]
        return shown

    def orders(self) -> dict[str, dict[str, Any]]:
        """The newest of each order, by `co-op|order`."""
        entries = self.ledger()
        return newest((o["order_id"], o) for entry in entries for o in entry.get("orders", []))

    def demand(self) -> dict[str, dict[str, Any]]:
        """The newest of each total, by `hub|commodity|horizon`."""
        return newest((f"{d['hub']}|{d['commodity']}|{d['horizon']}", d) for d in self.of(DEMAND))

    def row(
        self, commodity: str = "KELAPA", horizon: str = "season", grade: str = "UNGRADED"
    ) -> Line:
        """One row of a total of the domestic market."""
        rows = self.demand()[f"{HUB}|{commodity}|{horizon}"]["rows"]
        found = [r for r in rows if (r["grade"], r["market"]) == (grade, "domestic")]
        shown: Line = found[0] if found else {}
        return shown

    def matches(self) -> dict[str, dict[str, Any]]:
        """The newest of each match."""
        return newest((m["match_id"], m) for m in self.of(MATCHES) if "match_id" in m)

    def why_not(self) -> dict[str, dict[str, Any]]:
        """The newest reasons of each family, by `hub|family`."""
        found = (m for m in self.of(MATCHES) if "lines" in m)
        return newest((f"{w['hub']}|{w['family']}", w) for w in found)

    def state(self) -> dict[bytes, bytes]:
        """What the changelog holds once it is compacted."""
        held: dict[bytes, bytes | None] = {}
        for batch in self.batches:
            held.update(batch)
        return {key: value for key, value in held.items() if value is not None}


def newest(rows: Iterable[tuple[Any, dict[str, Any]]]) -> dict[Any, dict[str, Any]]:
    """The row with the highest version of each key; rows of one version must say the same."""
    found: dict[Any, dict[str, Any]] = {}
    for key, row in rows:
        known = found.get(key)
        if known is None or row["version"] > known["version"]:
            found[key] = row
        elif row["version"] == known["version"]:
            assert row == known, (key, row, known)
    return found


def restored(batches: Iterable[Batch], cut_offs: tuple[int, ...] = ()) -> Partition:
    """A partition recovered from batches of the changelog."""
    core = partition(cut_offs)
    for batch in batches:
        for key, value in batch:
            core.restore(key, value)
    core.settle()
    return core


def without_versions(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that may be compared across arrival orders."""
    return {name: value for name, value in row.items() if name != "version"}


def said_once(desk: Desk) -> dict[str, Any]:
    """What is never told otherwise: verdicts and lines by offset, dead letters by identity."""
    found: dict[str, Any] = {}
    for topic, key, value in desk.outputs:
        data = json.loads(value)["data"]
        if topic == LEDGER:
            entry = {name: data[name] for name in data if name not in OPEN_ENDED}
            entry["lines"] = [{**line, "voided": False} for line in entry.get("lines", [])]
            assert found.setdefault(f"{data['partition']}/{data['offset']}", entry) == entry
        elif topic == DEAD_LETTER:
            known = found.get(key.decode())
            if known is None or data["offset"] < known["offset"]:
                found[key.decode()] = data
    return found


def taken_back(desk: Desk) -> set[str]:
    """The ids of all lines that a reader has seen taken back."""
    entries = desk.ledger()
    marked = {x["line_id"] for e in entries for x in e.get("lines", []) if x.get("voided")}
    return marked | {line for e in entries for line in e.get("voided", [])}
