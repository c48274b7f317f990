"""The life of a match as the checker knows it: what may follow what, by whom, in which amounts.

One table for matches inside a hub and between hubs. Decides whether a step is legal, whether both
sides said yes, and which amounts a state may show. Refuses to know records, stock and decisions:
`matches` reads the first, `promises` the second, `deeds` the third.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

GIVER, TAKER, CLOCK = "giver", "taker", "clock"
LUMBUNG: Final = "lumbung"
"""The actor of what happens by itself."""
HOLDING: Final = frozenset({"draft", "proposed", "countered", "accepted", "shipped"})
"""States in which goods are held for a match."""
UNSHIPPED: Final = frozenset(
    "draft proposed countered accepted rejected expired superseded cancelled no_show".split()
)
ARRIVED: Final = frozenset({"received", "short"})
PAYMENTS: Final[Mapping[str, str]] = {"claimed": "claimed", "paid": "confirmed"}
"""What is said of the money once it was spoken of; before that, none."""
COUNTERS_MAX: Final = 3
DAY_MS: Final = 86_400_000
WIB_MS: Final = 7 * 3_600_000
"""Days of a match end in the west of the archipelago."""
GRACE_MS: Final = DAY_MS
"""So long after the last day to ship or to arrive a match waits for word."""

_TOO_LATE: Final = re.compile(
    r"(accept|reject|counter|ship|receive|cancel|pay): (terms_changed|wrong_side|above_hold"
    r"|above_match|quantity_zero|nothing_to_pay|missing_field|match_[a-z_]+|(not|already)_[a-z]+"
    r"|countered_too_often|counter_changes_nothing)"
)
"""How a moment reads in which the market refused an act, because the other side was faster."""

_PEOPLE: Final = (GIVER, TAKER)
_RULES: Final = (
    ("draft", "ask", (CLOCK,), "draft"),
    ("draft", "freeze", (CLOCK,), "proposed"),
    ("proposed", "accept", _PEOPLE, "proposed accepted"),
    ("countered", "accept", _PEOPLE, "accepted"),
    ("proposed countered", "reject", _PEOPLE, "rejected"),
    ("proposed countered", "counter", _PEOPLE, "countered"),
    ("proposed countered", "expire", (CLOCK,), "expired"),
    # By a tick, or by the report of a side that took the goods or the need away.
    ("draft proposed", "supersede", (CLOCK, GIVER, TAKER), "superseded"),
    ("accepted", "cancel", _PEOPLE, "cancelled"),
    ("accepted", "no_show", (CLOCK,), "no_show"),
    ("accepted shipped", "ship", (GIVER,), "shipped"),
    ("shipped", "receive", (TAKER,), "received short shipped"),
    ("shipped", "cancel", _PEOPLE, "short shipped"),
    ("shipped", "close", (CLOCK,), "short"),
    ("received short", "pay", (TAKER,), "claimed"),
    ("received short claimed", "pay", (GIVER,), "paid"),
)
BECOMES: Final[Mapping[tuple[str, str, str], frozenset[str]]] = {
    (state, act, side): frozenset(to.split())
    for states, act, sides, to in _RULES
    for state in states.split()
    for side in sides
}
"""(state, act, side) -> what may come of it; what is not in here is refused."""
NEXT: Final[Mapping[str, frozenset[str]]] = {
    state: frozenset[str]().union(*(to for (at, _, _), to in BECOMES.items() if at == state))
    for state, _, _ in BECOMES
}
"""What may follow a state; what is not named here is an end."""


class Deadlines(NamedTuple):
    """When nobody's silence is waited for any longer: a moment, and two days; -1 is never.

    A draft is proposed at another moment.
    """

    expires_ms: int
    ship_by_day: int
    arrive_by_day: int
    freezes_ms: int = -1

    def due(self, state: str) -> int | None:
        """When a match may come to a state by itself; None when it never may."""
        if state in ("expired", "proposed"):
            ends_ms = self.expires_ms if state == "expired" else self.freezes_ms
            return ends_ms if ends_ms >= 0 else None
        day = self.ship_by_day if state == "no_show" else self.arrive_by_day
        return (day + 1) * DAY_MS - WIB_MS + GRACE_MS if day >= 0 else None


class Step(Protocol):
    """One moment in a life: the state it led to, and who brought it there."""

    @property
    def state(self) -> str:
        """Where the match stands after it."""
        ...

    @property
    def actor(self) -> str:
        """A co-op, a hub, or Lumbung itself."""
        ...

    @property
    def at_ms(self) -> int:
        """The time of the partition that it was taken in."""
        ...

    @property
    def reason(self) -> str:
        """What was said of it."""
        ...


class Parties(NamedTuple):
    """Who a match is between."""

    from_coop: str
    from_hub: str
    to_coop: str
    to_hub: str

    def sides(self, actor: str) -> frozenset[str]:
        """The sides an actor may speak for; a hub may have the mandate of either."""
        if actor == LUMBUNG:
            return frozenset({CLOCK})
        if actor in (self.from_hub, self.to_hub):
            return frozenset({GIVER, TAKER})
        owners = {GIVER: self.from_coop, TAKER: self.to_coop}
        return frozenset(side for side, owner in owners.items() if actor == owner)


class Amounts(NamedTuple):
    """Of a match, in millionths: what was agreed, left, arrived sound, was not taken, was lost."""

    quantity: int
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0

    @property
    def under_way(self) -> int:
        """What has left and of which nobody has said what became of it."""
        return self.shipped - self.received - self.refused - self.lost


def is_too_late(earlier: Step, later: Step) -> bool:
    """Whether a moment between hubs tells of an act that changed nothing."""
    return earlier.state == later.state and _TOO_LATE.fullmatch(later.reason) is not None


def _lost(earlier: Step, later: Step, parties: Parties) -> bool:
    """Whether a hub no longer held its end of what somebody had said yes to."""
    hubs = (parties.from_hub, parties.to_hub)
    return later.state == "cancelled" and later.actor in hubs and earlier.state in HOLDING


def unlawful(
    steps: Sequence[Step], parties: Parties, until: Deadlines, *, between: bool = False
) -> list[str]:
    """What is wrong with the steps of a life, in words; nothing when it is lawful.

    `between` hubs a moment may tell of an act that changed nothing, a match may end because a hub
    lost its end of it, and steps have the times of several hubs.
    """
    found: list[str] = []
    if between:
        late = [n for n, pair in enumerate(pairwise(steps), 1) if is_too_late(*pair)]
        steps = [step for n, step in enumerate(steps) if n not in late]
    for earlier, later in pairwise(steps):
        if between and _lost(earlier, later, parties):
            continue
        sides = parties.sides(later.actor)
        if later.state not in NEXT.get(earlier.state, ()):
            allowed = sorted(NEXT.get(earlier.state, ("nothing",)))
            found.append(
                f"a step that is not legal: {later.state} after {earlier.state}: {allowed}"
            )
        elif later.state not in _reached(earlier.state, sides):
            found.append(f"a step that {later.actor} may not take: {later.state}")
        elif later.actor == LUMBUNG and later.state not in ("draft", "superseded"):
            due = until.due(later.state)
            if due is None or later.at_ms < due:
                found.append(f"a step by itself before its time: {later.state} at {later.at_ms}")
        if later.at_ms < earlier.at_ms and not between:
            found.append(f"a step before the last one: {later.state} at {later.at_ms}")
    if steps and steps[0].actor != LUMBUNG:
        found.append(f"a beginning by {steps[0].actor}")
    return found + _agreement(steps, parties)


@lru_cache(maxsize=1_024)
def _reached(state: str, sides: frozenset[str]) -> frozenset[str]:
    """Every state that somebody who speaks for these sides may bring a match to."""
    held = (to for (at, _, side), to in BECOMES.items() if at == state and side in sides)
    return frozenset[str]().union(*held)


def _agreement(steps: Sequence[Step], parties: Parties) -> list[str]:
    """Accepted is what both sides said yes to; a counter is the yes of who names it, and undoes.

    A hub may speak for either side or both: a step counts for all that it could have said.
    """
    found, yes = [], list[frozenset[str]]()
    for n, step in enumerate(steps):
        if n and step.state == "countered":
            yes = [parties.sides(step.actor)]
        elif n and step.actor != LUMBUNG and step.state in ("proposed", "accepted"):
            yes.append(parties.sides(step.actor))
        if step.state == "accepted" and not _both(yes):
            found.append("an agreement to which one side did not say yes")
        if step.state == "superseded" and yes:
            found.append("an end by itself though a side had said yes")
    if sum(step.state == "countered" for step in steps) > COUNTERS_MAX:
        found.append(f"more than {COUNTERS_MAX} counters")
    said_yes = sum(step.state == "proposed" and step.actor != LUMBUNG for step in steps)
    if said_yes + 1 > len(_PEOPLE):
        found.append("more than one yes before it was agreed on")
    return found


def _both(yes: Sequence[frozenset[str]]) -> bool:
    """Whether these may be the yes of both: no two of one side alone, none missing."""
    if len(yes) == 1:
        return yes[0] >= {GIVER, TAKER}
    return len(yes) == len(_PEOPLE) and len(yes[0] | yes[1]) == len(_PEOPLE)


def impossible(states: Sequence[str], amounts: Amounts, payment: str, held: int) -> str:
    """What a match in the last of these states cannot show, in words; "" when it may.

    `held` is what its offer may give to nobody else: what was granted, then what is left to ship.
    """
    state, way = states[-1], amounts.under_way
    moved, over = state not in UNSHIPPED, state not in UNSHIPPED | {"shipped"}
    whole = amounts.received == amounts.quantity
    beyond = min(amounts) < 0 or amounts.shipped > amounts.quantity
    left = amounts.quantity - amounts.shipped if state in HOLDING else 0
    complete = not way and amounts.shipped == amounts.quantity
    faults = (
        (beyond, "more shipped than was agreed on, or less than nothing of something"),
        (way < 0, "more arrived than was shipped"),
        (payment != PAYMENTS.get(state, "none"), f"a payment that is {payment} while {state}"),
        (not moved and any(amounts[1:]), "goods that moved though nothing was to be shipped"),
        (moved and not amounts.shipped, "a delivery of nothing"),
        (state == "shipped" and complete, "a delivery that is complete and not received"),
        (over and way > 0, "goods under way after the last of them came"),
        (over and whole and "received" not in states, "all of it received and another state"),
        (over and not whole and "received" in states, "less than all of it received"),
        (held > left and state != "countered", "a hold of more than is left to ship"),
        (held < left and state != "shipped", "a hold of less than was promised"),
        (state in PAYMENTS and not amounts.received, "a payment for nothing"),
    )
    return next((words for wrong, words in faults if wrong), "")
