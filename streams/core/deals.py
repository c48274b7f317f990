"""Decides the life of a match inside a hub: which decision may follow which state, and what then.

proposed -> accepted (both sides, each by the co-op itself or its hub under a mandate), or
rejected, expired, superseded. What is not in the table is refused with the state named. Refuses to
know stock.
"""

from dataclasses import dataclass
from typing import Final

from schemas.errors import Reason, Unacceptable
from streams.core.state import Coop, Deal, Step

PROPOSAL_MS: Final = 24 * 3_600_000
"""How long a proposal stands without both answers."""
HOLD_BACK_MS: Final = 24 * 3_600_000
"""How long a rejected pair is not proposed again."""

TRANSITIONS: Final[dict[tuple[str, str], str]] = {
    ("proposed", "accept"): "accepted",
    ("proposed", "reject"): "rejected",
    ("proposed", "expire"): "expired",
    ("proposed", "supersede"): "superseded",
}


@dataclass(frozen=True, slots=True)
class Sides:
    """For whom an actor may speak on a deal."""

    giver: bool
    taker: bool


def sides(deal: Deal, actor: str, book: dict[str, Coop], day: int) -> Sides:
    """The sides an actor speaks for: its own, or those that gave its hub a mandate for the day."""
    if actor in (deal.from_coop, deal.to_coop):
        return Sides(actor == deal.from_coop, actor == deal.to_coop)
    if len(actor) != len("19.02"):
        raise Unacceptable(Reason.NOT_A_PARTY, "data.actor")
    found = Sides(
        _mandated(book.get(deal.from_coop), actor, day),
        _mandated(book.get(deal.to_coop), actor, day),
    )
    if not (found.giver or found.taker):
        raise Unacceptable(Reason.NO_MANDATE, "data.actor")
    return found


def _mandated(coop: Coop | None, hub: str, day: int) -> bool:
    if coop is None:
        return False
    return any(
        name == hub and since <= day and (until < 0 or day <= until)
        for name, since, until in coop.mandates
    )


def decide(deal: Deal, decision: str, by: Sides, step: Step) -> None:
    """Carry a decision out on a deal; raises with the reason when it may not follow."""
    state = TRANSITIONS.get((deal.state, decision))
    if state is None:
        raise Unacceptable(Reason.ILLEGAL_TRANSITION, f"data.decision:{deal.state}")
    if decision == "accept":
        if (by.giver and not by.taker and deal.accepted_from) or (
            by.taker and not by.giver and deal.accepted_to
        ):
            raise Unacceptable(Reason.ILLEGAL_TRANSITION, "data.decision:accepted")
        deal.accepted_from = deal.accepted_from or by.giver
        deal.accepted_to = deal.accepted_to or by.taker
        if not (deal.accepted_from and deal.accepted_to):
            state = "proposed"
    move(deal, state, step)


def move(deal: Deal, state: str, step: Step) -> None:
    """Bring a deal to a state and write the moment down."""
    deal.state = state
    deal.steps.append(step)


def is_held(deal: Deal) -> bool:
    """True when a side has said yes: solving again leaves its quantity alone."""
    return deal.state == "accepted" or deal.accepted_from or deal.accepted_to


def held_back(deal: Deal, as_of_ms: int) -> bool:
    """True while a rejected pair is not to be proposed again."""
    return deal.state == "rejected" and as_of_ms < deal.steps[-1].at_ms + HOLD_BACK_MS
