"""Decides how what hubs told stands in a round, and what its answer leaves of it.

Refuses to know when a round begins and what is under way.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from schemas.market import LeftNeed, LeftOffer
from streams.core.grain import matchable
from streams.core.interchange.market_state import Lines
from streams.core.interchange.terms import Shipment
from streams.core.lines import FREE, Bond, NeedLine, OfferLine


def offer_of(left: LeftOffer, hub: str, family: str, quantity: int) -> OfferLine:
    """Give the line of an offer of which so much, in micro, is free."""
    return OfferLine(
        line=left.line,
        coop=left.coop,
        hub=hub,
        family=family,
        commodity=left.commodity,
        grade=left.grade,
        quantity=quantity,
        floor=left.floor,
        expires_day=None if left.expires_day < 0 else left.expires_day,
        min_lot=left.min_lot,
    )


def need_of(left: LeftNeed, hub: str, family: str, quantity: int) -> NeedLine:
    """Give the line of a need of which so much, in micro, is open."""
    named: dict[str, Any] = {"priority": left.priority}
    return NeedLine(
        line=left.line,
        coop=left.coop,
        hub=hub,
        family=family,
        commodity=left.commodity,
        quantity=quantity,
        ceiling=left.ceiling,
        grades=None if left.grades is None else frozenset(left.grades),
        grade=left.grade or None,
        needed_by_day=None if left.needed_day < 0 else left.needed_day,
        min_lot=min(left.min_lot, quantity),
        market=left.market,
        **named,
    )


def bonds_of(told: Sequence[Lines]) -> dict[str, Bond]:
    """Give the permits that bind lines, by name: those asked for, and who holds one of these.

    What nobody on the other side asks for is left out, so that few lines are told apart.
    """
    asked = {permit for lines in told for offer in lines.offers for permit in offer.asks}
    wanted = {permit for lines in told for need in lines.needs for permit in need.asks}
    if not asked and not wanted:
        return {}  # nearly always
    bonds = {}
    for lines in told:
        held = {one.coop: one.permits for one in lines.holders}
        for side, others in ((lines.offers, wanted), (lines.needs, asked)):
            for line in side:
                holds = tuple(one for one in held.get(line.coop, ()) if one in others)
                bonds[line.line] = Bond(asks=line.asks, holds=holds)
    return {name: bond for name, bond in bonds.items() if bond != FREE}


def with_offers(
    free: Iterable[OfferLine], inside: Iterable[tuple[str, LeftOffer]], family: str
) -> list[OfferLine]:
    """Give offers with what hubs matched of them inside, which is told hub by hub."""
    found = {offer.line: offer for offer in free}
    for hub, left in inside:
        whole = left.quantity + (found[left.line].quantity if left.line in found else 0)
        found[left.line] = offer_of(left, hub, family, whole)
    return [found[name] for name in sorted(found)]


def with_needs(
    open_: Iterable[NeedLine], inside: Iterable[tuple[str, LeftNeed]], family: str
) -> list[NeedLine]:
    """Give needs with what hubs matched of them inside, which is told hub by hub."""
    found = {need.line: need for need in open_}
    for hub, left in inside:
        whole = left.quantity + (found[left.line].quantity if left.line in found else 0)
        found[left.line] = need_of(left, hub, family, whole)
    return [found[name] for name in sorted(found)]


def rest_of(
    offers: Sequence[OfferLine], needs: Sequence[NeedLine], shipments: Sequence[Shipment]
) -> tuple[list[OfferLine], list[NeedLine]]:
    """Give the lines of a round that shipments leave something of, with as much as they leave."""
    gone = moved(shipments)
    return (
        [_less(offer, left) for offer in offers if (left := _left(offer, gone))],
        [_less(need, left) for need in needs if (left := _left(need, gone))],
    )


def has_left(line: OfferLine | NeedLine, gone: Mapping[str, int]) -> bool:
    """Whether something of a line could still be matched when so much of it is gone."""
    return _left(line, gone) > 0


def _left(line: OfferLine | NeedLine, gone: Mapping[str, int]) -> int:
    return matchable(line.quantity - gone.get(line.line, 0), line.quantity)


def moved(shipments: Sequence[Shipment]) -> Counter[str]:
    """Give what shipments take of lines, micro base units."""
    found: Counter[str] = Counter()
    for shipment in shipments:
        found[shipment.offer] += shipment.given
        found[shipment.need] += shipment.quantity
    return found


def _less(line: Any, left: int) -> Any:
    return line if left == line.quantity else msgspec.structs.replace(line, quantity=left)
