"""What the co-ops of one partition have, plan and want, held against what the streams told.

Positions and orders against the ledger's last word; sums by hub, commodity, grade, market and
horizon against the demand topic. Decides by the hub's own day: `now` is what is overdue or
undated, `today`, `7d` and `season` add to it. Refuses to know how a position came about.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from deploy.verify import derived
from deploy.verify.books import CoopBook, Level
from deploy.verify.findings import CONSERVED, Report, place
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.ledger import Ledger
from deploy.verify.log import Log
from deploy.verify.matches import LIVE, Matches
from deploy.verify.promises import DAY_MS, HOUR_MS
from deploy.verify.walk import Walk
from deploy.verify.words import UNSAID, micro

HORIZONS: Final = ("now", "today", "7d", "season")
WEEK: Final = 7
DOMESTIC: Final = "domestic"
Cell = tuple[str, str]
"""grade, market"""
Sums = dict[Cell, list[int]]
"""supply, planned, demand, matched"""


class _Summing:
    """Sums of one partition as they grow."""

    def __init__(self, walk: Walk, known: Reference) -> None:
        self._walk, self._known = walk, known
        self.sums: dict[tuple[str, str, str], Sums] = defaultdict(
            lambda: defaultdict(lambda: [0] * 4)
        )

    def book(self, actor: str, book: CoopBook, bound: Mapping[str, int]) -> None:
        """Add all of one co-op; `bound` is what its orders are promised, by need."""
        hub = self._known.hub(actor)
        today = (self._walk.as_of_ms + self._known.hubs[hub] * HOUR_MS) // DAY_MS
        for goods in book.stock:
            cell = (goods[1], DOMESTIC)
            self._add((hub, goods[0]), cell, HORIZONS, (book.level(goods).on_hand, 0, 0, 0))
        for goods, ready in book.plans:
            if ready >= today:
                counts = (0, book.planned(goods, ready), 0, 0)
                horizons = HORIZONS[_first(ready, today) :]
                self._add((hub, goods[0]), (goods[1], DOMESTIC), horizons, counts)
        for number in book.asked:
            order = book.order(number, self._walk.reader)
            if order is not None and not order.cancelled:
                cell = (order.grade or UNGRADED, order.market)
                counts = (0, 0, order.quantity, bound.get(f"{actor}|{number}", 0))
                horizons = HORIZONS[_first(order.needed, today) :]
                self._add((hub, order.commodity), cell, horizons, counts)

    def _add(
        self,
        where: tuple[str, str],
        cell: Cell,
        horizons: tuple[str, ...],
        counts: tuple[int, int, int, int],
    ) -> None:
        for horizon in horizons:
            held = self.sums[(*where, horizon)][cell]
            for n, count in enumerate(counts):
                held[n] += count


def wanted(walk: Walk, matches: Matches, known: Reference) -> dict[tuple[str, str, str], Sums]:
    """The sums that the books lead to, by (hub, commodity, horizon); empty cells left out."""
    bound: dict[str, int] = defaultdict(int)
    for said in matches.newest():
        if said.state in LIVE:
            bound[said.need] += said.micro
    summing = _Summing(walk, known)
    for actor, book in walk.books.items():
        summing.book(actor, book, bound)
    return {n: {c: s for c, s in sums.items() if any(s)} for n, sums in summing.sums.items()}


def _first(day: int, today: int) -> int:
    """The first horizon that a day counts in; -1 is no day."""
    if day < today:
        return 0
    return 1 if day == today else (2 if day <= today + WEEK else 3)


class _Head(msgspec.Struct, gc=False):
    hub: str
    commodity: str
    horizon: str
    version: int


_head = msgspec.json.Decoder(_Head).decode
_tree = msgspec.json.Decoder(dict[str, Any]).decode


class Demand:
    """One partition of the demand topic."""

    def __init__(self, topic: str, partition: int, report: Report) -> None:
        self._topic, self._partition, self._report = topic, partition, report
        self._newest = derived.Newest(topic, partition, report, CONSERVED)
        self._held: dict[tuple[str, str, str], tuple[_Head, bytes, int]] = {}

    def load(self, log: Log) -> None:
        """Read the partition; what a version says of sums may not change."""
        for found in derived.read(log, self._topic, self._partition, self._report, CONSERVED):
            at = place(self._topic, self._partition, found.record.offset)
            try:
                head = _head(found.raw)
                name = (head.hub, head.commodity, head.horizon)
                held = self._held.get(name)
                if held is not None and held[0].version == head.version and held[1] != found.raw:
                    self._same(held, found, at)
                if self._newest.see("|".join(name), head.version, found.record.offset, b""):
                    self._held[name] = (head, found.raw, found.record.offset)
            except (KeyError, TypeError, ValueError) as broken:
                self._report.breach(CONSERVED, f"a demand record lacks a part: {broken!r}", at)
        self._newest.settle()

    def _same(self, held: tuple["_Head", bytes, int], found: derived.Derived, at: str) -> None:
        """One version has one content, but for cells that hold nothing."""
        before, now = sums_of(_tree(held[1])), sums_of(found.tree())
        if before != now:
            where = place(self._topic, self._partition, held[2])
            what = f"a demand has two different contents of version {held[0].version}"
            self._report.breach(CONSERVED, what, where, at, expected=before, found=now)

    def compare(self, expected: dict[tuple[str, str, str], Sums], known: Reference) -> None:
        """Hold every sum against what the books lead to."""
        for name in sorted({*expected, *self._held}):
            self._report.held(CONSERVED)
            _, raw, offset = self._held.get(name, (None, b"", -1))
            data = _tree(raw) if raw else {}
            at = [place(self._topic, self._partition, offset)] if data else []
            try:
                found = sums_of(data) if data else {}
            except (KeyError, TypeError, ValueError) as broken:
                self._report.breach(CONSERVED, f"a demand record is broken: {broken!r}", *at)
                continue
            good = known.goods.get(name[1])
            if found != expected.get(name, {}):
                self._report.breach(
                    CONSERVED,
                    f"hub {name[0]}, {name[1]}, {name[2]}: supply, planned, demand, matched by"
                    " grade and market",
                    *at,
                    expected=expected.get(name, {}),
                    found=found,
                )
            kind = None if good is None else (good.stage, good.unit)
            if data and kind != (data["stage"], data["unit"]):
                self._report.breach(
                    CONSERVED,
                    f"hub {name[0]}, {name[1]}, {name[2]}: stage and unit",
                    *at,
                    expected=kind,
                    found=(data["stage"], data["unit"]),
                )


def sums_of(data: dict[str, Any]) -> Sums:
    """The cells of a demand record that hold anything; ValueError when a gap is not the gap."""
    out: Sums = {}
    for row in data["rows"]:
        sums = [micro(row[word]) for word in ("supply", "planned", "demand", "matched")]
        if micro(row["gap"]) != sums[2] - sums[3]:
            raise ValueError(f"gap {row['gap']} is not {row['demand']} less {row['matched']}")
        if any(sums):
            out[row["grade"], row["market"]] = sums
    return out


# ------------------------------------------------------------------ positions and orders
def compare_positions(walk: Walk, ledger: Ledger, partition: int, report: Report) -> None:
    """Every position of the books is the ledger's last word, and the other way round."""
    expected: dict[tuple[str, str, str, str], Level] = {
        (actor, *goods): book.level(goods)
        for actor, book in walk.books.items()
        for goods in book.stock
    }
    for name in sorted({*expected, *ledger.positions}):
        report.held(CONSERVED)
        told, level = ledger.positions.get(name), expected.get(name)
        if told is None or level is None:
            what = f"the position {'|'.join(name)} is only in the {'log' if level else 'ledger'}"
            where = () if told is None else (place(ledger.topic, partition, told.at),)
            report.breach(CONSERVED, what, *where, expected=level, found=told)
        elif (found := _told(told.values)) != level:
            what = f"the position {'|'.join(name)} follows otherwise from its reports"
            report.breach(
                CONSERVED,
                what,
                place(ledger.topic, partition, told.at),
                expected=level,
                found=found,
            )


