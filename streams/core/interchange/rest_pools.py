"""Pooling what a round leaves over: lots that were too small alone trade as one afterwards.

Decides which lines may pool once a round is solved, and adds what pools get to its answer. Refuses
to pool what found somebody alone, and to know what becomes of the matches of a pool.

Theory of operation. The round is solved without pools, as if there were none, and what it gives
stands. Lines that got nothing are pooled (`pools`) against the smallest lots that are still asked
for; pools, and the lines that insist on such lots, are solved once more in the room that ships
and mills have left. What one member could carry alone is left to the next round. So no answer is
worth less than without pools, a pair never stands in it twice, and where nobody insists on a lot
nothing happens here at all. The proof is one of both.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

import msgspec

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT, Leg
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.pools import Pooled, on_contracts, parted, pooled
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Terms
from streams.core.lines import NeedLine, OfferLine, Options
from streams.core.matching import half_up

MEMBERS_MAX: Final = (32, 8)
"""Most lines of a pool; the second where a deal of two pools would come to too many shares."""
SHARES_MAX: Final = 96
"""Most matches that one deal of pools may be parted into: they come and go together."""
Line = TypeVar("Line", OfferLine, NeedLine)
Lines = tuple[Sequence[OfferLine], Sequence[NeedLine]]


class Rest(NamedTuple):
    """The round of the pools: its lines and their members, its terms, its options."""

    pools: Pooled
    terms: Terms
    options: Options


def with_pools(
    found: Interchange, lines: Lines, terms: Terms, options: Options, today: int
) -> Interchange:
    """Add to the answer of a round what pools of its rest get; the same answer if that is nothing.

    The other arguments are those of the round; see `solve_between`.
    """
    for members in MEMBERS_MAX:
        rest = rest_of(found, lines, terms, options, members)
        if rest is None:
            return found
        pools = rest.pools
        got = solve_between(pools.offers, pools.needs, rest.terms, rest.options, today)
        more = parted(got, pools, rest.options)
        sizes = Counter(s.deal for s in more.shipments)
        if not more.shipments:
            return found
        if max(sizes.values()) <= SHARES_MAX:
            return _both(found, more)
    return found


def rest_of(
    found: Interchange,
    lines: Lines,
    terms: Terms,
    options: Options,
    members: int = MEMBERS_MAX[0],
) -> Rest | None:
    """Give what is solved once more after a round without pools; None where nobody pools."""
    if not any(line.min_lot for side in lines for line in side):
        return None
    pools = _pools(found, lines, (terms, options), members)
    if not (pools.offers_of or pools.needs_of):
        return None
    pairs = {(s.offer, s.need) for s in found.shipments} | _could_alone(pools)
    bound = on_contracts(pools, replace(options, held_back=options.held_back | pairs))
    goods = {line.line: line.commodity for side in lines for line in side}
    return Rest(pools, _room_left(terms, found, goods), bound)


def _pools(found: Interchange, lines: Lines, asked: tuple[Terms, Options], members: int) -> Pooled:
    """Pools of untouched lines, and of the others those that insist on a lot."""
    terms, options = asked
    given = Counter[str]()
    taken = Counter[str]()
    for shipment in found.shipments:
        given[shipment.offer] += shipment.given
        taken[shipment.need] += shipment.quantity
    offers, needs = _left(lines[0], given), _left(lines[1], taken)
    touched = frozenset((line, line) for line in (*given, *taken))
    # A line with a refused pair stays alone; what found somebody alone does too.
    shy = replace(options, held_back=options.held_back | touched)
    pools = pooled(offers, needs, shy, terms.permits, members)
    return pools._replace(
        offers=[o for o in pools.offers if o.line in pools.offers_of or _asks(o, pools.needs_of)],
        needs=[n for n in pools.needs if n.line in pools.needs_of or _asks(n, pools.offers_of)],
    )


def _could_alone(pools: Pooled) -> set[tuple[str, str]]:
    """A pool and a line whose lot one member could carry alone: that is no trade for a pool."""
    found = set()
    most = {line: max(o.quantity for o in own) for line, own in pools.offers_of.items()}
    most |= {line: max(n.quantity for n in own) for line, own in pools.needs_of.items()}
    asked, given = defaultdict(list), defaultdict(list)
    for need in pools.needs:
        asked[need.commodity].append((need.line, need.min_lot))
    for offer in pools.offers:
        given[offer.commodity].append((offer.line, offer.min_lot))
    for offer in pools.offers:
        if offer.line in most:
            own = asked[offer.commodity]
            found |= {
                (offer.line, n) for n, lot in own if n not in most and lot <= most[offer.line]
            }
    for need in pools.needs:
        if need.line in most:
            own = given[need.commodity]
            found |= {(o, need.line) for o, lot in own if o not in most and lot <= most[need.line]}
    return found


def _left(lines: Iterable[Line], used: Counter[str]) -> list[Line]:
    """What is left of lines, where that is still a lot."""
    found = []
    for line in lines:
        left = line.quantity - used[line.line]
        lot = _lot(line, left)
        if left > 0 and left >= lot:
            found.append(msgspec.structs.replace(line, quantity=left, min_lot=lot))
    return found


def _lot(line: OfferLine | NeedLine, left: int) -> int:
    """A need may take less than its lot as the last of what it wants."""
    return line.min_lot if isinstance(line, OfferLine) else min(line.min_lot, left)


def _asks(line: OfferLine | NeedLine, others: object) -> bool:
    """Whether a line that is no pool insists on a lot that a pool may come to."""
    return bool(others) and line.min_lot > 0


def _room_left(terms: Terms, found: Interchange, goods: Mapping[str, str]) -> Terms:
    """Terms with the rooms of ships and mills that are left; `goods` are those of lines."""
    grams: Counter[Leg] = Counter()
    raw: Counter[tuple[str, str]] = Counter()
    for shipment in found.shipments:
        one, other = terms.weight(goods[shipment.offer]), terms.weight(goods[shipment.need])
        for part in shipment.parts:
            if part.process is not None:
                raw[part.process.code, part.process.hub] += part.given
            for leg in part.legs:  # raw or made, whichever is heavier
                if leg.capacity_kg is not None:
                    grams[leg] += max(part.given * one, part.quantity * other)
    book = terms.legs
    if grams:
        room = book.room_kg.copy()
        for leg, taken in grams.items():
            n = book.place(leg)
            if room[n] != NO_LIMIT:
                room[n] = max(0, int(room[n]) - -(-taken // (GRAMS_PER_KG * MICRO)))
        book = replace(book, room_kg=room)
    processes = tuple(
        p if p.capacity is None else p._replace(capacity=max(0, p.capacity - raw[p.code, p.hub]))
        for p in terms.processes
    )
    return replace(terms, legs=book, processes=processes, pooling=False, explain=False)


def _both(found: Interchange, more: Interchange) -> Interchange:
    """One answer of two: what pools got comes on top."""
    money = found.money_micro + more.money_micro
    used = Counter[tuple[str, str]]()
    for shipment in more.shipments:
        used["offer", shipment.offer] += shipment.given
        used["need", shipment.need] += shipment.quantity
    rest = (
        msgspec.structs.replace(one, quantity=one.quantity - used[one.side, one.line])
        for one in found.unmatched
    )
    return msgspec.structs.replace(
        found,
        shipments=tuple(
            sorted((*found.shipments, *more.shipments), key=attrgetter("offer", "need"))
        ),
        money_micro=money,
        objective=half_up(money),
        certified=found.certified and more.certified,
        gap=found.gap + more.gap,
        rounding=found.rounding + more.rounding,
        unmatched=tuple(one for one in rest if one.quantity),
        method="greedy" if "greedy" in (found.method, more.method) else "exact",
    )
