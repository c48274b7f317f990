"""Decides when nothing is under way: every log is read to its end, and the database says so too.

The workers' end is their committed offset, the sink's is what its own database holds. Refuses to
wait for ever: when nothing has moved for a while it says what stands still.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.errors import LumbungError

POLL_SECONDS: Final = 0.1
STILL_SECONDS: Final = 90.0
Offsets = Mapping[tuple[str, int], int]
"""(topic, partition) -> next offset."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one reader is: records read and records there."""

    who: str
    done: int
    end: int

    @property
    def quiet(self) -> bool:
        """True when there is nothing left to read."""
        return self.done >= self.end


def progress(who: str, read: Offsets, ends: Offsets) -> Progress:
    """How far a reader with these next offsets is through logs with these ends."""
    return Progress(
        who, sum(min(read.get(at, 0), end) for at, end in ends.items()), sum(ends.values())
    )


@dataclass(slots=True)
class Patience:
    """Notices when a figure has not moved for too long."""

    clock: Callable[[], float] = time.monotonic
    seconds: float = STILL_SECONDS
    _last: tuple[int, ...] = ()
    _since: float = field(default=0.0)

    def look(self, now: Sequence[Progress]) -> None:
        """Raises LB-P010 when nothing has moved since `seconds`."""
        figures = tuple(p.done for p in now)
        if figures != self._last or not self._since:
            self._last, self._since = figures, self.clock()
        elif self.clock() - self._since > self.seconds:
            still = ", ".join(f"{p.who} {p.done} of {p.end}" for p in now if not p.quiet)
            raise LumbungError(
                "LB-P010",
                f"nothing has moved for {self.seconds:.0f} s: {still}",
                "Read the logs in the data folder; what was published stays and goes on later.",
            )


def until_quiet(
    look: Callable[[], Sequence[Progress]],
    *,
    tell: Callable[[Sequence[Progress]], None] = lambda _: None,
    patience: Patience | None = None,
) -> None:
    """Look until every reader is at the end of its logs."""
    waiting = patience or Patience()
    while True:
        now = look()
        tell(now)
        if all(p.quiet for p in now):
            return
        waiting.look(now)
        time.sleep(POLL_SECONDS)
