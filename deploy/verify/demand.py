"""What the co-ops of one partition have, plan and want, held against what the streams told.

Positions and orders against the ledger's last word; sums by hub, commodity, grade, market and
horizon against the demand topic. Decides by the hub's own day: `now` is what is overdue or
undated, `today`, `7d` and `season` add to it. Refuses to know how a position came about.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from deploy.verify import pacts
from deploy.verify.books import CoopBook
from deploy.verify.deeds import Deeds
from deploy.verify.derived import Newest, Source
from deploy.verify.findings import CONSERVED, RESIDUAL, Report
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.ledger import Ledger, OrderState, Position
from deploy.verify.legs import Legs
from deploy.verify.log import Log
from deploy.verify.messages import COMMITTED, RESERVE
from deploy.verify.promises import DAY_MS, HOUR_MS
from deploy.verify.shelves import Level
from deploy.verify.walk import Walk
from deploy.verify.words import micro

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
        self._supply: dict[tuple[str, str, str], int] = defaultdict(int)
        self.sums: dict[tuple[str, str, str], Sums] = defaultdict(
            lambda: defaultdict(lambda: [0] * 4)
        )

    def book(self, actor: str, book: CoopBook, bound: Mapping[tuple[str, str], int]) -> None:
        """Add all of one co-op; `bound` is what its orders are promised, by need and goods."""
        hub = self._known.hub(actor)
        today = (self._walk.as_of_ms + self._known.hubs[hub] * HOUR_MS) // DAY_MS
        for goods in book.stock:
            self._supply[hub, goods[0], goods[1]] += book.level(goods).on_hand
        for goods, ready in book.plans:
            if ready >= today:
                counts = (0, book.planned(goods, ready), 0, 0)
                horizons = HORIZONS[_first(ready, today) :]
                self._add((hub, goods[0]), (goods[1], DOMESTIC), horizons, counts)
        for number in book.asked:
            order = book.order(number, self._walk.reader)
            is_open = pacts.is_open(book, pacts.of_order(book, number), today)
            if order is not None and not order.cancelled and is_open:
                cell = (order.grade or UNGRADED, order.market)
                promised = bound.get((f"{actor}|{number}", order.commodity), 0)
                counts = (0, 0, book.wants(number, order), promised)
                horizons = HORIZONS[_first(order.needed, today) :]
                self._add((hub, order.commodity), cell, horizons, counts)

    def close(self) -> None:
        """All books are in: what is in stock counts in every horizon."""
        for (hub, commodity, grade), amount in self._supply.items():
            self._add((hub, commodity), (grade, DOMESTIC), HORIZONS, (amount, 0, 0, 0))

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


def wanted(
    walk: Walk, deeds: Deeds, known: Reference, legs: Legs
) -> dict[tuple[str, str, str], Sums]:
    """The sums that the books lead to, by (hub, commodity, horizon); empty cells left out.

    Demand is what is still asked for, matched what of it is still to come.
    """
    bound = deeds.brought()
    for told in legs.newest():
        if told.said.side == "need" and told.said.state == COMMITTED:
            asked = (a.commodity for a in legs.asked[told.said.leg] if a.type == RESERVE)
            bound[told.said.line, next(asked, "")] += told.said.promised
    summing = _Summing(walk, known)
    for actor, book in walk.books.items():
        summing.book(actor, book, bound)
    summing.close()
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


class _Record(msgspec.Struct, gc=False):
    data: _Head


class _Row(msgspec.Struct, gc=False):
    grade: str
    market: str
    supply: str
    planned: str
    demand: str
    matched: str
    gap: str


class _Whole(msgspec.Struct, gc=False):
    stage: str
    unit: str
    rows: list[_Row]


class _Values(msgspec.Struct, gc=False):
    data: _Whole


_head = msgspec.json.Decoder(_Record).decode
_whole = msgspec.json.Decoder(_Values).decode


class Told:
    """A demand record as its bytes; two are alike when they hold the same, empty cells aside."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]  # compared, never looked up

    def __init__(self, value: bytes) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Told):
            return NotImplemented
        return self.value == other.value or self.sums() == other.sums()

    def __repr__(self) -> str:
        return repr(self.sums())

    def sums(self) -> Sums:
        """The cells that hold anything; empty where the record cannot be read."""
        try:
            return sums_of(_whole(self.value).data)
        except (msgspec.DecodeError, ValueError):
            return {}


