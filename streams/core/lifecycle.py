"""The life of one match: what an action makes of it, or the reason for which it is refused.

Decides the guards and the effects of the table in `streams.core.lifecycle_table`: two yeses, three
counters within the same hold, deliveries in parts, what was refused and what was lost, deadlines.
Refuses to know who may speak for whom (`streams.core.deals.sides` does), stock, and how a match is
kept or published.

Quantities are micro base units. At every moment shipped = received + refused + lost + under way
and quantity = shipped + released + what has still to leave; a match that is done has nothing under
way and nothing left to leave. What it holds of an offer is never more than was granted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from schemas.errors import Reason
from streams.core.lifecycle_table import HOLDING, REFUSALS, TABLE, Action, Side, State
from streams.core.lifecycle_times import GRACE_MS, OPENED_MS, PROPOSAL_MS

COUNTERS_MAX: Final = 3
NEVER_MS: Final = -1
DUE: Final[Mapping[str, tuple[Action, str, int]]] = {
    State.PROPOSED: (Action.EXPIRE, "expires_ms", 0),
    State.COUNTERED: (Action.EXPIRE, "expires_ms", 0),
    State.ACCEPTED: (Action.NO_SHOW, "ship_by_ms", GRACE_MS),
    State.SHIPPED: (Action.CLOSE, "arrive_by_ms", GRACE_MS),
}
"""What time alone does in a state, from which moment of a life, and how long after it."""
_SIDES: Final = (Side.GIVER, Side.TAKER, Side.LUMBUNG)


@dataclass(frozen=True, slots=True)
class Life:
    """A match as it stands; `granted` is what its offer holds for it, `at_risk` names a report."""

    state: State
    quantity: int
    granted: int
    price: int
    giver_yes: bool = False
    taker_yes: bool = False
    counters: int = 0
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0
    released: int = 0
    at_risk: str = ""
    stale: bool = False
    asked: bool = False
    opened_ms: int = NEVER_MS
    freezes_ms: int = NEVER_MS
    expires_ms: int = NEVER_MS
    ship_by_ms: int = NEVER_MS
    arrive_by_ms: int = NEVER_MS

    @property
    def under_way(self) -> int:
        """What has left and of which nobody has said what became of it."""
        return self.shipped - self.received - self.refused - self.lost

    @property
    def to_ship(self) -> int:
        """What has been agreed on and neither left nor been released."""
        return self.quantity - self.shipped - self.released

    @property
    def held(self) -> int:
        """What the offer may give to nobody else: the whole grant until both have said yes."""
        if self.state not in HOLDING:
            return 0
        agreed = self.state in (State.ACCEPTED, State.SHIPPED)
        return self.to_ship if agreed else self.granted

    @property
    def promised(self) -> bool:
        """Whether a side has said yes: solving again leaves it alone."""
        return self.state in HOLDING and (self.giver_yes or self.taker_yes)


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does at a moment; `by` are all sides the actor speaks for.

    `quantity` is what ships, arrives sound or is asked for, `refused` what arrived and was not
    taken; `final` says that nothing more will come. `goods_gone` is what the book knows of stock:
    nothing is accepted then, and nothing saved from being superseded by having been opened.
    """

    action: Action
    by: frozenset[Side]
    at_ms: int
    quantity: int = 0
    refused: int = 0
    price: int = 0
    reason: str = ""
    final: bool = False
    goods_gone: bool = False


class Refusal(NamedTuple):
    """Why an act changes nothing, and the field that is at fault."""

    reason: Reason
    field: str = "data.decision"


Effect = Callable[[Life, Act, frozenset[Side]], Life | Refusal]


def follow(life: Life, act: Act) -> Life | Refusal:
    """Carry an act out; the life that follows, or the refusal that leaves it as it is."""
    rules = [(s, TABLE.get((life.state, act.action, s))) for s in _SIDES if s in act.by]
    allowed = {side: rule for side, rule in rules if rule is not None}
    if not allowed:
        return Refusal(REFUSALS.get((life.state, act.action), Reason.WRONG_SIDE))
    after = _EFFECTS[act.action](life, act, frozenset(allowed))
    if isinstance(after, Life):
        assert any(after.state in rule.to for rule in allowed.values())
        assert 0 <= after.held <= after.granted
    return after


