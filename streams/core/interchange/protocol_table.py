"""The reservation protocol as two frozen tables: a leg in its hub, a match in the market.

Decides states, what may happen to them, what follows and what is said. Refuses to know
quantities: `hub_side` and `market_side` guard them. What is not in a table changes nothing; a
request is answered all the same, with the leg as it stands.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.market import LegState

HOUR_MS: Final = 3_600_000
HOLD_MS: Final = 10 * 60_000
"""How long a hold stands without a commit: ten rounds of a minute."""
TOMBSTONE_MS: Final = 7 * 24 * HOUR_MS
"""How long a hub and the market remember a leg or a match that has ended."""
HOLD_BACK_MS: Final = 24 * HOUR_MS
"""How long a pair rests that people refused or left unanswered."""
ROUND_WAIT_TICKS: Final = 3
"""How many ticks a round waits for hubs that have not said `done`."""

_L: Final = LegState
LIVE: Final = frozenset({_L.HELD, _L.COMMITTED})
OVER: Final = frozenset(LegState) - LIVE
"""What a leg never leaves: it is remembered, then forgotten."""


class LegEvent(StrEnum):
    """What happens to a leg: requests of the market, then what its hub does."""

    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"
    TICK = "tick"
    STOCK = "stock"
    ACT = "act"
    STAND = "stand"


class Phase(StrEnum):
    """Where a match between hubs stands in the market."""

    ASKED = "asked"
    COMMITTING = "committing"
    PROPOSED = "proposed"
    RELEASING = "releasing"
    ENDED = "ended"


class News(StrEnum):
    """What the legs of a match, taken together, say."""

    GRANTED = "granted"
    TOO_LITTLE = "too_little"
    POOL_SHORT = "pool_short"
    LEG_OVER = "leg_over"
    ACKNOWLEDGED = "acknowledged"
    LIFE_OVER = "life_over"
    ALL_OVER = "all_over"
    TICK = "tick"


class LegRule(NamedTuple):
    """What follows; with several states the guards choose. `says` is what the hub tells."""

    to: tuple[LegState, ...]
    says: str


class MatchRule(NamedTuple):
    """What follows, and what the market says because of it."""

    to: Phase
    says: str


_E: Final = LegEvent
LEGS: Final[Mapping[tuple[LegState | None, LegEvent], LegRule]] = MappingProxyType(
    {
        (None, _E.RESERVE): LegRule(
            (_L.HELD, _L.REFUSED),
            "held: what is free, at most what was asked; refused: too little, or old word of it",
        ),
        (None, _E.COMMIT): LegRule((_L.LAPSED,), "nothing is held, so nothing is promised"),
        (None, _E.RELEASE): LegRule((_L.RELEASED,), "a reserve that comes late finds it so"),
        (_L.HELD, _E.COMMIT): LegRule(
            (_L.COMMITTED, _L.LAPSED), "committed, the excess free again; lapsed: too little held"
        ),
        (_L.HELD, _E.RELEASE): LegRule((_L.RELEASED,), "all of it free again"),
        (_L.HELD, _E.TICK): LegRule((_L.LAPSED,), "its time is over"),
        (_L.HELD, _E.STOCK): LegRule(
            (_L.HELD, _L.LAPSED), "cut, newest first; lapsed when nothing of it is left"
        ),
        (_L.COMMITTED, _E.RELEASE): LegRule((_L.RELEASED,), "what has not left is free again"),
        (_L.COMMITTED, _E.STOCK): LegRule(
            (_L.COMMITTED,), "at risk, naming the report, or no longer"
        ),
        (_L.COMMITTED, _E.ACT): LegRule(
            (_L.COMMITTED,), "what people did; what has left or arrived is promised no more"
        ),
        (_L.COMMITTED, _E.STAND): LegRule(
            (_L.COMMITTED,), "how the match stands; what it need not hold is free again"
        ),
        (None, _E.STAND): LegRule((_L.LAPSED,), "nothing is held, so nothing is promised"),
    }
)
"""(state, event) -> what follows, None for a leg that is not known."""

_P: Final = Phase
MATCHES: Final[Mapping[tuple[Phase, News], MatchRule]] = MappingProxyType(
    {
        (_P.ASKED, News.TICK): MatchRule(_P.ASKED, "reserve, to a leg that has not answered"),
        (_P.ASKED, News.GRANTED): MatchRule(
            _P.COMMITTING,
            "commit to both, the lesser of the grants; in a pool once all of it has answered",
        ),
        (_P.ASKED, News.TOO_LITTLE): MatchRule(_P.RELEASING, "release: below a smallest lot"),
        (_P.ASKED, News.POOL_SHORT): MatchRule(
            _P.RELEASING, "release to both: what is left of its pool is below a smallest lot"
        ),
        (_P.ASKED, News.LEG_OVER): MatchRule(_P.RELEASING, "release to the other leg"),
        (_P.COMMITTING, News.TICK): MatchRule(
            _P.COMMITTING, "commit, to a leg that has not acknowledged"
        ),
        (_P.COMMITTING, News.ACKNOWLEDGED): MatchRule(
            _P.PROPOSED, "the match is published: people see it now and not before"
        ),
        (_P.COMMITTING, News.POOL_SHORT): MatchRule(
            _P.RELEASING, "release to both: what is left of its pool is below a smallest lot"
        ),
        (_P.COMMITTING, News.LEG_OVER): MatchRule(_P.RELEASING, "release to the other leg"),
        (_P.PROPOSED, News.TICK): MatchRule(
            _P.PROPOSED, "stand, to a leg that has not heard how the match stands"
        ),
        (_P.PROPOSED, News.LEG_OVER): MatchRule(
            _P.RELEASING, "release to the other leg; the match is published as over"
        ),
        (_P.PROPOSED, News.LIFE_OVER): MatchRule(
            _P.RELEASING, "release to both; the match is published as it ended"
        ),
        (_P.RELEASING, News.TICK): MatchRule(_P.RELEASING, "release, to a leg not over yet"),
        (_P.RELEASING, News.ALL_OVER): MatchRule(
            _P.ENDED, "nothing; the next match of the pair has another name"
        ),
    }
)
"""(phase, news) -> what follows."""


def table_markdown() -> str:
    """Write both tables as a page shows them."""
    lines = ["| leg in its hub | when | becomes | says |", "| --- | --- | --- | --- |"]
    for (state, event), rule in LEGS.items():
        becomes = " or ".join(f"`{to}`" for to in rule.to)
        known = f"`{state}`" if state else "unknown"
        lines.append(f"| {known} | `{event}` | {becomes} | {rule.says} |")
    lines += ["", "| match in the market | legs say | becomes | says |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [
        f"| `{phase}` | `{news}` | `{after.to}` | {after.says} |"
        for (phase, news), after in MATCHES.items()
    ]
    return "\n".join(lines) + "\n"
