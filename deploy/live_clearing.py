"""What co-ops owe each other by matches, and what of it need not be paid: a proposal.

Decides what a match amounts to in rupiah and how a clearing reads, by match and by co-op. Refuses
to find the clearing (`streams.core.interchange.clearing`), to read a warehouse, and to move money.

A taker owes the price for what had to be given for what was received: where a recipe lies between,
in the proportion that was agreed. Freight is not the giver's, so it is not owed to the giver.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from schemas.quantity import MICRO
from sinks.queries.owed import Unpaid
from streams.core.interchange.clearing import Obligation, clear


class MatchDebt(msgspec.Struct, frozen=True):
    """What is owed for one match: whole rupiah, what of it clears and what is left to pay.

    State `claimed` means that the debtor says to have paid: ask before it is cleared.
    """

    match_id: str
    state: str
    debtor: str
    creditor: str
    owed: int
    cleared: int
    left: int


class CoopDebt(msgspec.Struct, frozen=True):
    """A co-op in whole rupiah; `cleared` it need neither pay nor be paid: as much of each."""

    coop: str
    owes: int
    is_owed: int
    cleared: int
    left_to_pay: int
    left_to_get: int


class Cleared(msgspec.Struct, frozen=True):
    """The whole proposal; `levels` of the co-ops are the proof that `total` is the most."""

    total: int
    of: int
    certified: bool
    gap: int
    matches: list[MatchDebt]
    coops: list[CoopDebt]
    levels: dict[str, int]


def rupiah_of(match: Unpaid) -> int:
    """Whole rupiah that a match leaves open, rounded half up once."""
    over = match.to_quantity_micro * MICRO
    exact = match.price * match.received_micro * match.quantity_micro
    return (2 * exact + over) // (2 * over)


def obligations(matches: Sequence[Unpaid]) -> list[Obligation]:
    """Give what each match leaves owed; one of less than half a rupiah leaves nothing."""
    return [
        Obligation(match.match_id, debtor=match.to_coop, creditor=match.from_coop, idr=idr)
        for match in matches
        if (idr := rupiah_of(match))
    ]


def cleared(matches: Sequence[Unpaid]) -> Cleared:
    """Clear as much as can be; ValueError when all exceeds what can be counted."""
    owed = sorted(obligations(matches), key=lambda debt: debt.id)
    found = clear(owed)
    states = {match.match_id: match.state for match in matches}
    debts = [
        MatchDebt(
            match_id=debt.id,
            state=states[debt.id],
            debtor=debt.debtor,
            creditor=debt.creditor,
            owed=debt.idr,
            cleared=found.cleared[debt.id],
            left=debt.idr - found.cleared[debt.id],
        )
        for debt in owed
    ]
    return Cleared(
        total=found.total,
        of=sum(debt.idr for debt in owed),
        certified=found.certified,
        gap=found.gap,
        matches=debts,
        coops=_coops(debts),
        levels=dict(sorted(found.levels.items())),
    )


def _coops(debts: Sequence[MatchDebt]) -> list[CoopDebt]:
    pays: defaultdict[str, list[MatchDebt]] = defaultdict(list)
    gets: defaultdict[str, list[MatchDebt]] = defaultdict(list)
    for debt in debts:
        pays[debt.debtor].append(debt)
        gets[debt.creditor].append(debt)
    return [
        CoopDebt(
            coop=coop,
            owes=sum(debt.owed for debt in pays[coop]),
            is_owed=sum(debt.owed for debt in gets[coop]),
            cleared=sum(debt.cleared for debt in pays[coop]),
            left_to_pay=sum(debt.left for debt in pays[coop]),
            left_to_get=sum(debt.left for debt in gets[coop]),
        )
        for coop in sorted({*pays, *gets})
    ]
