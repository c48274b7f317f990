"""Rooms of limited capacity: what trips take of ships and mills, and what is left of these.

Decides how much of a trip still has room. Refuses to know which trip is worth it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.mills import process_of
from streams.core.interchange.optimum import Trip, process_on
from streams.core.interchange.road import Road
from streams.core.interchange.sides import Sides
from streams.core.interchange.web import PLAIN


class Ride(NamedTuple):
    """So much, in micro, of a commodity goes by a leg; `raw` before it is made into another."""

    amount: int
    commodity: str
    leg: int
    raw: bool


def rides(trip: Trip, sides: Sides, road: Road) -> Iterator[Ride]:
    """Give every ride of a trip."""
    amount, commodity = trip.given, sides.offers[trip.offer].commodity
    raw = process_on(trip.way, road.terms.processes) is not None
    for tag in trip.way:
        if tag < PLAIN:
            amount, raw = trip.quantity, False
            commodity = road.terms.processes[process_of(tag)].output
        else:
            yield Ride(amount, commodity, tag, raw)


class Rooms:
    """What is left of legs, in micro grams, and of mills, in micro of what they take."""

    def __init__(self, sides: Sides, road: Road) -> None:
        self._sides, self._road = sides, road
        self._left: dict[int, int] = {}
        mills = road.terms.processes
        self.limited = bool((road.book.room_kg != NO_LIMIT).any()) or any(
            mill.capacity is not None for mill in mills
        )

    def take(self, trip: Trip) -> None:
        """Take off what a trip uses."""
        for tag, use in self._uses(trip):
            left = self._room(tag)
            if left is not None:
                self._left[tag] = left - use

    def have(self, low: Trip, high: Trip) -> bool:
        """Whether a trip that is taken may grow to another of the same way."""
        if not self.limited:
            return True
        pairs = zip(self._uses(low), self._uses(high), strict=True)
        return all(
            (left := self._room(tag)) is None or more - use <= left
            for (tag, use), (_, more) in pairs
        )

    def trimmed(self, trip: Trip) -> Trip:
        """Give as much of a trip as the rooms on its way have left."""
        process = process_on(trip.way, self._road.terms.processes)
        given, quantity = trip.given, trip.quantity
        for ride in rides(trip, self._sides, self._road):
            left = self._room(ride.leg)
            if left is not None:
                most = left // self._road.terms.weight(ride.commodity)
                if ride.raw:
                    given = min(given, most)
                else:
                    quantity = min(quantity, most)
        if process is None:
            return trip._replace(given=min(given, quantity), quantity=min(given, quantity))
        for tag in trip.way:
            left = self._room(tag) if tag < PLAIN else None
            given = given if left is None else min(given, left)
        if (given, quantity) == (trip.given, trip.quantity):
            return trip
        quantity = min(quantity, process.made_from(given))
        return trip._replace(given=process.takes(quantity), quantity=quantity)

    def _uses(self, trip: Trip) -> Iterator[tuple[int, int]]:
        for ride in rides(trip, self._sides, self._road):
            yield ride.leg, ride.amount * self._road.terms.weight(ride.commodity)
        for tag in trip.way:
            if tag < PLAIN:
                yield tag, trip.given

    def _room(self, tag: int) -> int | None:
        """What is left of a room; None where it has no limit."""
        if tag not in self._left:
            if tag < PLAIN:
                capacity = self._road.terms.processes[process_of(tag)].capacity
                if capacity is None:
                    return None
                self._left[tag] = capacity
            else:
                kg = int(self._road.book.room_kg[tag])
                if kg == NO_LIMIT:
                    return None
                self._left[tag] = kg * GRAMS_PER_KG * MICRO
        return self._left[tag]
