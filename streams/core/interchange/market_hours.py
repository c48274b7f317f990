"""Decides when the market between hubs starts matches: for a while from each cut-off, or always.

Theory of operation. Before a cut-off a proposal is a draft that may still improve. Inside a hub a
draft is kept, and changed by every round. Between hubs one would either hold goods in two hubs
that may do better yet, or promise nothing: so none is kept. Up to a cut-off of either hub the
market only listens; then it solves over all it has heard, starts what concerns that hub, and goes
on for some minutes, so that what a hub could not grant is matched otherwise. What was started is
not changed by later rounds. Emergencies never wait, nor do goods whose owner was asked whether
they are there and has just said so. Who was away at a cut-off decides when back. For some minutes
before a cut-off rounds are solved that start nothing: hubs hear what to spare.

Refuses to know how a round is solved. Times are milliseconds UTC.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from streams.core.drafts import EMERGENCY
from streams.core.interchange.terms import Shipment
from streams.core.lifecycle_times import last_cut_off
from streams.core.lines import NeedLine, OfferLine

DECIDING_MS: Final = 10 * 60_000
"""How long from its cut-off a hub decides: 120 ticks, in which every family of the country is
solved several times and what a hub refuses is matched otherwise."""
HEARING_MS: Final = DECIDING_MS
"""How long before its cut-off a hub hears what to spare: at the cut-off its drafts hold still."""
ZONES: Final = (7, 8, 9)
"""Hours that clocks are ahead of UTC: WIB, WITA and WIT."""
Heard = tuple[int, int, int]
"""When the newest cut-off of each zone was heard of, 0 before the first."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Cut-offs in minutes of the local day, none: always; the zones of hubs, else WIB."""

    minutes: tuple[int, ...] = ()
    zones: Mapping[str, int] = field(default_factory=dict)

    def heard(self, heard: Heard, before_ms: int, now_ms: int) -> Heard:
        """Take in that time went on; the first word of it is of no cut-off."""
        if not self.minutes or not before_ms:
            return heard
        late, mid, early = (
            now_ms if last_cut_off(now_ms, zone, self.minutes) > before_ms else was
            for zone, was in zip(ZONES, heard, strict=True)
        )
        return late, mid, early

    def is_near(self, now_ms: int) -> bool:
        """Whether hubs of some zone decide soon: now they may hear what to spare."""
        soon = now_ms + HEARING_MS
        return any(last_cut_off(soon, zone, self.minutes) > now_ms for zone in ZONES)

    def open_zones(self, heard: Heard, now_ms: int) -> frozenset[int]:
        """Give the zones whose hubs decide at a moment."""
        pairs = zip(ZONES, heard, strict=True)
        return frozenset(z for z, was in pairs if was and now_ms < was + DECIDING_MS)

    def started(
        self,
        shipments: Iterable[Shipment],
        ends: tuple[Mapping[str, OfferLine], Mapping[str, NeedLine]],
        zones: frozenset[int],
        counted: Collection[str] = (),
    ) -> list[Shipment]:
        """Give what may start while these zones decide; of a deal all or nothing.

        Goods that were `counted` because somebody wanted them wait for no cut-off.
        """
        found = list(shipments)
        if not self.minutes:
            return found
        offers, needs = ends
        due = [
            s.offer in counted or self._is_due(offers[s.offer], needs[s.need], zones)
            for s in found
        ]
        deals = {s.deal for s, is_due in zip(found, due, strict=True) if is_due} - {None}
        return [s for s, is_due in zip(found, due, strict=True) if is_due or s.deal in deals]

    def _is_due(self, offer: OfferLine, need: NeedLine, zones: frozenset[int]) -> bool:
        hours = {self.zones.get(hub, ZONES[0]) for hub in (offer.hub, need.hub)}
        return need.priority == EMERGENCY or not zones.isdisjoint(hours)
