"""Small parts pair by pair: the best leg of every pair, and the search that lots need.

Decides which of several legs a pair would take. Refuses to know reasons and prices.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.core.fairness import Steps
from streams.core.flow import TIE_MAX, Block
from streams.core.interchange.leg_table import NO_LIMIT
from streams.core.interchange.legs import GONE
from streams.core.interchange.optimum import Trip
from streams.core.interchange.road import Road
from streams.core.interchange.sides import Sides
from streams.core.lines import BoolArray, IntArray
from streams.core.lots import Answer, solve_block
from streams.core.matching import hashes

SEARCH_PAIRS_MAX: Final = 40_000
NO_LEG: Final = -1


@dataclass(frozen=True, slots=True)
class Pairing:
    """Per pair `[offer, need]`: its leg (NO_LEG for none), arrival, cost, money, open or not.

    The leg is the cheapest that is in time; where none is, the one that arrives first.
    """

    leg: IntArray
    days: IntArray
    cost: IntArray
    money: IntArray
    open: BoolArray


def is_small(sides: Sides, road: Road) -> bool:
    """Whether lots can be searched: few pairs, no process, no village, no limited room."""
    hidden = road.terms.processes or road.terms.villages
    if len(sides.offers) * len(sides.needs) > SEARCH_PAIRS_MAX or hidden:
        return False
    return bool((road.book.room_kg == NO_LIMIT).all())


def pairing(sides: Sides, road: Road) -> Pairing:
    """Find the leg of every pair."""
    shape = len(sides.offers), len(sides.needs)
    leg = np.full(shape, NO_LEG, np.int64)
    days, cost = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    in_time = np.zeros(shape, bool)
    limit = np.minimum(sides.offer_days[:, None], sides.need_days[None])
    costs = {goods: road.cost(goods) for goods in {o.commodity for o in sides.offers}}
    rows = _places(sides.offer_hub, [o.commodity for o in sides.offers])
    columns = _places(sides.need_hub, [""] * shape[1])
    between = _between(road)
    for (origin, goods), i in rows.items():
        for (target, _), j in columns.items():
            if origin == target and not road.terms.within:
                continue
            at = np.ix_(i, j)
            for number in _dearest_first(between.get((origin, target), ()), costs[goods], road):
                fits = road.arrival[number] <= limit[at]
                sooner = (leg[at] == NO_LEG) | (road.arrival[number] < days[at])
                better = fits | (~in_time[at] & sooner)
                leg[at] = np.where(better, number, leg[at])
                days[at] = np.where(better, road.arrival[number], days[at])
                cost[at] = np.where(better, costs[goods][number], cost[at])
                in_time[at] |= fits
    money = sides.need_worth[None] - np.array([o.floor for o in sides.offers])[:, None] - cost
    return Pairing(leg, days, cost, money, in_time & sides.takes[sides.kind])


def search(
    sides: Sides, worth: IntArray, pairs: Pairing, effort: int, steps: Steps | None = None
) -> tuple[list[Trip], Answer]:
    """Search the best trips that keep minimum lots; `worth` below 0 shuts a pair."""
    rows = hashes(offer.line for offer in sides.offers)[:, None]
    columns = hashes(need.line for need in sides.needs)[None]
    mixed = (rows ^ (columns * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    tie = ((mixed >> np.uint64(40)) % np.uint64(TIE_MAX)).astype(np.int64) + 1
    block = Block(sides.supply, sides.demand, np.maximum(worth, 0), worth >= 0, tie, steps)
    lots = np.maximum(
        np.array([o.min_lot for o in sides.offers], np.int64)[:, None],
        np.array([n.min_lot for n in sides.needs], np.int64)[None],
    )
    answer = solve_block(block, lots, effort)
    at = np.nonzero(answer.flow)
    columns_of = (*at, answer.flow[at], pairs.leg[at])
    found = zip(*(column.tolist() for column in columns_of), strict=True)
    return [Trip(i, j, q, q, (leg,)) for i, j, q, leg in found], answer


def _places(hubs: IntArray, goods: list[str]) -> dict[tuple[int, str], IntArray]:
    found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for at, key in enumerate(zip(hubs.tolist(), goods, strict=True)):
        found[key].append(at)
    return {key: np.array(at, np.int64) for key, at in found.items()}


def _between(road: Road) -> dict[tuple[int, int], list[int]]:
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    ends = zip(road.book.origin.tolist(), road.book.target.tolist(), strict=True)
    for number, pair in enumerate(ends):
        found[pair].append(number)
    return found


def _dearest_first(legs: "tuple[()] | list[int]", cost: IntArray, road: Road) -> Iterator[int]:
    """The cheapest comes last and wins."""
    able = [leg for leg in legs if road.arrival[leg] != GONE]
    yield from sorted(able, key=lambda leg: (-int(cost[leg]), -leg))
