"""A problem file's bytes to its answer's bytes: what `lumbung match` prints.

Decides the form of the answer. Refuses to decide anything about the match itself, and to read or
write a file.
"""

from collections import Counter
from dataclasses import replace
from typing import Final

import msgspec

from schemas.commodity import Catalogue
from schemas.problem import Problem, ProblemError, parse_problem
from schemas.quantity import MICRO, format_quantity
from schemas.reference import catalogue as shipped_catalogue
from schemas.reference import units as shipped_units
from schemas.units import UnitTable
from streams.core.interchange.beside import (
    ClearedLine,
    ReturnLine,
    SwapsLine,
    cleared_of,
    return_lines,
    returns_of,
    swaps_of,
)
from streams.core.interchange.posing import is_network, terms_of
from streams.core.interchange.return_legs import ReturnLeg, with_returns
from streams.core.interchange.solving import solve_between
from streams.core.interchange.telling import ShipmentLine, shipment_line
from streams.core.interchange.terms import Interchange, Terms
from streams.core.lines import Method, Proposal, Round, Unmatched
from streams.core.matching import solve
from streams.core.posed import Posed, pose
from streams.core.reasons import Text, text

PAIRS_MAX: Final = 4_000_000
"""Most offers x needs of one commodity: some 600 MB while it is solved."""


class MatchLine(msgspec.Struct, frozen=True):
    """One proposal; quantities in the base unit, prices and leg whole rupiah per base unit."""

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


class LeftLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left of a line, and why; `partner` is the line that the reason speaks of."""

    line: str
    side: str
    quantity: str
    unit: str
    reason: str
    detail: dict[str, str]
    partner: str | None = None


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole answer; `streams.core.lines.Round` says what objective, certified and gap mean.

    `rounding` stands there where whole pieces cost something (see `Interchange`), the
    last three when the problem asks for them.
    """

    objective: int
    certified: bool
    gap: int
    method: Method
    digest: str
    proposals: list[MatchLine] | list[ShipmentLine]
    unmatched: list[LeftLine]
    rounding: int = 0
    return_legs: list[ReturnLine] | None = None
    cycles: SwapsLine | None = None
    cleared: ClearedLine | None = None


def answer(
    problem: bytes, catalogue: Catalogue | None = None, units: UnitTable | None = None
) -> bytes:
    """Solve a problem file; gives JSON, the same bytes for the same problem in any line order.

    ProblemError when the problem cannot be solved as it stands. Without a catalogue and units of
    the caller's own, those that are shipped hold.
    """
    return msgspec.json.encode(answered(parse_problem(problem), catalogue, units))


def answered(
    asked: Problem, catalogue: Catalogue | None = None, units: UnitTable | None = None
) -> Answer:
    """Solve a problem that is read already; as `answer`."""
    goods, known = catalogue or shipped_catalogue(), units or shipped_units()
    posed = pose(asked, goods, known)
    commodities = {
        "offer": {offer.line: offer.commodity for offer in posed.offers},
        "need": {need.line: need.commodity for need in posed.needs},
    }
    terms = terms_of(asked, posed, goods) if is_network(asked) else None
    back: tuple[ReturnLeg, ...] = ()
    if terms is not None and asked.accepted_flows:
        back = returns_of(asked, terms, posed.today)
        terms = replace(terms, legs=with_returns(terms.legs, back))
    found, proposals = _solved(posed, terms, commodities)
    words = _unit_words(known)
    swaps = None
    if asked.cycles is not None:
        wide = terms or terms_of(asked, posed, goods)
        swaps = swaps_of(asked.cycles, posed, wide, found.unmatched, (goods, words))
    return Answer(
        objective=found.objective,
        certified=found.certified,
        gap=found.gap,
        method=found.method,
        digest=found.digest,
        proposals=proposals,
        unmatched=[
            _left(rest, posed.measures[commodities[rest.side][rest.line]].unit, words)
            for rest in found.unmatched
        ],
        rounding=found.rounding if isinstance(found, Interchange) else 0,
        return_legs=_returns(asked, back, found, posed),
        cycles=swaps,
        cleared=cleared_of(asked) if asked.obligations else None,
    )


def _returns(
    asked: Problem, back: tuple[ReturnLeg, ...], found: Round | Interchange, posed: Posed
) -> list[ReturnLine] | None:
    if not asked.accepted_flows or isinstance(found, Round):
        return None
    return return_lines(back, found, posed)


def _solved(
    posed: Posed, terms: Terms | None, commodities: dict[str, dict[str, str]]
) -> tuple[Round | Interchange, list[MatchLine] | list[ShipmentLine]]:
    """Solve pair by pair, or as a network when there are terms for one."""
    offers, needs = commodities["offer"], commodities["need"]
    if terms is None:
        _bounded(posed)
        pairs = solve(posed.offers, posed.needs, posed.leg, posed.options, posed.today)
        return pairs, [_match(p, offers[p.offer], posed) for p in pairs.proposals]
    found = solve_between(posed.offers, posed.needs, terms, posed.options, posed.today)
    return found, [
        shipment_line(s, (offers[s.offer], needs[s.need]), posed.measures) for s in found.shipments
    ]


def _bounded(posed: Posed) -> None:
    offers = Counter(offer.commodity for offer in posed.offers)
    needs = Counter(need.commodity for need in posed.needs)
    for commodity, count in offers.items():
        if count * needs[commodity] > PAIRS_MAX:
            raise ProblemError(
                "$.offers",
                f"{commodity} has {count} offers and {needs[commodity]} needs; "
                f"expected at most {PAIRS_MAX} pairs",
            )


def _match(proposal: Proposal, commodity: str, posed: Posed) -> MatchLine:
    return MatchLine(
        match=proposal.match,
        offer=proposal.offer,
        need=proposal.need,
        commodity=commodity,
        quantity=format_quantity(proposal.quantity),
        unit=posed.measures[commodity].unit,
        price=proposal.price,
        buyer_price=proposal.buyer_price,
        leg_cost=proposal.leg_cost,
        days=proposal.days,
    )


def _left(rest: Unmatched, unit: str, words: dict[str, Text]) -> LeftLine:
    partner = rest.figures.get("with")
    return LeftLine(
        line=rest.line,
        side=rest.side,
        quantity=format_quantity(rest.quantity),
        unit=unit,
        reason=rest.reason,
        detail=text(rest.reason, rest.figures, words.get(unit, Text(unit, unit)))._asdict(),
        partner=None if partner is None else str(partner),
    )


def _unit_words(units: UnitTable) -> dict[str, Text]:
    """Give base unit -> its name in each language."""
    return {
        unit.base: Text(unit.name_id, unit.name_en)
        for unit in units.units.values()
        if unit.commodity is None and unit.micro == MICRO
    }
