"""The calendar that is shipped: what would sail if the tables were all there is.

Decides which crossings to assume, how often, how fast and at what tariff, from ports, links and
rates alone. It is a start for an operator to correct, not a timetable: every row is `estimated`.
Refuses to know what really sails.

- A link of island_links.csv that is a ferry or a boat sails; up to 120 km daily, beyond it thrice
  a week. Tariff: the ferry's or the boat's rate over the link.
- A sea link, and a trunk from every port of role `hub` to Tanjung Priok and to Tanjung Perak:
  commercial, twice a week. An island with a port but no link: commercial, weekly, to the nearest
  `hub` port.
- A subsidised route: every `sailing_interval` days from its base along its ports by distance, a
  day at each call, and back at the rate of return cargo.
- A hub whose land has no port, up to 60 km from one (as within a hub), or of an island that a link
  names: a small boat, daily.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from schemas.legs import BOAT_METRES_MAX
from schemas.network import Link, NetworkTables, Port
from schemas.network_geo import metres
from schemas.quantity import MICRO
from schemas.transport import ratio_up

NOTICE: Final = (
    "# Derived from transport.csv, ports.csv and island_links.csv: a start, not a timetable.",
    "# Put in what really sails, take out what does not; once somebody has paid a tariff, write",
    "# observed as its basis. from, to: a port of ports.csv or a hub. The tariff is without",
    "# loading and unloading. / Diturunkan dari data, bukan jadwal kapal: isi yang benar-benar",
    "# berlayar, hapus yang tidak ada, tulis observed bila tarifnya pernah dibayar.",
    "# departs: harian | Sen Kam | 2026-12-01 2026-12-15 | 2026-01-05/14 (tiap 14 hari).",
)
GATEWAYS: Final = ("IDTPP", "IDSUB")
BASES: Final = ("IDTPP", "IDSUB", "IDPDG")
"""Where a subsidised route begins: the first of these that it calls at, else Tanjung Perak."""
DAILY_METRES_MAX: Final = 120_000
ANCHOR: Final = (2024, 1, 1)
FERRY_TONNES, BOAT_TONNES, SHIP_TONNES = 200, 10, 1_500
"""What one departure takes: assumed by us (a ship of the sea toll: some 100 boxes of 15 t)."""

_FREQUENCIES: Final = {
    "daily": ("daily", "daily"),
    "thrice": ("Mon Wed Fri", "Tue Thu Sat"),
    "twice": ("Mon Thu", "Wed Sat"),
    "weekly": ("Tue", "Fri"),
}
_HOURS_A_DAY: Final = 24


class Row(NamedTuple):
    """One line of the shipped file, as text and whole figures."""

    route: str
    mode: str
    origin: str
    target: str
    departs: str
    days_hundredths: int
    tonnes: int
    tariff_idr: int

    def text(self) -> str:
        """Write the line."""
        days = f"{self.days_hundredths / 100:.2f}"
        head = (self.route, self.mode, self.origin, self.target, self.departs)
        return ",".join((*head, days, str(self.tonnes), str(self.tariff_idr), "estimated"))


def default_csv(tables: NetworkTables) -> bytes:
    """Write the calendar that is shipped."""
    header = "route,mode,from,to,departs,days,capacity_tonnes,tariff_idr_per_tonne,basis"
    lines = [header, *NOTICE, *(row.text() for row in default_rows(tables))]
    return ("\n".join(lines) + "\n").encode()


def default_rows(tables: NetworkTables) -> list[Row]:
    """Give all assumed sailings, each way a row."""
    return [
        *(row for link in tables.links if link.kind != "bridge" for row in _link(tables, link)),
        *_trunks(tables),
        *_feeders(tables),
        *_subsidised(tables),
        *_hub_boats(tables),
    ]


def _link(tables: NetworkTables, link: Link) -> Iterator[Row]:
    often = "daily" if link.metres <= DAILY_METRES_MAX else "thrice"
    if link.kind == "sea":
        yield from _commercial(tables, *link.ports, link.metres, "twice")
    elif link.kind == "boat":
        yield from _boat(tables, *link.ports, link.metres)
    else:
        sea = tables.sea
        short = sea.ferry_fixed_idr + ratio_up(sea.ferry_short_idr_per_km, link.metres, 1000)
        far = ratio_up(sea.ferry_long_idr_per_km, link.metres, 1000)
        fare = short if link.metres <= BOAT_METRES_MAX else far
        crossing = (link.metres, sea.ferry_kmh, FERRY_TONNES, fare)
        yield from _both("FERRY", "ferry", link.ports, often, crossing)


def _boat(tables: NetworkTables, a: str, b: str, away: int) -> Iterator[Row]:
    rates = tables.rates
    fare = rates.boat_fixed_idr + ratio_up(rates.boat_idr_per_km, away, 1000)
    crossing = (away, tables.sea.ferry_kmh, BOAT_TONNES, fare)
    yield from _both("BOAT", "boat", (a, b), "daily", crossing)


def _commercial(tables: NetworkTables, a: str, b: str, away: int, often: str) -> Iterator[Row]:
    sea = tables.sea
    fare = ratio_up(_subsidy_fare(tables, away), sea.commercial_factor, MICRO)
    yield from _both("LINER", "sea", (a, b), often, (away, sea.sea_kmh, SHIP_TONNES, fare))


def _both(
    word: str,
    mode: str,
    ends: tuple[str, str],
    often: str,
    crossing: tuple[int, int, int, int],
) -> Iterator[Row]:
    away, kmh, tonnes, fare = crossing
    days = _hundredths(away, kmh)
    there, back = _FREQUENCIES[often]
    route = f"{word} {_short(ends[0])}-{_short(ends[1])}"
    yield Row(route, mode, *ends, there, days, tonnes, fare)
    yield Row(route, mode, ends[1], ends[0], back, days, tonnes, fare)


def _trunks(tables: NetworkTables) -> Iterator[Row]:
    linked = {frozenset(link.ports) for link in tables.links}
    for port in tables.ports.values():
        for gateway in GATEWAYS:
            if port.role != "hub" or frozenset((port.code, gateway)) in linked:
                continue
            if tables.land(port.code) != tables.land(gateway):
                away = _sea_metres(tables, port.code, gateway)
                yield from _commercial(tables, gateway, port.code, away, "twice")


def _feeders(tables: NetworkTables) -> Iterator[Row]:
    linked = {island for link in tables.links for island in link.islands}
    linked |= {tables.ports[code].island for link in tables.links for code in link.ports if code}
    hubs = [port for port in tables.ports.values() if port.role == "hub"]
    served = {port.island for port in hubs} | linked
    for port in tables.ports.values():
        if port.island not in served:
            away, nearest = _nearest(tables, port.code, hubs)
            yield from _commercial(tables, nearest, port.code, away, "weekly")


def _subsidised(tables: NetworkTables) -> Iterator[Row]:
    for route in sorted({route for port in tables.ports.values() for route in port.routes}):
        calls = [port.code for port in tables.ports.values() if route in port.routes]
        if route.isdecimal():  # a year: which ports it served is known, not on which voyage
            for port in calls:
                yield from _voyage(tables, f"{route} {_short(port)}", [BASES[1], port])
        else:
            base = next(base for base in BASES if base in calls)
            order = sorted(calls, key=lambda port: (_sea_metres(tables, base, port), port))
            yield from _voyage(tables, route, order)


def _voyage(tables: NetworkTables, route: str, calls: list[str]) -> Iterator[Row]:
    """Every pair of calls, out in their order at the full fare and back at the reduced one."""
    sea = tables.sea
    stops = [*calls, *reversed(calls[:-1])]
    at = [0]  # hundredths of a day at which each stop is reached
    for here, there in pairwise(stops):
        sailed = _hundredths(_sea_metres(tables, here, there), sea.sea_kmh)
        at.append(at[-1] + 100 + sailed)
    for i, origin in enumerate(stops):
        for k in range(i + 1, len(stops)):
            target, outward = stops[k], k < len(calls)
            if not outward and i < len(calls) - 1:
                continue  # nobody sails out in order to come back
            if tables.land(origin) == tables.land(target):
                continue
            fare = _subsidy_fare(tables, _sea_metres(tables, origin, target))
            if not outward:
                fare = ratio_up(fare, sea.back_factor, MICRO)
            leaves = at[i] + (100 if i else 0)
            year, month, day = ANCHOR
            first = f"{year}-{month:02d}-{day + leaves // 100 % sea.interval_days:02d}"
            departs = f"{first}/{sea.interval_days}"
            days = at[k] - leaves
            yield Row(route, "sea", origin, target, departs, days, SHIP_TONNES, fare)


def _hub_boats(tables: NetworkTables) -> Iterator[Row]:
    lands = {tables.land(port) for port in tables.ports}
    for code, hub in tables.hubs.items():
        if tables.land(code) in lands:
            continue
        named = [
            tables.ports[link.ports[link.islands.index(hub.island)]]
            for link in tables.links
            if hub.island in link.islands and link.kind != "bridge"
        ]
        away, nearest = _nearest(tables, code, named or tables.ports.values())
        away = away * MICRO // tables.sea.sea_detour
        if not tables.pockets.get(code) and (named or away <= BOAT_METRES_MAX):
            yield from _boat(tables, nearest, code, away)


def _nearest(tables: NetworkTables, place: str, ports: Iterable[Port]) -> tuple[int, str]:
    return min((_sea_metres(tables, place, port.code), port.code) for port in ports)


def _sea_metres(tables: NetworkTables, a: str, b: str) -> int:
    return ratio_up(metres(tables.at(a), tables.at(b)), tables.sea.sea_detour, MICRO)


def _subsidy_fare(tables: NetworkTables, away: int) -> int:
    return tables.sea.sea_fixed_idr + ratio_up(tables.sea.sea_idr_per_km, away, 1000)


def _hundredths(away: int, kmh_micro: int) -> int:
    """Hundredths of a day over so many metres at so many millionths of km/h, rounded up."""
    return ratio_up(away, 100 * MICRO, 1000 * _HOURS_A_DAY * kmh_micro)


def _short(place: str) -> str:
    return place.removeprefix("LOC-")
