"""Decides when so much is refused that something else must be wrong: a deployment, not a co-op.

Counts records that were refused whole, or none of whose lines could be kept; what is not
judged, as a tick, is no record here. Two limits, either of which is off at 0: so many refused in a
row, or more than a share of the last so many. Refuses to know what follows: `intake` does.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

QUIET_RECORDS: Final = 1_000
"""So many records that were not judged, with none refused between them, end an uneasy time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A share (0 to 1) of a window of records, and a run of records; 0 is off."""

    ratio: float = 0.5
    window: int = 1_000
    run: int = 500

    @property
    def off(self) -> bool:
        """Whether nothing is ever too much."""
        return not (self.run or (self.ratio and self.window))


class Breaker:
    """What was judged of one partition since this process has had it, or since it was lifted."""

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._refused: Final[deque[int]] = deque()
        self._seen = self._run = self._quiet = 0
        self.uneasy = False
        """Most of what came last was refused, or an operator has just lifted it."""

    def forget(self) -> None:
        """Begin anew, as after an operator's order."""
        self._refused.clear()
        self._seen = self._run = self._quiet = 0
        self.uneasy = True

    def see(self, judged: int, refused: Sequence[int], unjudged: int = 0) -> str:
        """Take in a stretch: how many were judged, which of them (from 0) were refused.

        `unjudged` is how many others it had: a worker that judges little learns from those alone
        that trouble is over. Gives in words what is too much, "" when nothing is.
        """
        why, begun, before = "", self._seen, -1
        full = self._limits.window - begun - 1  # a share is looked at once the window is full
        for at in refused if full not in range(judged) else sorted({*refused, full}):
            self._seen = begun + at + 1
            if at == full and at not in refused:
                why = why or self._too_much()
                continue
            self._run = self._run + 1 if at == before + 1 else 1
            before = at
            self._refused.append(begun + at)
            why = why or self._too_much()
        if judged and before != judged - 1:
            self._run = 0
        self._seen = begun + judged
        self._ease(judged, len(refused), unjudged)
        return why

    def _ease(self, judged: int, refused: int, unjudged: int) -> None:
        self._quiet = 0 if refused else self._quiet + unjudged
        if judged:
            self.uneasy = 2 * refused > judged
        elif self._quiet >= QUIET_RECORDS:
            self.uneasy = False

    def _too_much(self) -> str:
        ratio, window, run = self._limits.ratio, self._limits.window, self._limits.run
        if run and self._run >= run:
            return f"{self._run} in a row were refused"
        while self._refused and self._refused[0] < self._seen - window:
            self._refused.popleft()
        if ratio and self._seen >= window and len(self._refused) > ratio * window:
            return f"{len(self._refused)} of the last {window} were refused"
        return ""
