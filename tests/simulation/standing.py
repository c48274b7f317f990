"""How a match between hubs stands for one of its ends, as a market that nobody plays says it.

Decides what the market has heard of what was done here, what the other side and the clock did
meanwhile, and how often it says what no market would: that nothing is held, or all of it again.
Whatever it says, a match holds no more than was granted, and no more left than there is of it.
"""

from dataclasses import replace
from random import Random
from typing import Any

from schemas.market import ActTold, LegSide, Stand
from streams.core.interchange.hub_life import act_in, facts_of
from streams.core.interchange.hub_state import Leg
from streams.core.lifecycle import Act, Life, follow
from streams.core.lifecycle_table import HOLDING, Action, Side, State
from tests.support.core_logs import DAY

PRICES = (15_000, 15_000, 16_500)
MOVES = ("ship", "receive")
_OTHER = {LegSide.OFFER: Side.TAKER, LegSide.NEED: Side.GIVER}
_WAITS = ("open",) * 6
"""Nothing comes of it."""
_ANSWERS = (*["accept"] * 4, "counter", "counter", "reject", "expire", "supersede")
_BY_TAKER = {
    "proposed": _ANSWERS,
    "countered": _ANSWERS,
    "accepted": (*_WAITS, "cancel", "no_show"),
    "shipped": (*_WAITS[:2], *["receive"] * 4, "cancel", "close"),
    "received": ("pay",),
    "short": ("pay",),
}
_BY_GIVER = _BY_TAKER | {
    "accepted": (*["ship"] * 8, "cancel", "no_show"),
    "shipped": (*_WAITS[:5], "ship", "ship", "cancel", "close"),
    "claimed": ("pay",),
}
_ELSEWHERE = {LegSide.OFFER: _BY_TAKER, LegSide.NEED: _BY_GIVER}
"""By the end that is told, what else happens to a match."""
_CLOCK = ("expire", "no_show", "close", "supersede")


def stand_of(leg: Leg, facts: dict[str, Any], grade: str, now_ms: int, chance: Random) -> Stand:
    """How the match of a committed leg stands, as a market says that has heard most of it."""
    acts = leg.acts
    known = chance.choice((len(acts), len(acts), chance.randrange(len(acts) + 1)))
    life = leg.life or _begun(leg.committed, now_ms, chance)
    for told in acts[:known]:
        life = _after(life, act_in(leg.side, told))
    if life.state in ("proposed", "countered") and chance.random() < 0.6:
        life = replace(life, state=State.ACCEPTED, giver_yes=True, taker_yes=True, expires_ms=-1)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        life = _after(life, _elsewhere(life, leg.side, now_ms, chance))
    unheard = sum(_moved(told) for told in acts[known:])
    delivered, holds = leg.delivered - unheard, _holds(life, leg.side)
    if chance.random() < 0.1:
        whole = leg.committed
        delivered, holds = chance.choice(((0, holds), (delivered, 0), (0, 0), (whole, whole)))
    facts |= facts_of(life) | {"grade": grade, "heard": leg.heard + known}
    return Stand(**facts, holds=holds, delivered=delivered)


def stray(facts: dict[str, Any], chance: Random) -> Stand:
    """How a match stands of which there is no leg here, or none any more."""
    micro = chance.choice((7, 40)) * 1_000_000
    life = Life(chance.choice((State.PROPOSED, State.ACCEPTED)), micro, micro, PRICES[0])
    return Stand(**facts, **facts_of(life), grade="A", holds=micro)


def _begun(granted: int, now_ms: int, chance: Random) -> Life:
    return Life(
        State.PROPOSED,
        quantity=granted,
        granted=granted,
        price=chance.choice(PRICES),
        expires_ms=now_ms + DAY,
        ship_by_ms=now_ms + 2 * DAY,
        arrive_by_ms=now_ms + 4 * DAY,
    )


def _moved(told: ActTold) -> int:
    refused = told.refused if told.action == "receive" else 0
    return told.quantity + refused if told.action in MOVES else 0


def _after(life: Life, act: Act) -> Life:
    """What is refused changes nothing."""
    found = follow(life, act)
    return found if isinstance(found, Life) else life


def _elsewhere(life: Life, side: LegSide, now_ms: int, chance: Random) -> Act:
    what = chance.choice(_ELSEWHERE[side].get(life.state, ("accept",)))
    by = Side.LUMBUNG if what in _CLOCK else _OTHER[side]
    most = {"ship": life.to_ship, "receive": life.under_way, "counter": life.quantity}.get(what, 0)
    part = most * chance.choice((1, 1, 2, 3, 4, 4)) // 4
    refused = chance.choice((0, 0, part // 3)) if what == "receive" else 0
    return Act(
        Action(what),
        frozenset({by}),
        now_ms + (9 * DAY if by is Side.LUMBUNG else 0),
        quantity=part - refused,
        refused=refused,
        price=chance.choice((0, *PRICES)) if what == "counter" else 0,
        reason="ombak",
        final=what == "receive" and chance.random() < 0.3,
    )


def _holds(life: Life, side: LegSide) -> int:
    """What an offer keeps for the match, or what an order still waits for."""
    if side is LegSide.OFFER or life.state not in HOLDING:
        return life.held
    agreed = life.state in (State.ACCEPTED, State.SHIPPED)
    whole = life.quantity if agreed else life.granted
    return whole - life.received - life.refused - life.lost - life.released
