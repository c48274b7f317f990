"""Days and moments as people write them, to exact dates and milliseconds.

Decides which texts name one certain day: ISO (2026-12-01), day first (1/12/2026, 1-12-2026), with
the month's name (1 Des 2026). Refuses to guess: in the English locale 1/12/2026 may be either, so
it is `Unclear`; two-digit years are refused. The zone of a moment is the village's own and is
given.
"""

import re
from datetime import UTC, date, datetime, time, timezone
from typing import Final

from producers.numerals import Locale, Unclear

_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        "jan feb mar apr mei,may jun jul agu,agt,aug,ags sep okt,oct nov des,dec".split(), start=1
    )
    for name in names.split(",")
}
_NUMERIC: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_NAMED: Final = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})")
_MOMENT: Final = re.compile(r"(.+?)[ T]([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_date(said: str | date, locale: Locale) -> date | Unclear:
    """Read a day; a cell that holds a date already is that date."""
    if isinstance(said, datetime):
        return said.date()
    if isinstance(said, date):
        return said
    text = said.strip()
    try:
        return _read(text, locale)
    except ValueError:
        return Unclear(
            f"{text!r} bukan tanggal; tulis seperti 2026-12-31",
            f"{text!r} is not a date; write it like 2026-12-31",
        )


def read_moment(said: str | date, locale: Locale, zone: timezone) -> int | Unclear:
    """Read a day, with a time of day or its beginning, in `zone`, as ms since 1970."""
    clock = time()
    if isinstance(said, datetime):
        clock = said.time()
    elif isinstance(said, str) and (found := _MOMENT.fullmatch(said.strip())):
        said, hour, minute, second = found.groups()
        try:
            clock = time(int(hour), int(minute), int(second or 0))
        except ValueError:
            return Unclear(f"{found[0]!r} bukan waktu", f"{found[0]!r} is not a time")
    day = read_date(said, locale)
    if isinstance(day, Unclear):
        return day
    since = datetime.combine(day, clock, tzinfo=zone) - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _read(text: str, locale: Locale) -> date | Unclear:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    if found := _NAMED.fullmatch(text):
        day, name, year = found.groups()
        return date(int(year), _MONTHS.get(name[:3].lower(), 0), int(day))
    if not (found := _NUMERIC.fullmatch(text)):
        raise ValueError(text)
    first, second, year = (int(part) for part in found.groups())
    if locale == "id" or first > 12 or first == second:  # noqa: PLR2004 - months in a year
        return date(year, second, first)
    if second > 12:  # noqa: PLR2004
        return date(year, first, second)
    readings = (date(year, second, first).isoformat(), date(year, first, second).isoformat())
    return Unclear(
        f"{text!r} tidak pasti: {' atau '.join(readings)}? Tulis yang dimaksud",
        f"{text!r} is not certain: {' or '.join(readings)}? Write the one you mean",
        readings,
    )
