"""Ways inside hubs as legs of a round over all lines: from village to village.

Decides which pairs of villages could trade, and what a way between two of them means to the round:
the same as inside a hub (`streams.core.ways`). Refuses to know rates and places.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from schemas.identity import CoopId
from schemas.legs import LegTable
from streams.core.interchange.inner import VILLAGE
from streams.core.interchange.leg_table import Leg, LegList, in_order, table_of
from streams.core.interchange.network_table import MICRO_PER_KG
from streams.core.lines import NeedLine, OfferLine
from streams.core.ways import days_of

KEPT_MAX: Final = 250_000
"""Ways kept in memory, some 50 MB; when there are more, all are forgotten."""


class Villages:
    """Ways from village to village, remembered: whoever asks would find the same."""

    def __init__(self, table: LegTable) -> None:
        self._table = table
        self._ways: dict[tuple[str, str], Leg | None] = {}

    def legs(self, offers: Iterable[OfferLine], needs: Iterable[NeedLine]) -> LegList:
        """Every way by which one of the offers could reach a need of its hub."""
        takers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for need in needs:
            takers[need.hub, need.commodity].add(need.coop)
        pairs = {
            (offer.coop, taker)
            for offer in offers
            for taker in takers.get((offer.hub, offer.commodity), ())
        }
        found = [way for pair in pairs if (way := self._way(*pair)) is not None]
        return table_of(sorted(found, key=in_order))

    def _way(self, origin: str, target: str) -> Leg | None:
        if origin == target:
            return None
        pair = origin, target
        if pair not in self._ways:
            if len(self._ways) >= KEPT_MAX:
                self._ways = {}
            self._ways[pair] = self._found(*pair)
        return self._ways[pair]

    def _found(self, origin: str, target: str) -> Leg | None:
        try:
            way = self._table.leg(CoopId(origin), CoopId(target))
        except KeyError:  # a partner's site is no village
            return None
        if way is None:
            return None
        cost = way.cost_per_tonne_idr * MICRO_PER_KG
        return Leg(origin, target, cost, days_of(way.minutes), VILLAGE)
