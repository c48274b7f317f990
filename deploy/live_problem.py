"""Live state as matching problems: one per family, of what nobody has said yes to.

Decides how rows of the warehouse and the shipped network become a problem. Refuses to solve it,
and to write anything.

A problem has one freight for all its goods, so that of the dearest storage in the family counts;
of parallel ways by one mode and day the cheapest stands; inside a hub a way of some 20 km stands
for all. Goods that are not traded freely are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec

from deploy.settings import load
from deploy.yields_file import yields_of
from schemas import network_reference, reference
from schemas.commodity import Catalogue, Commodity, Recipe
from schemas.identity import CommodityCode
from schemas.problem import (
    LegBetween,
    LocalLeg,
    Need,
    Offer,
    Problem,
    ProblemOptions,
    RecipeAt,
)
from schemas.quantity import MICRO, format_quantity
from schemas.transport import Rates, parse_rates
from schemas.yields import Yields
from sinks.queries.open_lines import OpenLines
from streams.core.interchange.market_building import LOCAL_METRES
from streams.core.interchange.network import Network, Ways
from streams.core.interchange.network_table import MICRO_PER_KG

_EPOCH: Final = date(1970, 1, 1).toordinal()


@cache
def shipped_network() -> Network:
    """The network that comes along; seconds to make, so made once."""
    return Network(network_reference.tables(), network_reference.sailings())


def live_problems(lines: OpenLines, today: date) -> Iterator[tuple[str, Problem]]:
    """Give the problem of every family with goods and orders, in the order of names."""
    catalogue = reference.catalogue()
    ways = shipped_network().on(today.toordinal() - _EPOCH)
    rates = parse_rates(reference.read("transport.csv"))
    settings = load().settings
    options = ProblemOptions(fairness=settings.matching.fairness)
    world = ways, rates, catalogue, yields_of(settings)
    offers, needs = _by_family(lines.offers, catalogue), _by_family(lines.needs, catalogue)
    for family in sorted(offers.keys() & needs.keys()):
        posed = _problem(offers[family], needs[family], world, today)
        yield family, msgspec.structs.replace(posed, options=options)


def _by_family(rows: Iterable[dict[str, Any]], catalogue: Catalogue) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        goods = catalogue.get(row["commodity"])
        if goods is not None and goods.trade == "free":
            found[str(goods.family)].append(row)
    return found


def _problem(
    offers: list[Any], needs: list[Any], world: tuple[Ways, Rates, Catalogue, Yields], today: date
) -> Problem:
    ways, rates, catalogue, yields = world
    codes = {row["commodity"] for row in (*offers, *needs)}
    factor = max(rates.storage_factors[_goods(catalogue, code).storage] for code in codes)
    local = rates.road(LOCAL_METRES, None, 0).cost_per_tonne_idr * MICRO_PER_KG
    return Problem(
        now=today.isoformat(),
        offers=[_offer(row) for row in offers],
        needs=[_need(row) for row in needs],
        legs=list(_legs(ways, {r["hub"] for r in offers}, {r["hub"] for r in needs}, factor)),
        local_leg=LocalLeg(cost_per_kg=_dearer(local, factor)),
        recipes=[
            at
            for recipe in catalogue.recipes.values()
            if recipe.input in codes and recipe.main.commodity in codes
            for at in _at(recipe, offers, yields)
        ],
    )


def _at(recipe: Recipe, offers: list[Any], yields: Yields) -> Iterator[RecipeAt]:
    """A recipe wherever what it takes is offered, with the yields of those hubs."""
    hubs = {row["hub"] for row in offers if row["commodity"] == recipe.input}
    own = {hub: yields[hub, recipe.code] for hub in hubs if (hub, recipe.code) in yields}
    if not own:
        yield RecipeAt(recipe=recipe.code)
        return
    for hub in sorted(hubs):
        made = format_quantity(own[hub]) if hub in own else None
        yield RecipeAt(recipe=recipe.code, hub=hub, output_per_input=made)


def _goods(catalogue: Catalogue, code: str) -> Commodity:
    return catalogue.commodities[CommodityCode(code)]


def _legs(ways: Ways, origins: set[str], targets: set[str], factor: int) -> Iterator[LegBetween]:
    for origin in sorted(origins):
        for target in sorted(targets - {origin}):
            told = set()
            for leg in ways.legs(origin, target):
                if (leg.mode, leg.departs_day) in told:
                    continue
                told.add((leg.mode, leg.departs_day))
                departs = leg.departs_day
                yield LegBetween(
                    origin=origin,
                    to=target,
                    cost_per_kg=_dearer(leg.cost_micro, factor),
                    days=leg.days,
                    mode=leg.mode,
                    capacity_kg=leg.capacity_kg,
                    departs_on=None if departs is None else date.fromordinal(_EPOCH + departs),
                    estimated=leg.estimated,
                )


def _dearer(micro: int, factor: int) -> str:
    return format_quantity(-(-micro * factor // MICRO))


def _offer(row: dict[str, Any]) -> Offer:
    return Offer(
        line=row["offer"],
        coop=row["coop"],
        hub=row["hub"],
        commodity=row["commodity"],
        grade=row["grade"],
        quantity=_amount(row["open"]),
        floor_price=row["floor_price"],
        expires_on=_day(row["expires_on"]),
        min_lot=_amount(row["min_lot"]),
        asks=row.get("asks", []),
        holds=row.get("holds", []),
    )


def _need(row: dict[str, Any]) -> Need:
    return Need(
        line=row["order_id"],
        coop=row["coop"],
        hub=row["hub"],
        commodity=row["commodity"],
        grade=row["grade"] or None,
        quantity=_amount(row["open"]),
        ceiling_price=row["ceiling_price"],
        needed_by=_day(row["needed_by"]),
        priority=row["priority"],
        market=row["market"],
        min_lot=_amount(row["min_lot"]),
        asks=row.get("asks", []),
        holds=row.get("holds", []),
    )


def _amount(value: float) -> str:
    """Base units as a decimal: SQLite shows amounts as floats."""
    return format_quantity(round(value * MICRO))


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value[:10])
