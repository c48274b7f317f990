"""Logs for the core: builders of single records, seeded logs in which things collide, and readers.

A log is a list of (key, value) with a broker timestamp; `records` gives it offsets. All co-ops are of
one hub, so one partition sees them all.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from schemas import reference
from schemas.identity import partition_of
from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MATCHES
from streams.core.building import Builder
from streams.core.partition import Effects, Partition

PARTITIONS = 8
HUB = "19.02"
COOPS = tuple(f"{HUB}.01.20{n:02}" for n in (3, 4, 7, 8, 10, 12))
A, B, C = COOPS[:3]
NUMBER = partition_of(HUB, PARTITIONS)
NOON = 1_795_320_000_000  # 2026-11-22, 11:00 in the hub's zone
HOUR = 3_600_000
DAY = 24 * HOUR
MICRO = 1_000_000

Batch = list[tuple[bytes, bytes | None]]
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """A record before it has an offset."""

    key: bytes
    value: bytes
    timestamp: int = NOON


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of the log."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes


@cache
def builder() -> Builder:
    ways = reference.legs()
    goods, units, register = reference.catalogue(), reference.units(), reference.register()
    return Builder(goods, units, register, ways, PARTITIONS)


def partition() -> Partition:
    return builder().partition(NUMBER)


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def day(ms: int) -> str:
    return iso(ms)[:10]


def event(kind: str, name: str, source: str, data: dict[str, Any], at: int) -> bytes:
    frame = {"specversion": "1.0", "type": f"lumbung.{kind}.v1", "id": name, "source": source}
    return json.dumps({**frame, "time": iso(at), "data": data}, separators=(",", ":")).encode()


def said(
    kind: str, actor: str, sequence: int, body: dict[str, Any], at: int = NOON, device: str = "hp1"
) -> Saying:
    """Any saying of an actor; its record is stamped with the time it speaks of."""
    who = "actor" if kind in ("decision", "contract") else "coop"
    room = "hubs" if len(actor) == len(HUB) else "coops"
    data = {who: actor, "device": device, "sequence": sequence, **body}
    name = f"{actor}:{device}:{sequence}"
    value = event(kind, name, f"/{room}/{actor}/devices/{device}", data, at)
    return Saying(actor.encode(), value, max(at, NOON))


def report(coop: str, sequence: int, *lines: Line, at: int = NOON, device: str = "hp1") -> Saying:
    return said("report", coop, sequence, {"lines": list(lines)}, at, device)


def tick(n: int, at: int) -> Saying:
    return Saying(b"tick", event("tick", f"tick:{n}", "/clock", {"tick": n}, at), at)


def decision(actor: str, sequence: int, match: str, what: str, at: int = NOON) -> Saying:
    return said("decision", actor, sequence, {"match": match, "decision": what}, at, "desk")


def profile(coop: str, sequence: int, at: int = NOON, **body: Any) -> Saying:
    return said("profile", coop, sequence, body, at, "desk")


# ------------------------------------------------------------------ lines
def line(
    kind: str, quantity: int | str, commodity: str = "KELAPA", unit: str = "", **more: Any
) -> Line:
    unit = unit or {"KELAPA": "BUTIR", "VCO": "LITER"}.get(commodity, "KG")
    told = {"kind": kind, "commodity": commodity, "quantity": str(quantity), "unit": unit}
    return {**told, **{name: value for name, value in more.items() if value != ""}}


def counted(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.counted", quantity, commodity, **more)


def received(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.received", quantity, commodity, **more)


def issued(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.issued", quantity, commodity, **more)


def planned(quantity: int | str, ready_on: str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("supply.planned", quantity, commodity, ready_on=ready_on, **more)


def placed(order: str, quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("order.placed", quantity, commodity, order=order, **more)


def amended(order: str, revision: int, **more: Any) -> Line:
    return {"kind": "order.amended", "order": order, "revision": revision, **more}


def cancelled(order: str, revision: int = 0) -> Line:
    told: Line = {"kind": "order.cancelled", "order": order}
    return {**told, "revision": revision} if revision else told


def voided(coop: str, sequence: int, n: int = 1, device: str = "hp1") -> Line:
    return {"kind": "line.voided", "line": f"{coop}:{device}:{sequence}#{n}"}


# ------------------------------------------------------------------ folding
def records(log: Iterable[Saying], first: int = 0) -> list[Logged]:
    return [Logged(at, s.timestamp, s.key, s.value) for at, s in enumerate(log, first)]


@dataclass
class Desk:
    """A partition being fed, with all that left it: batches of state, and the newest of each key."""

    core: Partition = field(default_factory=partition)
    batches: list[Batch] = field(default_factory=list)
    outputs: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    end: int = 0

    def feed(self, *log: Saying) -> "Desk":
        """Fold sayings in one run, at the end of the log."""
        run = records(log, self.end)
        self.end += len(run)
        return self.run(run)

    def run(self, run: Sequence[Logged]) -> "Desk":
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
            ((entry["coop"], f"{p['commodity']}|{p['grade']}|{p['lot']}"), p)
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

    def row(self, commodity: str = "KELAPA", horizon: str = "season", grade: str = "UNGRADED") -> Line:
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


def restored(batches: Iterable[Batch]) -> Partition:
    """A partition recovered from batches of the changelog."""
    core = partition()
    for batch in batches:
        for key, value in batch:
            core.restore(key, value)
    core.settle()
    return core


def without_versions(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that may be compared across arrival orders."""
    return {name: value for name, value in row.items() if name != "version"}


