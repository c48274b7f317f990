"""Return legs: what has gone there must come back, and empty room on the way back is cheap.

Decides which ways back the accepted flows leave open, how much they carry and what they cost.
Refuses to know matches, and to solve: a return leg is a leg like any other, beside the one that it
is a discount on, and the next round takes it where it pays.

Theory of operation. A flow that leaves A for B by a mode comes to B on a day; so much room goes
back to A by that mode on that day. Day by day, what is accepted for the way back takes that room
first, and what rides home so opens no room of its own: the truck is home then. The cost of room
is that of the cheapest leg from B to A by that mode, less a stated share: what the ordinary leg
costs stays the limit, so nothing gets dearer; the ordinary leg stays too, so nothing is lost. Room
is never more than what went out: the truck that is bigger than its load is not counted on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import LegBook

DISCOUNT_PERCENT: Final = 50
"""What return cargo was let off when tariffs were halved to fill ships that came back empty."""
PERCENT: Final = 100
INSIDE: Final = frozenset({"local", "here"})
"""Modes of ways inside a hub, where nothing comes back from anywhere."""


class Flow(NamedTuple):
    """Goods that both sides have accepted: whole kg that leave a hub for another on a day.

    One that is not `firm` takes room on a way back and opens none: nobody has said yes to it yet.
    """

    from_hub: str
    to_hub: str
    departs_day: int
    days: int
    kg: int
    mode: str = "road"
    firm: bool = True


class ReturnLeg(NamedTuple):
    """A leg with its discount, the leg it is a discount on, and what its room came from."""

    leg: Leg
    base: Leg
    sent_kg: int
    booked_kg: int

    @property
    def saved_micro(self) -> int:
        """Micro rupiah per kg that the way back costs less."""
        return self.base.cost_micro - self.leg.cost_micro


_Way = tuple[str, str, str, int]


class _Room(NamedTuple):
    sent_kg: int
    booked_kg: int

    @property
    def left_kg(self) -> int:
        return self.sent_kg - self.booked_kg


def return_legs(
    flows: Iterable[Flow],
    book: LegBook,
    today: int,
    discount_percent: int = DISCOUNT_PERCENT,
) -> tuple[ReturnLeg, ...]:
    """Give the ways back that accepted flows leave open from today on, in canonical order.

    ValueError when a flow is of less than nothing or the discount is not 1 to 99 percent.
    """
    if not 1 <= discount_percent < PERCENT:
        raise ValueError("a discount is 1 to 99 percent")
    given = list(flows)
    if any(min(flow.kg, flow.days) < 0 for flow in given):
        raise ValueError("a flow of less than nothing")
    found = []
    for (origin, target, mode, day), room in sorted(_rooms(given).items()):
        base = _base(book, origin, target, mode)
        if base is not None and room.left_kg > 0 and day >= today:
            leg = base._replace(
                cost_micro=-(-base.cost_micro * (PERCENT - discount_percent) // PERCENT),
                capacity_kg=room.left_kg,
                departs_day=day,
                back=True,
            )
            found.append(ReturnLeg(leg, base, room.sent_kg, room.booked_kg))
    return tuple(found)


def with_returns(book: LegBook, found: Iterable[ReturnLeg]) -> LegBook:
    """Give the book with return legs beside its own: every answer it allowed it still allows."""
    return book.also(one.leg for one in found)


def _rooms(flows: Iterable[Flow]) -> Mapping[_Way, _Room]:
    """Room that comes back, by way, mode and day."""
    sums: defaultdict[tuple[int, str, str, str, int, bool], int] = defaultdict(int)
    for flow in flows:
        if flow.from_hub != flow.to_hub and flow.mode not in INSIDE:
            ends = flow.from_hub, flow.to_hub, flow.mode
            sums[flow.departs_day, *ends, flow.days, not flow.firm] += flow.kg
    rooms: defaultdict[_Way, _Room] = defaultdict(lambda: _Room(0, 0))
    for (day, origin, target, mode, days, loose), kg in sorted(sums.items()):
        out = (origin, target, mode, day)
        home = min(kg, rooms[out].left_kg)
        rooms[out] = rooms[out]._replace(booked_kg=rooms[out].booked_kg + home)
        if not loose:
            back = (target, origin, mode, day + days)
            rooms[back] = rooms[back]._replace(sent_kg=rooms[back].sent_kg + kg - home)
    return rooms


def _base(book: LegBook, origin: str, target: str, mode: str) -> Leg | None:
    """The cheapest leg of a way by a mode, of equal ones the fastest; None where there is none."""
    here, there = book.hubs.get(origin), book.hubs.get(target)
    if here is None or there is None:
        return None
    first, last = np.searchsorted(book.origin, (here, here + 1))  # legs are in the order of hubs
    places = first + np.flatnonzero(book.target[first:last] == there)
    legs = [leg for at in places.tolist() if (leg := book.legs[at]).mode == mode]
    return min(legs, key=lambda leg: (leg.cost_micro, leg.days), default=None)
