"""Ways over sailings that one has to wait for, from one hub on one day to every landing place.

Decides which chains of sailings and truck trips are worth keeping: those that no other chain beats
in both cost and time. Refuses to know the last truck trip (`streams.core.interchange.network`
adds it to all hubs at once).

Days turn at noon, as within a hub: what takes up to half a day arrives on the day it leaves. A
sailing leaves at noon of its day; goods that arrive by noon are in time for it. Before and after
a ship they lie `port_dwell` days in port. Times are minutes since the morning of the day asked
about.
"""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple

from schemas.network import NetworkTables
from schemas.network_sailings import Sailing
from streams.core.interchange.network_land import (
    NO_WAY,
    LandTrips,
    crossing_handling,
    is_daily,
)

HORIZON_DAYS: Final = 90
"""A way that takes longer is none."""

_DAY: Final = 24 * 60
_NOON: Final = 12 * 60
_LATEST: Final = HORIZON_DAYS * _DAY + _NOON


class Label(NamedTuple):
    """One chain that has arrived: rupiah per tonne, minutes, how; `spare` days before it starts.

    `origin` and `target` are places of the last step; `before` is the chain up to it.
    """

    cost: int
    minutes: int
    origin: int
    target: int
    sailing: Sailing | None
    departs: int
    spare: int
    before: "Label | None"

    @property
    def day(self) -> int:
        """Whole days until arrival."""
        return day_of(self.minutes)


class _Edge(NamedTuple):
    target: int
    cost: int
    minutes: int
    dwell: int
    departures: tuple[int, ...]
    sailing: Sailing


def day_of(minutes: int) -> int:
    """Give the day on which something that takes so long arrives; days turn at noon."""
    return max(0, -(-(minutes - _NOON) // _DAY))


class SeaSearch:
    """Chains over sailings that leave from a day on."""

    def __init__(
        self, tables: NetworkTables, land: LandTrips, sailings: Iterable[Sailing], today: int
    ) -> None:
        self._land = land
        waited = [sailing for sailing in sailings if not is_daily(sailing)]
        self.places: Final = sorted({land.at[end] for s in waited for end in (s.origin, s.target)})
        self._edges: Final[dict[int, list[_Edge]]] = {place: [] for place in self.places}
        for sailing in waited:
            edge = _edge(tables, land, sailing, today)
            self._edges[land.at[sailing.origin]].append(edge)
        self._pushed: Final = count()  # settles ties in the order of codes
        self._drives: Final = {place: _drives(land, place, self.places) for place in self.places}

    def from_place(self, origin: int) -> list[Label]:
        """Give the kept chains that end with a sailing, cheapest first.

        Chains are looked at from the cheapest on, so one is beaten as soon as it is not faster
        than what its place has seen; `ready` and `arrived` are a place before and after sailing.
        """
        heap: list[tuple[int, int, int, Label]] = []
        ready: dict[int, int] = {}
        arrived: dict[int, int] = {}
        kept: list[Label] = []
        start = Label(0, 0, origin, origin, None, 0, -1, None)
        self._drive(heap, start, _drives(self._land, origin, self.places), ready)
        while heap:
            _, minutes, _, label = heappop(heap)
            best = ready if label.sailing is None else arrived
            if minutes >= best.get(label.target, _LATEST):
                continue
            best[label.target] = minutes
            if label.sailing is None:
                self._sail(heap, label, arrived)
            else:
                kept.append(label)
                self._drive(heap, label, self._drives[label.target], ready)
        return kept

    def _drive(
        self,
        heap: list[tuple[int, int, int, Label]],
        label: Label,
        drives: Sequence[tuple[int, int, int]],
        ready: dict[int, int],
    ) -> None:
        for place, cost, minutes in drives:
            at = label.minutes + minutes
            if at < ready.get(place, _LATEST):
                total = label.cost + cost
                made = Label(total, at, label.target, place, None, 0, label.spare, label)
                heappush(heap, (total, at, next(self._pushed), made))

    def _sail(
        self, heap: list[tuple[int, int, int, Label]], label: Label, arrived: dict[int, int]
    ) -> None:
        here = day_of(label.minutes)
        for edge in self._edges[label.target]:
            ready = here + edge.dwell
            departs = edge.departures[ready] if ready <= HORIZON_DAYS else HORIZON_DAYS + 1
            at = departs * _DAY + _NOON + edge.minutes
            if at < arrived.get(edge.target, _LATEST):
                total = label.cost + edge.cost
                spare = departs - ready if label.spare < 0 else label.spare
                ends = (label.target, edge.target)
                made = Label(total, at, *ends, edge.sailing, departs, spare, label)
                heappush(heap, (total, at, next(self._pushed), made))


def _edge(tables: NetworkTables, land: LandTrips, sailing: Sailing, today: int) -> _Edge:
    dwell = tables.sea.dwell_days if sailing.mode == "sea" else 0
    departures: list[int] = []
    for day in range(HORIZON_DAYS + 1):
        if departures and departures[-1] >= day:
            departures.append(departures[-1])
        else:
            found = sailing.calendar.next(today + day)
            departures.append(HORIZON_DAYS + 1 if found is None else found - today)
    return _Edge(
        target=land.at[sailing.target],
        cost=sailing.tariff_idr + crossing_handling(tables, sailing),
        minutes=sailing.minutes + dwell * _DAY,
        dwell=dwell,
        departures=tuple(departures),
        sailing=sailing,
    )


def _drives(land: LandTrips, origin: int, places: Sequence[int]) -> list[tuple[int, int, int]]:
    """Give place, cost and minutes of every truck trip to a landing place."""
    costs, minutes = land.cost[origin], land.minutes[origin]
    return [(p, int(costs[p]), int(minutes[p])) for p in places if costs[p] < NO_WAY]
