"""Offers and needs of one part as columns: places, kinds of goods, days they can wait.

Decides which lines can take part at all, which kinds of goods need telling apart, and how many
days goods may be under way. Refuses to know legs beyond the names of hubs.

Theory of operation. Shelf life and needed-by both say "at most so many days", so a line has one
number: an offer the most days its goods may travel, a need the most days until they must be there.
Grades of one commodity that every need here treats alike are one kind, if they are bound alike:
what asks for permits, or whose owner holds one that is asked for, is a kind of its own. What is
made of goods is bound as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from schemas.commodity import DEFAULT_SCALE, UNGRADED
from streams.core.eligibility import SHELF_LIFE_TENTHS
from streams.core.interchange.road import Road
from streams.core.interchange.terms import SHELF_FOREVER, Terms
from streams.core.lines import (
    FREE,
    Bond,
    BoolArray,
    Goods,
    IntArray,
    NeedLine,
    OfferLine,
    Options,
)

Kind = tuple[str, str, bool, Bond]
"""Commodity, grade, whether it stands on a contract, and the permits that bind it."""
Ask = tuple[str, frozenset[str] | None, str | None, bool, Bond]
_Line = TypeVar("_Line", OfferLine, NeedLine)
CLOSED_TRADES: Final = frozenset({"restricted", "service"})


@dataclass(frozen=True, slots=True)
class Sides:
    """Lines in the order of their names; `takes[kind, need]` says which kinds serve a need."""

    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]
    supply: IntArray
    demand: IntArray
    offer_hub: IntArray
    need_hub: IntArray
    offer_worth: IntArray
    need_worth: IntArray
    offer_days: IntArray
    need_days: IntArray
    kind: IntArray
    kinds: tuple[str, ...]  # commodity of each kind
    bonds: tuple[Bond, ...]  # permits of each kind
    takes: BoolArray
    made: Mapping[tuple[str, str, Bond], int]
    """Commodity and grade that a process makes, and the permits of what it takes -> kind."""


def days_left(offer: OfferLine, today: int) -> int:
    """Give the most days goods may travel; below 0 when they are past their date."""
    if offer.expires_day is None:
        return SHELF_FOREVER
    left = offer.expires_day - today
    return -1 if left < 0 else min(SHELF_LIFE_TENTHS * left // 10, SHELF_FOREVER)


def days_until(need: NeedLine, today: int) -> int:
    """Give the days until goods must be there; below 0 when that is past."""
    if need.needed_by_day is None:
        return SHELF_FOREVER
    return max(-1, min(need.needed_by_day - today, SHELF_FOREVER))


def barred(line: OfferLine | NeedLine, options: Options, terms: Terms) -> str | None:
    """Name what keeps a line out of every match: `trade`, `permit` or nothing."""
    trade = options.goods.barred.get(line.commodity, "free")
    if trade in CLOSED_TRADES or (trade != "free" and line.line not in options.contracts):
        return "trade"
    if isinstance(line, NeedLine):
        holders = terms.permits.get(line.commodity)
        if holders is not None and line.coop not in holders:
            return "permit"
    return None


def admitted(lines: Sequence[_Line], options: Options, terms: Terms) -> tuple[_Line, ...]:
    """Give the lines that nothing keeps out of every match."""
    watched = options.goods.barred.keys() | terms.permits.keys()
    return tuple(
        line
        for line in lines
        if line.commodity not in watched or barred(line, options, terms) is None
    )


def sides(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    options: Options,
    road: Road,
    steer: IntArray,
) -> Sides:
    """Put lines that may take part into columns; `steer` is the bonus of each offer."""
    given = [kind_of(offer, options) for offer in offers]
    made = _made(given, road.terms)
    asks = [ask_of(need, options) for need in needs]
    (kinds, bonds), takes, number = _kinds((*given, *made), asks, options.goods)

    def column(values: Iterable[int], count: int) -> IntArray:
        return np.fromiter(values, np.int64, count)

    m, n = len(offers), len(needs)
    worth = column((-offer.floor for offer in offers), m)
    return Sides(
        offers=tuple(offers),
        needs=tuple(needs),
        supply=column((offer.quantity for offer in offers), m),
        demand=column((need.quantity for need in needs), n),
        offer_hub=column((road.hubs[offer.hub] for offer in offers), m),
        need_hub=column((road.hubs[need.hub] for need in needs), n),
        offer_worth=worth + steer,
        need_worth=column((need.ceiling for need in needs), n),
        offer_days=column((days_left(offer, road.today) for offer in offers), m),
        need_days=column((days_until(need, road.today) for need in needs), n),
        kind=column((number[kind] for kind in given), m),
        kinds=kinds,
        bonds=bonds,
        takes=takes,
        made={(c, g, bond): number[c, g, bound, bond] for c, g, bound, bond in made},
    )


def _made(given: Sequence[Kind], terms: Terms) -> list[Kind]:
    """What processes make of goods: on no contract, and bound as what they are made of."""
    bonds: defaultdict[str, set[Bond]] = defaultdict(set)
    for commodity, _, _, bond in set(given):
        bonds[commodity].add(bond)
    return [
        (process.output, process.grade, False, bond)
        for process in terms.processes
        for bond in sorted(bonds[process.input])
    ]


def kind_of(offer: OfferLine, options: Options) -> Kind:
    """Name what needs tell goods apart by."""
    bound = offer.line in options.contracts
    return offer.commodity, offer.grade, bound, _permits(offer.line, options)


def ask_of(need: NeedLine, options: Options) -> Ask:
    """Name what a need asks of goods."""
    bound = need.line in options.contracts
    return need.commodity, need.grades, need.grade, bound, _permits(need.line, options)


def _permits(line: str, options: Options) -> Bond:
    return options.bonds.get(line, FREE)._replace(site="") if options.bonds else FREE


def _kinds(
    given: Sequence[Kind], asks: Sequence[Ask], goods: Goods
) -> tuple[tuple[tuple[str, ...], tuple[Bond, ...]], BoolArray, dict[Kind, int]]:
    """Merge kinds that serve the same asks and are bound alike.

    Gives commodities and permits of kinds, what serves whom, and the numbers of kinds.
    """
    distinct = list(dict.fromkeys(asks))
    at = {ask: k for k, ask in enumerate(distinct)}
    merged: dict[tuple[str, Bond, tuple[bool, ...]], int] = {}
    number: dict[Kind, int] = {}
    for kind in sorted(set(given)):
        row = tuple(serves(kind, ask, goods) for ask in distinct)
        number[kind] = merged.setdefault((kind[0], kind[3], row), len(merged))
    table = np.array([row for _, _, row in merged], bool).reshape(len(merged), len(distinct))
    takes = table[:, [at[ask] for ask in asks]].reshape(len(merged), len(asks))
    names = tuple(commodity for commodity, _, _ in merged)
    return (names, tuple(bond for _, bond, _ in merged)), takes, number


def serves(kind: Kind, ask: Ask, goods: Goods) -> bool:
    """Whether goods of a kind serve a need: the same goods, a grade good enough, all permits."""
    commodity, grade, bound, bond = kind
    wanted, listed, least, asked_by_contract, asked = ask
    if commodity != wanted or not bond.meets(asked):
        return False
    if commodity in goods.barred and not (bound and asked_by_contract):
        return False
    if listed is not None:
        return grade in listed
    if least is None or least in (UNGRADED, grade):
        return True
    ranks = goods.scales.get(commodity, goods.scales.get(DEFAULT_SCALE, {}))
    return grade in ranks and least in ranks and ranks[grade] <= ranks[least]
