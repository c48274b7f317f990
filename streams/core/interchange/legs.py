"""Legs between hubs as the matcher sees them: one record each, and all of them as columns.

Decides the one form in which a network is handed in, what a leg costs per base unit of a
commodity, and when goods that leave by it arrive. Refuses to know roads, ports and calendars:
who builds the legs does.

Parallel legs of one pair of hubs (a dear fast one, a cheap slow one, two sailings) may all be
given; a leg from a hub to itself is the way inside it.
"""

from bisect import bisect
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import compress
from typing import Final, NamedTuple

import msgspec
import numpy as np

from schemas.quantity import MICRO
from streams.core.lines import IntArray

GRAMS_PER_KG: Final = 1000
GONE: Final = -1
"""Stands where a sailing has left already."""
NO_LIMIT: Final = -1
_ANY_DAY: Final = -(1 << 40)


class Leg(NamedTuple):
    """One way from hub to hub: micro rupiah per kg, whole days under way, and how.

    `capacity_kg` is what it still takes, None for no limit. With `departs_day` (a day since 1970)
    it leaves on that day only; without, any day. `estimated` is False for a freight somebody paid.
    `back` says that something goes there anyway, to come home.
    """

    from_hub: str
    to_hub: str
    cost_micro: int
    days: int
    mode: str = "road"
    capacity_kg: int | None = None
    departs_day: int | None = None
    estimated: bool = True
    back: bool = False


@dataclass(frozen=True, slots=True)
class LegBook:
    """Legs in canonical order, and the same as columns; made once per network, used by rounds."""

    legs: tuple[Leg, ...]
    hubs: Mapping[str, int]
    origin: IntArray
    target: IntArray
    cost_micro: IntArray
    days: IntArray
    departs: IntArray
    room_kg: IntArray
    digest: str = field(repr=False)

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

    def also(self, more: Iterable[Leg]) -> "LegBook":
        """Give the book with a few legs more between its hubs; cheap beside making it anew.

        KeyError when a leg is of another hub.
        """
        new = sorted(set(more), key=_order)
        legs, places = list(self.legs), list[int]()
        for n, leg in enumerate(new):
            at = bisect(self.legs, _order(leg), key=_order)
            legs.insert(at + n, leg)
            places.append(at)
        own = leg_book(new)
        names = list(own.hubs)

        def column(of: IntArray, added: Iterable[int]) -> IntArray:
            return np.insert(of, places, list(added))

        return replace(
            self,
            legs=tuple(legs),
            origin=column(self.origin, (self.hubs[names[n]] for n in own.origin.tolist())),
            target=column(self.target, (self.hubs[names[n]] for n in own.target.tolist())),
            cost_micro=column(self.cost_micro, own.cost_micro.tolist()),
            days=column(self.days, own.days.tolist()),
            departs=column(self.departs, own.departs.tolist()),
            room_kg=column(self.room_kg, own.room_kg.tolist()),
            digest=blake2b(msgspec.msgpack.encode((self.digest, new))).hexdigest(),
        )

    def between(self, hubs: Collection[str]) -> "LegBook":
        """Give the book of the legs among these hubs; cheap beside making it anew."""
        numbers = [at for name, at in self.hubs.items() if name in hubs]
        inside = np.zeros(len(self.hubs), bool)
        inside[numbers] = True
        kept = inside[self.origin] & inside[self.target]
        ends = np.unique(np.concatenate((self.origin[kept], self.target[kept])))
        places = np.zeros(len(self.hubs), np.int64)
        places[ends] = np.arange(len(ends))
        names = list(self.hubs)
        left = [names[at] for at in ends.tolist()]
        return LegBook(
            legs=tuple(compress(self.legs, kept.tolist())),
            hubs={name: at for at, name in enumerate(left)},
            origin=places[self.origin[kept]],
            target=places[self.target[kept]],
            cost_micro=self.cost_micro[kept],
            days=self.days[kept],
            departs=self.departs[kept],
            room_kg=self.room_kg[kept],
            digest=blake2b(msgspec.msgpack.encode((self.digest, left))).hexdigest(),
        )


def _arrival(departs: IntArray, days: IntArray, today: int, ready: int) -> IntArray:
    leaves = np.where(departs != _ANY_DAY, departs - today, ready)
    return np.where(leaves < ready, GONE, leaves + days)


def leg_book(legs: Iterable[Leg]) -> LegBook:
    """Put legs into columns; their order and repetition mean nothing.

    ValueError when a cost, a time or a capacity is below 0.
    """
    given = sorted(set(legs), key=_order)
    if any(min(leg.cost_micro, leg.days, leg.capacity_kg or 0) < 0 for leg in given):
        raise ValueError("a leg of less than nothing")
    names = sorted({leg.from_hub for leg in given} | {leg.to_hub for leg in given})
    hubs = {name: at for at, name in enumerate(names)}

    def column(values: Iterable[int]) -> IntArray:
        return np.fromiter(values, np.int64, len(given))

    return LegBook(
        legs=tuple(given),
        hubs=hubs,
        origin=column(hubs[leg.from_hub] for leg in given),
        target=column(hubs[leg.to_hub] for leg in given),
        cost_micro=column(leg.cost_micro for leg in given),
        days=column(leg.days for leg in given),
        departs=column(_ANY_DAY if leg.departs_day is None else leg.departs_day for leg in given),
        room_kg=column(NO_LIMIT if leg.capacity_kg is None else leg.capacity_kg for leg in given),
        digest=blake2b(msgspec.msgpack.encode(given)).hexdigest(),
    )


def _order(leg: Leg) -> tuple[object, ...]:
    departs = _ANY_DAY if leg.departs_day is None else leg.departs_day
    room = -1 if leg.capacity_kg is None else leg.capacity_kg
    ends = leg.from_hub, leg.to_hub
    return *ends, leg.cost_micro, leg.days, departs, leg.mode, room, leg.estimated, leg.back
