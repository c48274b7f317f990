"""Why a line, or the rest of one, found no partner in another hub.

Decides which constraint binds, as inside a hub (`streams.core.unmatched`), and tells apart what is
new between hubs: a ship that leaves too late, none that leaves at all, a leg or a mill that is
full, a permit that is missing. Refuses to put it into words (`streams.core.reasons`).

Theory of operation. Lines are judged in slices against the lines of the other side: first against
those of which something is left, for where one of them is a single constraint away, that binds
whatever the others break; what they do not explain is judged against all. What could be made of an
offer stands beside it as an offer of its own, of the product, at the mill, at the price that leg,
yield and processing make of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

import msgspec
import numpy as np

from schemas.quantity import MICRO
from streams.core.eligibility import CODES, Board, Code, board
from streams.core.interchange.crowd import Trade, Trades, Which
from streams.core.interchange.legs import GONE
from streams.core.interchange.road import Road
from streams.core.interchange.sides import barred, days_left, days_until
from streams.core.interchange.terms import Process
from streams.core.lines import (
    BoolArray,
    IntArray,
    LegGrid,
    NeedLine,
    OfferLine,
    Options,
    Unmatched,
)
from streams.core.unmatched import FIGURES, Figures, Pair, Side, binding, pairs_at

SLICE_PAIRS: Final = 400_000
Line = TypeVar("Line")


class Left(NamedTuple):
    """What is left of each line that took part, micro, by its name."""

    offer: dict[str, int]
    need: dict[str, int]


class _Goods(NamedTuple):
    """An offer as it stands, or what a process makes of it, ready after so many days."""

    line: OfferLine
    left: int
    ready: int
    made: bool = False


class _Judged(NamedTuple):
    """A board, the leg of every pair (-1 for none), and which pairs lie in one hub."""

    board: Board
    leg: IntArray
    near: BoolArray

    def seen_from(self, side: Which) -> tuple[BoolArray, IntArray]:
        """Give what pairs break and their money, the lines of one side as rows."""
        breaks, money = self.board.breaks, self.board.money
        return (breaks, money) if side == "offer" else (breaks.transpose(0, 2, 1), money.T)


def explain_part(
    lines: tuple[Sequence[OfferLine], Sequence[NeedLine]],
    left: Left,
    trades: Sequence[Trade],
    road: Road,
    options: Options,
) -> list[Unmatched]:
    """Give every line of which something is left; `left` knows the lines that took part."""
    offers, needs = lines
    told: list[Unmatched] = []
    others: list[OfferLine | NeedLine] = [o for o in offers if o.line not in left.offer]
    others += [n for n in needs if n.line not in left.need]
    for line in others:
        reason = barred(line, options, road.terms)
        if reason is not None:
            side: Which = "offer" if isinstance(line, OfferLine) else "need"
            figures = {"commodity": line.commodity}
            told.append(Unmatched(line.line, side, line.quantity, reason, figures))
    ways = _Ways(road)
    known = Trades(trades)
    for commodity in sorted({o.commodity for o in offers} | {n.commodity for n in needs}):
        asks = [n for n in needs if n.commodity == commodity and n.line in left.need]
        goods = list(_goods(offers, commodity, left, ways))
        desk = _Desk(goods, asks, left, known, ways, options)
        wanted = any(n.commodity == commodity for n in needs)
        told += desk.offers("permit" if wanted and not asks else "no_need")
        told += desk.needs()
    return told


def _goods(
    offers: Sequence[OfferLine], commodity: str, left: Left, ways: "_Ways"
) -> Iterator[_Goods]:
    """Give the offers of a commodity, and what could be made of others."""
    makers = [p for p in ways.road.terms.processes if p.output == commodity]
    for offer in offers:
        rest = left.offer.get(offer.line)
        if rest is None:
            continue
        if offer.commodity == commodity:
            yield _Goods(offer, rest, 0)
        for process in makers:
            if process.input == offer.commodity:
                made = _made(offer, rest, process, ways)
                if made is not None:
                    yield made


def _made(offer: OfferLine, rest: int, process: Process, ways: "_Ways") -> _Goods | None:
    """Give an offer as a process would make it; None when it cannot reach the mill in time."""
    road, cost, days = ways.road, 0, 0
    if offer.hub != process.hub:
        leg = int(ways.cheap[road.hubs[offer.hub], road.hubs[process.hub]])
        if leg < 0:
            return None
        cost, days = int(road.cost(offer.commodity)[leg]), int(road.arrival[leg])
    if days > days_left(offer, road.today) or not process.made_from(offer.quantity):
        return None
    line = msgspec.structs.replace(
        offer,
        hub=process.hub,
        commodity=process.output,
        grade=process.grade,
        quantity=process.made_from(offer.quantity),
        floor=-(-(offer.floor + cost) * MICRO // process.yield_micro) + process.cost,
        expires_day=None,
        min_lot=process.made_from(offer.min_lot),
    )
    return _Goods(line, process.made_from(rest), days + process.days, made=True)


class _Ways:
    """The cheapest and the fastest leg between any two hubs, -1 for none."""

    def __init__(self, road: Road) -> None:
        self.road: Final = road
        count, book = len(road.hubs), road.book
        self.arrival: Final = np.append(road.arrival, 0)  # the last stands for no leg
        pair = book.origin * count + book.target
        sails, cheap = np.zeros(count * count, bool), np.full(count * count, -1, np.int64)
        sails[pair] = True
        goes = np.flatnonzero(road.arrival != GONE)
        at = pair[goes]
        cheap[at] = goes
        alone = cheap[at] == goes
        several = goes[np.isin(at, at[~alone])] if not alone.all() else goes[:0]
        self.sails: Final = sails.reshape(count, count)
        self.cheap: Final = cheap.reshape(count, count)
        self.fast = self.cheap.copy() if len(several) else self.cheap
        days, cost = -road.arrival[several], -book.cost_micro[several]
        # The last that is written stays: the best comes last.
        for table, worst_first in (
            (self.cheap, several[np.lexsort((days, cost))]),
            (self.fast, several[np.lexsort((cost, days))]),
        ):
            table[book.origin[worst_first], book.target[worst_first]] = worst_first

    def judge(
        self, goods: Sequence[_Goods], asks: Sequence[NeedLine], options: Options
    ) -> _Judged:
        """Judge goods against asks of one commodity, each pair by its best leg."""
        road = self.road
        rows = np.array([road.hubs[g.line.hub] for g in goods], np.int64)
        columns = np.array([road.hubs[n.hub] for n in asks], np.int64)
        ready = np.array([g.ready for g in goods], np.int64)[:, None]
        allowed = np.array([days_left(g.line, road.today) for g in goods], np.int64)[:, None]
        due = np.array([days_until(n, road.today) for n in asks], np.int64)[None]
        leg = self.cheap[rows].take(columns, 1)
        if self.fast is not self.cheap:
            in_time = self.arrival.take(leg) + ready <= np.minimum(allowed, due)
            leg = np.where(in_time, leg, self.fast[rows].take(columns, 1))
        near = rows[:, None] == columns[None]
        made = np.array([g.made for g in goods], bool)[:, None]
        cost = np.append(road.cost(asks[0].commodity), -1).take(leg)
        # What is made in a hub may stay there, by its own leg or for nothing.
        cost = np.where(near & made & (leg < 0), 0, cost)
        near &= ~made & (not road.terms.within)
        found = board(
            [g.line for g in goods],
            asks,
            LegGrid(cost, self.arrival.take(leg) + ready),
            options,
            road.today,
        )
        found.breaks[:, near] = True
        return _Judged(found, leg, near)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The lines of one commodity, and what became of them."""

    goods: list[_Goods]
    asks: list[NeedLine]
    left: Left
    trades: Trades
    ways: _Ways
    options: Options

    def needs(self) -> Iterator[Unmatched]:
        """Explain what is left of needs."""
        left = self.left.need
        asks = [n for n in self.asks if left[n.line]]
        asks.sort(key=lambda n: (-left[n.line], n.line))
        asks = asks[: self.ways.road.terms.reasons_max]
        told = set[str]()
        for goods in ([g for g in self.goods if g.left], self.goods):
            asks = [n for n in asks if n.line not in told]
            for some in _slices(asks, len(goods)):
                for found in self._slice("need", goods, some, "no_offer"):
                    told.add(found.line)
                    yield found

    def offers(self, nobody: str) -> Iterator[Unmatched]:
        """Explain what is left of offers as they stand."""
        goods = [g for g in self.goods if g.left and not g.made]
        goods.sort(key=lambda g: (-g.left, g.line.line))
        goods = goods[: self.ways.road.terms.reasons_max]
        told = set[str]()
        for asks in ([n for n in self.asks if self.left.need[n.line]], self.asks):
            goods = [g for g in goods if g.line.line not in told]
            for some in _slices(goods, len(asks)):
                for found in self._slice("offer", some, asks, nobody):
                    told.add(found.line)
                    yield found

    def _slice(
        self, side: Which, goods: list[_Goods], asks: list[NeedLine], nobody: str
    ) -> Iterator[Unmatched]:
        """Explain lines of one side by the others given; by all, or it may take all to do so."""
        own: Sequence[OfferLine | NeedLine] = [g.line for g in goods]
        left = self.left.offer if side == "offer" else self.left.need
        others: Sequence[OfferLine | NeedLine] = asks
        every = len(asks) == len(self.asks)
        if side == "need":
            own, others, every = others, own, len(goods) == len(self.goods)
        commodity = {"commodity": own[0].commodity}
        if not others:
            for line in own if every else ():
                yield Unmatched(line.line, side, left[line.line], nobody, commodity)
            return
        judged = self.ways.judge(goods, asks, self.options)
        given = np.array([g.left for g in goods], np.int64)
        wanted = np.array([self.left.need[n.line] for n in asks], np.int64)
        breaks, money = judged.seen_from(side)
        bound = binding(Side(breaks, money, wanted if side == "offer" else given))
        telling = np.arange(len(own)) if every else np.flatnonzero(bound.waits)
        partners = bound.partner[telling]
        at = (telling, partners) if side == "offer" else (partners, telling)
        shown = pairs_at(judged.board, at, np.minimum(given[at[0]], wanted[at[1]]))
        columns = (telling, partners, judged.near[at], judged.leg[at], bound.code[telling])
        for k, partner, near, leg, code, pair in zip(
            *(column.tolist() for column in columns), shown, strict=True
        ):
            line = own[k]
            reason: str
            figures: Figures
            if near:
                reason, figures = nobody, {"commodity": line.commodity}
            elif bound.found[k]:
                reason, figures = self._bound(CODES[code], pair, leg)
                figures = {"with": others[partner].line, **figures}
            else:
                fits = {others[n].line for n in np.flatnonzero(~breaks[:, k].any(0)).tolist()}
                reason, figures = self.trades.crowd(side, line.line, fits)
            yield Unmatched(line.line, side, left[line.line], reason, figures)

    def _bound(self, code: Code, pair: Pair, number: int) -> tuple[str, Figures]:
        """Name the constraint of a pair; waiting for a ship is told apart from the way itself."""
        offer, need, road = pair.offer, pair.need, self.ways.road
        ends = {"from": offer.hub, "to": need.hub}
        if code == "min_lot" and pair.open and pair.possible >= pair.lot:
            return "capacity", ends
        if code == "no_way" and self.ways.sails[road.hubs[offer.hub], road.hubs[need.hub]]:
            return "no_sailing", ends
        if code in ("shelf_life", "needed_by") and number >= 0:
            leg = road.book.legs[number]
            alone = min(days_left(offer, road.today), days_until(need, road.today))
            if leg.departs_day is not None and leg.days <= alone:
                arrives = leg.departs_day + leg.days
                return "sailing", {**ends, "departs_day": leg.departs_day, "arrives_day": arrives}
        return code, FIGURES[code](pair)


def _slices(lines: list[Line], other: int) -> Iterator[list[Line]]:
    """Part lines so that a slice against the other side stays small."""
    step = max(1, SLICE_PAIRS // max(1, other))
    for start in range(0, len(lines), step):
        yield lines[start : start + step]
