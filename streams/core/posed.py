"""A problem file as lines, legs and options: names resolved, base units, defaults filled in.

Decides what a stated amount is worth in base units and what stands for what is not said. Refuses
to guess: a unit that is not certain, an unknown commodity without a price, a date without a "now"
are errors that name their place.

A commodity that the catalogue does not know is a family of its own; its base unit is the unit its
lines state, which must be one and the same. A base unit weighs what the unit table says when it is
one of mass, else 1 kg.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from schemas.commodity import Catalogue, Commodity
from schemas.identity import COOP_FORM, CoopId, hub_of
from schemas.problem import Need, Offer, Problem, ProblemError
from schemas.quantity import MICRO, parse_price, parse_quantity, to_base
from schemas.units import Unit, UnitTable
from streams.core.contracts import permits_of
from streams.core.lines import FREE, Bond, Leg, NeedLine, OfferLine, Options, goods_of

GRAMS_PER_KG: Final = 1000
EPOCH: Final = date(1970, 1, 1).toordinal()
_NOW: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
)


class Measure(NamedTuple):
    """The base unit of a commodity: its code and what one of it weighs."""

    unit: str
    grams: int


class Rate(NamedTuple):
    """A way between or inside hubs: micro rupiah per kg, whole days."""

    cost_micro: int
    days: int


@dataclass(frozen=True, slots=True)
class Posed:
    """What the matcher takes, and the measure of every commodity for who writes the answer."""

    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]
    options: Options
    today: int
    measures: Mapping[str, Measure]
    rates: Mapping[tuple[str, str], Rate]
    local: Rate

    def leg(self, offer: OfferLine, need: NeedLine) -> Leg | None:
        """Give the way of a pair: cost per base unit, rounded up; None when there is none."""
        inside = self.local if offer.hub == need.hub else None
        rate = self.rates.get((offer.hub, need.hub), inside)
        if rate is None:
            return None
        grams = self.measures[offer.commodity].grams
        return Leg(-(-rate.cost_micro * grams // (GRAMS_PER_KG * MICRO)), rate.days)


def pose(problem: Problem, catalogue: Catalogue, units: UnitTable) -> Posed:
    """Resolve a problem; ProblemError names the place of whatever is not certain."""
    scale = _Scale(catalogue, units)
    lines: tuple[Offer | Need, ...] = (*problem.offers, *problem.needs)
    options = Options(
        bonuses=problem.options.bonuses,
        fairness=problem.options.fairness,
        keep=frozenset(problem.options.keep),
        finished={(f.offer, f.need): f.n for f in problem.options.finished},
        held_back=frozenset(problem.options.held_back),
        contracts=frozenset(
            [o.line for o in problem.offers if o.contract]
            + [n.line for n in problem.needs if n.contract]
        ),
        bonds={line.line: bond for line in lines if (bond := _bond(line)) != FREE},
        goods=goods_of(catalogue),
    )
    return Posed(
        offers=tuple(_offer(o, f"$.offers[{n}]", scale) for n, o in enumerate(problem.offers)),
        needs=tuple(_need(w, f"$.needs[{n}]", scale) for n, w in enumerate(problem.needs)),
        options=options,
        today=today_of(problem),
        measures=scale.measures,
        rates={
            (leg.origin, leg.to): rate(leg.cost_per_kg, leg.days, f"$.legs[{n}]")
            for n, leg in enumerate(problem.legs)
        },
        local=local_of(problem),
    )


def _bond(line: Offer | Need) -> Bond:
    return Bond(asks=tuple(permits_of(line.asks)), holds=tuple(permits_of(line.holds)))


class _Scale:
    """Turns stated amounts into base units; learns the unit of a commodity nobody knows."""

    def __init__(self, catalogue: Catalogue, units: UnitTable) -> None:
        self._catalogue: Final = catalogue
        self._units: Final = units
        self._general: Final = {
            name: unit
            for unit in units.units.values()
            if unit.commodity is None
            for name in (unit.code, unit.rec20)
            if name
        }
        self.measures: Final[dict[str, Measure]] = {}

    def known(self, code: str) -> Commodity | None:
        return self._catalogue.get(code)

    def micro_per_unit(self, code: str, unit: str | None, path: str) -> int:
        """Give the micro base units in one stated unit, and keep the measure of the commodity."""
        commodity = self.known(code)
        if commodity is None:
            return self._own_unit(code, unit, path)
        self.measures[code] = Measure(commodity.unit, commodity.grams_per_unit)
        if unit is None:
            return MICRO
        found = self._units.micro_per_unit(code, unit)
        if found is None:
            names = ", ".join(self._units.names(code))
            raise ProblemError(f"{path}.unit", f"{unit} is no unit of {code}; known: {names}")
        return found

    def _own_unit(self, code: str, unit: str | None, path: str) -> int:
        if unit is None:
            raise ProblemError(f"{path}.unit", f"is required: {code} is not in the catalogue")
        general = self._general.get(unit)
        name = general.code if general else unit
        measure = self.measures.setdefault(code, Measure(name, _grams(general)))
        if measure.unit != name:
            raise ProblemError(
                f"{path}.unit",
                f"{code} is not in the catalogue and stated in {measure.unit} before; "
                f"expected {measure.unit}, not {unit}",
            )
        return MICRO


def _grams(unit: Unit | None) -> int:
    if unit is None or unit.dimension != "mass":
        return GRAMS_PER_KG
    return unit.micro * GRAMS_PER_KG // MICRO


def _offer(offer: Offer, path: str, scale: _Scale) -> OfferLine:
    commodity = scale.known(offer.commodity)
    held = scale.micro_per_unit(offer.commodity, offer.unit, path)
    default = commodity.price_min_idr if commodity else 0
    floor = offer.floor_price
    return OfferLine(
        line=offer.line,
        coop=offer.coop,
        hub=_hub(offer, path),
        family=commodity.family if commodity else offer.commodity,
        commodity=offer.commodity,
        grade=offer.grade,
        quantity=_quantity(offer.quantity, held, f"{path}.quantity"),
        floor=default if floor is None else price(floor, f"{path}.floor_price"),
        expires_day=_day(offer.expires_on),
        min_lot=_lot(offer.min_lot, held, path),
    )


def _need(need: Need, path: str, scale: _Scale) -> NeedLine:
    commodity = scale.known(need.commodity)
    held = scale.micro_per_unit(need.commodity, need.unit, path)
    ceiling = need.ceiling_price
    if ceiling is None and commodity is None:
        raise ProblemError(
            f"{path}.ceiling_price", f"is required: {need.commodity} is not in the catalogue"
        )
    default = commodity.price_max_idr if commodity else 0
    return NeedLine(
        line=need.line,
        coop=need.coop,
        hub=_hub(need, path),
        family=commodity.family if commodity else need.commodity,
        commodity=need.commodity,
        quantity=_quantity(need.quantity, held, f"{path}.quantity"),
        ceiling=default if ceiling is None else price(ceiling, f"{path}.ceiling_price"),
        grades=None if need.grades is None else frozenset(need.grades),
        grade=need.grade,
        needed_by_day=_day(need.needed_by),
        priority=need.priority,
        min_lot=_lot(need.min_lot, held, path),
        market=need.market,
    )


def _hub(line: Offer | Need, path: str) -> str:
    if line.hub is not None:
        return line.hub
    if COOP_FORM.fullmatch(line.coop):
        return hub_of(CoopId(line.coop))
    raise ProblemError(f"{path}.hub", f"is required: {line.coop} is no village code")


def decimal(value: float | str, path: str) -> int:
    """Give a stated number in millionths; ProblemError names its place."""
    found = parse_quantity(value if isinstance(value, str) else repr(value))
    if found is None:
        raise ProblemError(
            path, f"expected 0 or more with at most 12 digits and 6 decimals, got {value!r}"
        )
    return found


def _quantity(value: int | str, micro_per_unit: int, path: str) -> int:
    found = to_base(decimal(value, path), micro_per_unit)
    if not found:
        raise ProblemError(path, f"expected more than 0 and at most 10^12 units, got {value!r}")
    return found


def _lot(value: int | str | None, micro_per_unit: int, path: str) -> int:
    if value is None:
        return 0
    found = to_base(decimal(value, f"{path}.min_lot"), micro_per_unit)
    if found is None:
        raise ProblemError(f"{path}.min_lot", f"expected at most 10^12 units, got {value!r}")
    return found


def price(value: int | str, path: str) -> int:
    """Give whole rupiah; ProblemError names its place."""
    found = parse_price(str(value))
    if found is None:
        raise ProblemError(path, f"expected whole rupiah per base unit, got {value!r}")
    return found


def rate(cost: float | str, days: float | str, path: str) -> Rate:
    """Give what a leg costs and how long it takes, days rounded up."""
    whole_days = -(-decimal(days, f"{path}.days") // MICRO)
    return Rate(decimal(cost, f"{path}.cost_per_kg"), whole_days)


def local_of(problem: Problem) -> Rate:
    """Give the way inside every hub that has none of its own."""
    local = problem.local_leg
    if local is None:
        return Rate(0, 0)
    if isinstance(local, int | str | float):
        return Rate(decimal(local, "$.local_leg"), 0)
    return rate(local.cost_per_kg, local.days, "$.local_leg")


def _day(day: date | None) -> int | None:
    return None if day is None else day.toordinal() - EPOCH


def today_of(problem: Problem) -> int:
    """Give the day of `now`, by the clock it was said on."""
    if problem.now is None:
        for path in _dates(problem):
            raise ProblemError("$.now", f"is required: {path} gives a date")
        return 0
    try:
        if not _NOW.fullmatch(problem.now):
            raise ValueError
        said = datetime.fromisoformat(problem.now)
    except ValueError:
        told = f"expected a date or a time (RFC 3339), got {problem.now!r}"
        raise ProblemError("$.now", told) from None
    return said.toordinal() - EPOCH


def _dates(problem: Problem) -> Iterator[str]:
    for n, offer in enumerate(problem.offers):
        if offer.expires_on is not None:
            yield f"$.offers[{n}].expires_on"
    for n, need in enumerate(problem.needs):
        if need.needed_by is not None:
            yield f"$.needs[{n}].needed_by"
