"""A hub partition as the protocol sees it: a log, lines with stock, a hub side, a changelog."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import msgspec

from schemas.market import (
    ActTold,
    Commit,
    Done,
    LeftNeed,
    LeftOffer,
    LegSide,
    Release,
    Reserve,
    Residual,
    Retell,
    Stand,
)
from schemas.outlook import Outlook
from schemas.records import version_of
from streams.core.interchange import hub_life
from streams.core.interchange.hub_asking import Questions
from streams.core.interchange.hub_outlook import Outlooks
from streams.core.interchange.hub_residual import Residuals, held_by
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import Leg
from streams.core.interchange.hub_stock import At
from streams.core.interchange.market_side import Tick
from streams.core.lines import FREE, Bond
from tests.protocol.audit import HubAudit
from tests.protocol.outlooks import heard_once, inside

CUT_OFF_MS = 900_000
"""So often a hub decides."""


class Line(NamedTuple):
    side: LegSide
    hub: str
    family: str
    name: str
    commodity: str
    price: int
    least: int


class Said(NamedTuple):
    """A village's word: so much of a line is there, or still wanted."""

    line: str
    quantity: int
    cause: str


class Licensed(NamedTuple):
    """What a line asks of others from now on, and which permits its owner holds."""

    line: str
    bond: Bond


class Decided(NamedTuple):
    """People do the first of these words that they may, at some leg, with a share of it."""

    which: int
    share: int
    words: tuple[str, ...]


