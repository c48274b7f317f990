"""The network between hubs: every way worth taking from each to each, on a given day.

Decides which ways an exchange between two hubs may take: by truck (`network_land`), or by truck,
sailings and truck (`network_sea`), and keeps those that no other beats in both cost and days.
Refuses to know goods: storage, shelf life and needed-by are for whoever asks, with `within_days`.

Costs are whole rupiah per tonne all the way and become micro rupiah per kg in a `Leg` (times
1,000, so exactly). A calendar makes days depend on the day asked about, never costs; ties go to
fewer days, then to the first in the order of codes.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, Literal

import numpy as np

from schemas.identity import HubId
from schemas.network import NetworkTables
from schemas.network_sailings import Sailing
from streams.core.interchange.leg_table import Leg, LegList
from streams.core.interchange.network_land import LOAD_GRAMS, land_trips
from streams.core.interchange.network_parts import Part, parts_of
from streams.core.interchange.network_rows import Row, row_of
from streams.core.interchange.network_sea import SeaSearch
from streams.core.interchange.network_table import whole_table

Obstacle = Literal["no_road_out", "no_port", "no_sailing"]


class Network:
    """Truck trips once for ever, sailings by the day; `on` gives the ways of a day."""

    def __init__(
        self,
        tables: NetworkTables,
        sailings: Iterable[Sailing],
        *,
        load_grams: int = LOAD_GRAMS,
    ) -> None:
        self.tables: Final = tables
        self.sailings: Final = tuple(sailings)
        self.land: Final = land_trips(tables, self.sailings, load_grams)
        self.hubs: Final = tuple(sorted(tables.hubs))
        at = np.array([self.land.at[hub] for hub in self.hubs], np.intp)
        self.last: Final = (self.land.cost[:, at], self.land.minutes[:, at])

    def on(self, today: int) -> "Ways":
        """Give the ways for goods that may leave from a day (since 1970-01-01) on."""
        return Ways(self, today)

    def legs_until(self, origin: str, target: str, today: int, until: int) -> tuple[Leg, ...]:
        """Give the legs of a pair for goods that leave on any day from today to `until`.

        Later legs are for goods that are not ready yet, or for a ship that is full.
        """
        found: dict[Leg, None] = {}
        day: int | None = today
        while day is not None and day <= until:
            legs = self.on(day).legs(origin, target)
            found.update(dict.fromkeys(legs))
            sails = [leg.departs_day for leg in legs if leg.departs_day is not None]
            day = min(sails) + 1 if sails else None
        return tuple(found)

    def obstacle(self, origin: str, target: str) -> Obstacle:
        """Name why two hubs without a way between them have none."""
        ends = {end for sailing in self.sailings for end in (sailing.origin, sailing.target)}
        landed = {self.tables.land(place) for place in ends | set(self.tables.ports)}
        for hub in (origin, target):
            land = self.tables.land(hub)
            if land not in landed:
                return "no_road_out" if land.pocket else "no_port"
        return "no_sailing"


class Ways:
    """The ways of one day; a hub's ways are worked out when first asked for, then remembered."""

    def __init__(self, network: Network, today: int) -> None:
        self.network: Final = network
        self.today: Final = today
        self._search: Final = SeaSearch(network.tables, network.land, network.sailings, today)
        self._at: Final = {hub: n for n, hub in enumerate(network.hubs)}
        self._rows: Final[dict[str, Row]] = {}
        self._legs: Final[dict[str, dict[str, tuple[Leg, ...]]]] = {}

    def legs(self, origin: str, target: str) -> tuple[Leg, ...]:
        """Give the kept ways of a pair, cheapest first, each faster than the one before.

        KeyError for no hub; nothing when there is no way.
        """
        found = self._legs.get(origin)
        if found is None:
            found = dict.fromkeys(self.network.hubs, ())
            table = self._table(self.network.hubs, (origin,))
            for hub, legs in groupby(table, key=attrgetter("to_hub")):
                found[HubId(hub)] = tuple(legs)
            self._legs[origin] = found
        return found[target]

    def leg(self, origin: str, target: str, within_days: int | None = None) -> Leg | None:
        """Give the cheapest way that arrives in time, None when there is none.

        `within_days` counts from today: the least of shelf life and needed-by that are left.
        """
        for leg in self.legs(origin, target):
            if within_days is None or self.arrival(leg) <= within_days:
                return leg
        return None

    def arrival(self, leg: Leg) -> int:
        """Give whole days from today until a leg's goods arrive, waiting included."""
        return leg.days + (0 if leg.departs_day is None else leg.departs_day - self.today)

    def all_legs(self, hubs: Iterable[str] | None = None) -> LegList:
        """Give the kept ways between all hubs, or between those given."""
        chosen = self.network.hubs if hubs is None else tuple(sorted(set(hubs)))
        return self._table(chosen, chosen)

    def _table(self, hubs: Sequence[str], origins: Sequence[str]) -> LegList:
        """Give the kept ways from some hubs to some, which hold them; both in their order."""
        at = np.array([self._at[HubId(hub)] for hub in hubs], np.int64)
        rows = ((hubs.index(origin), self._row(origin)) for origin in origins)
        return whole_table(self.network.land, hubs, at, rows, self.today)

    def parts(self, origin: str, target: str, rank: int = 0) -> tuple[Part, ...]:
        """Tell a way stretch by stretch; IndexError when it has no way of that rank."""
        row, at = self._row(origin), self.network.land.at
        chain = row.chains[row.choices(self._at[HubId(target)])[rank].entry]
        ends = at[HubId(origin)], at[HubId(target)]
        return parts_of(self.network.land, *ends, chain, self.today)

    def _row(self, origin: str) -> Row:
        found = self._rows.get(origin)
        if found is None:
            start = self.network.land.at[HubId(origin)]
            labels = self._search.from_place(start)
            found = row_of(start, self._at[HubId(origin)], labels, self.network.last)
            self._rows[origin] = found
        return found
