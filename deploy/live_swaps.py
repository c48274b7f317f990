"""Live state as a barter: what money leaves over of all that is open, and the ways between.

Decides what of the warehouse may be swapped and which ring a refusal names. Refuses to find rings
(`streams.core.interchange.cycles`), to read a warehouse and to write anything.

Each family is solved with money first; what that leaves, of all families together, is what rings
are made of. Each commodity has the freight of its own storage; inside a hub a way of some 20 km
stands for all. A ship counts where it has room for all the open goods of the hub it leaves, for
nobody counts here what rings take of it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import ceil
from typing import Final, NamedTuple

import msgspec

from deploy.live_problem import live_problems, shipped_network
from schemas import reference
from schemas.commodity import Catalogue
from schemas.problem import CycleRules, Need, Offer, Problem
from schemas.quantity import MICRO
from schemas.transport import Rates, parse_rates
from sinks.queries.open_lines import OpenLines
from streams.core.answer import answered
from streams.core.interchange.beside import rules_of
from streams.core.interchange.cycles import Cycles, Refused, Ring, find_again, find_cycles
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import GRAMS_PER_KG, leg_book
from streams.core.interchange.market_building import LOCAL_METRES
from streams.core.interchange.network import Ways
from streams.core.interchange.network_table import MICRO_PER_KG
from streams.core.interchange.posing import LOCAL_MODE
from streams.core.interchange.swaps import PARTIES_MAX, PARTIES_MIN, Barter
from streams.core.interchange.terms import Terms
from streams.core.posed import Posed, pose
from streams.core.reasons import Text

BETWEEN: Final = ","
"""What stands between the parties of a ring where a person names it."""


class UnknownRing(ValueError):
    """No such ring is proposed."""


class Left(NamedTuple):
    """What money leaves over of what is open; quantities are what is left.

    `open_grams` of a hub are those of all its goods before: the most that may leave it.
    """

    offers: list[Offer]
    needs: list[Need]
    open_grams: Mapping[str, int]


def left_over(lines: OpenLines, today: date, tell: Callable[[str], None]) -> Left:
    """Solve every family with money and give the rest; `tell` hears how it goes."""
    left = Left([], [], _open_grams(lines))
    for family, problem in live_problems(lines, today):
        rest = {(line.side, line.line): line.quantity for line in answered(problem).unmatched}
        offers = [
            msgspec.structs.replace(offer, quantity=rest["offer", offer.line])
            for offer in problem.offers
            if ("offer", offer.line) in rest
        ]
        needs = [
            msgspec.structs.replace(need, quantity=rest["need", need.line])
            for need in problem.needs
            if ("need", need.line) in rest
        ]
        tell(f"{family}: money leaves {len(offers)} offers and {len(needs)} orders")
        left.offers.extend(offers)
        left.needs.extend(needs)
    return left


def _open_grams(lines: OpenLines) -> Mapping[str, int]:
    catalogue, found = reference.catalogue(), defaultdict[str, int](int)
    for row in lines.offers:
        goods = catalogue.get(row["commodity"])
        if goods is not None:
            found[row["hub"]] += ceil(row["open"] * goods.grams_per_unit)
    return found


def barter_of(left: Left, today: date) -> tuple[Barter, Posed]:
    """Put what is left into a barter at reference prices; ProblemError as `pose`."""
    catalogue = reference.catalogue()
    asked = Problem(now=today.isoformat(), offers=left.offers, needs=left.needs)
    posed = pose(asked, catalogue, reference.units())
    barter = Barter(
        posed.offers,
        posed.needs,
        terms=_terms(posed, catalogue, left.open_grams),
        options=posed.options,
        rules=rules_of(CycleRules(), posed, catalogue),
        today=posed.today,
    )
    return barter, posed


def _terms(posed: Posed, catalogue: Catalogue, open_grams: Mapping[str, int]) -> Terms:
    rates = parse_rates(reference.read("transport.csv"))
    legs = _legs(posed, shipped_network().on(posed.today), rates)
    return Terms(
        legs=leg_book(_roomy(legs, open_grams)),
        grams={code: measure.grams for code, measure in posed.measures.items()},
        freight_micro={
            code: rates.storage_factors.get(goods.storage, MICRO)
            for code in posed.measures
            if (goods := catalogue.get(code)) is not None
        },
        within=True,
    )


def _legs(posed: Posed, ways: Ways, rates: Rates) -> Iterator[Leg]:
    """The ways between hubs of which one has what the other asks for, and those inside a hub."""
    local = rates.road(LOCAL_METRES, None, 0).cost_per_tonne_idr * MICRO_PER_KG
    asking: defaultdict[str, set[str]] = defaultdict(set)
    for need in posed.needs:
        asking[need.commodity].add(need.hub)
    ends = {(offer.hub, hub) for offer in posed.offers for hub in asking[offer.commodity]}
    for origin, target in sorted(ends):
        if origin == target:
            yield Leg(origin, target, local, 0, LOCAL_MODE)
        else:
            yield from ways.legs(origin, target)


def _roomy(legs: Iterable[Leg], open_grams: Mapping[str, int]) -> Iterator[Leg]:
    """The legs that all the goods of a hub together cannot fill, as legs without a limit."""
    for leg in legs:
        room = leg.capacity_kg
        if room is None or room * GRAMS_PER_KG >= open_grams[leg.from_hub]:
            yield leg._replace(capacity_kg=None)


def proposed(barter: Barter, refused: Sequence[str]) -> Cycles:
    """Find rings, then solve the rest again for each refusal, in their order.

    A refusal names a ring by its id, as it is proposed by then, or by its parties in order with
    commas between; UnknownRing when it is neither.
    """
    found = find_cycles(barter)
    rings: set[Ring] = set()
    for name in refused:
        rings.add(_ring(name, found))
        found = find_again(found, Refused(frozenset(rings)), barter)
    return found


def _ring(name: str, found: Cycles) -> Ring:
    parties = tuple(part.strip() for part in name.split(BETWEEN))
    if PARTIES_MIN <= len(set(parties)) == len(parties) <= PARTIES_MAX and all(parties):
        return parties
    for cycle in found.cycles:
        if cycle.id == name:
            return cycle.parties
    raise UnknownRing(name)


def unit_words() -> Mapping[str, Text]:
    """Base unit -> its name in each language."""
    return dict(_named())


def _named() -> Iterable[tuple[str, Text]]:
    for unit in reference.units().units.values():
        if unit.commodity is None and unit.micro == MICRO:
            yield unit.base, Text(unit.name_id, unit.name_en)
