"""Ways inside hubs in a network between them: an arc for every pair of lines of one hub.

Decides how pairs inside hubs are laid beside those between hubs, where a round asks what is best
for both at once (`Terms.villages`). Refuses to know how far villages are apart: legs of the mode
`VILLAGE` lie in the book between the villages, by their names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from streams.core.interchange.mills import Apart
from streams.core.interchange.road import Road
from streams.core.interchange.sides import Sides
from streams.core.interchange.web import Loom

VILLAGE: Final = "village"
_Arc = tuple[int, int, int, int, int]
"""Offer, node of the need, worth, room, leg."""


def lay_inner(loom: Loom, sides: Sides, road: Road, apart: Apart) -> None:
    """Tie every offer to the needs of its own hub that a leg from village to village reaches."""
    if not road.terms.villages:
        return
    needs: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for at, need in enumerate(sides.needs):
        needs[need.hub, need.commodity].append(at)
    offers: defaultdict[str, list[int]] = defaultdict(list)
    for at, offer in enumerate(sides.offers):
        offers[offer.commodity].append(at)
    legs = _legs(road)
    for commodity, rows in sorted(offers.items()):
        found = [
            arc
            for at in rows
            for arc in _arcs(sides, road, (at, needs[sides.offers[at].hub, commodity]), legs)
            if (at, arc[1] - len(sides.offers)) not in apart.shut
        ]
        if found:
            tail, head, worth, room, leg = np.array(found, np.int64).T
            grams = road.terms.weight(commodity)
            loom.lay((tail, head), worth, room=room, tag=leg, grams=grams)


def _arcs(
    sides: Sides,
    road: Road,
    pairs: tuple[int, list[int]],
    legs: Mapping[tuple[str, str], int],
) -> Iterator[_Arc]:
    """The arcs of an offer to the needs of its hub."""
    at, needs = pairs
    offer, cost = sides.offers[at], road.cost(sides.offers[at].commodity)
    takes, first = sides.takes[sides.kind[at]], len(sides.offers)
    for other in needs:
        need = sides.needs[other]
        leg = legs.get((offer.coop, need.coop))
        if leg is None or not takes[other] or need.coop == offer.coop:
            continue
        days = int(road.arrival[leg])
        in_time = days <= sides.offer_days[at] and days <= sides.need_days[other]
        if in_time and need.ceiling - offer.floor - int(cost[leg]) >= 0:
            worth = int(sides.offer_worth[at] + sides.need_worth[other]) - int(cost[leg])
            room = min(int(sides.supply[at]), int(sides.demand[other]))
            yield at, first + other, worth, room, leg


def _legs(road: Road) -> dict[tuple[str, str], int]:
    """The leg of every pair of villages."""
    table = road.book.legs
    if VILLAGE not in table.modes:
        return {}
    places = np.flatnonzero(table.columns.mode == table.modes.index(VILLAGE))
    ends = (road.book.origin[places].tolist(), road.book.target[places].tolist())
    return {
        (table.hubs[one], table.hubs[other]): leg
        for one, other, leg in zip(*ends, places.tolist(), strict=True)
    }
