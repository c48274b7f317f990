"""Decides how what hubs told as left over stands in a round, and what of its answer can be loaded.

Refuses to know when a round begins and what is under way.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.market import LeftNeed, LeftOffer
from streams.core.grain import is_dust
from streams.core.interchange.terms import Shipment
from streams.core.lines import NeedLine, OfferLine


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


def loadable(
    shipments: Iterable[Shipment],
    offers: Mapping[str, OfferLine],
    needs: Mapping[str, NeedLine],
    grain: int,
) -> list[Shipment]:
    """Give the shipments that are no dust; the shares of a pool stay, for it is granted whole."""
    return [
        one
        for one in shipments
        if one.deal is not None
        or not is_dust(one.quantity, offers[one.offer].quantity, needs[one.need].quantity, grain)
    ]
