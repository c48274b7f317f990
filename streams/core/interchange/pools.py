"""Pooling: many small lots as one offer, many small orders as one purchase, parted again exactly.

Decides which lines pool, at which limit, and who gets which share. Refuses to match: the pool is a
line like others while a round is solved.

Lines pool when they lie in one hub, are of one commodity, grade and standing, each is smaller than
a lot somebody on the other side insists on, and their prices lie within a tenth of each other. A
pool of offers asks the highest floor of its members and keeps the earliest date; a pool of needs
bids the lowest ceiling. So whatever a pool gets, every member may take. Shares follow what each
member has, in whole units where all amounts are whole and else in millionths; the odd ones go to
the largest remainders.

A line stays alone when one of its pairs was refused, when its co-op is on the other side of the
family too, or when its goods may be bought with a permit only. A pool of lines on contracts stands
on a contract. Lines that permits bind pool with those that are bound alike.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import gcd
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

import msgspec

from schemas.identity import match_id
from schemas.quantity import MICRO
from streams.core.interchange.shares import shares
from streams.core.interchange.sides import ask_of, kind_of
from streams.core.interchange.terms import Interchange, Part, Shipment
from streams.core.lines import NeedLine, OfferLine, Options, Unmatched
from streams.core.matching import BETWEEN_HUBS, WITHIN_HUB, half_up

BAND_PERCENT: Final = 10
Line = TypeVar("Line", OfferLine, NeedLine)


class Pooled(NamedTuple):
    """Lines to solve with, and the members of every line that is a pool."""

    offers: list[OfferLine]
    needs: list[NeedLine]
    offers_of: Mapping[str, tuple[OfferLine, ...]]
    needs_of: Mapping[str, tuple[NeedLine, ...]]


def pooled(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    options: Options,
    permits: Container[str] = (),
    most: int | None = None,
) -> Pooled:
    """Pool what is too small to trade alone; the order of the lines means nothing.

    `permits` are commodities that not everybody may buy, `most` is how many lines a pool may have.
    """
    refused = {line for pair in options.held_back for line in pair}
    sellers = {(o.coop, o.family) for o in offers}
    buyers = {(n.coop, n.family) for n in needs}
    sold, bought = _largest_lots(offers), _largest_lots(needs)

    def small_offer(o: OfferLine) -> bool:
        free = o.line not in refused and (o.coop, o.family) not in buyers
        return free and o.quantity < bought.get(o.commodity, 0)

    def small_need(n: NeedLine) -> bool:
        free = n.line not in refused and (n.coop, n.family) not in sellers
        return free and n.commodity not in permits and n.quantity < sold.get(n.commodity, 0)

    def kind(o: OfferLine) -> Hashable:
        return o.hub, *kind_of(o, options)

    def ask(n: NeedLine) -> Hashable:
        return n.hub, n.priority, n.market, *ask_of(n, options)

    alone, groups = _banded(offers, small_offer, kind, most)
    given = {_name(group): group for group in groups}
    lonely, gathered = _banded(needs, small_need, ask, most)
    asked = {_name(group): group for group in gathered}
    return Pooled(
        [*alone, *(_offer_pool(name, group) for name, group in given.items())],
        [*lonely, *(_need_pool(name, group) for name, group in asked.items())],
        given,
        asked,
    )


def on_contracts(pools: Pooled, options: Options) -> Options:
    """Give options in which a pool is bound as its members are: by contract, and by permits."""
    first = {name: group[0].line for name, group in pools.offers_of.items()}
    first |= {name: group[0].line for name, group in pools.needs_of.items()}
    bound = {name for name, line in first.items() if line in options.contracts}
    bonds = {name: options.bonds[line] for name, line in first.items() if line in options.bonds}
    contracts = options.contracts | bound
    return replace(options, contracts=contracts, bonds={**options.bonds, **bonds})


def parted(found: Interchange, pools: Pooled, options: Options) -> Interchange:
    """Part what pools got among their members, and what is left of them."""
    desk = _Desk(pools, options)
    shipments = [one for shipment in found.shipments for one in desk.members(shipment)]
    money = found.money_micro + desk.gain
    return msgspec.structs.replace(
        found,
        shipments=tuple(sorted(shipments, key=attrgetter("offer", "need"))),
        money_micro=money,
        objective=half_up(money),
        unmatched=tuple(
            sorted(
                (one for rest in found.unmatched for one in desk.left_of(rest)),
                key=attrgetter("side", "line"),
            )
        ),
    )


class _Desk:
    """Parts shipments one after the other, by what each member still has."""

    def __init__(self, pools: Pooled, options: Options) -> None:
        self._pools, self._options = pools, options
        self._offers = {line.line: line for line in pools.offers}
        self._needs = {line.line: line for line in pools.needs}
        self._left: dict[tuple[str, str], int] = {
            ("offer", o.line): o.quantity for group in pools.offers_of.values() for o in group
        }
        self._left |= {
            ("need", n.line): n.quantity for group in pools.needs_of.values() for n in group
        }
        self.gain = 0
        """What members' own limits make the money more than their pools', micro rupiah."""

    def members(self, shipment: Shipment) -> Iterator[Shipment]:
        """Give one shipment per pair of members."""
        pools, offer, need = self._pools, self._offers[shipment.offer], self._needs[shipment.need]
        sellers = pools.offers_of.get(offer.line, (offer,))
        buyers = pools.needs_of.get(need.line, (need,))
        if len(sellers) == len(buyers) == 1:
            yield shipment
            return
        parts: defaultdict[tuple[int, int], list[Part]] = defaultdict(list)
        for part in shipment.parts:
            for i, j, given, quantity in self._pairs(part, sellers, buyers):
                parts[i, j].append(msgspec.structs.replace(part, given=given, quantity=quantity))
        tier = WITHIN_HUB if offer.hub == need.hub and not _is_made(shipment) else BETWEEN_HUBS
        for (i, j), own in sorted(parts.items()):
            ends = sellers[i].line, buyers[j].line
            given, quantity = sum(p.given for p in own), sum(p.quantity for p in own)
            self.gain += given * (offer.floor - sellers[i].floor)
            self.gain += quantity * (buyers[j].ceiling - need.ceiling)
            yield msgspec.structs.replace(
                shipment,
                match=match_id(tier, *ends, self._options.finished.get(ends, 0)),
                offer=ends[0],
                need=ends[1],
                given=given,
                quantity=quantity,
                parts=tuple(own),
                pool=offer.line if len(sellers) > 1 else need.line,
                deal=f"{offer.line}>{need.line}",
                lots=(offer.min_lot, need.min_lot),
            )

    def left_of(self, rest: Unmatched) -> Iterator[Unmatched]:
        """Give what is left of each member, for the reason that binds the pool."""
        pools = self._pools
        members: Sequence[OfferLine | NeedLine] | None = (
            pools.offers_of.get(rest.line)
            if rest.side == "offer"
            else pools.needs_of.get(rest.line)
        )
        if members is None:
            yield rest
            return
        for member in members:
            left = self._left[rest.side, member.line]
            if left:
                yield msgspec.structs.replace(rest, line=member.line, quantity=left)

    def _pairs(
        self, part: Part, sellers: Sequence[OfferLine], buyers: Sequence[NeedLine]
    ) -> Iterator[tuple[int, int, int, int]]:
        """Part one way: members' numbers, what the one gives and the other gets."""
        given = self._shares("offer", part.given, [o.line for o in sellers])
        wanted = self._shares("need", part.quantity, [n.line for n in buyers])
        made = given if part.process is None else self._made(part.quantity, given, buyers[0])
        j = 0
        for i, quantity in enumerate(made):
            rest, to, gets = quantity, list[int](), list[int]()
            while rest:
                moved = min(rest, wanted[j])
                if moved:
                    to.append(j)
                    gets.append(moved)
                wanted[j] -= moved
                rest -= moved
                j += not wanted[j]
            gives = gets if part.process is None else self._gives(given[i], gets, sellers[i])
            for pair in zip(to, gives, gets, strict=True):
                self._take("offer", sellers[i].line, pair[1])
                self._take("need", buyers[pair[0]].line, pair[2])
                yield i, *pair

    def _made(self, quantity: int, given: list[int], need: NeedLine) -> list[int]:
        """Part what one batch of all members' goods makes, by what each has given."""
        grain = gcd(self._options.goods.grain(need.commodity), quantity)
        return [part * grain for part in shares(quantity // grain, given)]

    def _gives(self, given: int, gets: list[int], offer: OfferLine) -> list[int]:
        """Part what a member gives among those who get what is made of it."""
        grain = gcd(self._options.goods.grain(offer.commodity), given)
        parts = shares(given // grain, gets)
        # Who gets something has given something, be it less than a piece.
        return [part * grain for part in parts] if all(parts) else shares(given, gets)

    def _shares(self, side: str, whole: int, lines: Sequence[str]) -> list[int]:
        if len(lines) == 1:
            return [whole]
        claims = [self._left[side, line] for line in lines]
        grain = gcd(MICRO, whole, *claims)  # whole nuts and heads, where all are whole
        parts = shares(whole // grain, [claim // grain for claim in claims])
        return [part * grain for part in parts]

    def _take(self, side: str, line: str, quantity: int) -> None:
        if (side, line) in self._left:
            self._left[side, line] -= quantity


def _is_made(shipment: Shipment) -> bool:
    return any(part.process is not None for part in shipment.parts)


def _largest_lots(lines: Iterable[OfferLine | NeedLine]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.commodity] = max(found.get(line.commodity, 0), line.min_lot)
    return found


def _banded(
    lines: Sequence[Line],
    small: Callable[[Line], bool],
    key: Callable[[Line], Hashable],
    most: int | None,
) -> tuple[list[Line], list[tuple[Line, ...]]]:
    """Give the lines that stay alone, and the groups of those that pool, each in a price band."""
    alone = [line for line in lines if not small(line)]
    places: defaultdict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        if small(line):
            places[key(line)].append(line)
    groups: list[tuple[Line, ...]] = []
    for members in places.values():
        band: list[Line] = []
        for line in sorted(members, key=lambda m: (_limit(m), m.line)):
            far = band and 100 * _limit(line) > (100 + BAND_PERCENT) * _limit(band[0])
            if far or len(band) == most:
                groups.append(tuple(band))
                band = []
            band.append(line)
        groups.append(tuple(band))
    alone += [group[0] for group in groups if len(group) == 1]
    by_name = [tuple(sorted(group, key=attrgetter("line"))) for group in groups if len(group) > 1]
    return alone, sorted(by_name, key=lambda group: group[0].line)


def _limit(line: OfferLine | NeedLine) -> int:
    return line.floor if isinstance(line, OfferLine) else line.ceiling


def _name(group: Sequence[OfferLine] | Sequence[NeedLine]) -> str:
    return f"pool:{group[0].line}+{len(group) - 1}"


def _offer_pool(name: str, group: Sequence[OfferLine]) -> OfferLine:
    dates = [o.expires_day for o in group if o.expires_day is not None]
    return msgspec.structs.replace(
        group[0],
        line=name,
        coop=name,
        quantity=sum(o.quantity for o in group),
        floor=max(o.floor for o in group),
        expires_day=min(dates, default=None),
        min_lot=max(o.min_lot for o in group),
    )


def _need_pool(name: str, group: Sequence[NeedLine]) -> NeedLine:
    dates = [n.needed_by_day for n in group if n.needed_by_day is not None]
    return msgspec.structs.replace(
        group[0],
        line=name,
        coop=name,
        quantity=sum(n.quantity for n in group),
        ceiling=min(n.ceiling for n in group),
        needed_by_day=min(dates, default=None),
        min_lot=max(n.min_lot for n in group),
    )
