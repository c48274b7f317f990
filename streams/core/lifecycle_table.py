"""The life of a match as one frozen table: what may follow what, and who may do it.

Decides states, actions, sides, the transitions between them and the reason for which each other
combination is refused. Refuses to know quantities and times: `streams.core.lifecycle` guards them.
"""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.errors import Reason


class State(StrEnum):
    """Where a match stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    SHIPPED = "shipped"
    RECEIVED = "received"
    SHORT = "short"
    CLAIMED = "claimed"
    PAID = "paid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Action(StrEnum):
    """What is done to a match: the decisions of people, then what Lumbung does by tick."""

    OPEN = "open"
    ACCEPT = "accept"
    REJECT = "reject"
    COUNTER = "counter"
    SHIP = "ship"
    RECEIVE = "receive"
    PAY = "pay"
    CANCEL = "cancel"
    IMPROVE = "improve"
    ASK = "ask"
    FREEZE = "freeze"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    NO_SHOW = "no_show"
    CLOSE = "close"
    ENDANGER = "endanger"
    EASE = "ease"


class Side(StrEnum):
    """Who acts: the owner of the goods or of the need (or a hub with its mandate), or Lumbung."""

    GIVER = "giver"
    TAKER = "taker"
    LUMBUNG = "lumbung"


class Rule(NamedTuple):
    """One transition; with several states in `to` the guards of the action choose among them."""

    to: tuple[State, ...]
    when: str


_S, _A = State, Action
_BOTH: Final = (Side.GIVER, Side.TAKER)
_CLOCK: Final = (Side.LUMBUNG,)
_OPEN: Final = (_S.PROPOSED, _S.COUNTERED)
_BEFORE_SHIPPING: Final = (_S.PROPOSED, _S.COUNTERED, _S.ACCEPTED)

_RULES: Final[tuple[tuple[tuple[State, ...], Action, tuple[Side, ...], Rule], ...]] = (
    ((_S.DRAFT,), _A.OPEN, _BOTH, Rule((_S.DRAFT,), "an officer looks at it")),
    ((_S.DRAFT,), _A.IMPROVE, _CLOCK, Rule((_S.DRAFT,), "not opened in the last 30 minutes")),
    ((_S.DRAFT,), _A.ASK, _CLOCK, Rule((_S.DRAFT,), "the stock is older than its limit")),
    (
        (_S.DRAFT,),
        _A.FREEZE,
        _CLOCK,
        Rule((_S.PROPOSED,), "a hub's cut-off has come, or an emergency; the stock is fresh"),
    ),
    (
        (_S.DRAFT, _S.PROPOSED),
        _A.SUPERSEDE,
        _CLOCK,
        Rule((_S.SUPERSEDED,), "no yes yet; not opened in the last 30 minutes, or goods are gone"),
    ),
    (
        (_S.PROPOSED,),
        _A.ACCEPT,
        _BOTH,
        Rule((_S.ACCEPTED, _S.PROPOSED), "accepted with the second yes"),
    ),
    (
        (_S.COUNTERED,),
        _A.ACCEPT,
        _BOTH,
        Rule((_S.ACCEPTED,), "by the side that did not counter last"),
    ),
    (_OPEN, _A.REJECT, _BOTH, Rule((_S.REJECTED,), "")),
    (
        _OPEN,
        _A.COUNTER,
        _BOTH,
        Rule((_S.COUNTERED,), "at most three times, within the hold; each side in its turn"),
    ),
    (_OPEN, _A.EXPIRE, _CLOCK, Rule((_S.EXPIRED,), "the deadline is over")),
    ((_S.ACCEPTED,), _A.CANCEL, _BOTH, Rule((_S.CANCELLED,), "with a reason")),
    (
        (_S.ACCEPTED,),
        _A.NO_SHOW,
        _CLOCK,
        Rule((_S.NO_SHOW,), "nothing shipped a day after the last day to ship"),
    ),
    (
        (_S.ACCEPTED, _S.SHIPPED),
        _A.SHIP,
        (Side.GIVER,),
        Rule((_S.SHIPPED,), "all of it or a part, never more than agreed"),
    ),
    (
        (_S.SHIPPED,),
        _A.RECEIVE,
        (Side.TAKER,),
        Rule(
            (_S.RECEIVED, _S.SHORT, _S.SHIPPED),
            "received: all of it; short: something refused, lost or held back; else wait",
        ),
    ),
    (
        (_S.SHIPPED,),
        _A.CANCEL,
        _BOTH,
        Rule((_S.SHORT, _S.SHIPPED), "only what has not left yet, with a reason"),
    ),
    (
        (_S.SHIPPED,),
        _A.CLOSE,
        _CLOCK,
        Rule((_S.SHORT,), "something missing a day after the last day to arrive"),
    ),
    (
        (_S.RECEIVED, _S.SHORT),
        _A.PAY,
        (Side.TAKER,),
        Rule((_S.CLAIMED,), "says that it paid; something was received"),
    ),
    (
        (_S.RECEIVED, _S.SHORT, _S.CLAIMED),
        _A.PAY,
        (Side.GIVER,),
        Rule((_S.PAID,), "confirms the money; something was received"),
    ),
    *(((state,), _A.OPEN, _BOTH, Rule((state,), "an officer looks at it")) for state in _OPEN),
    *(
        ((state,), _A.ENDANGER, _CLOCK, Rule((state,), "a flag: names the report that took goods"))
        for state in (*_BEFORE_SHIPPING, _S.SHIPPED)
    ),
    *(
        ((state,), _A.EASE, _CLOCK, Rule((state,), "the flag goes: it is covered again"))
        for state in (*_BEFORE_SHIPPING, _S.SHIPPED)
    ),
)

TABLE: Final[Mapping[tuple[State, Action, Side], Rule]] = MappingProxyType(
    {
        (state, action, side): rule
        for states, action, sides, rule in _RULES
        for state, side in product(states, sides)
    }
)
"""(state, action, side) -> what follows; what is not in here is refused."""

FINAL: Final = frozenset(State) - {state for state, _, _ in TABLE}
"""States that nothing leaves."""
PAYMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {_S.CLAIMED: "claimed", _S.PAID: "confirmed"}
)
"""What the sides say of the money, by state; else none."""
HOLDING: Final = frozenset(
    {_S.DRAFT, _S.PROPOSED, _S.COUNTERED, _S.ACCEPTED, _S.SHIPPED},
)
"""States in which goods may be held for a match."""

OVER: Final = {
    _S.PAID: Reason.MATCH_PAID,
    _S.REJECTED: Reason.MATCH_REJECTED,
    _S.EXPIRED: Reason.MATCH_EXPIRED,
    _S.SUPERSEDED: Reason.MATCH_SUPERSEDED,
    _S.CANCELLED: Reason.MATCH_CANCELLED,
    _S.NO_SHOW: Reason.MATCH_NO_SHOW,
}
"""Why nothing may be done to a match that has ended."""
_PAST: Final = {
    **OVER,
    _S.DRAFT: Reason.MATCH_IS_DRAFT,
    _S.PROPOSED: Reason.ALREADY_PROPOSED,
    _S.COUNTERED: Reason.ALREADY_PROPOSED,
    _S.ACCEPTED: Reason.ALREADY_ACCEPTED,
    _S.SHIPPED: Reason.ALREADY_SHIPPED,
    _S.RECEIVED: Reason.ALREADY_RECEIVED,
    _S.SHORT: Reason.ALREADY_RECEIVED,
    _S.CLAIMED: Reason.ALREADY_CLAIMED,
}
_AFTER_A_YES: Final = (_A.SHIP, _A.RECEIVE, _A.PAY, _A.CANCEL, _A.NO_SHOW, _A.CLOSE)
_AHEAD: Final = {
    **{(state, action): Reason.NOT_ACCEPTED for state in _OPEN for action in _AFTER_A_YES},
    **{(_S.ACCEPTED, action): Reason.NOT_SHIPPED for action in (_A.RECEIVE, _A.PAY, _A.CLOSE)},
    (_S.SHIPPED, _A.PAY): Reason.NOT_RECEIVED,
    (_S.COUNTERED, _A.SUPERSEDE): Reason.MATCH_HELD,
}
_ALLOWED: Final = frozenset((state, action) for state, action, _ in TABLE)

REFUSALS: Final[Mapping[tuple[State, Action], Reason]] = MappingProxyType(
    {
        pair: _AHEAD.get(pair, _PAST[pair[0]])
        for pair in product(State, Action)
        if pair not in _ALLOWED
    }
)
"""Why an action that nobody may take in a state is refused."""


def table_markdown() -> str:
    """Write the table as a page shows it, two tables of Markdown."""
    lines = ["| state | action | by | becomes | when |", "| --- | --- | --- | --- | --- |"]
    told: dict[tuple[State, Action, Rule], list[Side]] = {}
    for (state, action, side), rule in TABLE.items():
        told.setdefault((state, action, rule), []).append(side)
    for (state, action, rule), sides in sorted(told.items(), key=_place):
        becomes = " or ".join(f"`{to}`" for to in rule.to)
        by = " or ".join(sides)
        lines.append(f"| `{state}` | `{action}` | {by} | {becomes} | {rule.when} |")
    lines += ["", "| state | what is not above is refused as |", "| --- | --- |"]
    for state in State:
        given = {
            reason: [a for s, a in REFUSALS if (s, REFUSALS[s, a]) == (state, reason)]
            for reason in dict.fromkeys(REFUSALS[s, a] for s, a in REFUSALS if s == state)
        }
        words = [
            f"`{reason}`" + ("" if len(given) == 1 else f" ({', '.join(actions)})")
            for reason, actions in given.items()
        ]
        lines.append(f"| `{state}` | {'; '.join(words)} |")
    return "\n".join(lines) + "\n"


def _place(row: tuple[tuple[State, Action, Rule], list[Side]]) -> tuple[int, int, str]:
    (state, action, _), sides = row
    return list(State).index(state), list(Action).index(action), sides[0]
