"""Decides what a decision on a match between hubs does in the hub that it was said in.

It is judged by what the hub knows of the match, kept with its leg, and told to the market, which
has the last word; goods move here and now, for that is where they are. Refuses to know what the
other hub says.
"""

from typing import NamedTuple

from schemas.errors import Reason, Unacceptable
from schemas.events import Decision
from schemas.market import ActTold, LegSide
from streams.core import deal_life, deals
from streams.core.interchange import hub_life
from streams.core.interchange.hub_state import Leg, leg_name
from streams.core.lifecycle import Act
from streams.core.lifecycle_table import Action
from streams.core.state import position_key
from streams.core.view import View


class Moved(NamedTuple):
    """Goods onto a position of a co-op, and towards one of its orders; "" is none."""

    coop: str
    position: str
    micro: int
    order: str
    commodity: str


def spoken_for(said: Decision, view: View, day: int) -> list[Leg]:
    """The legs of a match that its actor speaks for; raises when there is none."""
    names = [leg_name(said.match, side) for side in LegSide]
    legs = [leg for name in names if (leg := view.legs.legs.get(name)) is not None and leg.line]
    if not legs:
        raise Unacceptable(Reason.UNKNOWN_MATCH, "data.match")
    found = [
        leg
        for leg in legs
        if deals.speaks_for(leg.line.partition("|")[0], said.actor, view.book.coops, day)
    ]
    if not found:
        raise deals.stranger(said.actor)
    return found


def allowed(legs: list[Leg], told: ActTold) -> list[Leg]:
    """The legs at which an act may be done; raises with the first reason when there is none."""
    judged = [(leg, hub_life.judged(leg, told)) for leg in legs]
    found = [leg for leg, refusal in judged if refusal is None]
    if not found:
        refusal = judged[0][1]
        assert refusal is not None
        raise Unacceptable(refusal.reason, refusal.field)
    return found


def told_of(done: Act, actor: str) -> ActTold:
    """A decision as the market hears of it."""
    return ActTold(
        action=str(done.action),
        actor=actor,
        at_ms=done.at_ms,
        quantity=done.quantity,
        refused=done.refused,
        price=done.price,
        reason=done.reason,
        final=done.final,
    )


def moved_by(leg: Leg, told: ActTold) -> Moved | None:
    """What an act at a leg moves: goods that leave, or that arrive for an order."""
    coop, _, name = leg.line.partition("|")
    if told.action == Action.SHIP and leg.side is LegSide.OFFER:
        return Moved(coop, name, -told.quantity, "", leg.commodity)
    if told.action == Action.RECEIVE and told.quantity and leg.side is LegSide.NEED:
        position = position_key(leg.commodity, leg.grade, "")
        return Moved(coop, position, told.quantity, name, leg.commodity)
    return None


def moved_at(said: Decision, view: View) -> tuple[str, str, str] | None:
    """Where a decision that was carried out moved goods: co-op, position, and order or ""."""
    if said.decision not in (Action.SHIP, Action.RECEIVE):
        return None
    ships, deal = said.decision == Action.SHIP, view.book.deals.get(said.match)
    if deal is not None:
        place = deal_life.given_from(deal) if ships else deal_life.taken_to(deal)
        return *place, "" if ships else deal.order
    leg = view.legs.legs.get(leg_name(said.match, LegSide.OFFER if ships else LegSide.NEED))
    if leg is None or not leg.line:
        return None
    coop, _, name = leg.line.partition("|")
    return (coop, name, "") if ships else (coop, position_key(leg.commodity, leg.grade, ""), name)
