"""Decides as what match a shipment of a round begins: ends, terms, contract, permits, pool.

Refuses to know when it begins and what becomes of it.
"""

from math import gcd
from typing import Any

from schemas.market import LegSide
from streams.core.contracts import is_hub
from streams.core.interchange.market_state import Between, End, Family
from streams.core.interchange.protocol_table import Phase
from streams.core.interchange.terms import Shipment
from streams.core.lines import FREE, Goods, NeedLine, OfferLine, Options


def begun_as(
    shipment: Shipment, offer: OfferLine, need: NeedLine, of: Family, now_ms: int
) -> Between:
    """Give the match, of which neither hub has heard; `of` is the round it was found in."""
    facts: dict[str, Any] = {
        name: getattr(shipment, name)
        for name in ("given", "quantity", "price", "buyer_price", "leg_cost", "processing")
    }
    return Between(
        version=0,
        match=str(shipment.match),
        family=offer.family,
        n=0,
        phase=Phase.ASKED,
        offer=_end(LegSide.OFFER, offer, shipment.given),
        need=_end(LegSide.NEED, need, shipment.quantity),
        **facts,
        days=shipment.days,
        parts=shipment.parts,
        certified=of.certified,
        digest=of.digest,
        tick=of.tick,
        created_ms=now_ms,
        surplus=_surplus(shipment, offer, need),
        needed_day=-1 if need.needed_by_day is None else need.needed_by_day,
    )


def bind(match: Between, options: Options) -> None:
    """Each hub is asked to see for itself that the permits are there."""
    for end in match.ends:
        bond = options.bonds.get(end.line, FREE)
        end.asks, end.permits = bond.asks, bond.holds


def share(match: Between, pool: tuple[str, int], lots: tuple[int, int]) -> None:
    """A share of a pool is granted whole or not at all."""
    (match.pool, match.pooled), match.lots = pool, lots
    match.offer.least, match.need.least = match.offer.asked, match.need.asked


def grains(shipment: Shipment, offer: OfferLine, need: NeedLine, goods: Goods) -> tuple[int, int]:
    """What amounts of it stay multiples of, as goods given and as goods received."""
    if offer.commodity == need.commodity:
        return 1, 1
    one, other = goods.grain(offer.commodity), goods.grain(need.commodity)
    return gcd(one, shipment.given), gcd(other, shipment.quantity)


def partner(offer: OfferLine, need: NeedLine, options: Options) -> str:
    """Give the tag of the contract that an end stands on, "" where none does.

    An order for contract goods may be an outlet's own: then only a hub's is surely a contract's.
    """
    if offer.line in options.contracts:
        return offer.line.rpartition("|")[2]
    sure = need.commodity not in options.goods.barred or is_hub(need.coop)
    return need.line.rpartition("|")[2] if sure and need.line in options.contracts else ""


def _surplus(shipment: Shipment, offer: OfferLine, need: NeedLine) -> int:
    """What the two gain together, in whole rupiah per base unit received, rounded down."""
    goods = -(-offer.floor * shipment.given // shipment.quantity)
    return need.ceiling - goods - shipment.leg_cost - shipment.processing


def _end(side: LegSide, line: OfferLine | NeedLine, asked: int) -> End:
    least = max(1, min(line.min_lot, asked))
    grade = line.grade or ""
    return End(
        side, line.hub, line.line, line.commodity, asked, least, coop=line.coop, grade=grade
    )
