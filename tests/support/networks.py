"""Small networks for tests, and the ways over them found by trying every chain there is.

The search here shares with `streams.core.interchange` its truck trips and nothing else.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from schemas.identity import HubId
from schemas.network import NetworkTables
from schemas.network_reference import sailings, tables
from schemas.network_sailings import Sailing, read_sailings
from streams.core.interchange.network import Network

HEADER = "route,mode,from,to,departs,days,capacity_tonnes,tariff_idr_per_tonne,basis"
PORTS = ("IDTPP", "IDSUB", "IDTJQ", "IDPGX", "IDBPN", "IDTRK", "LOC-TJSELOR")
HUBS = ("31.72", "35.78", "19.02", "19.71", "64.71", "65.71", "65.01", "34.02", "64.02", "21.03")
NO_WAY = 1 << 40
Way = tuple[int, int]
"""Rupiah per tonne, and days until arrival."""


@cache
def nation() -> Network:
    """The shipped network."""
    return Network(tables(), sailings())


def small_tables() -> NetworkTables:
    """Ten hubs and seven ports of the shipped tables; 21.03 lies on an island without a port."""
    whole = tables()
    return replace(
        whole,
        hubs={HubId(hub): whole.hubs[HubId(hub)] for hub in HUBS},
        ports={port: whole.ports[port] for port in PORTS},
    )


def sail(*lines: str) -> tuple[Sailing, ...]:
    """Sailings of the lines of a calendar."""
    found, troubles = read_sailings("\n".join((HEADER, *lines)).encode(), small_tables().knows)
    assert troubles == ()
    return found


def small(*lines: str) -> Network:
    """The small network with a calendar."""
    return Network(small_tables(), sail(*lines))


def brute_ways(network: Network, origin: str, target: str, today: int) -> list[Way]:
    """Every way that no other beats, cheapest first, by trying all chains without a round."""
    waited = [s for s in network.sailings if s.mode == "sea" or not s.calendar.is_daily]
    found: set[Way] = set()

    def truck(a: str, b: str) -> tuple[int, int] | None:
        at = network.land.at
        cost = int(network.land.cost[at[a], at[b]])
        return None if cost >= NO_WAY else (cost, int(network.land.minutes[at[a], at[b]]))

    def go(here: str, cost: int, minutes: int, seen: frozenset[str]) -> None:
        last = truck(here, target)
        if last is not None and minutes + last[1] <= 90 * 1440 + 720:
            found.add((cost + last[0], days(minutes + last[1])))
        for sailing in waited:
            drive = truck(here, sailing.origin)
            if drive is None or sailing.target in seen:
                continue
            rest = network.tables.sea.dwell_days if sailing.mode == "sea" else 0
            day = sailing.calendar.next(today + days(minutes + drive[1]) + rest)
            if day is not None and day - today <= 90:
                each = {"sea": network.tables.sea.port_handling_idr, "ferry": 0}
                handling = 2 * each.get(sailing.mode, network.tables.rates.handling_idr)
                paid = cost + drive[0] + sailing.tariff_idr + handling
                lands = (day - today + rest) * 1440 + 720 + sailing.minutes
                go(sailing.target, paid, lands, seen | {sailing.target})

    go(origin, 0, 0, frozenset({origin}))
    return unbeaten(found)


def days(minutes: int) -> int:
    """Days until something arrives that takes so long; the day turns at noon."""
    whole, rest = divmod(minutes, 1440)
    return whole + (rest > 720)


def unbeaten(ways: Iterable[Way]) -> list[Way]:
    """Those that no other matches in both."""
    kept: list[Way] = []
    for cost, day in sorted(set(ways)):
        if not kept or day < kept[-1][1]:
            kept.append((cost, day))
    return kept
