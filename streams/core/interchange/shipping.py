"""From the trips of a phase to shipments: what pairs pay and get, on which ways, under which name.

Decides the split of the price and the names of matches. Refuses to choose trips.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from schemas.identity import match_id
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.mills import process_of
from streams.core.interchange.optimum import Trip
from streams.core.interchange.phase import Stage
from streams.core.interchange.terms import Part, Process, Shipment
from streams.core.matching import BETWEEN_HUBS, WITHIN_HUB

_Way = tuple[int, ...]


class _Journey(NamedTuple):
    """What a way is made of, the same for all who take it; days from today to arrival."""

    legs: tuple[Leg, ...]
    days: int
    process: Process | None


def shipments(stage: Stage, trips: Iterable[Trip]) -> Iterator[Shipment]:
    """Give a shipment per pair, in the order of offers and needs."""
    pairs: defaultdict[tuple[int, int], list[Trip]] = defaultdict(list)
    for trip in trips:
        pairs[trip.offer, trip.need].append(trip)
    journeys = _Journeys(stage)
    for (i, j), own in sorted(pairs.items()):
        yield _shipment(stage, (i, j), own, [journeys[trip.way] for trip in own])


class _Journeys(dict[_Way, _Journey]):
    """Ways, each worked out once: a thousand of them carry the trips of a large round."""

    def __init__(self, stage: Stage) -> None:
        self._road: Final = stage.road

    def __missing__(self, way: _Way) -> _Journey:
        """Count the days from today to arrival, waiting and processing included."""
        road, ready = self._road, 0
        legs: list[Leg] = []
        process: Process | None = None
        for tag in way:
            if tag >= 0:
                leg = road.book.legs[tag]
                start = ready if leg.departs_day is None else leg.departs_day - road.today
                ready = start + leg.days
                legs.append(leg)
            else:
                process = road.terms.processes[process_of(tag)]
                ready += process.days
        return self.setdefault(way, _Journey(tuple(legs), ready, process))


def _shipment(
    stage: Stage, pair: tuple[int, int], trips: list[Trip], journeys: list[_Journey]
) -> Shipment:
    """Split the surplus in two: the seller's half rounded down, the buyer inside its limit."""
    offer, need = stage.sides.offers[pair[0]], stage.sides.needs[pair[1]]
    given = quantity = money = work = days = 0
    parts: list[Part] = []
    tier = WITHIN_HUB if offer.hub == need.hub else BETWEEN_HUBS
    for trip, (legs, arrives, process) in zip(trips, journeys, strict=True):
        parts.append(Part(trip.quantity, trip.given, legs, arrives, process))
        given += trip.given
        quantity += trip.quantity
        money += stage.money(trip)
        days = max(days, arrives)
        if process is not None:
            work += trip.quantity * process.cost
            tier = BETWEEN_HUBS
    freight = quantity * need.ceiling - given * offer.floor - money
    price = offer.floor + max(0, money) // 2 // given
    return Shipment(
        match=match_id(
            tier, offer.line, need.line, stage.options.finished.get((offer.line, need.line), 0)
        ),
        offer=offer.line,
        need=need.line,
        quantity=quantity,
        given=given,
        price=price,
        buyer_price=min(need.ceiling, -(-(price * given + freight) // quantity)),
        leg_cost=-(-(freight - work) // quantity),
        processing=-(-work // quantity),
        days=days,
        parts=tuple(parts),
    )
