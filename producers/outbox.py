"""What a device owes the broker: drafts, and when the next attempt at each is due.

Decides what a draft is and how long to wait between attempts. Refuses to know where drafts are
kept (`outbox_store`) and how they travel (`publisher`).

A draft's bytes never change: whatever is sent again is byte for byte what was first said, so the
gate of the hub sees a duplicate and never a sequence used for two things.
"""

from dataclasses import dataclass
from typing import Final

from producers.speech import report_id

BACKOFF_FIRST_MS: Final = 1_000
BACKOFF_MAX_MS: Final = 300_000
"""Five minutes: a village long without signal is heard within five minutes of its return."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One report as it will leave: exact bytes, attempts so far, when it is due again (ms UTC)."""

    coop: str
    device: str
    sequence: int
    value: bytes
    attempts: int = 0
    due_ms: int = 0

    @property
    def id(self) -> str:
        """The event's id, the same in every re-send."""
        return report_id(self.coop, self.device, self.sequence)


def backoff_ms(attempts: int) -> int:
    """Give the wait after so many attempts (0: none): 1, 2, 4 ... 300 seconds, in ms."""
    if attempts <= 0:
        return 0
    return min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS << min(attempts - 1, 20))


def due_after(attempts: int, now_ms: int) -> int:
    """Give when a draft just tried for the `attempts`-th time is due again."""
    return now_ms + backoff_ms(attempts)