def due(life: Life) -> tuple[int, Action] | None:
    """When time alone moves a match, and what it does then; None when it never does."""
    if life.state not in DUE:
        return None
    action, moment, grace_ms = DUE[life.state]
    stated_ms: int = getattr(life, moment)
    return None if stated_ms == NEVER_MS else (stated_ms + grace_ms, action)


def counted(life: Life) -> Life:
    """Give the match after a new count of its stock, which is the answer to *masih ada?*."""
    return replace(life, stale=False, asked=False)


def _open(life: Life, act: Act, _by: frozenset[Side]) -> Life:
    return replace(life, opened_ms=max(life.opened_ms, act.at_ms))


def _accept(life: Life, act: Act, by: frozenset[Side]) -> Life | Refusal:
    if act.goods_gone:
        return Refusal(Reason.STOCK_GONE, "data.match")
    new = {Side.GIVER: not life.giver_yes, Side.TAKER: not life.taker_yes}
    if not any(new[side] for side in by):
        return Refusal(Reason.ALREADY_ACCEPTED)
    giver, taker = life.giver_yes or Side.GIVER in by, life.taker_yes or Side.TAKER in by
    state = State.ACCEPTED if giver and taker else life.state
    expires_ms = NEVER_MS if state is State.ACCEPTED else life.expires_ms
    return replace(life, state=state, giver_yes=giver, taker_yes=taker, expires_ms=expires_ms)


def _reject(life: Life, _act: Act, _by: frozenset[Side]) -> Life:
    return replace(life, state=State.REJECTED)


def _counter(life: Life, act: Act, by: frozenset[Side]) -> Life | Refusal:
    """Take new terms; they are the yes of who names them, so the other side is asked."""
    yes = {Side.GIVER: life.giver_yes, Side.TAKER: life.taker_yes}
    if life.state is State.COUNTERED and all(yes[side] for side in by):
        return Refusal(Reason.ALREADY_ACCEPTED)
    if life.counters >= COUNTERS_MAX:
        return Refusal(Reason.COUNTERED_TOO_OFTEN)
    quantity, price = act.quantity or life.quantity, act.price or life.price
    if quantity > life.granted:
        return Refusal(Reason.ABOVE_HOLD, "data.quantity")
    if (quantity, price) == (life.quantity, life.price):
        return Refusal(Reason.COUNTER_CHANGES_NOTHING)
    if life.state is State.COUNTERED:  # who speaks for both counters the terms of the other side
        by = frozenset(side for side in by if not yes[side])
    speaker = Side.GIVER if Side.GIVER in by else Side.TAKER
    return replace(
        life,
        state=State.COUNTERED,
        quantity=quantity,
        price=price,
        counters=life.counters + 1,
        giver_yes=speaker is Side.GIVER,
        taker_yes=speaker is Side.TAKER,
    )


