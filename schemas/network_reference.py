"""The loader of the network's files: each read once, on demand.

Decides nothing; `schemas.reference` says where the files lie.
"""

from functools import cache

from schemas.network import (
    NetworkTables,
    parse_hub_pockets,
    parse_links,
    parse_ports,
    parse_sea_rates,
)
from schemas.network_sailings import Sailing, shipped_sailings
from schemas.reference import read, register
from schemas.transport import parse_rates


@cache
def tables() -> NetworkTables:
    """Hubs, ports, links, pockets and rates as shipped."""
    return NetworkTables(
        hubs=register().hubs,
        ports=parse_ports(read("ports.csv")),
        links=parse_links(read("island_links.csv")),
        pockets=parse_hub_pockets(read("road_pockets.csv")),
        rates=parse_rates(read("transport.csv")),
        sea=parse_sea_rates(read("transport.csv")),
    )


@cache
def sailings() -> tuple[Sailing, ...]:
    """The calendar as shipped: derived, not a timetable."""
    return shipped_sailings(read("sailings.csv"), tables().knows)
