"""The network's records: ports, the links between islands, and parts without a road.

Decides the form of the shipped tables between hubs and which land is one. Refuses to know rates
(`schemas.transport`), when anything sails (`schemas.network_sailings`) and the way from hub to hub
(`streams.core.interchange.network`).

Land is one where a truck may drive: an island, islands joined by a bridge, less the pockets of
road_pockets.csv that no road leaves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, cast

from schemas.datafile import DataError, micro, rows, scaled, signed_micro
from schemas.identity import HubId
from schemas.network_geo import Point, point
from schemas.quantity import MICRO
from schemas.register import Hub
from schemas.transport import Rates

LinkKind = Literal["bridge", "ferry", "boat", "sea"]
PortRole = Literal["hub", "feeder", "ferry"]
Place = str
"""Where goods change hands on a way: the code of a hub or of a port."""


class Port(NamedTuple):
    """A port; `routes` are the subsidised routes that call there."""

    code: str
    name: str
    hub: HubId
    island: str
    at: Point
    lon_micro: int
    role: PortRole
    routes: tuple[str, ...]


class Link(NamedTuple):
    """Two islands that are joined; a bridge has no ports."""

    islands: tuple[str, str]
    kind: LinkKind
    ports: tuple[str, str]
    metres: int


class Land(NamedTuple):
    """What a truck can drive about on: the islands that bridges join, and the pocket of them."""

    islands: frozenset[str]
    pocket: str


@dataclass(frozen=True, slots=True)
class SeaRates:
    """What crossing water costs: whole rupiah per tonne (and per tonne-km), millionths, days."""

    sea_fixed_idr: int
    sea_idr_per_km: int
    sea_detour: int
    sea_kmh: int
    commercial_factor: int
    back_factor: int
    port_handling_idr: int
    dwell_days: int
    interval_days: int
    ferry_fixed_idr: int
    ferry_short_idr_per_km: int
    ferry_long_idr_per_km: int
    ferry_kmh: int


@dataclass(frozen=True, slots=True)
class NetworkTables:
    """All that the network is built from, sailings excepted."""

    hubs: Mapping[HubId, Hub]
    ports: Mapping[str, Port]
    links: tuple[Link, ...]
    pockets: Mapping[HubId, str]
    rates: Rates
    sea: SeaRates

    def land(self, place: Place) -> Land:
        """Give the land of a hub or a port; KeyError for neither."""
        port = self.ports.get(place)
        hub = HubId(place) if port is None else port.hub
        island = self.hubs[hub].island if port is None else port.island
        at_home = island == self.hubs[hub].island
        pocket = self.pockets.get(hub, "") if at_home else ""
        return Land(joined(island, self.links), pocket)

    def at(self, place: Place) -> Point:
        """Give where a hub or a port lies; KeyError for neither."""
        port = self.ports.get(place)
        if port is not None:
            return port.at
        lat, lon, _ = self.hubs[HubId(place)].position
        return point(lat, lon)

    def knows(self, place: str) -> bool:
        """Whether a code is that of a hub or a port."""
        return place in self.ports or place in self.hubs


def joined(island: str, links: Iterable[Link]) -> frozenset[str]:
    """Give an island with all that bridges join to it."""
    bridges = [set(link.islands) for link in links if link.kind == "bridge"]
    found = {island}
    while more := [b for b in bridges if b & found and not b <= found]:
        found.update(*more)
    return frozenset(found)


def parse_ports(data: bytes) -> dict[str, Port]:
    """Read ports.csv by code; DataError when it is broken."""
    found = [_port(row) for row in rows(data, "ports.csv")]
    return {port.code: port for port in found}


def _port(row: Mapping[str, str]) -> Port:
    lat, lon = (signed_micro(row[key], row["code"]) for key in ("lat", "lon"))
    return Port(
        code=row["code"],
        name=row["name"],
        hub=HubId(row["regency"]),
        island=row["island"],
        at=point(lat, lon),
        lon_micro=lon,
        role=cast("PortRole", row["role"]),
        routes=tuple(row["tol_laut_routes"].split()),
    )


def parse_links(data: bytes) -> tuple[Link, ...]:
    """Read island_links.csv; DataError when it is broken."""
    return tuple(
        Link(
            islands=(row["island_a"], row["island_b"]),
            kind=cast("LinkKind", row["kind"]),
            ports=(row["port_a"], row["port_b"]),
            metres=scaled(row["km"], 1000, "island_links.csv"),
        )
        for row in rows(data, "island_links.csv")
    )


def parse_hub_pockets(data: bytes) -> dict[HubId, str]:
    """Read road_pockets.csv as hub -> pocket; DataError when it is broken."""
    return {HubId(row["hub"]): row["pocket"] for row in rows(data, "road_pockets.csv")}


_WHOLE: Final = {
    "sea_fixed_idr": ("sea", "tol_laut_fixed"),
    "sea_idr_per_km": ("sea", "tol_laut_rate"),
    "port_handling_idr": ("sea", "port_handling_each"),
    "dwell_days": ("sea", "port_dwell"),
    "interval_days": ("sea", "sailing_interval"),
    "ferry_fixed_idr": ("ferry", "fixed"),
    "ferry_short_idr_per_km": ("ferry", "short_rate"),
    "ferry_long_idr_per_km": ("ferry", "rate"),
}
_RATIOS: Final = {
    "sea_detour": ("sea", "detour"),
    "sea_kmh": ("sea", "speed"),
    "commercial_factor": ("sea", "commercial_over_tol_laut"),
    "back_factor": ("sea", "tol_laut_backhaul_discount"),
    "ferry_kmh": ("ferry", "speed"),
}


def parse_sea_rates(data: bytes) -> SeaRates:
    """Read the rows of transport.csv about water; DataError when a figure is missing."""
    table = {(row["mode"], row["param"]): row["value"] for row in rows(data, "transport.csv")}
    if absent := [key for key in (*_WHOLE.values(), *_RATIOS.values()) if key not in table]:
        raise DataError(f"transport.csv: no {' '.join(absent[0])}")
    figures = {name: micro(table[key], "transport.csv") // MICRO for name, key in _WHOLE.items()}
    figures |= {name: micro(table[key], "transport.csv") for name, key in _RATIOS.items()}
    return SeaRates(**figures)
