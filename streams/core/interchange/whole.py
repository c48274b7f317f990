"""From amounts that a network counts in millionths to such as somebody can weigh and count.

Decides how each trip is rounded: whole pieces of what is counted, whole thousandths of the rest.
Refuses to know networks, bonuses and prices.

Where goods are made of others, or ships are full, an answer splits nuts and grams. Every trip is
rounded down, and trimmed where rounding has put more on a way than it has room for; the smallest
trips give way. Then, the largest loss first, a trip takes the next whole amount above instead,
where lines and rooms have that much and it is worth more. A trip of which nothing whole is left
goes. An order of less than a piece, or a gram, is met as it stands.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.core.interchange.optimum import Trip, process_on
from streams.core.interchange.rooms import Rooms
from streams.core.interchange.sides import Sides
from streams.core.interchange.terms import Process

Worth = Callable[[Sequence[Trip]], list[int]]
"""What trips are worth, each; none may come to less than 0."""


class _Choice(NamedTuple):
    """A trip that is split, the whole amount below, within its rooms, and the one above."""

    split: Trip
    low: Trip
    high: Trip


class Whole:
    """Rounds the trips of one phase; amounts are micro."""

    def __init__(
        self, sides: Sides, processes: Sequence[Process], grain: Callable[[str], int]
    ) -> None:
        self._sides, self._processes = sides, processes
        self._of_offer = [grain(offer.commodity) for offer in sides.offers]
        self._of_need = [
            size if need.quantity >= (size := grain(need.commodity)) else 1 for need in sides.needs
        ]

    def __call__(
        self, trips: Sequence[Trip], lower: Sequence[Trip], rooms: Rooms, worth: Worth
    ) -> list[Trip]:
        """Round trips; `lower` are the same rounded down."""
        kept, choices = [], []
        pairs = zip(trips, lower, strict=True)
        for trip, below in sorted(pairs, key=lambda pair: (-pair[0].quantity, pair[0])):
            low = self._fitted(below, rooms) if rooms.limited else below
            if low == trip:
                kept.append(trip)
            else:
                choices.append(_Choice(trip, low, self._up(trip)))
        return sorted([*kept, *self._raised(choices, kept, rooms, worth)])

    def down(self, trip: Trip) -> Trip:
        """Give the most whole amount that a trip has, and no more goods than it takes."""
        size = self._of_need[trip.need]
        process = process_on(trip.way, self._processes)
        if process is None:
            if not trip.quantity % size:
                return trip
            amount = trip.quantity // size * size
            return trip._replace(given=amount, quantity=amount)
        lot = self._of_offer[trip.offer]
        if not (trip.given % lot or trip.quantity % size):
            return trip
        amount = min(trip.quantity, process.made_from(trip.given // lot * lot)) // size * size
        return trip._replace(given=self._takes(trip, process, amount), quantity=amount)

    def _up(self, trip: Trip) -> Trip:
        """Give the next whole amount above."""
        process, size = process_on(trip.way, self._processes), self._of_need[trip.need]
        amount = -(-trip.quantity // size) * size
        given = amount if process is None else self._takes(trip, process, amount)
        return trip._replace(given=given, quantity=amount)

    def _takes(self, trip: Trip, process: Process, amount: int) -> int:
        size = self._of_offer[trip.offer]
        return -(-process.takes(amount) // size) * size

    def _fitted(self, trip: Trip, rooms: Rooms) -> Trip:
        fitting = rooms.trimmed(trip)
        fitting = trip if fitting == trip else self.down(fitting)
        rooms.take(fitting)
        return fitting

    def _raised(
        self, choices: list[_Choice], kept: Sequence[Trip], rooms: Rooms, worth: Worth
    ) -> list[Trip]:
        """Raise what may be raised; what is worth less than nothing goes."""
        supply, demand = self._sides.supply.tolist(), self._sides.demand.tolist()
        for trip in [*kept, *(choice.low for choice in choices)]:
            supply[trip.offer] -= trip.given
            demand[trip.need] -= trip.quantity
        choices = sorted(choices, key=lambda c: (c.low.quantity - c.split.quantity, c.split))
        below = worth([choice.low for choice in choices])
        above = worth([choice.high for choice in choices])
        found = []
        for (_, low, high), poor, rich in zip(choices, below, above, strict=True):
            more, further = high.given - low.given, high.quantity - low.quantity
            fits = more <= supply[low.offer] and further <= demand[low.need]
            if fits and rich >= max(poor, 0) and rooms.have(low, high):
                supply[low.offer] -= more
                demand[low.need] -= further
                rooms.take(high._replace(given=more, quantity=further))
                found.append(high)
            elif low.quantity and poor >= 0:
                found.append(low)
        return found
