"""Decides what a new round makes of a match that stands and that nobody has said yes to.

Refuses to know which matches a round may change: `streams.core.drafts` does.
"""

from streams.core.lines import NeedLine, OfferLine, Proposal, Round
from streams.core.state import Deal


def is_as_before(deal: Deal, proposal: Proposal) -> bool:
    """Whether a round asks for a match on the very terms on which it stands."""
    kept = deal.quantity, deal.price, deal.leg_cost
    return kept == (proposal.quantity, proposal.price, proposal.leg_cost)


def relabel(deal: Deal, partner: str) -> bool:
    """Say on whose contract a standing proposal is by now; False when that has not changed."""
    changed, deal.partner = deal.partner != partner, partner
    return changed


def renew(
    deal: Deal, proposal: Proposal, ends: tuple[OfferLine, NeedLine], answer: Round, tick: int
) -> bool:
    """Bring a standing proposal up to date; False when nothing of it changed."""
    offer, need = ends
    arrive = deal.arrive_day if need.needed_by_day is None else need.needed_by_day
    fresh = (proposal.quantity, proposal.price, proposal.leg_cost, answer.certified, arrive)
    if fresh == (deal.quantity, deal.price, deal.leg_cost, deal.certified, deal.arrive_day):
        return False
    deal.stood = deal.quantity
    deal.quantity, deal.price, deal.leg_cost, deal.certified, deal.arrive_day = fresh
    deal.surplus = need.ceiling - offer.floor - proposal.leg_cost
    deal.tick, deal.digest = tick, answer.digest
    return True