class Demand:
    """One partition of the demand topic, of an events partition that ends at `end`."""

    def __init__(self, source: Source, end: int) -> None:
        self._from, self._report = source, source.report
        self._newest: Newest[Told] = Newest(source, end)

    def load(self, log: Log) -> None:
        """Read the partition; what a version says of sums may not change."""
        for found in self._from.read(log, _head):
            head: _Head = found.said.data
            name = (head.hub, head.commodity, head.horizon)
            told = Told(found.record.value or b"")
            self._newest.see(name, head.version, found.record.offset, told)
        self._newest.settle()

    def compare(self, expected: dict[tuple[str, str, str], Sums], known: Reference) -> None:
        """Hold every sum against what the books lead to."""
        held = self._newest.held
        for name in sorted({*expected, *held}):
            self._report.held(CONSERVED)
            found = held.get(name)
            if found is None:
                self._differs(name, [], expected[name], {})
                continue
            at = [self._from.at(found.offset)]
            try:
                data = _whole(found.said.value).data
                sums = sums_of(data)
            except (msgspec.DecodeError, ValueError) as broken:
                self._report.breach(CONSERVED, f"a demand record is broken: {broken}", *at)
                continue
            self._rests(name, at, data)
            if sums != expected.get(name, {}):
                self._differs(name, at, expected.get(name, {}), sums)
            good = known.goods.get(name[1])
            kind = None if good is None else (good.stage, good.unit)
            if kind != (data.stage, data.unit):
                what = f"hub {name[0]}, {name[1]}, {name[2]}: stage and unit"
                units = (data.stage, data.unit)
                self._report.breach(CONSERVED, what, *at, expected=kind, found=units)

    def _differs(
        self, name: tuple[str, str, str], at: list[str], expected: Sums, found: Sums
    ) -> None:
        self._report.breach(
            CONSERVED,
            f"hub {name[0]}, {name[1]}, {name[2]}: supply, planned, demand, matched by"
            " grade and market",
            *at,
            expected=expected,
            found=found,
        )

    def _rests(self, name: tuple[str, str, str], at: list[str], data: _Whole) -> None:
        """What is left to want is what is wanted less what is matched."""
        self._report.held(RESIDUAL, len(data.rows))
        for row in data.rows:
            left = micro(row.demand) - micro(row.matched)
            if micro(row.gap) != left:
                self._report.breach(
                    RESIDUAL,
                    f"hub {name[0]}, {name[1]}, {name[2]}, {row.grade}, {row.market}:"
                    f" gap {row.gap} is not {row.demand} less {row.matched}",
                    *at,
                    expected=left,
                    found=micro(row.gap),
                )


def sums_of(data: _Whole) -> Sums:
    """The cells of a demand record that hold anything; ValueError when one is no number."""
    out: Sums = {}
    for row in data.rows:
        sums = [micro(row.supply), micro(row.planned), micro(row.demand), micro(row.matched)]
        if any(sums):
            out[row.grade, row.market] = sums
    return out


# ------------------------------------------------------------------ positions and orders
def compare_positions(walk: Walk, ledger: Ledger, report: Report) -> None:
    """Every position of the books is the ledger's last word, and the other way round."""
    positions = ledger.positions()
    for actor, book in walk.books.items():
        for goods in book.stock:
            report.held(CONSERVED)
            name, level = (actor, *goods), book.level(goods)
            told = positions.pop(name, None)
            if told is None:
                what = f"the position {'|'.join(name)} is only in the log"
                report.breach(CONSERVED, what, expected=level, found="nothing")
            elif (found := _told(told.said)) != level:
                what = f"the position {'|'.join(name)} follows otherwise from its reports"
                report.breach(CONSERVED, what, ledger.at(told.at), expected=level, found=found)
    for name, told in positions.items():
        what = f"the position {'|'.join(name)} is only in the ledger"
        report.breach(CONSERVED, what, ledger.at(told.at), expected="nothing", found=told.said)


def _told(said: Position) -> Level:
    return Level(
        micro(said.on_hand), said.floor_price, said.expires_day, micro(said.min_lot),
        micro(said.keep),
    )  # fmt: skip


def compare_orders(walk: Walk, ledger: Ledger, report: Report) -> None:
    """Every order of the books is the ledger's last word, and the other way round."""
    asked = {f"{a}|{number}": (b, number) for a, b in walk.books.items() for number in b.asked}
    orders = ledger.orders()
    for name in sorted({*asked, *orders}):
        report.held(CONSERVED)
        told = orders.get(name)
        where = () if told is None else (ledger.at(told.at),)
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
            came = book.delivered(number, order)
            expected = (state, order.commodity, grade, order.quantity, order.ceiling, order.needed,
                        order.priority, order.market, order.min_lot, order.revision,
                        came)  # fmt: skip
        if (found := _told_order(told.said)) != expected:
            what = f"the order {name} follows otherwise from its revisions"
            report.breach(CONSERVED, what, *where, expected=expected, found=found)


def _told_order(said: OrderState) -> tuple[Any, ...]:
    if said.state == "unplaced":
        return ("unplaced",)
    return (
        *(said.state, said.commodity, said.grade or UNGRADED, micro(said.quantity or "0")),
        *(said.ceiling_price, said.needed_day, said.priority or "normal"),
        *(said.market or DOMESTIC, micro(said.min_lot or "0"), said.revision),
        micro(said.delivered or "0"),
    )


__all__ = [
    "HORIZONS",
    "Demand",
    "compare_orders",
    "compare_positions",
    "sums_of",
    "wanted",
]
