"""Matching between hubs: lines, legs and terms to shipments, exactly, with proof and reasons.

Decides the order of priority and what one leaves to the next. Refuses to know where lines and legs
come from, what time it is, and who holds or accepts what.

Theory of operation. Commodities that a process joins are one part, every other commodity is a part
of its own; pairs never cross parts. Lines stand in the order of their names, so the order of the
input means nothing. While bonuses are on, emergencies are solved first, then staples, then the
rest, each over what the ones before have left. With `fairness` on, orders are cut into tenths of
which the first count more (`streams.core.fairness`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec
import numpy as np

from schemas.quantity import MICRO
from streams.core.fairness import step_idr, steps_of
from streams.core.interchange.insisting import in_reach
from streams.core.interchange.leg_table import NO_LIMIT
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.mills import process_of
from streams.core.interchange.optimum import Trip
from streams.core.interchange.phase import Solved, Stage, solve_stage
from streams.core.interchange.pools import on_contracts, parted, pooled
from streams.core.interchange.road import Road, hub_numbers
from streams.core.interchange.rooms import rides
from streams.core.interchange.shipping import shipments
from streams.core.interchange.sides import admitted, sides
from streams.core.interchange.terms import Interchange, Shipment, Terms
from streams.core.interchange.why import Left, explain_part
from streams.core.lines import Method, NeedLine, OfferLine, Options, Priority, Unmatched
from streams.core.matching import check, half_up, hashes, need_facts
from streams.core.worth import spoil

PHASES: Final[tuple[tuple[Priority, ...], ...]] = (("emergency",), ("staple",), ("normal",))
EVERYBODY: Final[tuple[tuple[Priority, ...], ...]] = (("emergency", "staple", "normal"),)


class _Lines(NamedTuple):
    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]


class _Share(NamedTuple):
    """What one part adds; money, gap and what whole amounts cost in micro rupiah."""

    shipments: list[Shipment]
    unmatched: list[Unmatched]
    money: int
    gap: int
    rounding: int
    loose: bool
    method: Method


def solve_between(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    terms: Terms,
    options: Options,
    today: int,
) -> Interchange:
    """Match offers to needs over hubs; `today` is a day since 1970-01-01.

    Lines as for `streams.core.matching.solve`; pairs inside one hub count only with
    `terms.within`. The answer depends on what goes in, not on its order.
    """
    check(offers)
    check(needs)
    if terms.pooling:
        return _solve_pooled((offers, needs), terms, options, today)
    places = {o.hub for o in offers} | {n.hub for n in needs}
    places |= {p.hub for p in terms.processes}
    hubs = hub_numbers(terms.legs, places)
    shares = [
        _solve_part(lines, Road(part_terms, today, hubs), options)
        for lines, part_terms in _parts(offers, needs, terms)
    ]
    gaps = [s.gap // MICRO if s.loose else -(-s.gap // MICRO) for s in shares]
    return Interchange(
        shipments=tuple(
            sorted(
                (s for share in shares for s in share.shipments), key=attrgetter("offer", "need")
            )
        ),
        money_micro=sum(share.money for share in shares),
        objective=half_up(sum(share.money for share in shares)),
        certified=not any(gaps) and all(share.method == "exact" for share in shares),
        gap=sum(gaps),
        rounding=sum(s.rounding for s in shares) // MICRO,
        unmatched=tuple(
            sorted((u for s in shares for u in s.unmatched), key=attrgetter("side", "line"))
        ),
        digest=_digest(offers, needs, terms, options, today),
        method="greedy" if any(share.method == "greedy" for share in shares) else "exact",
    )


def _solve_pooled(
    lines: tuple[Sequence[OfferLine], Sequence[NeedLine]],
    terms: Terms,
    options: Options,
    today: int,
) -> Interchange:
    pools = pooled(*lines, options, terms.permits)
    alone, bound = replace(terms, pooling=False), on_contracts(pools, options)
    found = solve_between(pools.offers, pools.needs, alone, bound, today)
    digest = _digest(*lines, terms, options, today)
    return parted(msgspec.structs.replace(found, digest=digest), pools, options)


def _parts(
    offers: Sequence[OfferLine], needs: Sequence[NeedLine], terms: Terms
) -> Iterator[tuple[_Lines, Terms]]:
    """Part the lines by commodities that processes join, in the order of names."""
    names = sorted({o.commodity for o in offers} | {n.commodity for n in needs})
    part = {name: name for name in names}
    joined = [p for p in terms.processes if p.input in part and p.output in part]
    for process in joined:
        old, new = part[process.output], part[process.input]
        part = {name: new if at == old else at for name, at in part.items()}
    for name in sorted(set(part.values())):
        members = {commodity for commodity in names if part[commodity] == name}
        given = sorted((o for o in offers if o.commodity in members), key=attrgetter("line"))
        asked = sorted((n for n in needs if n.commodity in members), key=attrgetter("line"))
        own = tuple(sorted(p for p in joined if p.input in members))
        yield _Lines(tuple(given), tuple(asked)), replace(terms, processes=own)


def _solve_part(lines: _Lines, road: Road, options: Options) -> _Share:
    step = step_idr(lines.needs, options)
    free = _Lines(
        admitted(lines.offers, options, road.terms), admitted(lines.needs, options, road.terms)
    )
    found: list[tuple[Stage, Solved]] = []
    left = Left(
        {o.line: o.quantity for o in free.offers}, {n.line: n.quantity for n in free.needs}
    )
    now = road
    for priorities in PHASES if options.bonuses else EVERYBODY:
        asked = [n for n in free.needs if n.priority in priorities]
        given = [_less(o, left.offer[o.line]) for o in free.offers if left.offer[o.line]]
        given, asked = in_reach(given, asked, now.terms.processes)
        if not asked or not given:
            continue
        stage = _stage(_Lines(tuple(given), tuple(asked)), now, options, step)
        solved = solve_stage(stage)
        found.append((stage, solved))
        for trip in solved.trips:
            left.offer[given[trip.offer].line] -= trip.given
            left.need[asked[trip.need].line] -= trip.quantity
        now = _spent(now, stage, solved.trips)
    shipped = [s for stage, solved in found for s in shipments(stage, solved)]
    unmatched: list[Unmatched] = []
    if road.terms.explain:
        unmatched = explain_part((lines.offers, lines.needs), left, shipped, road, options)
    short = [max(0, solved.bound - solved.worth) for _, solved in found]
    over = [max(0, s - solved.rounding) for s, (_, solved) in zip(short, found, strict=True)]
    return _Share(
        shipments=shipped,
        unmatched=unmatched,
        money=sum(sum(solved.money) for _, solved in found),
        gap=sum(over),
        rounding=sum(short) - sum(over),
        loose=any(solved.loose for _, solved in found),
        method="greedy" if any(s.method == "greedy" for _, s in found) else "exact",
    )


def _less(offer: OfferLine, quantity: int) -> OfferLine:
    if offer.quantity == quantity:
        return offer
    return msgspec.structs.replace(offer, quantity=quantity)


def _stage(lines: _Lines, road: Road, options: Options, step: Mapping[str, int]) -> Stage:
    steer = np.zeros(len(lines.offers), np.int64)
    if options.bonuses:
        for i, offer in enumerate(lines.offers):
            steer[i] = spoil(road.today, offer.expires_day, offer.floor)
    side = sides(lines.offers, lines.needs, options, road, steer)
    names = hashes(sorted(road.book.hubs))
    one, other = names[road.book.origin], names[road.book.target] * np.uint64(3)
    return Stage(
        sides=side,
        road=road,
        options=options,
        steer=steer,
        offer_names=hashes(o.line for o in lines.offers),
        need_names=hashes(n.line for n in lines.needs) * np.uint64(5),
        leg_names=one ^ other,
        steps=steps_of(lines.needs, step),
    )


def _spent(road: Road, stage: Stage, trips: Iterable[Trip]) -> Road:
    """Take off the rooms what a phase used."""
    terms, room = road.terms, road.book.room_kg.copy()
    if (room == NO_LIMIT).all() and all(p.capacity is None for p in terms.processes):
        return road
    grams: defaultdict[int, int] = defaultdict(int)
    taken: defaultdict[int, int] = defaultdict(int)
    for trip in trips:
        for ride in rides(trip, stage.sides, road):
            grams[ride.leg] += ride.amount * terms.weight(ride.commodity)
        for tag in trip.way:
            taken[process_of(tag)] += trip.given
    for leg, used in grams.items():
        if room[leg] != NO_LIMIT:
            room[leg] = max(0, int(room[leg]) - -(-used // (GRAMS_PER_KG * MICRO)))
    processes = tuple(
        p if p.capacity is None else p._replace(capacity=max(0, p.capacity - taken[k]))
        for k, p in enumerate(terms.processes)
    )
    book = replace(road.book, room_kg=room)
    return Road(replace(terms, processes=processes, legs=book), road.today, road.hubs)


def _digest(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    terms: Terms,
    options: Options,
    today: int,
) -> str:
    """Name everything the round was solved from."""
    facts: list[object] = [
        sorted(offers, key=attrgetter("line")),
        [
            (*need_facts(n), n.grades and sorted(n.grades))
            for n in sorted(needs, key=attrgetter("line"))
        ],
        [today, options.bonuses, options.effort, terms.legs.digest, terms.within, terms.pooling],
        *([terms.villages] if terms.villages else ()),
        sorted(options.keep),
        sorted(options.held_back),
        sorted((*pair, n) for pair, n in options.finished.items()),
        sorted(options.contracts),
        sorted(options.goods.barred.items()),
        sorted((k, sorted(v.items())) for k, v in options.goods.scales.items()),
        sorted(terms.processes, key=str),
        *(sorted(m.items()) for m in (terms.grams, terms.freight_micro, terms.local_idr)),
        sorted((k, sorted(v)) for k, v in terms.permits.items()),
        *([options.fairness] if options.fairness else ()),
        *([sorted(options.goods.grains.items())] if options.goods.grains else ()),
        *([sorted(options.bonds.items())] if options.bonds else ()),
    ]
    return sha256(msgspec.msgpack.encode(facts)).hexdigest()
