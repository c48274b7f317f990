"""A round between hubs as lines of an answer: the pair, and the way its goods go.

Decides the form of a shipment in an answer. Refuses to solve, and to read a problem.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from schemas.quantity import MICRO, format_quantity
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.terms import Part, Process, Shipment
from streams.core.posed import EPOCH, Measure


class LegLine(msgspec.Struct, frozen=True, omit_defaults=True, rename={"origin": "from"}):
    """One leg of a way; the cost is rupiah per kg."""

    origin: str
    to: str
    cost_per_kg: str
    days: int
    mode: str
    estimated: bool
    departs_on: str | None = None


class RecipeLine(msgspec.Struct, frozen=True, rename={"output_per_input": "yield"}):
    """The recipe on a way; `yield` is units made of one unit given."""

    recipe: str
    input: str
    output: str
    output_per_input: str
    hub: str
    cost: int
    days: int


class PartLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way that part of a match goes; `given` where a recipe makes it differ."""

    quantity: str
    days: int
    legs: list[LegLine]
    given: str | None = None
    recipe: RecipeLine | None = None


class ShipmentLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One match between hubs; `price` is per unit given, `buyer_price` per unit received."""

    match: str
    offer: str
    need: str
    commodity: str
    quantity: str
    unit: str
    price: int
    buyer_price: int
    leg_cost: int
    days: int
    lineage: list[PartLine]
    given: str | None = None
    given_commodity: str | None = None
    given_unit: str | None = None
    processing: int = 0
    pool: str | None = None


def shipment_line(
    shipment: Shipment, commodities: tuple[str, str], measures: Mapping[str, Measure]
) -> ShipmentLine:
    """Tell a shipment; `commodities` are the offer's and the need's."""
    given, wanted = commodities
    made = given != wanted
    return ShipmentLine(
        match=shipment.match,
        offer=shipment.offer,
        need=shipment.need,
        commodity=wanted,
        quantity=format_quantity(shipment.quantity),
        unit=measures[wanted].unit,
        price=shipment.price,
        buyer_price=shipment.buyer_price,
        leg_cost=shipment.leg_cost,
        days=shipment.days,
        lineage=[_part(part) for part in shipment.parts],
        given=format_quantity(shipment.given) if made else None,
        given_commodity=given if made else None,
        given_unit=measures[given].unit if made else None,
        processing=shipment.processing,
        pool=shipment.pool,
    )


def _part(part: Part) -> PartLine:
    return PartLine(
        quantity=format_quantity(part.quantity),
        days=part.days,
        legs=[_leg(leg) for leg in part.legs],
        given=None if part.process is None else format_quantity(part.given),
        recipe=None if part.process is None else _recipe(part.process),
    )


def _leg(leg: Leg) -> LegLine:
    departs = None
    if leg.departs_day is not None:
        departs = date.fromordinal(EPOCH + leg.departs_day).isoformat()
    return LegLine(
        origin=leg.from_hub,
        to=leg.to_hub,
        cost_per_kg=decimal_text(leg.cost_micro),
        days=leg.days,
        mode=leg.mode,
        estimated=leg.estimated,
        departs_on=departs,
    )


def _recipe(process: Process) -> RecipeLine:
    return RecipeLine(
        recipe=process.code,
        input=process.input,
        output=process.output,
        output_per_input=decimal_text(process.yield_micro),
        hub=process.hub,
        cost=process.cost,
        days=process.days,
    )


def decimal_text(micro: int) -> str:
    """Write millionths as a decimal without zeros that say nothing."""
    whole, rest = divmod(micro, MICRO)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")
