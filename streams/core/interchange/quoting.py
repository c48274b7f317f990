"""Prices of a solved round: what a unit more of a grade brings each hub, and what it costs.

Decides at which price each hub could sell a unit more to others, and buy one from them. Refuses to
decide what a line makes of it (`streams.core.interchange.outlook`) and how prices reach a hub.

Theory of operation. In a round that is solved every need has a price: its ceiling where it lacks
something, else the least at which its sellers would not rather go elsewhere; and every offer one:
the most that any need it can reach would pay, net of freight. These are the least prices of the
round's proof, found by the same relaxation from lines and shipments alone. A hub sells at the best
need's price less freight and buys at the cheapest offer's price plus freight, its own lines left
aside. What a hub could not sell itself, whatever the reason, says more than any price: a unit more
is worth no more than that asks.

It is advice. Where a round was steered (staples first, lots, fairness) shipments are not the best
for money; then prices settle at what the lines allow, or are left where they are after
`PASSES_MAX` passes. Goods that are not traded freely have none. What a recipe makes carries no
price from one commodity to the other: its ends keep what they agreed on. So do the partners of
lines that ask for permits: those are not for everybody and make no price.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Final, NamedTuple

import numpy as np

from schemas.commodity import DEFAULT_SCALE
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT
from streams.core.interchange.legs import GONE, GRAMS_PER_KG
from streams.core.interchange.market_lines import has_left, moved
from streams.core.interchange.outlook import Goods, Quote, Quotes, Step, accepts
from streams.core.interchange.road import Road, hub_numbers
from streams.core.interchange.sides import admitted, days_left, days_until
from streams.core.interchange.terms import Part, Shipment, Terms
from streams.core.lines import FREE, BoolArray, IntArray, NeedLine, OfferLine, Options

PASSES_MAX: Final = 64
_NOBODY: Final = -(1 << 60)


class Posed(NamedTuple):
    """The round that prices are taken from: as it was posed, and its answer."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    terms: Terms
    options: Options
    today: int
    shipments: Sequence[Shipment]

    @property
    def lines(self) -> list[OfferLine | NeedLine]:
        """All of them."""
        return [*self.offers, *self.needs]

    def counts(self, line: OfferLine | NeedLine, commodity: str) -> bool:
        """Whether a line makes prices of a commodity: it is there for everybody."""
        asks = self.options.bonds.get(line.line, FREE).asks
        return line.commodity == commodity and not asks


def quotes(posed: Posed) -> Quotes:
    """Give the prices of a round at every hub that its legs touch."""
    places = {line.hub for line in posed.lines}
    road = Road(posed.terms, posed.today, hub_numbers(posed.terms.legs, places))
    goes = _with_room(posed, road)
    found: defaultdict[str, dict[Goods, Quote]] = defaultdict(dict)
    for commodity in sorted({line.commodity for line in posed.lines}):
        if commodity in posed.options.goods.barred:
            continue
        for hub, goods, quote in _Market.of(commodity, posed, road, goes).quotes():
            found[hub][goods] = quote
    return found


