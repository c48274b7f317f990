"""Processes in the network: goods come in, become others at a yield, and go on.

Decides how a process ties on to the goods it takes and the needs it can serve. Refuses to know
what a process costs elsewhere and whether it is worth its while: the flow decides.

Theory of operation. What a mill takes on arrives on different days, and needs have their days, so
each day of being ready has a door of its own into the mill; the doors share its capacity. What is
bound by permits has doors of its own, for the product goes where its goods may. Goods come raw
from any hub by leg, or from the mill's own hub; the product leaves the same way. One process lies
on a way, not two.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import Final

import numpy as np

from schemas.quantity import MICRO
from streams.core.eligibility import SHELF_LIFE_TENTHS
from streams.core.interchange.legs import GONE
from streams.core.interchange.road import Ends, Road
from streams.core.interchange.sides import Sides
from streams.core.interchange.terms import SHELF_FOREVER, Process
from streams.core.interchange.web import PLAIN, Bundle, Loom
from streams.core.lines import Bond, IntArray

_FIRST_PROCESS: Final = -2
_CROWD: Final = -1
_Door = tuple[int, int, Bond]  # an offer apart or the crowd, days to arrival, their permits
_Whose = tuple[int, int, Bond]  # an offer apart or the crowd, the best way in, their permits
_Came = tuple[IntArray, IntArray, IntArray]  # nodes, worth, tags


@dataclass(frozen=True, slots=True)
class Apart:
    """Offers told apart, pairs that may not meet, and what a pair is worth beside its money.

    `pays`: what offers told apart have made must bring no loss by the best way in.
    """

    alone: frozenset[int] = frozenset()
    shut: frozenset[tuple[int, int]] = frozenset()
    keep: Mapping[tuple[int, int], int] = field(default_factory=dict)
    pays: bool = False


def tag_of(number: int) -> int:
    """Give the tag of a process."""
    return _FIRST_PROCESS - number


def process_of(tag: int) -> int:
    """Give the number of the process that a tag stands for."""
    return _FIRST_PROCESS - tag


@dataclass(frozen=True, slots=True)
class Mills:
    """Lays processes into a network that has its lines and legs already."""

    loom: Loom
    sides: Sides
    road: Road
    outs: dict[int, Ends]
    ins: dict[int, Ends]
    apart: Apart

    def lay(self, number: int, process: Process) -> list[Bundle]:
        """Tie one process in; give the room that its doors share, if it has a limit."""
        doors = []
        for (offer, days, bond), came in sorted(self._arrivals(process).items()):
            entry, leave = self.loom.new_nodes(1), self.loom.new_nodes(1)
            best = max(int(worth.max()) for _, worth, _ in came)
            if not self._leavings(process, leave, days + process.days, (offer, best, bond)):
                continue
            for tails, worth, legs in came:
                grams = self.road.terms.weight(process.input)
                self.loom.lay((tails, np.full(len(tails), entry)), worth, tag=legs, grams=grams)
            ends = np.array([entry]), np.array([leave])
            door = self.loom.lay(ends, tag=tag_of(number))
            same = gcd(process.yield_micro, MICRO)
            self.loom.gain(door, process.yield_micro // same, MICRO // same)
            doors.append(door)
        if process.capacity is None or not doors:
            return []
        return [Bundle(tuple(doors), (1,) * len(doors), process.capacity)]

    def _arrivals(self, process: Process) -> dict[_Door, list[_Came]]:
        """Give the ways in: for the crowd by days of arrival, for each offer apart by its own."""
        road, sides = self.road, self.sides
        here = road.hubs[process.hub]
        legs = road.reaching(process.hub)
        legs = legs[road.arrival[legs] != GONE]
        cost = road.cost(process.input)
        came: defaultdict[_Door, list[_Came]] = defaultdict(list)
        days, worth, tag = self._inside(road.inner.get(here), cost)
        for kind, out in self.outs.items():
            if sides.kinds[kind] != process.input:
                continue
            bond = sides.bonds[kind]
            for after in np.unique(road.arrival[legs]).tolist():
                by = legs[road.arrival[legs] == after]
                at = out.find(road.book.origin[by], np.full(len(by), after))
                by, at = by[at >= 0], at[at >= 0]
                if len(by):
                    came[_CROWD, after, bond].append((at + out.first, -cost[by], by))
            at = out.find(np.array([here]), np.array([days]))
            if at[0] >= 0:
                inside = at + out.first, np.array([worth]), np.array([tag])
                came[_CROWD, days, bond].append(inside)
        for offer in sorted(self.apart.alone):
            if sides.offers[offer].commodity == process.input:
                self._alone(offer, legs, here, came)
        return came

    def _alone(
        self, offer: int, legs: IntArray, here: int, came: dict[_Door, list[_Came]]
    ) -> None:
        """An offer told apart comes by the legs of its hub alone, through a door of its own."""
        road, sides = self.road, self.sides
        cost = road.cost(sides.offers[offer].commodity)
        ways = [
            (int(road.arrival[leg]), -int(cost[leg]), leg)
            for leg in legs[road.book.origin[legs] == sides.offer_hub[offer]].tolist()
        ]
        if sides.offer_hub[offer] == here:
            ways.append(self._inside(road.inner.get(here), cost))
        for days, worth, tag in ways:
            if days <= sides.offer_days[offer]:
                net, bond = worth + int(sides.offer_worth[offer]), sides.bonds[sides.kind[offer]]
                by = np.array([offer]), np.array([net]), np.array([tag])
                came[offer, days, bond].append(by)

    def _inside(self, inner: int | None, cost: IntArray) -> tuple[int, int, int]:
        """Days, worth and tag of the way inside the mill's own hub: free where none is given."""
        if inner is None or self.road.arrival[inner] == GONE:
            return 0, 0, PLAIN
        return int(self.road.arrival[inner]), -int(cost[inner]), inner

    def _leavings(self, process: Process, leave: int, ready: int, whose: _Whose) -> bool:
        """Tie a door's product to the needs it can reach; whether there is any."""
        road = self.road
        here, cost = road.hubs[process.hub], road.cost(process.output)
        shelf = SHELF_FOREVER if process.shelf_days is None else process.shelf_days
        legs = road.leaving(process.hub)
        arrival = road.book.arrival_by(legs, road.today, ready)
        fresh = 10 * (arrival - ready) <= SHELF_LIFE_TENTHS * shelf
        able = (arrival != GONE) & fresh
        legs, arrival = legs[able], arrival[able]
        target, worth = road.book.target[legs], -cost[legs] - process.cost
        days, inside, tag = self._inside(road.inner.get(here), cost)
        if 10 * days <= SHELF_LIFE_TENTHS * shelf:
            legs, arrival = np.append(legs, tag), np.append(arrival, ready + days)
            target, worth = np.append(target, here), np.append(worth, inside - process.cost)
        place, head, net = self._heads(process, whose, (target, arrival, worth))
        grams = road.terms.weight(process.output)
        self.loom.lay((np.full(len(head), leave), head), net, tag=legs[place], grams=grams)
        return bool(len(head))

    def _heads(
        self, process: Process, whose: _Whose, ways: tuple[IntArray, IntArray, IntArray]
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Give, per way that serves somebody, its place, where it ends and its worth."""
        target, arrival, worth = ways
        sides, (offer, best, bond) = self.sides, whose
        kind = sides.made[process.output, process.grade, bond]
        if offer == _CROWD:
            into = self.ins.get(kind)
            if into is None:
                return (np.zeros(0, np.int64),) * 3
            at = into.find(target, arrival)
            place = np.flatnonzero(at >= 0)
            return place, at[place] + into.first, worth[place]
        coop = sides.offers[offer].coop
        allowed = sides.takes[kind] & np.array(
            [
                need.coop != coop and (offer, j) not in self.apart.shut
                for j, need in enumerate(sides.needs)
            ],
            bool,
        )
        meets = (target[:, None] == sides.need_hub[None]) & allowed[None]
        meets &= arrival[:, None] <= sides.need_days[None]
        if self.apart.pays:
            steer = int(sides.offer_worth[offer]) + sides.offers[offer].floor
            made = (worth[:, None] + sides.need_worth[None]) * process.yield_micro
            meets &= made + (best - steer) * MICRO >= 0
        place, need = np.nonzero(meets)
        return place, need + len(sides.offers), worth[place] + sides.need_worth[need]
