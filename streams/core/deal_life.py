"""Decides how a deal of the state is a life of the table, and what of it binds goods and needs.

Every step of a deal goes through `streams.core.lifecycle.follow`; here a deal becomes a `Life`,
and what follows becomes a deal again, with the moment written down. Refuses to know who may speak
for whom and what the lines of a deal have and want.
"""

from typing import Final

from schemas.errors import Reason
from streams.core.lifecycle import DUE, NEVER_MS, Act, Life, Refusal, follow
from streams.core.lifecycle_table import HOLDING, PAYMENTS, Action, Side, State
from streams.core.lifecycle_times import end_of
from streams.core.state import Deal, Step, position_key

LUMBUNG: Final = "lumbung"
"""Who acts when nobody does but time."""
STEPS_MAX: Final = 64
"""Most moments a match may have had and still ship, or receive, another part."""
UNANSWERED: Final = "unanswered"
"""Why a draft goes whose owner was asked whether the goods are there, and never said."""
UNFROZEN: Final = frozenset({"draft", "proposed"})
"""States in which nobody has said anything yet, unless a side has said yes."""
_TOO_MANY: Final = Refusal(Reason.STATE_TOO_LARGE, "data.match")
_CLOCK: Final = frozenset({Side.LUMBUNG})
_STEP_BYTES: Final = 56


def life_of(deal: Deal, *, stale: bool = False) -> Life:
    """A deal as the table knows it; `stale` when word of its goods is older than it may be."""
    return Life(
        state=State(deal.state),
        quantity=deal.quantity,
        granted=deal.quantity if deal.granted < 0 else deal.granted,
        price=deal.price,
        giver_yes=deal.accepted_from,
        taker_yes=deal.accepted_to,
        counters=deal.counters,
        shipped=deal.shipped,
        received=deal.received,
        refused=deal.refused,
        lost=deal.lost,
        released=deal.released,
        at_risk=deal.at_risk,
        stale=stale,
        asked=deal.asked_ms != NEVER_MS,
        opened_ms=deal.opened_ms,
        freezes_ms=deal.freezes_ms,
        expires_ms=deal.expires_ms,
        ship_by_ms=end_of(ship_by_day(deal)),
        arrive_by_ms=end_of(deal.arrive_day),
    )


def after(deal: Deal, done: Act) -> Life | Refusal:
    """What an act makes of a deal, or why it may not follow; the deal stays as it is."""
    parts = done.action is Action.SHIP or (done.action is Action.RECEIVE and not done.final)
    return _TOO_MANY if parts and len(deal.steps) >= STEPS_MAX else follow(life_of(deal), done)


def bring(deal: Deal, life: Life, done: Act, actor: str) -> None:
    """Make a deal what an act has made of it, and write the moment down.

    That somebody looked at it is no moment of its life: only when that was is kept.
    """
    deal.state = life.state.value
    deal.quantity, deal.granted, deal.price = life.quantity, life.granted, life.price
    deal.accepted_from, deal.accepted_to = life.giver_yes, life.taker_yes
    deal.counters = life.counters
    deal.shipped, deal.received, deal.refused = life.shipped, life.received, life.refused
    deal.lost, deal.released = life.lost, life.released
    deal.expires_ms, deal.opened_ms = life.expires_ms, life.opened_ms
    if done.action is Action.OPEN:
        return
    deal.steps.append(Step(deal.state, done.at_ms, actor, done.reason or done.action.value))


def lumbung_acts(
    deal: Deal, action: Action, at_ms: int, actor: str = LUMBUNG, reason: str = ""
) -> None:
    """Carry out what nobody decides: the deal is in a state that allows it.

    `actor` and `reason` name the report that took the goods away, when one did.
    """
    done = Act(action, _CLOCK, at_ms, reason=reason, goods_gone=bool(reason))
    life = after(deal, done)
    assert isinstance(life, Life), (deal.match, deal.state, action, life)
    bring(deal, life, done, actor)


def ask(deal: Deal, at_ms: int) -> None:
    """Ask the owner whether the goods of a draft are still there."""
    done = Act(Action.ASK, _CLOCK, at_ms)
    life = follow(life_of(deal, stale=True), done)
    assert isinstance(life, Life), (deal.match, deal.state, life)
    bring(deal, life, done, LUMBUNG)
    deal.asked_ms = at_ms


# ------------------------------------------------------------------ what it binds
def is_held(deal: Deal) -> bool:
    """True when a side has said yes: solving again leaves a living deal alone."""
    return deal.accepted_from or deal.accepted_to


def held(deal: Deal) -> int:
    """Micro base units that its offer may give to nobody else."""
    return deal.quantity if deal.state in UNFROZEN else life_of(deal).held


def coming(deal: Deal) -> int:
    """Micro base units that its need waits for: nobody else is to bring them."""
    if deal.state in UNFROZEN:
        return deal.quantity
    if deal.state not in HOLDING:
        return 0
    return deal.quantity - deal.received - deal.refused - deal.lost - deal.released


def payment(deal: Deal) -> str:
    """What was said of the money: none, claimed (by the taker) or confirmed (by the giver)."""
    return PAYMENTS.get(deal.state, "none")


def given_from(deal: Deal) -> tuple[str, str]:
    """The co-op and its position that goods leave."""
    return deal.from_coop, position_key(deal.commodity, deal.grade, deal.lot)


def taken_to(deal: Deal) -> tuple[str, str]:
    """The co-op and its position that goods reach: its unnamed lot."""
    return deal.to_coop, position_key(deal.commodity, deal.grade, "")


# ------------------------------------------------------------------ time
def ship_by_day(deal: Deal) -> int:
    """The last day to ship, -1 when none was said."""
    return deal.arrive_day - deal.leg_days if deal.arrive_day >= 0 else -1


def due(deal: Deal) -> tuple[int, Action] | None:
    """When time alone ends a living deal, and what it does then; None when it never does."""
    if deal.state not in DUE:
        return None
    action, moment, grace_ms = DUE[deal.state]
    if moment == "expires_ms":  # nearly all: no life is made for those
        return deal.expires_ms, action
    last = end_of(ship_by_day(deal) if moment == "ship_by_ms" else deal.arrive_day)
    return None if last == NEVER_MS else (last + grace_ms, action)


def bytes_of(deal: Deal) -> int:
    """Roughly what a deal takes in the changelog beyond what every deal takes."""
    return sum(_STEP_BYTES + len(step.reason) for step in deal.steps[2:])