def _with_room(posed: Posed, road: Road) -> BoolArray:
    """The legs between two hubs that still go, and are not full."""
    book = road.book
    goes: BoolArray = (road.arrival != GONE) & (book.origin != book.target)
    limited = book.room_kg != NO_LIMIT
    if limited.any():
        used = np.zeros(len(limited), np.int64)
        goods = {line.line: line.commodity for line in posed.lines}
        for shipment in posed.shipments:
            grams = posed.terms.weight(goods[shipment.need])
            for part in shipment.parts:
                rooms = [book.place(leg) for leg in part.legs if leg.capacity_kg is not None]
                used[rooms] += part.quantity * grams
        goes &= ~limited | (used // (GRAMS_PER_KG * MICRO) < book.room_kg)
    return goes


class _Legs(NamedTuple):
    """Legs as columns: where they begin and end, the level of their days, what they cost."""

    origin: IntArray
    target: IntArray
    level: IntArray
    cost: IntArray

    def only(self, which: BoolArray) -> "_Legs":
        return _Legs(*(column[which] for column in self))


class _Links(NamedTuple):
    """Who ships to whom, and at which freight per base unit."""

    offer: IntArray
    need: IntArray
    cost: IntArray


@dataclass(frozen=True)
class _Market:
    """One commodity of a round, lines as columns; `at` are hubs, `may` levels of days, -1 none."""

    commodity: str
    posed: Posed
    road: Road
    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]
    legs: _Legs
    levels: IntArray

    @classmethod
    def of(cls, commodity: str, posed: Posed, road: Road, goes: BoolArray) -> "_Market":
        levels = np.unique(road.arrival[goes])
        ends = road.book.origin[goes], road.book.target[goes]
        days, cost = np.searchsorted(levels, road.arrival[goes]), road.cost(commodity)[goes]
        return cls(
            commodity,
            posed,
            road,
            tuple(o for o in posed.offers if posed.counts(o, commodity)),
            admitted(
                [n for n in posed.needs if posed.counts(n, commodity)], posed.options, posed.terms
            ),
            _Legs(*ends, days, cost),
            levels,
        )

    def quotes(self) -> Iterator[tuple[str, Goods, Quote]]:
        """Give hub by hub and grade by grade what can be sold and bought."""
        if not len(self.levels):
            return
        asked, paid = self._settled()
        names = {number: name for name, number in self.road.hubs.items()}
        for grade in self._grades():
            gives, takes = self._of_grade(grade), self._takers(grade)
            sells = np.minimum(self._sold(takes, paid, self.legs), self._spare(gives))
            buys = self._bought(gives, asked)
            some = ((sells[:, -1] > 0) | (buys[:, -1] > _NOBODY // 2)).nonzero()[0].tolist()
            for hub in some:
                sell = tuple(step for step in self._steps(sells[hub]) if step.idr > 0)
                buy = tuple(Step(days, -idr) for days, idr in self._steps(buys[hub]))
                yield names[hub], (self.commodity, grade), Quote(sell, buy)

    def _grades(self) -> list[str]:
        """Every grade that somebody has, asks for, or might have."""
        scales = self.posed.options.goods.scales
        ranked = scales.get(self.commodity, scales.get(DEFAULT_SCALE, {}))
        listed = (grade for need in self.needs for grade in need.grades or ())
        return sorted({*ranked, *(offer.grade for offer in self.offers), *listed})

    # -------------------------------------------------------------- the least prices of the lines
    def _settled(self) -> tuple[IntArray, IntArray]:
        """Give what offers ask and what needs pay, per base unit."""
        links, least, paid = self._links()
        most = np.array([n.ceiling for n in self.needs], np.int64)
        near = self.legs.only(self._touching())
        grades = sorted({offer.grade for offer in self.offers})
        kinds = [(self._of_grade(g), self._takers(g), self._nobody()) for g in grades]
        asked, moved = least.copy(), np.ones(len(self.road.hubs), bool)
        for _ in range(PASSES_MAX):
            some = near.only(moved[near.target])  # prices only rise: what did not move is known
            for rows, takes, reach in kinds:
                np.maximum(reach, self._sold(takes, paid, some), out=reach)
                may = self._offer_may[rows]
                best = reach[self._offer_at[rows], may]
                asked[rows] = np.maximum(least[rows], np.where(may < 0, 0, best))
            raised = paid.copy()
            np.maximum.at(raised, links.need, asked[links.offer] + links.cost)
            raised = np.minimum(raised, most)
            moved[:] = False
            moved[self._need_at[raised > paid]] = True
            if not moved.any():
                break
            paid = raised
        return asked, paid

    def _links(self) -> tuple[_Links, IntArray, IntArray]:
        """Give who ships to whom, the least that offers ask, and what needs pay to begin with."""
        rows = {offer.line: i for i, offer in enumerate(self.offers)}
        columns = {need.line: j for j, need in enumerate(self.needs)}
        least = np.array([o.floor for o in self.offers], np.int64)
        open_ = np.array([n.quantity for n in self.needs], np.int64)
        agreed = np.full(len(columns), _NOBODY, np.int64)
        found: list[tuple[int, int, int]] = []
        for s in self.posed.shipments:
            i, j = rows.get(s.offer), columns.get(s.need)
            made = any(part.process for part in s.parts) or i is None or j is None
            if made and i is not None:
                least[i] = max(least[i], s.price)
            if j is not None:
                open_[j] -= s.quantity
                if made:
                    agreed[j] = max(agreed[j], s.buyer_price)
                elif i is not None:
                    alone = len(s.parts) == 1
                    cost = s.leg_cost if alone else max(map(self._freight, s.parts))
                    found.append((i, j, cost))
        ceilings = np.array([n.ceiling for n in self.needs], np.int64)
        links = np.array(found, np.int64).reshape(-1, 3).T
        return _Links(*links), least, np.where(open_ > 0, ceilings, agreed)

    def _freight(self, part: Part) -> int:
        cost = self.road.cost(self.commodity)
        return sum(int(cost[self.road.book.place(leg)]) for leg in part.legs)

    def _touching(self) -> BoolArray:
        """The legs from hubs that offer to hubs that ask."""
        gives, takes = (np.zeros(len(self.road.hubs), bool) for _ in range(2))
        gives[self._offer_at] = takes[self._need_at] = True
        return gives[self.legs.origin] & takes[self.legs.target]

    # -------------------------------------------------------------- prices of hubs
    def _sold(self, takes: BoolArray, paid: IntArray, legs: _Legs) -> IntArray:
        """Give `[hub, level]` the best that others who take a grade pay, net of freight."""
        takes = takes & (self._need_may >= 0)
        ends = self._table(paid[takes], self._need_at[takes], self._need_may[takes])
        return self._carried(ends, legs.target, legs.origin, legs)

    def _bought(self, gives: BoolArray, asked: IntArray) -> IntArray:
        """Give `[hub, level]` minus the least that others ask for a grade, with freight."""
        gives = gives & (self._offer_may >= 0)
        ends = self._table(-asked[gives], self._offer_at[gives], self._offer_may[gives])
        return self._carried(ends, self.legs.origin, self.legs.target, self.legs)

    def _spare(self, gives: BoolArray) -> IntArray:
        """Give `[hub, level]` the least that a hub asks for what of a grade it could not sell."""
        spare = np.array([has_left(line, self._moved) for line in self.offers], bool)
        left = gives & (self._offer_may >= 0) & spare
        asked = np.array([o.floor for o in self.offers], np.int64)[left]
        return -self._table(-asked, self._offer_at[left], self._offer_may[left])

    def _table(self, worth: IntArray, at: IntArray, may: IntArray) -> IntArray:
        """Give `[hub, level]` the best of lines there that allow so many days."""
        table = self._nobody()
        np.maximum.at(table.reshape(-1), at * len(self.levels) + may, worth)
        return np.maximum.accumulate(table[:, ::-1], axis=1)[:, ::-1]

    def _carried(self, ends: IntArray, near: IntArray, far: IntArray, legs: _Legs) -> IntArray:
        """Give `[hub, level]` the best at the other end of legs of at most so many days."""
        table, width = self._nobody(), len(self.levels)
        worth = ends.reshape(-1)[near * width + legs.level] - legs.cost
        np.maximum.at(table.reshape(-1), far * width + legs.level, worth)
        return np.maximum.accumulate(table, axis=1)

    def _nobody(self) -> IntArray:
        return np.full((len(self.road.hubs), len(self.levels)), _NOBODY, np.int64)

    def _steps(self, row: IntArray) -> Iterator[Step]:
        rises = np.diff(row, prepend=_NOBODY // 2) > 0
        days, idr = self.levels.tolist(), row.tolist()
        yield from (Step(*step) for step in compress(zip(days, idr, strict=True), rises))

    # -------------------------------------------------------------- columns of lines
    @cached_property
    def _moved(self) -> Counter[str]:
        return moved(self.posed.shipments)

    @cached_property
    def _offer_at(self) -> IntArray:
        return np.array([self.road.hubs[o.hub] for o in self.offers], np.int64)

    @cached_property
    def _need_at(self) -> IntArray:
        return np.array([self.road.hubs[n.hub] for n in self.needs], np.int64)

    @cached_property
    def _offer_may(self) -> IntArray:
        return self._level([days_left(o, self.posed.today) for o in self.offers])

    @cached_property
    def _need_may(self) -> IntArray:
        return self._level([days_until(n, self.posed.today) for n in self.needs])

    def _level(self, days: Collection[int]) -> IntArray:
        return np.searchsorted(self.levels, np.array(days, np.int64), "right") - 1

    def _of_grade(self, grade: str) -> BoolArray:
        return np.array([o.grade == grade for o in self.offers], bool)

    def _takers(self, grade: str) -> BoolArray:
        options = self.posed.options
        return np.array([accepts(n, grade, options) for n in self.needs], bool)
