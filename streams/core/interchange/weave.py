"""From lines, legs and processes to the network of a round.

Decides which nodes and arcs there are. Refuses to solve, and to know priorities, lots and names.

Theory of operation. Lines hang on links of their hub (see `streams.core.interchange.road`), one
chain per kind of goods, and each leg is one arc per kind: with 514 hubs and 32 lines each there
are 264,000 arcs instead of 67 million. An offer that must be told apart from its neighbours
(somebody refused it, it may not serve its own co-op, a bonus would hide a loss) goes `alone`: it
has an arc of its own to every need it may serve.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.inner import lay_inner
from streams.core.interchange.leg_table import NO_LIMIT
from streams.core.interchange.legs import GONE, GRAMS_PER_KG
from streams.core.interchange.mills import Apart, Mills
from streams.core.interchange.road import Ends, Road, links
from streams.core.interchange.sides import Sides
from streams.core.interchange.web import Bundle, Loom, Web
from streams.core.lines import IntArray


class _Chains(NamedTuple):
    outs: dict[int, Ends]
    ins: dict[int, Ends]


def weave(sides: Sides, road: Road, apart: Apart) -> Web:
    """Give the network of all that may trade."""
    loom = Loom(nodes=len(sides.offers) + len(sides.needs))
    chains = _chains(loom, sides, road, apart)
    for kind, out in chains.outs.items():
        into = chains.ins.get(kind)
        if into is not None:
            _lay_legs(loom, sides, road, (kind, out, into))
    for offer in sorted(apart.alone):
        _lay_alone(loom, sides, road, (offer, range(len(sides.needs))), apart)
    for offer, need in sorted(apart.keep):
        if offer not in apart.alone:
            _lay_alone(loom, sides, road, (offer, (need,)), apart)
    lay_inner(loom, sides, road, apart)
    mills = Mills(loom, sides, road, chains.outs, chains.ins, apart)
    bundles = [
        bundle
        for number, process in enumerate(road.terms.processes)
        for bundle in mills.lay(number, process)
    ]
    return _roomed(loom.done(sides.supply, sides.demand), road, bundles)


def _chains(loom: Loom, sides: Sides, road: Road, apart: Apart) -> _Chains:
    """Hang every line on its hub."""
    outs: dict[int, Ends] = {}
    ins: dict[int, Ends] = {}
    together = np.ones(len(sides.offers), bool)
    together[sorted(apart.alone)] = False
    offer_days, need_days = road.level(sides.offer_days), road.level(sides.need_days)
    link = np.full((len(sides.kinds), len(sides.needs)), -1, np.int64)
    for kind in range(len(sides.kinds)):
        own = np.flatnonzero(together & (sides.kind == kind) & (offer_days >= 0))
        wanted = np.flatnonzero(sides.takes[kind] & (need_days >= 0))
        if len(own):
            worth, at = sides.offer_worth[own], (sides.offer_hub[own], offer_days[own])
            outs[kind], node = links(loom, *at, worth, falling=True)
            loom.lay((own, node), worth, room=sides.supply[own])
        if len(wanted):
            worth, at = sides.need_worth[wanted], (sides.need_hub[wanted], need_days[wanted])
            ins[kind], link[kind, wanted] = links(loom, *at, worth, falling=False)
    _lay_needs(loom, sides, link)
    return _Chains(outs, ins)


def _lay_needs(loom: Loom, sides: Sides, link: IntArray) -> None:
    """Tie each need to its link; needs that several kinds serve meet at a node before.

    One arc a need keeps the network small for the solver.
    """
    ways = (link >= 0).sum(0)
    needs = np.flatnonzero(ways)
    door = link.max(0, initial=-1)
    many = np.flatnonzero(ways > 1)
    if len(many):
        groups, place = np.unique(link[:, many], axis=1, return_inverse=True)
        first = loom.new_nodes(groups.shape[1])
        kinds, columns = np.nonzero(groups >= 0)
        loom.lay((groups[kinds, columns], first + columns))
        door[many] = first + place.reshape(-1)
    worth, room = sides.need_worth[needs], sides.demand[needs]
    loom.lay((door[needs], needs + len(sides.offers)), worth, room=room)


def _lay_legs(loom: Loom, sides: Sides, road: Road, at: tuple[int, Ends, Ends]) -> None:
    """Tie every leg that could pay to the links of one kind of goods."""
    kind, out, into = at
    book, commodity = road.book, sides.kinds[kind]
    inner = book.origin == book.target
    legs = np.flatnonzero((road.arrival != GONE) & (road.terms.within | ~inner))
    tail = out.find(book.origin[legs], road.arrival[legs])
    head = into.find(book.target[legs], road.arrival[legs])
    worth = -road.cost(commodity)[legs]
    worth = worth + inner[legs] * road.terms.local_idr.get(commodity, 0)
    able = (tail >= 0) & (head >= 0)
    able &= out.best[tail] + into.best[head] + worth >= 0
    legs, tail, head, worth = legs[able], tail[able], head[able], worth[able]
    grams = road.terms.weight(commodity)
    loom.lay((tail + out.first, head + into.first), worth, tag=legs, grams=grams)


def _lay_alone(
    loom: Loom, sides: Sides, road: Road, pairs: tuple[int, Iterable[int]], apart: Apart
) -> None:
    """Tie one offer to the needs it may serve, one arc a leg."""
    offer, needs = pairs
    book, terms, line = road.book, road.terms, sides.offers[offer]
    here, cost = sides.offer_hub[offer], road.cost(line.commodity)
    legs = np.flatnonzero(
        (book.origin == here)
        & (road.arrival != GONE)
        & (road.arrival <= sides.offer_days[offer])
        & (terms.within | (book.target != here))
    )
    ways: defaultdict[int, list[int]] = defaultdict(list)
    for leg in legs.tolist():
        ways[int(book.target[leg])].append(leg)
    found: list[tuple[int, int, int, int]] = []
    for need in needs:
        asks = sides.needs[need]
        if (offer, need) in apart.shut or not sides.takes[sides.kind[offer], need]:
            continue
        if asks.coop == line.coop:
            continue
        for leg in ways.get(int(sides.need_hub[need]), ()):
            money = asks.ceiling - line.floor - int(cost[leg])
            if money >= 0 and road.arrival[leg] <= sides.need_days[need]:
                local = terms.local_idr.get(line.commodity, 0) * (book.target[leg] == here)
                steer = int(sides.offer_worth[offer]) + line.floor
                worth = money + steer + int(local) + apart.keep.get((offer, need), 0)
                room = min(line.quantity, asks.quantity)
                found.append((need + len(sides.offers), worth, room, leg))
    if found:
        head, worth_of, rooms, tags = np.array(found, np.int64).T
        grams = terms.weight(line.commodity)
        tail = np.full(len(found), offer)
        loom.lay((tail, head), worth_of, room=rooms, tag=tags, grams=grams)


def _roomed(web: Web, road: Road, bundles: list[Bundle]) -> Web:
    """Give every leg and mill of limited capacity its room, shared by the arcs that use it."""
    limited = np.flatnonzero(road.book.room_kg != NO_LIMIT)
    riders: defaultdict[int, list[int]] = defaultdict(list)
    if len(limited):
        for arc in np.flatnonzero(np.isin(web.tag, limited)).tolist():
            riders[int(web.tag[arc])].append(arc)
    for leg, arcs in sorted(riders.items()):
        room = int(road.book.room_kg[leg]) * GRAMS_PER_KG * MICRO
        weights = tuple(int(web.grams[arc]) for arc in arcs)
        bundles.append(Bundle(tuple(arcs), weights, room))
    room_of = web.room.copy()
    for bundle in bundles:
        for arc, weight in zip(bundle.arcs, bundle.weights, strict=True):
            room_of[arc] = min(int(room_of[arc]), bundle.room // weight)
    shared = tuple(bundle for bundle in bundles if len(bundle.arcs) > 1)
    return replace(web, room=room_of, bundles=shared)
