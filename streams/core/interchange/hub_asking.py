"""Decides when a hub asks *masih ada?* of goods that another hub wants, and what follows from it.

Theory of operation. A hub promises goods to another only while word of them is fresh. Where it is
too old the leg is refused, nothing is held anywhere, and the owner is asked: a question stands on
the line, and the market hears no more of the line until newer word has come. Who says nothing
loses nothing else: inside the hub the line is matched as ever. An answer is any report of the line
that was fresh when it was asked. From then until the hub's next cut-off the line is told as
`counted`, and the market starts its matches without waiting for one. A line is asked of once,
however many want it, and never while a question stands.

Refuses to know lines, reports and clocks: it is told how old word is and when a hub decides next.
"""

from collections.abc import Callable
from typing import Final

from schemas.errors import Reason
from schemas.market import LegSide
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import Leg, Question
from streams.core.interchange.hub_stock import At

MOVED_MAX: Final = 100
"""How many questions a tick may close or forget; the others follow at the next."""
NEVER_MS: Final = -1
IsOld = Callable[[str, int], bool]
"""Whether the newest word of a line was too old at a time; False of a line that is not there."""
NextCutOff = Callable[[str, int], int]
"""The first cut-off of a hub at or after a time; `NEVER_MS` where it has none."""


class Questions:
    """What the owners of a partition's hubs were asked for the sake of other hubs."""

    def __init__(self, side: HubSide, is_old: IsOld, next_cut_off: NextCutOff) -> None:
        self._side, self._is_old, self._next = side, is_old, next_cut_off

    def doubt(self, leg: Leg, at: At) -> str:
        """Why the goods of a new leg may not be promised, "" when they may.

        Where they may not their owner is asked, unless that was done before.
        """
        if leg.side is not LegSide.OFFER or not self._is_old(leg.line, at.as_of_ms):
            return ""
        if not self.is_open(leg.line):
            self._keep(leg.line, Question(at.version, leg.hub, leg.family, at.as_of_ms))
        return str(Reason.STOCK_STALE)

    def is_open(self, line: str) -> bool:
        """Whether the owner of a line was asked, and nothing was heard of it since."""
        held = self._side.questions.get(line)
        return held is not None and self._is_old(line, held.at_ms)

    def is_counted(self, line: str) -> bool:
        """Whether its owner has answered, and the hub's next cut-off has not come since."""
        held = self._side.questions.get(line)
        return held is not None and held.until_ms != NEVER_MS

    def lapse(self, at: At) -> int:
        """Time went on: close what was answered, forget what is past; gives how many."""
        held = self._side.questions
        moved = sorted(line for line in held if self._has_moved(line, at.as_of_ms))[:MOVED_MAX]
        for line in moved:
            asked = held[line]
            until_ms = self._next(asked.hub, at.as_of_ms + 1)
            if asked.until_ms != NEVER_MS or until_ms == NEVER_MS:
                del held[line]
                self._side.changed[f"ask/{line}"] = None
            else:
                asked.version, asked.until_ms = at.version, until_ms
                self._keep(line, asked)
            self._side.tell_anew(f"{asked.hub}|{asked.family}", at)
        return len(moved)

    def _has_moved(self, line: str, as_of_ms: int) -> bool:
        until_ms = self._side.questions[line].until_ms
        return not self.is_open(line) if until_ms == NEVER_MS else until_ms <= as_of_ms

    def _keep(self, line: str, asked: Question) -> None:
        self._side.questions[line] = asked
        self._side.changed[f"ask/{line}"] = None
