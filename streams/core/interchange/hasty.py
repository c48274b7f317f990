"""An answer for a round that is too large to prove: need by need, the best direct way first.

It keeps every hard constraint: grade, trade class, permits, shelf life, needed-by, floor, ceiling,
smallest lots, pairs held back. It uses no process and no leg of limited room, proves nothing, and
says so: `certified` is false, `method` is greedy and the gap, which nobody knows, is -1.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from schemas.identity import match_id
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT, Leg
from streams.core.interchange.legs import GONE, LegBook
from streams.core.interchange.sides import (
    ask_of,
    barred,
    days_left,
    days_until,
    kind_of,
    serves,
)
from streams.core.interchange.terms import Interchange, Part, Shipment, Terms
from streams.core.lines import NeedLine, OfferLine, Options
from streams.core.matching import BETWEEN_HUBS, half_up, need_facts

UNKNOWN_GAP: Final = -1
_RANK: Final = {"emergency": 0, "staple": 1, "normal": 2}


class _Way(NamedTuple):
    """A direct way to a hub: where from, rupiah per base unit, days to arrival, the leg."""

    origin: str
    cost: int
    days: int
    leg: Leg


class _Found(NamedTuple):
    offer: OfferLine
    way: _Way
    money: int


def answer_hastily(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    terms: Terms,
    options: Options,
    today: int,
) -> Interchange:
    """Match as `solve_between` does, fast and unproven; nothing is told of what is left."""
    left = {offer.line: offer.quantity for offer in offers}
    stalls = _stalls(offers, terms, options)
    ways: dict[str, dict[str, list[_Way]]] = {}
    shipments: list[Shipment] = []
    money = 0
    for need in sorted(needs, key=lambda n: (_RANK[n.priority], -n.ceiling, n.line)):
        if barred(need, options, terms):
            continue
        here = ways.setdefault(need.commodity, {})
        if not here:
            here.update(_ways(terms, need.commodity, today))
        found = _candidates(need, stalls, here.get(need.hub, ()), options, today)
        for one, quantity in _taken(need, found, left):
            money += quantity * one.money
            shipments.append(_shipment(one, need, quantity, options))
    facts = [
        sorted(offers, key=attrgetter("line")),
        [need_facts(n) for n in sorted(needs, key=attrgetter("line"))],
        [today, terms.legs.digest, sorted(options.held_back), sorted(options.contracts)],
        *([sorted(options.bonds.items())] if options.bonds else ()),
    ]
    return Interchange(
        shipments=tuple(sorted(shipments, key=attrgetter("offer", "need"))),
        money_micro=money,
        objective=half_up(money),
        certified=False,
        gap=UNKNOWN_GAP,
        unmatched=(),
        digest=sha256(msgspec.msgpack.encode(facts)).hexdigest(),
        method="greedy",
    )


def _taken(
    need: NeedLine, found: Iterator[_Found], left: dict[str, int]
) -> Iterator[tuple[_Found, int]]:
    """Take the best until a need is met; what is taken is gone from `left`."""
    rest, met = need.quantity, set[str]()
    for one in sorted(found, key=lambda f: (-f.money, f.offer.line, f.way.days)):
        quantity = min(rest, left[one.offer.line])
        least = max(1, one.offer.min_lot, need.min_lot)
        if quantity >= least and one.offer.line not in met:
            met.add(one.offer.line)
            left[one.offer.line] -= quantity
            rest -= quantity
            yield one, quantity


def _stalls(
    offers: Sequence[OfferLine], terms: Terms, options: Options
) -> dict[tuple[str, str], list[OfferLine]]:
    """Offers by hub and commodity, the cheapest first."""
    stalls: defaultdict[tuple[str, str], list[OfferLine]] = defaultdict(list)
    for offer in sorted(offers, key=lambda o: (o.floor, o.line)):
        if not barred(offer, options, terms):
            stalls[offer.hub, offer.commodity].append(offer)
    return stalls


def _ways(terms: Terms, commodity: str, today: int) -> dict[str, list[_Way]]:
    """The direct ways to each hub for a commodity."""
    book: LegBook = terms.legs
    factor = terms.freight_micro.get(commodity, MICRO)
    costs = book.unit_cost(terms.weight(commodity), factor).tolist()
    days, rooms = book.arrival(today).tolist(), book.room_kg.tolist()
    found: defaultdict[str, list[_Way]] = defaultdict(list)
    for leg, cost, arrives, room in zip(book.legs, costs, days, rooms, strict=True):
        if arrives != GONE and room == NO_LIMIT and leg.from_hub != leg.to_hub:
            found[leg.to_hub].append(_Way(leg.from_hub, cost, arrives, leg))
    return found


def _candidates(
    need: NeedLine,
    stalls: dict[tuple[str, str], list[OfferLine]],
    ways: Sequence[_Way],
    options: Options,
    today: int,
) -> Iterator[_Found]:
    ask = ask_of(need, options)
    until = days_until(need, today)
    for way in ways:
        if way.days > until:
            continue
        for offer in stalls.get((way.origin, need.commodity), ()):
            money = need.ceiling - offer.floor - way.cost
            if money < 0:
                break
            if (
                offer.coop != need.coop
                and way.days <= days_left(offer, today)
                and (offer.line, need.line) not in options.held_back
                and serves(kind_of(offer, options), ask, options.goods)
            ):
                yield _Found(offer, way, money)


def _shipment(found: _Found, need: NeedLine, quantity: int, options: Options) -> Shipment:
    offer, way = found.offer, found.way
    price = offer.floor + found.money // 2
    ended = options.finished.get((offer.line, need.line), 0)
    return Shipment(
        match=match_id(BETWEEN_HUBS, offer.line, need.line, ended),
        offer=offer.line,
        need=need.line,
        quantity=quantity,
        given=quantity,
        price=price,
        buyer_price=price + way.cost,
        leg_cost=way.cost,
        processing=0,
        days=way.days,
        parts=(Part(quantity, quantity, (way.leg,), way.days),),
    )
