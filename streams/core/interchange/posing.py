"""A problem file's network: its legs, recipes and terms, in base units.

Decides what a recipe, a leg and a tolerance in a file mean, and whether hubs trade as a network at
all. Refuses to know lines beyond their hubs and commodities.
"""

from collections.abc import Iterator
from typing import Final

from schemas.commodity import Catalogue, Recipe
from schemas.problem import LegBetween, Problem, ProblemError, RecipeAt
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import GRAMS_PER_KG, leg_book
from streams.core.interchange.terms import Process, Terms
from streams.core.posed import EPOCH, Measure, Posed, decimal, price, rate

LOCAL_MODE: Final = "local"


def is_network(problem: Problem) -> bool:
    """Whether a problem asks for anything that one round of pairs does not know."""
    options = problem.options
    asked = options.network or options.pooling or options.local_percent or options.permits
    special = any(
        leg.mode is not None or leg.capacity_kg is not None or leg.departs_on is not None
        for leg in problem.legs
    )
    return bool(problem.recipes or problem.accepted_flows or asked or special)


def terms_of(problem: Problem, posed: Posed, catalogue: Catalogue) -> Terms:
    """Give the network of a problem; ProblemError names what is not certain."""
    options = problem.options
    if problem.now is None:
        for n, leg in enumerate(problem.legs):
            if leg.departs_on is not None:
                raise ProblemError("$.now", f"is required: $.legs[{n}].departs_on gives a date")
        if problem.accepted_flows:
            raise ProblemError("$.now", "is required: $.accepted_flows[0].departs_on gives a date")
    floors: dict[str, int] = {}
    for offer in posed.offers:
        least = floors.get(offer.commodity, offer.floor)
        floors[offer.commodity] = min(least, offer.floor)
    processes = [
        process
        for n, recipe in enumerate(problem.recipes)
        for process in _processes(recipe, f"$.recipes[{n}]", posed, catalogue)
    ]
    return Terms(
        legs=leg_book([*_between(problem), *_inside(problem, posed)]),
        processes=tuple(sorted(processes, key=str)),
        grams={code: measure.grams for code, measure in posed.measures.items()},
        local_idr={
            code: floor * options.local_percent // 100
            for code, floor in floors.items()
            if options.local_percent
        },
        permits={permit.commodity: frozenset(permit.coops) for permit in options.permits},
        within=True,
        pooling=options.pooling,
    )


def _between(problem: Problem) -> Iterator[Leg]:
    for n, leg in enumerate(problem.legs):
        yield _leg(leg, f"$.legs[{n}]")


def _leg(leg: LegBetween, path: str) -> Leg:
    found = rate(leg.cost_per_kg, leg.days, path)
    return Leg(
        leg.origin,
        leg.to,
        found.cost_micro,
        found.days,
        leg.mode or "road",
        leg.capacity_kg,
        None if leg.departs_on is None else leg.departs_on.toordinal() - EPOCH,
        leg.estimated,
    )


def _inside(problem: Problem, posed: Posed) -> Iterator[Leg]:
    """The way inside every hub that has none of its own."""
    own = {leg.origin for leg in problem.legs if leg.origin == leg.to}
    hubs = {o.hub for o in posed.offers} | {n.hub for n in posed.needs}
    for hub in sorted(hubs - own):
        yield Leg(hub, hub, posed.local.cost_micro, posed.local.days, LOCAL_MODE)


def _processes(
    asked: RecipeAt, path: str, posed: Posed, catalogue: Catalogue
) -> Iterator[Process]:
    """Give a recipe at its hub, or at every hub that offers what it takes."""
    known = _known(asked, path, catalogue)
    given = asked.input or asked.source or (known.input if known else None)
    made = asked.output or asked.to or (known.main.commodity if known else None)
    if given is None or made is None:
        raise ProblemError(path, "names no `recipe` and not both `input` and `output`")
    measure = posed.measures.get(given)
    if measure is None or made not in posed.measures:
        return  # nobody offers the one or needs the other
    goods = catalogue.get(made)
    shelf = asked.shelf_days
    if shelf is None and goods is not None and goods.shelf_life_days:
        shelf = goods.shelf_life_days
    hubs = [asked.hub] if asked.hub else {o.hub for o in posed.offers if o.commodity == given}
    for hub in sorted(hubs):
        yield Process(
            code=asked.recipe or f"{given}>{made}",
            input=given,
            output=made,
            hub=hub,
            yield_micro=_yield(asked, known, path),
            cost=price(asked.cost, f"{path}.cost"),
            days=asked.days if asked.days is not None else (known.days if known else 0),
            capacity=_capacity(asked, measure, path),
            grade=asked.grade,
            shelf_days=shelf,
        )


def _known(asked: RecipeAt, path: str, catalogue: Catalogue) -> Recipe | None:
    if asked.recipe is None:
        return None
    known = catalogue.recipes.get(asked.recipe)
    if known is None and (asked.input or asked.source) is None:
        raise ProblemError(f"{path}.recipe", f"{asked.recipe} is not in the catalogue")
    return known


def _yield(asked: RecipeAt, known: Recipe | None, path: str) -> int:
    if asked.output_per_input is not None:
        found = decimal(asked.output_per_input, f"{path}.yield")
    elif known is not None:
        found = known.main.micro_per_input_unit
    else:
        raise ProblemError(f"{path}.yield", "is required: the recipe is not in the catalogue")
    if not found:
        raise ProblemError(f"{path}.yield", "expected more than 0")
    return found


def _capacity(asked: RecipeAt, measure: Measure, path: str) -> int | None:
    """Give how much input it takes, in micro; `kg_day` is by weight."""
    if asked.capacity is not None:
        return decimal(asked.capacity, f"{path}.capacity")
    if asked.kg_day is not None:
        return decimal(asked.kg_day, f"{path}.kg_day") * GRAMS_PER_KG // measure.grams
    return None
