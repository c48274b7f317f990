"""Decides what the people of a hub may do to a match between hubs, by what the hub knows of it.

A hub knows how the market says that the match stands, and what was done here since; so it refuses
what its people may not do without asking anybody. What the other side did meanwhile it does not
know: the market carries acts out in the order of its log, and has the last word. Quantities are
micro base units of the goods of the leg. Refuses to know stock and who may speak for whom.
"""

from typing import Any, Final

import msgspec

from schemas.errors import Reason
from schemas.market import ActTold, LegSide, LegState, Stand
from streams.core.interchange.hub_state import Leg
from streams.core.lifecycle import Act, Life, Refusal, follow
from streams.core.lifecycle_table import OVER, Action, Side, State

ACTS_MAX: Final = 32
"""How many acts of a leg the market may not have heard yet."""
SIDES: Final = {LegSide.OFFER: Side.GIVER, LegSide.NEED: Side.TAKER}
_SAME: Final = (
    *("quantity", "granted", "price", "giver_yes", "taker_yes", "counters", "shipped"),
    *("received", "refused", "lost", "released", "expires_ms", "ship_by_ms", "arrive_by_ms"),
)

_OVER: Final = {str(state): reason for state, reason in OVER.items()}
"""Why nothing more may be done, by the reason for which a leg was released."""


def life_in(stand: Stand) -> Life:
    """The life that the market tells of."""
    return Life(state=State(stand.state), **{name: getattr(stand, name) for name in _SAME})


def facts_of(life: Life) -> dict[str, Any]:
    """The fields of a `Stand` that are those of a life."""
    return {"state": str(life.state), **{name: getattr(life, name) for name in _SAME}}


def act_in(side: LegSide, told: ActTold, *, goods_gone: bool = False) -> Act:
    """What somebody at an end of a match did, for the table of its life."""
    return Act(
        Action(told.action),
        frozenset({SIDES[side]}),
        told.at_ms,
        quantity=told.quantity,
        refused=told.refused,
        price=told.price,
        reason=told.reason,
        final=told.final,
        goods_gone=goods_gone,
    )


def known(leg: Leg) -> Life | None:
    """The match as its hub knows it; None before the market has shown it to people."""
    life = leg.life
    for told in leg.acts if life is not None else ():
        assert life is not None
        found = follow(life, act_in(leg.side, told))
        life = found if isinstance(found, Life) else life
    return life


def judged(leg: Leg, told: ActTold) -> Refusal | None:
    """Why an act may not be done at a leg, None when it may."""
    life = known(leg)
    if leg.state is not LegState.COMMITTED or life is None:
        return Refusal(_OVER.get(leg.reason, Reason.UNKNOWN_MATCH), "data.match")
    if len(leg.acts) >= ACTS_MAX:
        return Refusal(Reason.STATE_TOO_LARGE, "data.match")
    found = follow(life, act_in(leg.side, told, goods_gone=bool(leg.at_risk)))
    if isinstance(found, Refusal):
        return found
    agreed = leg.life is not None and leg.life.state in (State.ACCEPTED, State.SHIPPED)
    if told.action == Action.SHIP and not agreed:  # the other side may just be changing the terms
        return Refusal(Reason.NOT_ACCEPTED)
    return None


def done(leg: Leg, told: ActTold) -> None:
    """Write an act down; what has left or arrived is promised no more.

    A yes is to the terms that are known here, and to no others.
    """
    life = known(leg)
    if told.action == Action.ACCEPT and life is not None:
        told = msgspec.structs.replace(told, quantity=life.quantity, price=life.price)
    leg.acts = [*leg.acts, told]
    if told.action == Action.SHIP:
        leg.delivered += told.quantity
    elif told.action == Action.RECEIVE:
        leg.delivered += told.quantity + told.refused


def stands(leg: Leg, stand: Stand) -> None:
    """Take in how a match stands; what it need not hold any more is free."""
    if leg.life is None:  # what has been moved under one grade is told under it again
        leg.grade = stand.grade
    leg.life, leg.stood = life_in(stand), stand.version
    leg.acts = leg.acts[max(0, stand.heard - leg.heard) :]
    leg.heard = max(leg.heard, stand.heard)
    leg.committed = max(leg.delivered, min(leg.committed, stand.delivered + stand.holds))
