"""Legs inside a hub: what it takes to move goods from one village to another.

Decides distance and way: road, boat, or none at all. Refuses to know rates (`schemas.transport`),
offers and needs, sailings between hubs, and the road network: a detour ratio by island stands for
it, so every figure is an estimate.

Exact. A place becomes integer centimetres in space; the chord between two places, the arc over it
and every cost are integer arithmetic. Distance rounds to the nearest metre, cost and time up.

The way.
- One pocket (roadless.csv) or none, else no way: a pocket is left by neither road nor boat.
- One island, or two with a bridge between them: road, great circle times the island's detour.
- Two islands: boat over the great circle; beyond 60 km of it there is no way. Quay and village are
  taken as one place: the straight line at the boat's rate covers the short drive.
- An island nobody has recorded: the dearer of road and boat at any distance, called `unsure`.
  Refusing would hide the goods of every hub with islands, and most villages share its main one.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, isqrt, radians, sin
from typing import Final, NamedTuple

from schemas.commodity import Commodity, Storage
from schemas.datafile import rows
from schemas.identity import CoopId
from schemas.quantity import MICRO
from schemas.register import Register
from schemas.transport import GRAMS_PER_TONNE, Leg, Rates, ratio_up

BOAT_METRES_MAX: Final = 60_000
PAIRS_KEPT_MAX: Final = 250_000
"""Legs and costs kept in memory, some 50 MB; when there are more, all are forgotten."""

_EARTH_RADIUS_CM: Final = 637_100_880
_HERE: Final = Leg(0, 0, 0, "here")


class _Point(NamedTuple):
    x: int
    y: int
    z: int
    island: str | None
    pocket: str | None


class LegTable:
    """Legs between the villages of a hub; pairs asked for before are answered from memory."""

    def __init__(
        self,
        register: Register,
        rates: Rates,
        *,
        bridges: Iterable[frozenset[str]] = (),
        pockets: Mapping[str, str] | None = None,
    ) -> None:
        self._register: Final = register
        self._rates: Final = rates
        self._bridges: Final = frozenset(bridges)
        self._pockets: Final = dict(pockets or {})
        self._points: Final[dict[str, _Point]] = {}
        self._legs: Final[dict[tuple[CoopId, CoopId], Leg | None]] = {}
        self._costs: Final[dict[tuple[CoopId, Storage, int], dict[CoopId, int | None]]] = {}
        self._kept = 0

    def leg(
        self,
        origin: CoopId,
        destination: CoopId,
        storage: Storage = "ambient",
        *,
        load_grams: int = 0,
    ) -> Leg | None:
        """Give the way between two villages, None when there is none.

        `load_grams` is what travels at once: a bigger truck counts only when the load fills it.
        KeyError when a village is not in the register.
        """
        found = self._route(origin, destination, load_grams)
        if found is None or storage == "ambient":
            return found
        factor = self._rates.storage_factors[storage]
        return found._replace(cost_per_tonne_idr=ratio_up(found.cost_per_tonne_idr, factor, MICRO))

    def unit_cost(self, origin: CoopId, destination: CoopId, commodity: Commodity) -> int | None:
        """Give whole rupiah per base unit, rounded up; None when there is no way."""
        return self.unit_costs((origin,), (destination,), commodity)[0][0]

    def unit_costs(
        self, origins: Sequence[CoopId], destinations: Sequence[CoopId], commodity: Commodity
    ) -> list[list[int | None]]:
        """Give `unit_cost` of every pair: one row per origin, one column per destination."""
        goods = (commodity.storage, commodity.grams_per_unit)
        table: list[list[int | None]] = []
        for origin in origins:
            row = self._costs.setdefault((origin, *goods), {})
            try:
                table.append(list(map(row.__getitem__, destinations)))
            except KeyError:
                self._fill(row, origin, destinations, goods)
                table.append(list(map(row.__getitem__, destinations)))
        if self._kept > PAIRS_KEPT_MAX:
            self._forget()
        return table

    def _fill(
        self,
        row: dict[CoopId, int | None],
        origin: CoopId,
        destinations: Sequence[CoopId],
        goods: tuple[Storage, int],
    ) -> None:
        """Work out what a row of costs lacks; rounded up twice, per tonne and then per unit."""
        storage, grams = goods
        factor = self._rates.storage_factors[storage]
        for destination in set(destinations).difference(row):
            found = self._known(origin, destination)
            if found is None:
                row[destination] = None
            else:
                per_tonne = ratio_up(found.cost_per_tonne_idr, factor, MICRO)
                row[destination] = ratio_up(per_tonne, grams, GRAMS_PER_TONNE)
            self._kept += 1

    def _known(self, origin: CoopId, destination: CoopId) -> Leg | None:
        pair = (origin, destination)
        if pair not in self._legs:
            self._legs[pair] = self._route(origin, destination, 0)
            self._kept += 1
        return self._legs[pair]

    def _forget(self) -> None:
        self._legs.clear()
        self._costs.clear()
        self._kept = 0

    def _route(self, origin: CoopId, destination: CoopId, load_grams: int) -> Leg | None:
        if origin == destination:
            return _HERE
        a, b = self._point(origin), self._point(destination)
        if a.pocket != b.pocket:
            return None
        metres = _arc_metres(a, b)
        if a.island is None or b.island is None:
            road = self._rates.road(metres, a.island or b.island, load_grams)
            return max(road, self._rates.boat(metres))._replace(mode="unsure")
        if a.island == b.island or frozenset((a.island, b.island)) in self._bridges:
            return self._rates.road(metres, a.island, load_grams)
        return self._rates.boat(metres) if metres <= BOAT_METRES_MAX else None

    def _point(self, code: CoopId) -> _Point:
        found = self._points.get(code)
        if found is None:
            at = self._register.position(code)
            found = _Point(
                *_space_cm(at.lat_micro, at.lon_micro),
                self._register.island(code),
                self._pockets.get(code[:8]),
            )
            self._points[code] = found
        return found


def parse_bridges(data: bytes) -> frozenset[frozenset[str]]:
    """Read the pairs of islands that a bridge joins from island_links.csv."""
    return frozenset(
        frozenset((row["island_a"], row["island_b"]))
        for row in rows(data, "island_links.csv")
        if row["kind"] == "bridge"
    )


def parse_pockets(data: bytes) -> dict[str, str]:
    """Read roadless.csv as kecamatan -> pocket."""
    return {row["kecamatan"]: row["pocket"] for row in rows(data, "roadless.csv")}


def _space_cm(lat_micro: int, lon_micro: int) -> tuple[int, int, int]:
    """Place a point of the globe in space, in whole centimetres from its centre."""
    lat, lon = radians(lat_micro / MICRO), radians(lon_micro / MICRO)
    across = _EARTH_RADIUS_CM * cos(lat)
    x, y = round(across * cos(lon)), round(across * sin(lon))
    return x, y, round(_EARTH_RADIUS_CM * sin(lat))


def _arc_metres(a: _Point, b: _Point) -> int:
    """Give the great-circle distance, to the nearest metre.

    The arc over a chord c is c + c^3/24R^2 + 3c^5/640R^4 + ...; below 1,000 km the rest is under
    2 cm.
    """
    square = (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2
    chord = isqrt(square)
    radius = _EARTH_RADIUS_CM**2
    third = chord * square // (24 * radius)
    fifth = 3 * chord * square * square // (640 * radius * radius)
    return (chord + third + fifth + 50) // 100