def _ship(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if act.quantity <= 0:
        return Refusal(Reason.QUANTITY_ZERO, "data.quantity")
    if act.quantity > life.to_ship:
        return Refusal(Reason.ABOVE_MATCH, "data.quantity")
    return replace(life, state=State.SHIPPED, shipped=life.shipped + act.quantity)


def _receive(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    arrived = act.quantity + act.refused
    if min(act.quantity, act.refused) < 0 or not (arrived or act.final):
        return Refusal(Reason.QUANTITY_ZERO, "data.quantity")
    if arrived > life.under_way:
        return Refusal(Reason.ABOVE_MATCH, "data.quantity")
    lost = life.under_way - arrived if act.final else 0
    return _settled(
        replace(
            life,
            received=life.received + act.quantity,
            refused=life.refused + act.refused,
            lost=life.lost + lost,
        )
    )


def _cancel(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if not act.reason:
        return Refusal(Reason.MISSING_FIELD, "data.reason")
    if life.state is State.ACCEPTED:
        return replace(life, state=State.CANCELLED, released=life.quantity)
    if not life.to_ship:
        return Refusal(Reason.ALREADY_SHIPPED)
    return _settled(replace(life, released=life.released + life.to_ship))


def _close(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if _is_early(act, life.arrive_by_ms + GRACE_MS, life.arrive_by_ms):
        return Refusal(Reason.TOO_EARLY)
    lost, released = life.lost + life.under_way, life.released + life.to_ship
    return replace(life, state=State.SHORT, lost=lost, released=released)


def _no_show(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if _is_early(act, life.ship_by_ms + GRACE_MS, life.ship_by_ms):
        return Refusal(Reason.TOO_EARLY)
    return replace(life, state=State.NO_SHOW, released=life.quantity)


def _pay(life: Life, _act: Act, by: frozenset[Side]) -> Life | Refusal:
    if not life.received:
        return Refusal(Reason.NOTHING_TO_PAY)
    confirmed = Side.GIVER in by
    return replace(life, state=State.PAID if confirmed else State.CLAIMED)


def _improve(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    """Take what solving again gives; the grant has been renewed to cover it."""
    if _is_opened(life, act):
        return Refusal(Reason.MATCH_OPENED)
    if act.quantity <= 0:
        return Refusal(Reason.QUANTITY_ZERO, "data.quantity")
    price = act.price or life.price
    return replace(life, quantity=act.quantity, granted=act.quantity, price=price)


def _ask(life: Life, _act: Act, _by: frozenset[Side]) -> Life | Refusal:
    return replace(life, asked=True) if life.stale else Refusal(Reason.TOO_EARLY)


def _freeze(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if _is_early(act, life.freezes_ms, life.freezes_ms):
        return Refusal(Reason.TOO_EARLY)
    if life.stale:
        return Refusal(Reason.STOCK_STALE)
    return replace(life, state=State.PROPOSED, expires_ms=act.at_ms + PROPOSAL_MS)


def _expire(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if _is_early(act, life.expires_ms, life.expires_ms):
        return Refusal(Reason.TOO_EARLY)
    return replace(life, state=State.EXPIRED)


def _supersede(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if life.promised:
        return Refusal(Reason.MATCH_HELD)
    if _is_opened(life, act) and not act.goods_gone:
        return Refusal(Reason.MATCH_OPENED)
    return replace(life, state=State.SUPERSEDED)


def _endanger(life: Life, act: Act, _by: frozenset[Side]) -> Life | Refusal:
    if not act.reason:
        return Refusal(Reason.MISSING_FIELD, "data.reason")
    return replace(life, at_risk=act.reason)


def _ease(life: Life, _act: Act, _by: frozenset[Side]) -> Life:
    return replace(life, at_risk="")


def _settled(life: Life) -> Life:
    """Give the state that the quantities of a match under way amount to."""
    if life.under_way or life.to_ship:
        return life
    whole = life.received == life.quantity
    return replace(life, state=State.RECEIVED if whole else State.SHORT)


def _is_early(act: Act, due_ms: int, stated_ms: int) -> bool:
    """Whether a moment has not come; what was never stated never comes."""
    return stated_ms == NEVER_MS or act.at_ms < due_ms


def _is_opened(life: Life, act: Act) -> bool:
    return life.opened_ms != NEVER_MS and act.at_ms < life.opened_ms + OPENED_MS


_EFFECTS: Final[Mapping[Action, Effect]] = {
    Action.OPEN: _open,
    Action.ACCEPT: _accept,
    Action.REJECT: _reject,
    Action.COUNTER: _counter,
    Action.SHIP: _ship,
    Action.RECEIVE: _receive,
    Action.PAY: _pay,
    Action.CANCEL: _cancel,
    Action.IMPROVE: _improve,
    Action.ASK: _ask,
    Action.FREEZE: _freeze,
    Action.EXPIRE: _expire,
    Action.SUPERSEDE: _supersede,
    Action.NO_SHOW: _no_show,
    Action.CLOSE: _close,
    Action.ENDANGER: _endanger,
    Action.EASE: _ease,
}