class Stall:
    """One hub worker on one partition; dies and comes back from its changelog."""

    def __init__(
        self,
        number: int,
        lines: list[Line],
        market_of: dict[str, int],
        send: Callable[[str, Any, int], None],
        *,
        matches: bool = False,
    ) -> None:
        """`matches`: whether it matches some of its lines inside."""
        self.number, self.lines, self._send = number, {one.name: one for one in lines}, send
        self.market_of, self._matches = market_of, matches
        self._markets = max(market_of.values()) + 1
        self._of: dict[tuple[str, str], list[Line]] = {}
        for one in sorted(lines, key=lambda line: (line.hub, line.family)):
            self._of.setdefault((one.hub, one.family), []).append(one)
        self.log: list[Any] = []
        self.changelog: dict[str, bytes] = {}
        self.next_tick, self.at, self.committed, self.generation = 1, 0, 0, 0
        self.promises: set[tuple[str, int]] = set()
        self.licences: dict[str, Bond] = {}
        self.done: Counter[str] = Counter()
        self.yes: set[tuple[str, int, int]] = set()
        self.fresh_ms = 0
        """How old word of goods may be; 0: nobody is asked."""
        self._out: list[Any] = []
        self._touched: dict[str, None] = {}
        self._load()

    # ------------------------------------------------------------------ life and death
    def _load(self) -> None:
        self.stock: dict[str, int] = {}
        self.said_ms: dict[str, int] = {}
        self.bonds: dict[str, Bond] = {}
        self.applied, self.tick, self.as_of_ms = -1, 0, 0
        self.side = HubSide(self)
        for key, value in self.changelog.items():
            kind, _, name = key.partition("/")
            if kind == "stock":
                self.stock[name], self.said_ms[name] = msgspec.msgpack.decode(value)
            elif kind == "bond":
                self.bonds[name] = msgspec.msgpack.decode(value, type=Bond)
            elif kind == "applied":
                self.applied, self.tick, self.as_of_ms = msgspec.msgpack.decode(value)
            else:
                self.side.restore(key, value)
        self.side.settle()
        self.residuals = Residuals(self.side, self.market_of.__getitem__)
        self.residuals.settle()
        self.outlooks = Outlooks(self.side, on=True)
        self.questions = Questions(self.side, self.is_old, _next_cut_off)
        self.newest = {name: held.said for name, held in self.side.heard.items()}
        self.spared: dict[str, Any] = {n: one.spared for n, one in self.side.heard.items()}
        self.audit = HubAudit(self)

    def die(self) -> None:
        """Another worker takes over from what is written and committed."""
        self.at = self.committed
        self.generation += 1
        self._load()
        self.side.announce(version_of(0, self.committed - 1))
        self._out = self._done() if self.tick else []
        self._leave(10**9)

    # ------------------------------------------------------------------ the fold
    def run(self, chance: Random, most: int, *, dies: bool) -> bool:
        """Fold some records; dying happens anywhere between the first and the commit."""
        batch = self.log[self.at : self.at + most]
        if not batch:
            return False
        self._out, self._touched = [], {}
        for offset, record in enumerate(batch, self.at):
            self._one(offset, record)
        end = chance.randrange(4) if dies else 4
        if end == 0:
            self.die()
            return True
        self._write()
        self._leave(chance.randrange(4) if end == 1 else 10**9)
        self.at += len(batch)
        if end in (2, 4) and chance.random() < (0.7 if dies else 1.0):
            self.committed = self.at
        if dies:
            self.die()
        return True

    def _one(self, offset: int, record: Any) -> None:
        at = At(version_of(0, offset), self.as_of_ms)
        if offset <= self.applied:
            if isinstance(record, Reserve | Commit | Release | Stand):
                self.side.answer(record)
            return
        self.applied = offset
        if isinstance(record, Tick):
            self._tick(record, offset)
        elif isinstance(record, Said):
            self.stock[record.line] = record.quantity
            self.said_ms[record.line] = self.as_of_ms
            self._touched[record.line] = None
            line = self.lines[record.line]
            self.side.weigh(line.side, line.name, record.cause, at)
        elif isinstance(record, Licensed):
            self.bonds[record.line] = record.bond
        elif isinstance(record, Retell):
            self.residuals.again(record.market, at)
        elif isinstance(record, Outlook):
            self.outlooks.hear(record, at)
            heard_once(self, record)
        elif isinstance(record, Decided):
            self._people(record, at)
        else:
            self.side.hear(record, at)
        self.audit.look(record)

    def _people(self, record: Decided, at: At) -> None:
        names = sorted(n for n, leg in self.side.legs.items() if leg.state == "committed")
        if not names:
            return
        leg = self.side.legs[names[record.which % len(names)]]
        for word in record.words:
            act = self._act(leg, word, record.share)
            if hub_life.judged(leg, act) is None:
                self.side.act(leg.name, act, at)
                life = hub_life.known(leg)
                if life is not None and word in ("accept", "counter"):
                    self.yes.add((leg.name, life.quantity, life.price))
                self._moved(leg, act, at)
                self.done[word] += 1
                return

    def _act(self, leg: Leg, word: str, share: int) -> ActTold:
        """An act with a share of what is still to go; in fours, all of it."""
        life = hub_life.known(leg)
        if life is None:
            quantity = 0
        elif word == "counter":
            quantity = max(1, life.quantity - 1)
        else:
            whole = life.to_ship if word == "ship" else life.under_way
            quantity = whole * share // 4
        amounts = word in ("ship", "receive", "counter")
        refused = word == "receive" and share == 2 and quantity > 1
        return ActTold(
            action=word,
            actor=leg.line,
            at_ms=self.as_of_ms,
            quantity=quantity - refused if amounts else 0,
            refused=int(refused),
            reason="full" if word == "cancel" else "",
            final=word == "receive" and share == 1,
        )

    def _moved(self, leg: Leg, act: ActTold, at: At) -> None:
        if act.action not in ("ship", "receive"):
            return
        self.stock[leg.line] = max(0, self.stock.get(leg.line, 0) - act.quantity - act.refused)
        self._touched[leg.line] = None
        self.side.weigh(leg.side, leg.line, "shipped", at)

    def _tick(self, said: Tick, offset: int) -> None:
        if said.tick <= self.tick:
            return
        self.tick, self.as_of_ms = said.tick, said.as_of_ms
        at = At(version_of(0, offset), self.as_of_ms)
        self.side.tick(at)
        self.questions.lapse(at)
        for hub, family in self.outlooks.lapse(at):
            self.spared[f"{hub}|{family}"] = ()
        for where in self._of:
            told = self.residuals.renew(self._left(*where), at)
            if told is not None:
                self._out.append(told)
        self._out += self._done()

    def _done(self) -> list[Done]:
        """A word for each market, in turn."""
        facts = {"partition": self.number, "tick": self.tick}
        version, whole = version_of(0, self.applied), not self.residuals.due()
        return [
            Done(**facts, version=version, told=self.residuals.sum(place) if whole else -1)
            for place in range(self._markets)
        ]

    def _left(self, hub: str, family: str) -> Residual:
        found: dict[str, list[Any]] = {"offers": [], "needs": []}
        found |= {"inside_offers": [], "inside_needs": []}
        spared = self.outlooks.spared((hub, family), self.as_of_ms)
        for one in self._of[hub, family]:
            free = self.side.free(one.side, one.name, one.commodity)
            if not free or self.questions.is_open(one.name):
                continue
            mine = inside(free, spared.get(one.name, 0)) if self._matches else 0
            for place, quantity in (("", free - mine), ("inside_", mine)):
                if not quantity:
                    continue
                facts: dict[str, Any] = {"line": one.name, "coop": one.name}
                facts |= {"commodity": one.commodity, "quantity": quantity}
                facts["min_lot"] = min(one.least, free if place else quantity)
                facts["asks"] = () if place else self.bond(one.side, one.name).asks
                if one.side is LegSide.OFFER:
                    facts["counted"] = not place and self.questions.is_counted(one.name)
                    left = LeftOffer(**facts, grade="A", floor=one.price)
                    found[f"{place}offers"].append(left)
                else:
                    found[f"{place}needs"].append(LeftNeed(**facts, ceiling=one.price))
        sides: dict[str, Any] = {name: tuple(lines) for name, lines in found.items()}
        held = {one.name: self.bond(one.side, one.name).holds for one in self._of[hub, family]}
        return Residual(hub=hub, family=family, version=0, holders=held_by(held), **sides)

    # ------------------------------------------------------------------ what leaves
    def _write(self) -> None:
        rows, told = self.side.drain()
        for key, value in rows:
            if value is None:
                self.changelog.pop(key, None)
            else:
                self.changelog[key] = value
        for name in self._touched:
            word = self.stock[name], self.said_ms.get(name, 0)
            self.changelog[f"stock/{name}"] = msgspec.msgpack.encode(word)
        for name, bond in self.bonds.items():
            self.changelog[f"bond/{name}"] = msgspec.msgpack.encode(bond)
        facts = (self.applied, self.tick, self.as_of_ms)
        self.changelog["applied"] = msgspec.msgpack.encode(facts)
        self.audit.written(told)
        self._out = [*told, *self._out]

    def _leave(self, most: int) -> None:
        rows, told = self.side.drain()
        assert not rows, "announcing changes nothing"
        ticks = 0
        for message in [*told, *self._out][:most]:
            if isinstance(message, Done):
                market, ticks = ticks % self._markets, ticks + 1
            else:
                market = self.market_of[message.family]
            self._send(f"hub{self.number}", message, market)
        self._out = []

    # ------------------------------------------------------------------ what the hub side asks
    def room(self, side: LegSide, line: str, commodity: str) -> int:
        found = self.lines.get(line)
        if found is None or found.side is not side or found.commodity != commodity:
            return 0
        return self.stock.get(line, 0)

    def is_old(self, line: str, at_ms: int) -> bool:
        """Whether the newest word of a line was too old at a time."""
        return bool(self.fresh_ms) and at_ms - self.said_ms.get(line, at_ms) > self.fresh_ms

    def doubt(self, leg: Leg, at: At) -> str:
        return self.questions.doubt(leg, at)

    def bond(self, _side: LegSide, line: str) -> Bond:
        return self.bonds.get(line, FREE)


def _next_cut_off(_hub: str, at_ms: int) -> int:
    return -(-at_ms // CUT_OFF_MS) * CUT_OFF_MS
