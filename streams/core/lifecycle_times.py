"""When a match moves by itself: cut-offs, deadlines, holds, the question whether goods are there.

Decides moments, from moments given. Refuses to read a clock and to know what a match holds. Times
are milliseconds UTC since 1970.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from schemas.commodity import Perishability

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WIB_MS: Final = 7 * HOUR_MS
"""Days of the market are those of Jakarta."""
PROPOSAL_MS: Final = 24 * HOUR_MS
"""How long a frozen proposal stands without both answers."""
HOLD_BACK_MS: Final = 24 * HOUR_MS
"""How long a rejected pair is not proposed again."""
OPENED_MS: Final = 30 * 60_000
"""How long a match that an officer has opened holds still."""
GRACE_MS: Final = DAY_MS
"""How long after the last day to ship or to arrive a match waits for word."""
CUT_OFF_MINUTES: Final = (7 * 60, 14 * 60)
"""Minutes after local midnight at which a hub decides."""
FRESH_MS: Final[dict[Perishability, int]] = {
    "high": DAY_MS,
    "medium": 3 * DAY_MS,
    "low": 14 * DAY_MS,
    "none": 30 * DAY_MS,
}
"""How old word of stock may be before its owner is asked; set by us."""


def end_of(day: int) -> int:
    """The end of a day since 1970 in Jakarta; -1 where no day is known."""
    return (day + 1) * DAY_MS - WIB_MS if day >= 0 else -1


def next_cut_off(
    at_ms: int, utc_offset_hours: int, cut_offs: Sequence[int] = CUT_OFF_MINUTES
) -> int:
    """Give the first cut-off of a hub at or after a moment.

    `utc_offset_hours` is 7 (WIB), 8 (WITA) or 9 (WIT); `cut_offs` are minutes of the local day.
    """
    moments = _cut_offs(at_ms, utc_offset_hours, cut_offs, (0, DAY_MS))
    return min(moment for moment in moments if moment >= at_ms)


def last_cut_off(at_ms: int, utc_offset_hours: int, cut_offs: Sequence[int]) -> int:
    """Give the last cut-off of a hub at or before a moment; as `next_cut_off`."""
    moments = _cut_offs(at_ms, utc_offset_hours, cut_offs, (-DAY_MS, 0))
    return max(moment for moment in moments if moment <= at_ms)


def _cut_offs(
    at_ms: int, utc_offset_hours: int, cut_offs: Sequence[int], days: Iterable[int]
) -> list[int]:
    """The cut-offs of the local day of a moment and of the one beside it."""
    shift = utc_offset_hours * HOUR_MS
    midnight = (at_ms + shift) // DAY_MS * DAY_MS - shift
    return [midnight + day + minute * 60_000 for day in days for minute in cut_offs]


def freezes_at(at_ms: int, utc_offsets_hours: Iterable[int], *, emergency: bool = False) -> int:
    """Give when a draft made at a moment freezes: at the first cut-off of any hub it concerns."""
    if emergency:
        return at_ms
    return min(next_cut_off(at_ms, offset) for offset in utc_offsets_hours)


def is_stale(said_ms: int, perishability: Perishability, at_ms: int) -> bool:
    """Whether the owner must be asked *masih ada?* before a match on such stock freezes."""
    return at_ms - said_ms > FRESH_MS[perishability]


def is_held_back(rejected_ms: int, at_ms: int) -> bool:
    """Whether a pair rejected at a moment is not to be proposed yet."""
    return at_ms < rejected_ms + HOLD_BACK_MS
