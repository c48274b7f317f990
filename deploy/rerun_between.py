"""A round between hubs for its second judge: its parts, its pools, and what was told of them.

Decides which goods belong together and which line of the solved round a told shipment stands for:
where small lots were pooled, the pool. Refuses to find ways (`deploy.rerun_ways`) and to solve.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec

from deploy import rerun_rules as rules
from deploy.rerun_check import Fault
from deploy.rerun_model import Part, Trip
from deploy.rerun_pairs import TOGETHER
from deploy.rerun_ways import Country, key_of
from streams.core.interchange.rest_pools import MEMBERS_MAX, Rest, rest_of
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Shipment, Terms
from streams.core.lines import NeedLine, OfferLine, Options, Priority

BY_RANK: Final[tuple[tuple[Priority, ...], ...]] = (("emergency",), ("staple",), ("normal",))


class BetweenRound(NamedTuple):
    """What the market was asked, under which terms, and what it answered."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    terms: Terms
    options: Options
    today: int
    found: Interchange


class _Stage(NamedTuple):
    """A round that is solved for itself, what it gave, and which line each member stands for."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    terms: Terms
    options: Options
    shipments: Sequence[Shipment]
    of_offer: Mapping[str, str]
    of_need: Mapping[str, str]


def parts_of(asked: BetweenRound) -> Iterator[Part]:
    """Give the round as it is judged: a part for all goods that recipes join, then the pools'."""
    for stage in _stages(asked):
        trips = _trips(stage)
        for goods, made in _joined(stage):
            country = Country(replace(stage.terms, processes=made), stage.options, asked.today)
            offers = [o for o in stage.offers if o.commodity in goods]
            needs = [n for n in stage.needs if n.commodity in goods]
            names = {offer.line for offer in offers}
            rooms, steps = country.rooms()
            yield Part(
                offers=offers,
                needs=needs,
                ways=country.ways,
                phases=BY_RANK if stage.options.bonuses else TOGETHER,
                trips=[trip for trip in trips if trip.offer in names],
                rooms=rooms,
                steps=steps,
                loose=bool(made or rooms),
                grains=stage.options.goods.grains,
                tenths=rules.tenths(needs, stage.options),
            )


def members_gain(asked: BetweenRound) -> int:
    """What members' own limits make the money more than their pools', micro rupiah."""
    floors = {offer.line: offer.floor for offer in asked.offers}
    ceilings = {need.line: need.ceiling for need in asked.needs}
    gain = 0
    for stage in _stages(asked):
        asks = {offer.line: offer.floor for offer in stage.offers}
        bids = {need.line: need.ceiling for need in stage.needs}
        for s in stage.shipments:
            offer, need = stage.of_offer.get(s.offer, s.offer), stage.of_need.get(s.need, s.need)
            if offer in asks and need in bids:
                gain += s.given * (asks[offer] - floors[s.offer])
                gain += s.quantity * (ceilings[s.need] - bids[need])
    return gain


def members_above(asked: BetweenRound) -> Iterator[Fault]:
    """Members of pools that give more than they have, or get more than they want."""
    given: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for shipment in asked.found.shipments:
        given[shipment.offer] += shipment.given
        taken[shipment.need] += shipment.quantity
    for offer in asked.offers:
        if given[offer.line] > offer.quantity:
            yield Fault("above_offer", (offer.line,))
    for need in asked.needs:
        if taken[need.line] > need.quantity:
            yield Fault("above_need", (need.line,))


def _stages(asked: BetweenRound) -> Iterator[_Stage]:
    """Each line for itself; then, where small lots were pooled, the pools of what was left."""
    lines, terms, options = (asked.offers, asked.needs), asked.terms, asked.options
    told = asked.found.shipments
    pools = _pools(asked) if any(s.pool for s in told) else None
    if pools is None:
        yield _Stage(*lines, terms, options, told, {}, {})
        return
    alone, second = pools
    yield _Stage(*lines, terms, options, alone, {}, {})
    yield second


def _pools(asked: BetweenRound) -> tuple[Sequence[Shipment], _Stage] | None:
    """What lines got alone, and the round of the pools; None where none has the pools told."""
    told = asked.found.shipments
    for alone in _alone(asked):
        names = {shipment.match for shipment in alone}
        shares = [shipment for shipment in told if shipment.match not in names]
        first = msgspec.structs.replace(asked.found, shipments=alone)
        for members in MEMBERS_MAX:
            lines = (asked.offers, asked.needs)
            rest = rest_of(first, lines, asked.terms, asked.options, members)
            stage = None if rest is None else _pooled(rest, shares)
            if stage is not None:
                return alone, stage
    return None


def _alone(asked: BetweenRound) -> Iterator[tuple[Shipment, ...]]:
    """What lines got before others pooled: what names no pool, or else as it is solved again.

    Two lines that insist on lots may meet beside the pools, and then their match names none.
    """
    yield tuple(s for s in asked.found.shipments if s.pool is None)
    lines = (asked.offers, asked.needs)
    yield solve_between(*lines, asked.terms, asked.options, asked.today).shipments


def _pooled(rest: Rest, shares: Sequence[Shipment]) -> _Stage | None:
    """The round of these pools; None where a share was met in others."""
    pools = rest.pools
    of_offer = {one.line: name for name, group in pools.offers_of.items() for one in group}
    of_need = {one.line: name for name, group in pools.needs_of.items() for one in group}
    for share in shares:
        ends = of_offer.get(share.offer, share.offer), of_need.get(share.need, share.need)
        if share.deal not in (None, f"{ends[0]}>{ends[1]}"):
            return None
    return _Stage(pools.offers, pools.needs, rest.terms, rest.options, shares, of_offer, of_need)


def _trips(stage: _Stage) -> list[Trip]:
    """What was told; what members of pools give to one mill is one batch."""
    given: Counter[tuple[str, str, Hashable]] = Counter()
    taken: Counter[tuple[str, str, Hashable]] = Counter()
    for shipment in stage.shipments:
        offer = stage.of_offer.get(shipment.offer, shipment.offer)
        need = stage.of_need.get(shipment.need, shipment.need)
        for part in shipment.parts:
            name = offer, need, key_of(part.legs, part.process)
            given[name] += part.given
            taken[name] += part.quantity
    return [Trip(*name[:2], given[name], taken[name], name[2]) for name in given]


def _joined(stage: _Stage) -> Iterator[tuple[set[str], tuple[Process, ...]]]:
    """Goods that recipes join, and those recipes; all other goods are alone."""
    goods = {o.commodity for o in stage.offers} | {n.commodity for n in stage.needs}
    made = [p for p in stage.terms.processes if {p.input, p.output} <= goods]
    groups = [{each} for each in sorted(goods)]
    for process in made:
        joined = [group for group in groups if group & {process.input, process.output}]
        groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    for group in sorted(groups, key=min):
        yield group, tuple(process for process in made if process.input in group)
