"""Moments and days: zones, leaps, clocks that are wrong, forms that look like RFC 3339."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.errors import Reason
from schemas.validation import AGE_MAX_MS, SKEW_MAX_MS
from tests.support.case import Case, bad, bad_line, good, good_line
from tests.support.sayings import COUNTED, NOW_MS, PLACED, PLANNED, RECEIVED, report

SOUND = report(RECEIVED)


NO_TIMES = {
    "without-offset": "2026-11-22T07:00:00",
    "date-only": "2026-11-22",
    "without-seconds": "2026-11-22T07:00+07:00",
    "week-date": "2026-W47-7T07:00:00+07:00",
    "basic-form": "20261122T070000Z",
    "hour-offset": "2026-11-22T07:00:00+07",
    "leap-second": "2026-11-21T23:59:60Z",
    "24-hours": "2026-11-21T24:00:00Z",
    "29-february-2026": "2026-02-29T07:00:00Z",
    "31-november": "2026-11-31T07:00:00Z",
    "month-13": "2026-13-01T07:00:00Z",
    "year-0": "0000-01-01T00:00:00Z",
    "year-10000": "10000-01-01T00:00:00Z",
    "offset-24": "2026-11-22T07:00:00+24:00",
    "zone-name": "2026-11-22T07:00:00+07:00[Asia/Jakarta]",
    "zone-word": "2026-11-22T07:00:00 WIB",
    "comma-fraction": "2026-11-22T00:00:00,5Z",
    "arabic-digits": "٢٠٢٦-11-22T07:00:00Z",
    "space-before": " 2026-11-22T00:00:00Z",
    "newline-after": "2026-11-22T00:00:00Z\n",
    "indonesian": "22/11/2026 07.00",
    "word": "kemarin",
    "empty": "",
    "epoch-as-text": "1795305600",
    "epoch-as-number": 1_795_305_600,
    "epoch-as-float": 1_795_305_600.5,
}


def moments() -> Iterator[Case]:
    for name, time in NO_TIMES.items():
        yield bad(f"time-{name}", {**SOUND, "time": time}, Reason.TIME_MALFORMED, "time")
    yield bad("time-null", {**SOUND, "time": None}, Reason.WRONG_TYPE, "time")
    for name, time in {
        "wib": "2026-11-22T07:00:00+07:00",
        "wita": "2026-11-22T08:00:00+08:00",
        "wit": "2026-11-22T09:00:00+09:00",
        "zulu": "2026-11-22T00:00:00Z",
        "lower-case": "2026-11-22t00:00:00z",
        "space": "2026-11-22 00:00:00Z",
        "offset-without-colon": "2026-11-22T07:00:00+0700",
        "unknown-local-offset": "2026-11-22T00:00:00-00:00",
        "nine-decimals": "2026-11-22T00:00:00.123456789Z",
        "other-side-of-the-world": "2026-11-21T12:00:00-12:00",
    }.items():
        yield good(f"time-{name}", {**SOUND, "time": time})


def clocks() -> Iterator[Case]:
    future, old = Reason.TIME_IN_FUTURE, Reason.TIME_TOO_OLD
    yield bad("time-1970", {**SOUND, "time": "1970-01-01T00:00:00Z"}, old, "time")
    yield bad("time-before-1970", {**SOUND, "time": "1969-12-31T23:59:59Z"}, old, "time")
    yield bad("time-year-1", {**SOUND, "time": "0001-01-01T00:00:00+14:00"}, old, "time")
    yield bad("time-29-february-2024", {**SOUND, "time": "2024-02-29T07:00:00Z"}, old, "time")
    yield bad("time-year-9999", {**SOUND, "time": "9999-12-31T23:59:59-12:00"}, future, "time")
    yield bad("time-next-year", {**SOUND, "time": "2027-11-22T07:00:00+07:00"}, future, "time")
    day_wrong = {**SOUND, "time": "2026-11-22T07:00:00Z"}
    yield bad("time-local-said-as-zulu", day_wrong, future, "time", "seven hours ahead")
    same = good("time-at-the-edge", SOUND)
    ahead, behind = NOW_MS - SKEW_MAX_MS, NOW_MS + AGE_MAX_MS
    yield replace(same, name="time-ten-minutes-ahead", timestamp_ms=ahead)
    yield replace(same, name="time-400-days-late", timestamp_ms=behind)
    early, late = bad("", SOUND, future, "time"), bad("", SOUND, old, "time")
    yield replace(early, name="time-a-millisecond-too-early", timestamp_ms=ahead - 1)
    yield replace(late, name="time-a-millisecond-too-late", timestamp_ms=behind + 1)
    yield replace(early, name="record-without-timestamp", timestamp_ms=-1)


def days() -> Iterator[Case]:
    for name, day in {
        "29-february-2027": "2027-02-29",
        "29-february-2100": "2100-02-29",
        "week-date": "2026-W47-7",
        "basic-form": "20270501",
        "with-time": "2027-05-01T00:00:00",
        "indonesian": "01/05/2027",
        "day-0": "2027-05-00",
        "year-0": "0000-01-01",
        "two-digit-year": "27-05-01",
        "arabic-digits": "٢٠٢٧-05-01",
        "empty": "",
        "number": 20_270_501,
    }.items():
        line = {**COUNTED, "expires_on": day}
        yield bad_line(f"day-{name}", line, Reason.DATE_MALFORMED, "expires_on")
    far = Reason.DATE_OUT_OF_RANGE
    for name, day in {"1999": "1999-12-31", "2100": "2100-01-02", "9999": "9999-12-31"}.items():
        yield bad_line(f"day-{name}", {**PLACED, "needed_by": day}, far, "needed_by")
    yield bad_line("plan-1970", {**PLANNED, "ready_on": "1970-01-01"}, far, "ready_on")
    yield bad_line("day-null", {**COUNTED, "expires_on": None}, Reason.WRONG_TYPE, "expires_on")
    yield bad_line("plan-null", {**PLANNED, "ready_on": None}, Reason.WRONG_TYPE, "ready_on")
    yield good_line("day-29-february-2028", {**COUNTED, "expires_on": "2028-02-29"})
    yield good_line("day-2000", {**COUNTED, "expires_on": "2000-01-01"}, "long gone, and said so")
    yield good_line("day-first-of-2100", {**PLANNED, "ready_on": "2100-01-01"})
