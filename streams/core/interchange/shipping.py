"""From the trips of a phase to shipments: what pairs pay and get, on which ways, under which name.

Decides the split of the price and the names of matches. Refuses to choose trips.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from schemas.identity import MatchId
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.mills import process_of
from streams.core.interchange.optimum import Trip
from streams.core.interchange.phase import Solved, Stage
from streams.core.interchange.road import Road
from streams.core.interchange.terms import Part, Process, Shipment
from streams.core.matching import BETWEEN_HUBS, WITHIN_HUB
from streams.core.naming import match_ids

_Way = tuple[int, ...]


class _Journey(NamedTuple):
    """What a way is made of, the same for all who take it; days from today to arrival."""

    legs: tuple[Leg, ...]
    days: int
    process: Process | None


_Ride = tuple[Trip, int, _Journey]
"""A trip, its money and its way."""


def shipments(stage: Stage, solved: Solved) -> Iterator[Shipment]:
    """Give a shipment per pair, in the order of offers and needs."""
    journeys = _journeys(stage.road, {trip.way for trip in solved.trips})
    pairs: defaultdict[tuple[int, int], list[_Ride]] = defaultdict(list)
    for trip, money in zip(solved.trips, solved.money, strict=True):
        pairs[trip.offer, trip.need].append((trip, money, journeys[trip.way]))
    rides = sorted(pairs.items())
    for (pair, ridden), name in zip(rides, _names(stage, rides), strict=True):
        yield _shipment(stage, name, pair, ridden)


def _names(stage: Stage, rides: list[tuple[tuple[int, int], list[_Ride]]]) -> list[MatchId]:
    """Name the match of each pair; what is made of goods between is a match between hubs."""
    sides, finished = stage.sides, stage.options.finished
    matches: list[tuple[int, str, str, int]] = []
    for (i, j), ridden in rides:
        offer, need = sides.offers[i], sides.needs[j]
        near = offer.hub == need.hub and all(way.process is None for _, _, way in ridden)
        ended = finished.get((offer.line, need.line), 0) if finished else 0
        matches.append((WITHIN_HUB if near else BETWEEN_HUBS, offer.line, need.line, ended))
    return match_ids(matches)


def _journeys(road: Road, ways: set[_Way]) -> dict[_Way, _Journey]:
    """Work out each way once: a thousand of them carry the trips of a large round."""
    tags = sorted({tag for way in ways for tag in way if tag >= 0})
    legs = dict(zip(tags, road.book.legs.some(np.array(tags, np.int64)), strict=True))
    return {way: _journey(road, legs, way) for way in ways}


def _journey(road: Road, legs: Mapping[int, Leg], way: _Way) -> _Journey:
    """Count the days from today to arrival, waiting and processing included."""
    ready = 0
    process: Process | None = None
    for tag in way:
        if tag >= 0:
            leg = legs[tag]
            start = ready if leg.departs_day is None else leg.departs_day - road.today
            ready = start + leg.days
        else:
            process = road.terms.processes[process_of(tag)]
            ready += process.days
    return _Journey(tuple(legs[tag] for tag in way if tag >= 0), ready, process)


def _shipment(stage: Stage, name: MatchId, pair: tuple[int, int], rides: list[_Ride]) -> Shipment:
    """Split the surplus in two: the seller's half rounded down, the buyer inside its limit."""
    offer, need = stage.sides.offers[pair[0]], stage.sides.needs[pair[1]]
    given = quantity = money = work = days = 0
    parts: list[Part] = []
    for trip, worth, (legs, arrives, process) in rides:
        parts.append(Part(trip.quantity, trip.given, legs, arrives, process))
        given += trip.given
        quantity += trip.quantity
        money += worth
        days = max(days, arrives)
        if process is not None:
            work += trip.quantity * process.cost
    freight = quantity * need.ceiling - given * offer.floor - money
    price = offer.floor + max(0, money) // 2 // given
    return Shipment(
        match=name,
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
