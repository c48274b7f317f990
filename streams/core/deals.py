"""Decides who may speak for whom on a match, and how long a rejected pair rests.

A side is spoken for by its own co-op, or by a hub that has its mandate for the day. Refuses to
know stock and what follows a decision: `streams.core.lifecycle` does.
"""

from collections.abc import Mapping
from typing import Final

from schemas.errors import Reason, Unacceptable
from streams.core.lifecycle_table import Side
from streams.core.lifecycle_times import is_held_back
from streams.core.state import Coop, Deal

_HUB_LENGTH: Final = len("19.02")


def speaks_for(coop: str, actor: str, book: Mapping[str, Coop], day: int) -> bool:
    """True when an actor is a co-op itself, or a hub that has its mandate for the day."""
    if actor == coop:
        return True
    known = book.get(coop) if len(actor) == _HUB_LENGTH else None
    return known is not None and any(
        hub == actor and since <= day and (until < 0 or day <= until)
        for hub, since, until in known.mandates
    )


def stranger(actor: str) -> Unacceptable:
    """Why an actor that speaks for no side is not heard."""
    reason = Reason.NO_MANDATE if len(actor) == _HUB_LENGTH else Reason.NOT_A_PARTY
    return Unacceptable(reason, "data.actor")


def sides(deal: Deal, actor: str, book: Mapping[str, Coop], day: int) -> frozenset[Side]:
    """All sides an actor speaks for; raises when there is none."""
    ends = ((Side.GIVER, deal.from_coop), (Side.TAKER, deal.to_coop))
    found = frozenset(side for side, coop in ends if speaks_for(coop, actor, book, day))
    if not found:
        raise stranger(actor)
    return found


def held_back(deal: Deal, as_of_ms: int) -> bool:
    """True while a rejected pair is not to be proposed again."""
    return deal.state == "rejected" and is_held_back(deal.steps[-1].at_ms, as_of_ms)
