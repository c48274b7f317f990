"""Ways that no calendar rules: roads, and the ferries and boats that cross every day.

Decides distance, time and cost of a truck from each place (hub or port) to each other. Refuses to
know ships that one has to wait for (`streams.core.interchange.network_sea`).

A truck trip is one trip: its class is chosen and its fixed cost paid once over all its road, a
ferry carries the truck, and goods are loaded and unloaded once. Below the distance from which a
class is used it is charged as for that distance, so a longer way never costs less. Which ferries
a trip takes is chosen at the rate of the largest truck. Costs are whole rupiah per tonne, rounded
up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from schemas.identity import HubId
from schemas.network import NetworkTables, Place
from schemas.network_geo import metres
from schemas.network_sailings import Sailing
from schemas.transport import GRAMS_PER_TONNE, Truck
from streams.core.lines import IntArray

LOAD_GRAMS: Final = 15 * GRAMS_PER_TONNE
"""What travels at once between hubs: pooled goods fill the largest truck."""
NO_WAY: Final = 1 << 40
"""More than any cost per tonne, distance or time; sums of a few still fit 64 bits."""
_TRANSFERS: Final = 2  # loading and unloading


class Chain(NamedTuple):
    """Crossings that one truck trip takes, with the road between the first and the last."""

    weight: int
    metres: int
    minutes: int
    fare: int
    crossings: tuple[Sailing, ...]

    def then(self, step: "Chain") -> "Chain":
        """Give this chain with another after it."""
        return Chain(
            self.weight + step.weight,
            self.metres + step.metres,
            self.minutes + step.minutes,
            self.fare + step.fare,
            self.crossings + step.crossings,
        )


@dataclass(frozen=True, slots=True)
class LandTrips:
    """Trips `[from, to]` by the order of `places`; NO_WAY where there is none."""

    places: tuple[Place, ...]
    at: Mapping[Place, int]
    metres: IntArray
    minutes: IntArray
    cost: IntArray
    chains: IntArray
    taken: tuple[tuple[Sailing, ...], ...]

    def crossings(self, origin: int, target: int) -> tuple[Sailing, ...]:
        """Give the daily crossings of a trip, none for a road alone."""
        return self.taken[self.chains[origin, target]]


def is_daily(sailing: Sailing) -> bool:
    """Whether a crossing is part of a truck trip, because nobody waits for it."""
    return sailing.mode != "sea" and sailing.calendar.is_daily


def land_trips(
    tables: NetworkTables, sailings: Iterable[Sailing], load_grams: int = LOAD_GRAMS
) -> LandTrips:
    """Work out all truck trips between hubs and ports."""
    places = (*sorted(tables.hubs), *sorted(tables.ports))
    at = {place: n for n, place in enumerate(places)}
    away, minutes = _roads(tables, places)
    daily = [sailing for sailing in sailings if is_daily(sailing)]
    fares = np.zeros_like(away)
    chains = np.zeros_like(away)
    taken: list[tuple[Sailing, ...]] = [()]
    if daily:
        _by_ferry(tables, at, daily, (away, minutes, fares, chains), taken)
    cost = truck_cost(tables.rates.trucks, away, load_grams)
    cost = np.where(away < NO_WAY, cost + _TRANSFERS * tables.rates.handling_idr + fares, NO_WAY)
    np.fill_diagonal(cost, 0)
    return LandTrips(places, at, away, minutes, cost, chains, tuple(taken))


def truck_cost(trucks: Sequence[Truck], away: IntArray, load_grams: int) -> IntArray:
    """Give rupiah per tonne of the cheapest truck that the load fills, never falling."""
    costs = [
        truck.fixed_idr - (-truck.idr_per_km * np.maximum(away, truck.metres_min) // 1000)
        for n, truck in enumerate(trucks)
        if n == 0 or load_grams >= truck.payload_grams
    ]
    cheapest: IntArray = np.minimum.reduce(costs)
    return cheapest


def _roads(tables: NetworkTables, places: Sequence[Place]) -> tuple[IntArray, IntArray]:
    """Give metres and minutes by road; only places of one land have a road between them."""
    shape = (len(places), len(places))
    away, minutes = np.full(shape, NO_WAY, np.int64), np.full(shape, NO_WAY, np.int64)
    lands: dict[object, list[int]] = {}
    for n, place in enumerate(places):
        lands.setdefault(tables.land(place), []).append(n)
    points = [tables.at(place) for place in places]
    islands = [_island(tables, place) for place in places]
    for members in lands.values():
        for a in members:
            away[a, a] = minutes[a, a] = 0
            for b in members:
                if a < b:
                    straight = metres(points[a], points[b])
                    ends = {islands[a], islands[b]}
                    way = max(tables.rates.road(straight, end, 0)[1:3] for end in sorted(ends))
                    away[a, b] = away[b, a] = way[0]
                    minutes[a, b] = minutes[b, a] = way[1]
    return away, minutes


def _island(tables: NetworkTables, place: Place) -> str:
    port = tables.ports.get(place)
    return tables.hubs[HubId(place)].island if port is None else port.island


def _by_ferry(
    tables: NetworkTables,
    at: Mapping[Place, int],
    daily: Sequence[Sailing],
    found: tuple[IntArray, IntArray, IntArray, IntArray],
    taken: list[tuple[Sailing, ...]],
) -> None:
    """Fill in trips between lands that daily crossings join."""
    away, minutes, fares, chains = found
    quays = sorted({at[end] for sailing in daily for end in (sailing.origin, sailing.target)})
    rate = tables.rates.trucks[-1].idr_per_km
    road = np.where(away < NO_WAY, rate * away, NO_WAY)
    best, first, last = _joined(road, quays, _chains(tables, at, daily, (away, minutes, road)))
    table = {key: chain for key, chain in best.items() if chain.crossings}
    names = {key: len(taken) + n for n, key in enumerate(table)}
    taken.extend(chain.crossings for chain in table.values())
    for (p, q), chain in table.items():
        a, b = np.nonzero((first == p) & (last == q) & (away >= NO_WAY))
        chains[a, b] = names[p, q]
        fares[a, b] = chain.fare
        minutes[a, b] = minutes[a, p] + chain.minutes + minutes[q, b]
        # Last: the mask above reads where there is no road.
        away[a, b] = away[a, p] + chain.metres + away[q, b]


def _joined(
    road: IntArray, quays: Sequence[int], chains: Mapping[tuple[int, int], Chain]
) -> tuple[Mapping[tuple[int, int], Chain], IntArray, IntArray]:
    """Give for each pair of places the quay a trip begins its crossings at and the one it ends."""
    size = len(road)
    least = np.full((size, size), NO_WAY, np.int64)
    first, last = np.full_like(least, -1), np.full_like(least, -1)
    for q in quays:
        start = np.full(size, NO_WAY, np.int64)
        begin = np.full(size, -1, np.int64)
        for p in quays:
            chain = chains.get((p, q))
            if chain is not None and chain.crossings:
                through = road[:, p] + chain.weight
                better = through < start
                start[better], begin[better] = through[better], p
        total = start[:, None] + road[q][None, :]
        better = total < least
        least[better] = total[better]
        first = np.where(better, begin[:, None], first)
        last = np.where(better, q, last)
    return chains, first, last


def _chains(
    tables: NetworkTables,
    at: Mapping[Place, int],
    daily: Sequence[Sailing],
    roads: tuple[IntArray, IntArray, IntArray],
) -> dict[tuple[int, int], Chain]:
    """Give the cheapest chain of crossings from quay to quay, by Dijkstra from each."""
    away, minutes, road = roads
    quays = sorted({at[end] for sailing in daily for end in (sailing.origin, sailing.target)})
    steps: dict[int, list[tuple[int, Chain]]] = {quay: [] for quay in quays}
    for a in quays:
        for b in quays:
            if a != b and road[a, b] < NO_WAY:
                drive = Chain(int(road[a, b]), int(away[a, b]), int(minutes[a, b]), 0, ())
                steps[a].append((b, drive))
    for sailing in daily:
        fare = sailing.tariff_idr + crossing_handling(tables, sailing)
        crossing = Chain(fare * 1000, 0, sailing.minutes, fare, (sailing,))
        steps[at[sailing.origin]].append((at[sailing.target], crossing))
    return {(p, q): chain for p in quays for q, chain in _dijkstra(p, steps).items()}


def _dijkstra(start: int, steps: Mapping[int, list[tuple[int, Chain]]]) -> dict[int, Chain]:
    found: dict[int, Chain] = {}
    heap: list[tuple[int, int, int, Chain]] = [(0, 0, start, Chain(0, 0, 0, 0, ()))]
    pushed = 0
    while heap:
        weight, _, node, chain = heappop(heap)
        if node in found:
            continue
        found[node] = chain
        for other, step in steps[node]:
            pushed += 1
            heappush(heap, (weight + step.weight, pushed, other, chain.then(step)))
    return found


def crossing_handling(tables: NetworkTables, sailing: Sailing) -> int:
    """Give rupiah per tonne for loading and unloading; a ferry carries the truck as it is."""
    each = {
        "sea": tables.sea.port_handling_idr,
        "boat": tables.rates.handling_idr,
        "ferry": 0,
    }
    return _TRANSFERS * each[sailing.mode]