# ------------------------------------------------------------------ seeded logs
GOODS = ("KELAPA", "KOPRA", "VCO")
GRADES = ("", "", "A", "B")
LOTS = ("", "", "L1")


class Village:
    """Tells seeded logs: a few co-ops and goods over sixty days, so that everything collides."""

    def __init__(self, chance: Random, coops: Sequence[str] = COOPS[:5], days: int = 60) -> None:
        self.chance, self.coops, self.days = chance, coops, days
        self.packs = False
        self.next: dict[tuple[str, str], int] = {}
        self.said: list[tuple[str, str, int, int]] = []

    def story(self, reports: int) -> list[Saying]:
        """Reports in the order of their saying, up to NOON, with some disorder."""
        span, start = self.days * DAY, NOON - self.days * DAY
        return [self.report(at) for at in sorted(self._within(start, span) for _ in range(reports))]

    def life(self, reports: int, ticks: int) -> list[Saying]:
        """Reports, repetitions, conflicts and decisions from NOON on, between ticks that take days.

        The log is folded as it is told, for decisions must name matches that are there.
        """
        desk, log, self.packs = Desk(), [], True
        now = NOON
        for n in range(1, ticks + 1):
            now += self.chance.choice((2 * HOUR, 2 * HOUR, 5 * HOUR, 20 * HOUR, 3 * DAY, 16 * DAY))
            for _ in range(self.chance.randrange(2 * reports // ticks + 1)):
                log.append(self._something(log, desk, now))
                desk.feed(log[-1])
            log.append(tick(n, now))
            desk.feed(log[-1])
        return log

    def _within(self, start: int, span: int) -> int:
        return start + self.chance.randrange(span)

    def _something(self, log: list[Saying], desk: "Desk", now: int) -> Saying:
        chance = self.chance
        what, coop = chance.random(), chance.choice(self.coops)
        told = [s for s in log if s.key != b"tick"]
        shown = sorted(desk.matches().values(), key=lambda m: str(m["match_id"]))
        fresh = [match for match in shown if match["state"] == "proposed"]
        matches = fresh if chance.random() < 0.8 else shown
        if told and what < 0.12:
            return replace(chance.choice(told[-9:]), timestamp=now)
        if what < 0.15:
            return replace(report(coop, 10**6, counted(1)), timestamp=now)
        if what < 0.19:
            number = chance.randrange(1, self.next.get((coop, "hp1"), 1) + 2)
            return replace(report(coop, number, counted(77, "VCO")), timestamp=now)
        if what < 0.25:
            since = day(now - chance.randrange(2) * DAY)
            mandates = [{"hub": HUB, "since": since}] if chance.random() < 0.8 else []
            size = {"quantity": str(chance.randrange(2, 5)), "unit": "BUTIR"}
            packs = [{"commodity": "KELAPA", "pack": "KERANJANG", **size}]
            more = {"mandates": mandates, "packs": packs}
            return profile(coop, self._number(coop), now - chance.randrange(9) * HOUR, **more)
        if matches and what < 0.45:
            match = chance.choice(matches)
            actor = chance.choice((match["from_coop"], match["to_coop"], HUB))
            act = chance.choice(("accept", "accept", "reject"))
            return decision(actor, self._number(actor), match["match_id"], act, now)
        late = chance.choice((0, 0, 0, HOUR, DAY, 20 * DAY, 50 * DAY))
        return replace(self.report(now - late), timestamp=now)

    def _number(self, actor: str) -> int:
        number = self.next[actor, "desk"] = self.next.get((actor, "desk"), 0) + 1
        return number

    def report(self, at: int, coop: str = "") -> Saying:
        chance = self.chance
        coop = coop or chance.choice(self.coops)
        device = chance.choice(("hp1", "hp1", "hp2"))
        number = self.next[coop, device] = self.next.get((coop, device), 0) + 1
        at -= chance.choice((0, 0, 0, HOUR, 3 * HOUR))
        lines = [self.line(coop, at) for _ in range(chance.choice((1, 1, 2, 3)))]
        self.said.append((coop, device, number, len(lines)))
        return report(coop, number, *lines, at=at, device=device)

    def line(self, coop: str, at: int) -> Line:
        told = self.chance.choice(
            (self._stock,) * 8 + (self._order,) * 6 + (self._plan, self._void)
        )
        return told(coop, at)

    def _goods(self) -> Line:
        chance = self.chance
        return {"commodity": chance.choice(GOODS)}

    def _stock(self, coop: str, at: int) -> Line:
        chance = self.chance
        kind = chance.choice((counted, counted, received, issued))
        place = {"grade": chance.choice(GRADES), "lot": chance.choice(LOTS)}
        terms: Line = {}
        if kind is not issued and chance.random() < 0.4:
            terms["keep"] = str(chance.randrange(1, 40))
        if kind is counted and chance.random() < 0.3:
            terms["floor_price"] = str(chance.randrange(1_000, 90_000, 1_000))
        return kind(chance.randrange(1, 300), **self._goods(), **place, **terms)

    def _order(self, coop: str, at: int) -> Line:
        chance = self.chance
        number = f"PO-{chance.randrange(4)}"
        what = chance.random()
        if what < 0.6:
            more: Line = {"grade": chance.choice(GRADES)}
            if chance.random() < 0.6:
                more["needed_by"] = day(NOON + chance.randrange(-5, 40) * DAY)
            if chance.random() < 0.2:
                more["market"] = "export"
            return placed(number, chance.randrange(1, 300), **self._goods(), **more)
        revision = chance.randrange(2, 5)
        if what < 0.75:
            return amended(number, revision, ceiling_price=str(chance.randrange(99_000)))
        if what < 0.85 and self.packs:
            quantity = str(chance.randrange(1, 40))
            return amended(number, revision, quantity=quantity, unit="KERANJANG")
        return cancelled(number, chance.choice((0, 2, 3, 4, 5)))

    def _plan(self, coop: str, at: int) -> Line:
        ready_on = day(at + self.chance.randrange(3) * 20 * DAY)
        return planned(self.chance.randrange(300), ready_on, **self._goods())

    def _void(self, coop: str, at: int) -> Line:
        """A void of something said before, or of something that may yet come."""
        chance = self.chance
        own = [(d, n, lines) for c, d, n, lines in self.said if c == coop]
        if own and chance.random() < 0.8:
            device, number, lines = chance.choice(own[-12:])
        else:
            device = chance.choice(("hp1", "hp2"))
            number, lines = self.next.get((coop, device), 0) + chance.randrange(1, 4), 2
        return voided(coop, number, chance.randrange(1, lines + 1), device)
