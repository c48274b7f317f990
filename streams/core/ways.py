"""Decides what a leg inside a hub means to the matcher: rupiah per base unit and whole days."""

from typing import Final

from schemas.commodity import Catalogue
from schemas.identity import CommodityCode, CoopId
from schemas.legs import LegTable
from streams.core.lines import Leg

_MINUTES_A_DAY: Final = 24 * 60
SAME_DAY_MINUTES: Final = 12 * 60
"""A way of up to half a day arrives on the day it leaves."""
WAYS_KEPT_MAX: Final = 100_000
"""Ways kept in memory, some 25 MB; when there are more, all are forgotten."""


class HubWays:
    """Legs between the co-ops of a hub, from the register's places and the transport rates."""

    def __init__(self, legs: LegTable, catalogue: Catalogue) -> None:
        self._legs, self._catalogue = legs, catalogue
        self._kept: Final[dict[tuple[str, str, str], tuple[Leg, str] | None]] = {}

    def leg(self, origin: str, destination: str, commodity: str) -> tuple[Leg, str] | None:
        """The leg between two co-ops for a commodity, with its mode; None when there is no way.

        Every round asks for all its pairs anew: what was found once is kept.
        """
        pair = (origin, destination, commodity)
        if pair not in self._kept:
            if len(self._kept) >= WAYS_KEPT_MAX:
                self._kept.clear()
            self._kept[pair] = self._found(*pair)
        return self._kept[pair]

    def _found(self, origin: str, destination: str, commodity: str) -> tuple[Leg, str] | None:
        goods = self._catalogue.commodities[CommodityCode(commodity)]
        ends = (CoopId(origin), CoopId(destination))
        cost = self._legs.unit_cost(*ends, goods)
        found = None if cost is None else self._legs.leg(*ends, goods.storage)
        if cost is None or found is None:
            return None
        return Leg(cost, days_of(found.minutes)), found.mode


def days_of(minutes: int) -> int:
    """Whole days under way."""
    return -(-max(0, minutes - SAME_DAY_MINUTES) // _MINUTES_A_DAY)
