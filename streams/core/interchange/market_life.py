"""Decides what the market makes of what people did to a match between hubs, and what time does.

Theory of operation. A match has one life, kept in the goods that the taker gets. Each hub tells
what its people did, in the goods of its own end; acts are carried out in the order in which the
market hears of them, by the one table of lives. Where a recipe lies between, what leaves becomes
what arrives in the proportion that both hubs promised, rounded down over all that has left so far,
so that all of it becomes all of it. What the table refuses, because the other side was faster,
changes nothing but is told as a moment of the match.

Refuses to know legs' holds, requests and records of the log.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from schemas.market import ActTold, LegSide, Stand
from streams.core import lifecycle
from streams.core.interchange.between_days import arrive_by, ship_by
from streams.core.interchange.hub_life import SIDES, facts_of
from streams.core.interchange.market_state import Between, End
from streams.core.lifecycle import Act, Life, Refusal, follow
from streams.core.lifecycle_table import FINAL, HOLDING, Action, Side, State
from streams.core.lifecycle_times import DAY_MS, PROPOSAL_MS, end_of
from streams.core.state import Step

MARKET: Final = "lumbung"
"""Who brings hubs together, in the life of a match."""
TERMS_CHANGED: Final = "terms_changed"
UNPAID_MS: Final = 30 * DAY_MS
"""How long a match that has arrived waits for word of its payment."""
AGREED: Final = frozenset({State.ACCEPTED, State.SHIPPED})


def begin(match: Between, now_ms: int) -> None:
    """Both hubs have promised: people see the match from now on."""
    agreed = match.need.agreed
    match.life = Life(
        State.PROPOSED,
        quantity=agreed,
        granted=agreed,
        price=match.price,
        expires_ms=now_ms + PROPOSAL_MS,
        ship_by_ms=end_of(ship_by(match)),
        arrive_by_ms=end_of(arrive_by(match)),
    )
    match.moved_ms = now_ms
    match.steps.append(Step(str(State.PROPOSED), now_ms, MARKET))


def hear(match: Between, end: End, heard: int, acts: Iterable[ActTold], now_ms: int) -> bool:
    """Carry out what was done at an end beyond what is known; True when anything was."""
    known = end.acted - heard
    new = [told for n, told in enumerate(acts) if n >= known]
    for told in new:
        end.acted += 1
        act = _act(match, end, told)
        if act is not None and _are_terms(match, end, told):
            _carry(match, act, told.actor, now_ms)
        elif act is not None:
            _note(match, act, told.actor, f"{act.action}: {TERMS_CHANGED}")
    return bool(new)


def _are_terms(match: Between, end: End, told: ActTold) -> bool:
    """False for a yes to terms that the other side has changed meanwhile."""
    life = match.life
    if life is None or told.action != Action.ACCEPT:
        return True
    asked = given(match, life.quantity) if end.side is LegSide.OFFER else life.quantity
    return (told.quantity, told.price) == (asked, life.price)


def _act(match: Between, end: End, told: ActTold) -> Act | None:
    """An act in the goods that the taker gets; None where it amounts to nothing of them."""
    quantity = told.quantity
    if end.side is LegSide.OFFER and quantity:
        if told.action == Action.SHIP:
            before = _arrives(match, end.gone)
            end.gone += quantity
            quantity = _arrives(match, end.gone) - before
            if not quantity:
                return None
        else:
            quantity = _taken(match, quantity - quantity % match.grains[0])
            if not quantity:
                return None
    elif told.action == Action.RECEIVE:
        end.gone += told.quantity + told.refused
    return Act(
        Action(told.action),
        frozenset({SIDES[end.side]}),
        told.at_ms,
        quantity=quantity,
        refused=told.refused,
        price=told.price,
        reason=told.reason,
        final=told.final,
    )


def _taken(match: Between, given: int) -> int:
    """What so much of the goods given becomes, micro base units of those received."""
    taken, grain = given * match.need.agreed // match.offer.agreed, match.grains[1]
    return taken // grain * grain


def _arrives(match: Between, gone: int) -> int:
    """What has left becomes; all that was agreed on becomes all of it, whatever was rounded."""
    assert match.life is not None, "nothing leaves before people see the match"
    taken, whole = _taken(match, gone), match.life.quantity
    return min(taken, whole) if gone <= given(match, whole) else taken


def given(match: Between, taken: int) -> int:
    """How much has to be given for so much to be received."""
    grain = match.grains[0]
    return -(-taken * match.offer.agreed // (match.need.agreed * grain)) * grain


def _carry(match: Between, act: Act, actor: str, now_ms: int) -> None:
    life = match.life
    if life is None:
        return
    found = follow(life, act)
    reason = act.reason or str(act.action)
    if isinstance(found, Refusal):
        reason = f"{act.action}: {found.reason}"
    else:
        life = found
    match.life, match.moved_ms = life, now_ms
    _note(match, act, actor, reason)


def _note(match: Between, act: Act, actor: str, reason: str) -> None:
    match.steps.append(Step(match.state, act.at_ms, actor, reason))


def due(match: Between, now_ms: int) -> Action | None:
    """What time does to a match now."""
    found = None if match.life is None else lifecycle.due(match.life)
    return found[1] if found is not None and found[0] <= now_ms else None


def pass_time(match: Between, action: Action, now_ms: int, reason: str = "") -> None:
    """Carry out what the clock or the market itself does."""
    act = Act(action, frozenset({Side.LUMBUNG}), now_ms, reason=reason, goods_gone=bool(reason))
    _carry(match, act, MARKET, now_ms)


def may_go(match: Between) -> bool:
    """True for a proposal that nobody has said yes to."""
    life = match.life
    return life is not None and life.state is State.PROPOSED and not life.promised


def lose(match: Between, reason: str, actor: str, now_ms: int) -> None:
    """A hub no longer holds its end: nothing can follow from the match."""
    life = match.life
    if life is not None and life.state in HOLDING:
        state = State.CANCELLED if life.promised or life.state in AGREED else State.SUPERSEDED
        match.life = replace(life, state=state)
        match.steps.append(Step(str(state), now_ms, actor, reason))


def is_over(match: Between, now_ms: int) -> bool:
    """True when nothing may happen to a match any more, or nobody speaks of its payment."""
    life = match.life
    if life is None:
        return False
    settled = life.state not in HOLDING and now_ms >= match.moved_ms + UNPAID_MS
    return life.state in FINAL or settled


def stand_of(match: Between, end: End, facts: dict[str, Any]) -> Stand:
    """How the match stands for one of its ends, in its own goods."""
    life = match.life
    assert life is not None, "only what people see stands in any way"
    gives = end.side is LegSide.OFFER
    same = match.offer.commodity == match.need.commodity
    return Stand(
        **facts,
        **facts_of(_of_giver(match, life) if gives else life),
        grade=match.offer.grade if same else "",
        heard=end.acted,
        holds=kept(match) if gives else _awaited(life),
        delivered=end.gone,
    )


def kept(match: Between) -> int:
    """What the offer still has to keep for a match, micro base units of the goods given."""
    return 0 if match.life is None else _of_giver(match, match.life).held


def _awaited(life: Life) -> int:
    """What the order still waits for."""
    if life.state not in HOLDING:
        return 0
    whole = life.quantity if life.state in AGREED else life.granted
    return whole - life.received - life.refused - life.lost - life.released


def _of_giver(match: Between, life: Life) -> Life:
    """A life in the goods that are given."""
    quantity, gone = given(match, life.quantity), match.offer.gone
    arrived = [given(match, n) for n in (life.received, life.refused, life.lost)]
    return replace(
        life,
        quantity=quantity,
        granted=match.offer.agreed,
        shipped=gone,
        received=min(arrived[0], gone),
        refused=min(arrived[1], gone),
        lost=min(arrived[2], gone),
        released=quantity - gone if life.released and not life.to_ship else 0,
    )
