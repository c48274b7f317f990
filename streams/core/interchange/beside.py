"""What an answer shows beside its matches: return legs, swaps and cleared debts, as lines of JSON.

Decides the form of these, and what of a problem file they are made from. Refuses to solve.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from schemas.commodity import Catalogue
from schemas.problem import CycleRules, Problem, ProblemError
from schemas.quantity import MICRO, format_quantity
from streams.core.interchange.clearing import IDR_MAX, Obligation, clear
from streams.core.interchange.cycles import Cycle, Cycles, Refused, find_cycles
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.return_legs import Flow, ReturnLeg, return_legs
from streams.core.interchange.swap_words import told
from streams.core.interchange.swaps import Barter, Rules
from streams.core.interchange.telling import decimal_text
from streams.core.interchange.terms import Interchange, Terms
from streams.core.lines import NeedLine, OfferLine, Unmatched
from streams.core.posed import EPOCH, Posed, price
from streams.core.reasons import Text


class ReturnLine(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """A way back with room; costs are rupiah per kg, `base` is what the way costs else."""

    origin: str
    to: str
    mode: str
    departs_on: str
    days: int
    cost_per_kg: str
    base_cost_per_kg: str
    capacity_kg: int
    sent_kg: int
    booked_kg: int
    used_kg: str


class MoveLine(msgspec.Struct, frozen=True):
    """What one party gives the next; price and freight are whole rupiah per base unit."""

    giver: str
    taker: str
    offer: str
    need: str
    commodity: str
    quantity: str
    unit: str
    price: int
    freight: int
    days: int


class CashLine(msgspec.Struct, frozen=True):
    """What a party gets in rupiah, below 0 what it pays."""

    party: str
    amount: int


class SwapLine(msgspec.Struct, frozen=True):
    """One ring; `method` says whether the choice of its round is proven."""

    swap: str
    parties: list[str]
    moves: list[MoveLine]
    cash: list[CashLine]
    value: int
    freight: int
    round: int
    method: str
    why: dict[str, str]


class SwapsLine(msgspec.Struct, frozen=True):
    """All rings; `worth` is value less freight, `bound` what no choice among rings exceeds."""

    worth: int
    bound: int
    exact: bool
    proposals: list[SwapLine]


class DebtLine(msgspec.Struct, frozen=True):
    """One obligation: rupiah cleared, and what is left of it."""

    id: str
    cleared: int
    left: int


class ClearedLine(msgspec.Struct, frozen=True):
    """All obligations; `levels` of the parties are the proof that `total` is the most."""

    total: int
    of: int
    certified: bool
    gap: int
    obligations: list[DebtLine]
    levels: dict[str, int]


def returns_of(problem: Problem, terms: Terms, today: int) -> tuple[ReturnLeg, ...]:
    """Give the ways back that a problem's accepted flows leave open."""
    flows = [
        Flow(f.origin, f.to, f.departs_on.toordinal() - EPOCH, f.days, f.kg, f.mode)
        for f in problem.accepted_flows
    ]
    return return_legs(flows, terms.legs, today, problem.options.return_percent)


