"""The best answer to one network: trips in micro, and the proven bound.

Decides which solver a network goes to. Refuses to know lines.

A network in one measure goes to the exact flow. If shared rooms are kept all the same, that is the
optimum. Else, and where yields disagree, the linear programme decides while the network is small
enough. Beyond that shared rooms are split by use, or processes are left out, and the bound says
what that may have cost.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.fine import Fine, fine
from streams.core.interchange.flows import settled_flow
from streams.core.interchange.mills import process_of
from streams.core.interchange.parcels import Parcel, parcels, rough_parcels
from streams.core.interchange.programme import Prices, bound_at, solve_programme
from streams.core.interchange.proof import certify, dot
from streams.core.interchange.shares import shares
from streams.core.interchange.sifting import sifted_flow
from streams.core.interchange.terms import Process
from streams.core.interchange.web import PLAIN, Web
from streams.core.lines import IntArray, Method

_SPECK: Final = 0.4
_SNAP: Final = 1e-7
"""A programme's amount this close to all that is left, relative and in base units, is all."""


class Trip(NamedTuple):
    """`given` micro leave an offer, `quantity` micro reach a need, by legs and processes."""

    offer: int
    need: int
    given: int
    quantity: int
    way: tuple[int, ...]


class Optimum(NamedTuple):
    """`bound` in micro rupiah; `loose` where amounts were rounded down to millionths."""

    trips: list[Trip]
    bound: int
    method: Method
    loose: bool


def optimum(web: Web, tie: IntArray, processes: Sequence[Process], arcs_max: int) -> Optimum:
    """Solve a network; `arcs_max` bounds the linear programme."""
    net = fine(web)
    found = None if net is None else _flow(net, tie)
    if net is not None and found is not None and _keeps(net, found[0]):
        return _told(net, found, processes)
    if len(web.tail) <= arcs_max:
        solved = solve_programme(web)
        if solved is not None:
            trips = _whole(web, rough_parcels(web, solved.flow, _SPECK), processes)
            return Optimum(trips, solved.bound, "exact", loose=True)
    if net is not None and found is not None:
        parted = fine(_parted(net, found[0]))
        again = None if parted is None else _flow(parted, tie)
        if parted is not None and again is not None:
            bound = _told(net, found, processes).bound
            return _told(parted, again, processes)._replace(bound=bound)
    return _unmade(web, tie, processes)


def _flow(net: Fine, tie: IntArray) -> tuple[IntArray, int] | None:
    """Give an optimal flow, settled, and its bound; None when the numbers are too large."""
    flow = sifted_flow(net)
    if flow is None:
        return None
    proof = certify(net, flow)
    if proof.proven:
        settled = settled_flow(net, proof, tie)
        # A tie-break may only choose among optimal flows; whatever else it did is not used.
        if settled is not None and dot(settled, net.worth) == proof.worth:
            return settled, proof.bound
    return flow, proof.bound


def _told(net: Fine, found: tuple[IntArray, int], processes: Sequence[Process]) -> Optimum:
    flow, bound = found
    trips = []
    measure = net.measure[: net.web.first_need].tolist()
    for parcel in parcels(net.web, flow):
        given = int(parcel.amount) * net.unit // measure[parcel.offer]
        trip = _trip(parcel, given, processes)
        if trip.quantity:
            trips.append(trip)
    micro = -(-bound * net.unit // net.scale)
    return Optimum(trips, micro, "exact", loose=bool(net.web.gains.any()))


def _trip(parcel: Parcel, given: int, processes: Sequence[Process]) -> Trip:
    """Round down what is made, and give no more than it takes to make that."""
    process = process_on(parcel.way, processes)
    if process is None:
        return Trip(parcel.offer, parcel.need, given, given, parcel.way)
    quantity = process.made_from(given)
    return Trip(parcel.offer, parcel.need, process.takes(quantity), quantity, parcel.way)


def process_on(way: tuple[int, ...], processes: Sequence[Process]) -> Process | None:
    """Give the process on a way, if there is one."""
    if not processes:
        return None
    return next((processes[process_of(tag)] for tag in way if tag < PLAIN), None)


def _keeps(net: Fine, flow: IntArray) -> bool:
    """Whether a flow keeps the rooms that arcs share."""
    for bundle in net.web.bundles:
        used = 0
        for arc, weight in zip(bundle.arcs, bundle.weights, strict=True):
            measure = int(net.measure[net.web.tail[arc]])
            used += -(-int(flow[arc]) * net.unit * weight // measure)
        if used > bundle.room:
            return False
    return True


def _parted(net: Fine, flow: IntArray) -> Web:
    """Part shared rooms by what the arcs would use."""
    room = net.web.room.copy()
    for bundle in net.web.bundles:
        arcs = list(bundle.arcs)
        weights = np.array(bundle.weights, object)
        amounts = flow[arcs].astype(object) * net.unit * weights // net.measure[net.web.tail[arcs]]
        if sum(amounts) > bundle.room:
            for arc, weight, part in zip(
                arcs, bundle.weights, shares(bundle.room, amounts.tolist()), strict=True
            ):
                room[arc] = min(int(room[arc]), part // weight)
    return replace(net.web, room=room, bundles=())


def _unmade(web: Web, tie: IntArray, processes: Sequence[Process]) -> Optimum:
    """Leave processes out: the last resort, legal and labelled."""
    free = Prices([0] * len(web.demand), {}, [0] * len(web.bundles))
    bound = bound_at(web, free)
    room = np.where(web.gains, 0, web.room)
    one = np.ones_like(web.gain_up)
    net = fine(replace(web, room=room, gain_up=one, gain_down=one))
    found = None if net is None else _flow(net, tie)
    if net is None or found is None or not _keeps(net, found[0]):
        return Optimum([], bound, "greedy", loose=True)
    return _told(net, found, processes)._replace(bound=bound, method="greedy", loose=True)


def _whole(web: Web, found: list[Parcel], processes: Sequence[Process]) -> list[Trip]:
    """Turn a programme's amounts into whole millionths that keep every supply and demand."""
    supply, demand = web.supply.tolist(), web.demand.tolist()
    trips = []
    for parcel in sorted(found, key=lambda p: (-p.amount, p)):
        process = process_on(parcel.way, processes)
        wanted = min(_near(parcel.amount, demand[parcel.need]), demand[parcel.need])
        if process is None:
            given = min(_near(wanted, supply[parcel.offer]), supply[parcel.offer])
            quantity = given
        else:
            given = min(_near(process.takes(wanted), supply[parcel.offer]), supply[parcel.offer])
            quantity = min(process.made_from(given), demand[parcel.need])
            given = process.takes(quantity)
        if quantity > 0:
            supply[parcel.offer] -= given
            demand[parcel.need] -= quantity
            trips.append(Trip(parcel.offer, parcel.need, given, quantity, parcel.way))
    return trips


def _near(amount: float, left: int) -> int:
    """Round; what is as good as all that is left is all of it."""
    return left if abs(left - amount) <= _SNAP * (amount + MICRO) else round(amount)