def _told(values: dict[str, Any]) -> Level:
    return Level(
        micro(values["on_hand"]),
        values["floor_price"],
        values["expires_day"],
        micro(values["min_lot"]),
        micro(values["keep"]),
    )


def compare_orders(walk: Walk, ledger: Ledger, partition: int, report: Report) -> None:
    """Every order of the books is the ledger's last word, and the other way round."""
    asked = {f"{a}|{number}": (b, number) for a, b in walk.books.items() for number in b.asked}
    for name in sorted({*asked, *ledger.orders}):
        report.held(CONSERVED)
        told = ledger.orders.get(name)
        where = () if told is None else (place(ledger.topic, partition, told.at),)
        if told is None or name not in asked:
            what = f"the order {name} is only in the {'log' if told is None else 'ledger'}"
            report.breach(CONSERVED, what, *where)
            continue
        book, number = asked[name]
        order = book.order(number, walk.reader)
        expected: tuple[Any, ...] = ("unplaced",)
        if order is not None:
            state = "cancelled" if order.cancelled else "open"
            grade = order.grade or UNGRADED
            expected = (state, order.commodity, grade, order.quantity, order.ceiling, order.needed,
                        order.priority, order.market, order.min_lot, order.revision)  # fmt: skip
        if (found := _told_order(told.values)) != expected:
            what = f"the order {name} follows otherwise from its revisions"
            report.breach(CONSERVED, what, *where, expected=expected, found=found)


def _told_order(values: dict[str, Any]) -> tuple[Any, ...]:
    if values["state"] == "unplaced":
        return ("unplaced",)
    return (
        *(values["state"], values.get("commodity", ""), values.get("grade", "") or UNGRADED),
        *(micro(values.get("quantity", "0")), values.get("ceiling_price", UNSAID)),
        *(values.get("needed_day", UNSAID), values.get("priority", "normal")),
        *(values.get("market", DOMESTIC), micro(values.get("min_lot", "0"))),
        values.get("revision", 0),
    )


__all__ = [
    "HORIZONS",
    "Demand",
    "compare_orders",
    "compare_positions",
    "sums_of",
    "wanted",
]