def return_lines(
    found: Iterable[ReturnLeg], answer: Interchange, posed: Posed
) -> list[ReturnLine]:
    """Tell ways back, with what the answer sends on them."""
    used = _carried(answer, posed)
    return [
        ReturnLine(
            origin=one.leg.from_hub,
            to=one.leg.to_hub,
            mode=one.leg.mode,
            departs_on=date.fromordinal(EPOCH + (one.leg.departs_day or 0)).isoformat(),
            days=one.leg.days,
            cost_per_kg=decimal_text(one.leg.cost_micro),
            base_cost_per_kg=decimal_text(one.base.cost_micro),
            capacity_kg=one.leg.capacity_kg or 0,
            sent_kg=one.sent_kg,
            booked_kg=one.booked_kg,
            used_kg=format_quantity(used[one.leg] // GRAMS_PER_KG),
        )
        for one in found
    ]


def _carried(answer: Interchange, posed: Posed) -> defaultdict[Leg, int]:
    """Micro grams on each leg; on the way to a mill goods weigh what they were."""
    given = {o.line: posed.measures[o.commodity].grams for o in posed.offers}
    wanted = {n.line: posed.measures[n.commodity].grams for n in posed.needs}
    used: defaultdict[Leg, int] = defaultdict(int)
    for shipment in answer.shipments:
        for part in shipment.parts:
            for leg in part.legs:
                raw = part.process is not None and leg.to_hub == part.process.hub
                used[leg] += (
                    part.given * given[shipment.offer]
                    if raw
                    else part.quantity * wanted[shipment.need]
                )
    return used


def cleared_of(problem: Problem) -> ClearedLine:
    """Clear a problem's obligations; ProblemError names the amount that is none."""
    owed = []
    for n, debt in enumerate(problem.obligations):
        idr = price(debt.amount, path := f"$.obligations[{n}].amount")
        if not idr:
            raise ProblemError(path, "expected more than 0")
        owed.append(Obligation(debt.id, debt.debtor, debt.creditor, idr))
    of = sum(debt.idr for debt in owed)
    if of > IDR_MAX:
        raise ProblemError("$.obligations", f"expected at most {IDR_MAX} rupiah in all")
    found = clear(owed)
    return ClearedLine(
        total=found.total,
        of=of,
        certified=found.certified,
        gap=found.gap,
        obligations=[
            DebtLine(debt.id, found.cleared[debt.id], debt.idr - found.cleared[debt.id])
            for debt in sorted(owed, key=lambda debt: debt.id)
        ],
        levels=dict(sorted(found.levels.items())),
    )


def swaps_of(
    asked: CycleRules,
    posed: Posed,
    terms: Terms,
    left: Iterable[Unmatched],
    goods: tuple[Catalogue, Mapping[str, Text]],
) -> SwapsLine:
    """Swap what an answer left over; `goods` are the catalogue and the names of units."""
    catalogue, _ = goods
    barter = Barter(
        *_rest(posed, left),
        terms=terms,
        options=posed.options,
        rules=rules_of(asked, posed, catalogue),
        today=posed.today,
    )
    refused = Refused(
        frozenset(tuple(ring) for ring in asked.refused), frozenset(asked.refused_gifts)
    )
    return swap_lines(find_cycles(barter, refused), posed, goods)


def swap_lines(
    found: Cycles, posed: Posed, goods: tuple[Catalogue, Mapping[str, Text]]
) -> SwapsLine:
    """Tell rings of a problem's lines, with the reason of each in Indonesian and English."""
    catalogue, units = goods
    names = {
        code: Text(known.name_id, known.name_en)
        for code in posed.measures
        if (known := catalogue.get(code)) is not None
    }
    measured = {
        code: units.get(measure.unit, Text(measure.unit, measure.unit))
        for code, measure in posed.measures.items()
    }
    return SwapsLine(
        worth=found.worth,
        bound=found.bound,
        exact=found.exact,
        proposals=[_swap(cycle, posed, (names, measured)) for cycle in found.cycles],
    )


def _rest(posed: Posed, left: Iterable[Unmatched]) -> tuple[list[OfferLine], list[NeedLine]]:
    """Give the lines of a problem as an answer leaves them."""
    rest = {(line.side, line.line): line.quantity for line in left}
    offers = [o for o in posed.offers if ("offer", o.line) in rest]
    needs = [n for n in posed.needs if ("need", n.line) in rest]
    return (
        [msgspec.structs.replace(o, quantity=rest["offer", o.line]) for o in offers],
        [msgspec.structs.replace(n, quantity=rest["need", n.line]) for n in needs],
    )


def rules_of(asked: CycleRules, posed: Posed, catalogue: Catalogue) -> Rules:
    """The published middle of each price band, and over it what the file says."""
    prices = {
        code: (known.price_min_idr + known.price_max_idr) // 2
        for code in posed.measures
        if (known := catalogue.get(code)) is not None
    }
    prices |= {
        said.commodity: price(said.price, f"$.cycles.prices[{n}].price")
        for n, said in enumerate(asked.prices)
    }
    return Rules(
        reference=prices,
        party=asked.party,
        parties_max=asked.parties,
        cash_percent=asked.cash_percent,
        price_percent=asked.price_percent,
        freight_percent=asked.freight_percent,
    )


def _swap(
    cycle: Cycle, posed: Posed, words: tuple[Mapping[str, Text], Mapping[str, Text]]
) -> SwapLine:
    return SwapLine(
        swap=cycle.id,
        parties=list(cycle.parties),
        moves=[
            MoveLine(
                giver=giver,
                taker=taker,
                offer=move.offer.line,
                need=move.need.line,
                commodity=move.offer.commodity,
                quantity=format_quantity(move.units * MICRO),
                unit=posed.measures[move.offer.commodity].unit,
                price=move.price,
                freight=move.freight,
                days=move.days,
            )
            for giver, taker, move in cycle.transfers
        ],
        cash=[CashLine(*row) for row in zip(cycle.parties, cycle.cash, strict=True)],
        value=cycle.value,
        freight=cycle.freight,
        round=cycle.round,
        method=cycle.method,
        why=told(cycle, *words)._asdict(),
    )
