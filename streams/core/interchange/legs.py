"""Legs between hubs as the matcher sees them: one record each, and all of them as columns.

Decides the one form in which a network is handed in, what a leg costs per base unit of a
commodity, and when goods that leave by it arrive. Refuses to know roads, ports and calendars:
who builds the legs does.

Parallel legs of one pair of hubs (a dear fast one, a cheap slow one, two sailings) may all be
given; a leg from a hub to itself is the way inside it.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import ANY_DAY, NO_LIMIT, Leg, LegList, in_order, table_of
from streams.core.lines import IntArray

GRAMS_PER_KG: Final = 1000
GONE: Final = -1
"""Stands where a sailing has left already."""


@dataclass(frozen=True, slots=True)
class LegBook:
    """Legs in canonical order, and the same as columns; made once per network, used by rounds.

    `room_kg` is what each still takes, at most what it tells itself.
    """

    legs: LegList
    hubs: Mapping[str, int]
    room_kg: IntArray
    digest: str = field(repr=False)

    @property
    def origin(self) -> IntArray:
        """The number of the hub where each begins."""
        return self.legs.columns.origin

    @property
    def target(self) -> IntArray:
        """The number of the hub where each ends."""
        return self.legs.columns.target

    @property
    def cost_micro(self) -> IntArray:
        """Micro rupiah per kg of each."""
        return self.legs.columns.cost_micro

    @property
    def days(self) -> IntArray:
        """Whole days under way of each."""
        return self.legs.columns.days

    @property
    def departs(self) -> IntArray:
        """The day on which each leaves, ANY_DAY when it may on any."""
        return self.legs.columns.departs

    def arrival(self, today: int, ready: int = 0) -> IntArray:
        """Give days from today to arrival for goods ready in `ready` days; GONE where too late."""
        return _arrival(self.departs, self.days, today, ready)

    def arrival_by(self, legs: IntArray, today: int, ready: int) -> IntArray:
        """Give the same for these legs alone, by their places."""
        return _arrival(self.departs[legs], self.days[legs], today, ready)

    def unit_cost(self, grams: int, factor_micro: int = MICRO) -> IntArray:
        """Give rupiah per base unit of so many grams, rounded up; the factor is for storage."""
        per_kg = self.cost_micro
        if factor_micro != MICRO:
            per_kg = -(-per_kg * factor_micro // MICRO)
        return -(-per_kg * grams // (GRAMS_PER_KG * MICRO))

    def place(self, leg: Leg) -> int:
        """Where a leg of the book stands in it; without one, where it would."""
        return bisect_left(self.legs, in_order(leg), key=in_order)

    def also(self, more: Iterable[Leg]) -> "LegBook":
        """Give the book with a few legs more between its hubs; cheap beside making it anew.

        KeyError when a leg is of another hub.
        """
        new = sorted(set(more), key=in_order)
        for leg in new:
            self.hubs[leg.from_hub], self.hubs[leg.to_hub]
        places = [self.place(leg) for leg in new]
        room = [NO_LIMIT if leg.capacity_kg is None else leg.capacity_kg for leg in new]
        return replace(
            self,
            legs=self.legs.with_inserted(places, new),
            room_kg=np.insert(self.room_kg, places, room),
            digest=blake2b(msgspec.msgpack.encode((self.digest, new))).hexdigest(),
        )

    def between(self, hubs: Collection[str]) -> "LegBook":
        """Give the book of the legs among these hubs; cheap beside making it anew."""
        inside = np.array([name in hubs for name in self.legs.hubs], bool)
        kept = inside[self.origin] & inside[self.target]
        legs = self.legs.taken(kept)
        return LegBook(
            legs=legs,
            hubs=_numbered(legs),
            room_kg=self.room_kg[kept],
            digest=blake2b(msgspec.msgpack.encode((self.digest, legs.hubs))).hexdigest(),
        )


def _arrival(departs: IntArray, days: IntArray, today: int, ready: int) -> IntArray:
    leaves = np.where(departs != ANY_DAY, departs - today, ready)
    return np.where(leaves < ready, GONE, leaves + days)


def leg_book(legs: Iterable[Leg]) -> LegBook:
    """Make a book of legs; their order and repetition mean nothing.

    ValueError when a cost, a time or a capacity is below 0.
    """
    given = sorted(set(legs), key=in_order)
    if any(min(leg.cost_micro, leg.days, leg.capacity_kg or 0) < 0 for leg in given):
        raise ValueError("a leg of less than nothing")
    return book_of(table_of(given))


def book_of(legs: LegList) -> LegBook:
    """Make a book of a table in canonical order."""
    return LegBook(legs, _numbered(legs), legs.columns.room_kg, legs.digest())


def _numbered(legs: LegList) -> dict[str, int]:
    return {name: at for at, name in enumerate(legs.hubs)}
