"""Decides what a leg inside a hub means to the matcher: rupiah per base unit and whole days."""

from typing import Final

from schemas.commodity import Catalogue
from schemas.identity import CommodityCode, CoopId
from schemas.legs import LegTable
from streams.core.lines import Leg

_MINUTES_A_DAY: Final = 24 * 60
SAME_DAY_MINUTES: Final = 12 * 60
"""A way of up to half a day arrives on the day it leaves."""


class HubWays:
    """Legs between the co-ops of a hub, from the register's places and the transport rates."""

    def __init__(self, legs: LegTable, catalogue: Catalogue) -> None:
        self._legs, self._catalogue = legs, catalogue

    def leg(self, origin: str, destination: str, commodity: str) -> tuple[Leg, str] | None:
        """The leg between two co-ops for a commodity, with its mode; None when there is no way."""
        goods = self._catalogue.commodities[CommodityCode(commodity)]
        ends = (CoopId(origin), CoopId(destination))
        cost = self._legs.unit_cost(*ends, goods)
        found = None if cost is None else self._legs.leg(*ends, goods.storage)
        if cost is None or found is None:
            return None
        spare = max(0, found.minutes - SAME_DAY_MINUTES)
        return Leg(cost, -(-spare // _MINUTES_A_DAY)), found.mode
