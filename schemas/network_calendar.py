"""When a ship leaves: weekdays, dates, or every so many days from a date on.

Decides how a calendar is written and which departure is the next. Refuses to know ships and ports.
Days are whole days since 1970-01-01.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from typing import Final

DATES_MAX: Final = 400
EVERY_DAYS_MAX: Final = 366
DAILY: Final = frozenset(range(7))

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MONDAY: Final = 3  # 1970-01-01 was a Thursday
_WEEKDAYS: Final = (
    ("mon", "monday", "sen", "senin"),
    ("tue", "tuesday", "sel", "selasa"),
    ("wed", "wednesday", "rab", "rabu"),
    ("thu", "thursday", "kam", "kamis"),
    ("fri", "friday", "jum", "jumat"),
    ("sat", "saturday", "sab", "sabtu"),
    ("sun", "sunday", "min", "minggu"),
)
_WEEKDAY_OF: Final = {name: at for at, names in enumerate(_WEEKDAYS) for name in names}
_EVERY_DAY: Final = frozenset({"daily", "harian"})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of departure: `weekdays` (0 is Monday), or `days`, or `first` and each `every` days."""

    weekdays: frozenset[int] = frozenset()
    days: tuple[int, ...] = ()
    first: int = 0
    every: int = 0

    @property
    def is_daily(self) -> bool:
        """Whether it leaves every day, so that nobody waits for it."""
        return self.weekdays == DAILY

    def next(self, day: int) -> int | None:
        """Give the first departure on a day or after it, None when there is none any more."""
        if self.every:
            return max(self.first, day + (self.first - day) % self.every)
        if self.weekdays:
            return next(d for d in range(day, day + 7) if (d + _MONDAY) % 7 in self.weekdays)
        at = bisect_left(self.days, day)
        return self.days[at] if at < len(self.days) else None


def day_number(day: date) -> int:
    """Give days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def parse_calendar(text: str) -> Calendar | None:
    """Read a calendar; None when it is none. See docs/data.md for how one is written."""
    words = text.lower().split()
    if not words or len(words) > DATES_MAX:
        return None
    if len(words) == 1 and words[0] in _EVERY_DAY:
        return Calendar(weekdays=DAILY)
    if all(word in _WEEKDAY_OF for word in words):
        return Calendar(weekdays=frozenset(_WEEKDAY_OF[word] for word in words))
    if len(words) == 1 and "/" in words[0]:
        return _repeated(*words[0].split("/", 1))
    dates = [_date(word) for word in words]
    if None in dates:
        return None
    return Calendar(days=tuple(sorted({day_number(day) for day in dates if day is not None})))


def _repeated(first: str, every: str) -> Calendar | None:
    start = _date(first)
    if start is None or not (every.isascii() and every.isdecimal() and len(every) < len("1000")):
        return None
    if not 1 <= int(every) <= EVERY_DAYS_MAX:
        return None
    return Calendar(first=day_number(start), every=int(every))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-05") else None
    except ValueError:
        return None
