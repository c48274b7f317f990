from datetime import date, datetime, timedelta, timezone

import pytest

from producers.dates import read_date, read_moment
from producers.numerals import Unclear

WIB = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("said", "locale"),
    [
        ("2026-12-01", "id"),
        ("1/12/2026", "id"),
        ("01-12-2026", "id"),
        ("1.12.2026", "id"),
        ("1 Des 2026", "id"),
        ("1 desember 2026", "id"),
        ("1 December 2026", "en"),
        (date(2026, 12, 1), "en"),
        (datetime(2026, 12, 1, 7), "id"),  # noqa: DTZ001 - what a workbook holds
    ],
)
def test_a_certain_day_is_read(said, locale):
    assert read_date(said, locale) == date(2026, 12, 1)


def test_an_english_day_that_may_be_either_is_refused_with_both():
    found = read_date("1/12/2026", "en")
    assert isinstance(found, Unclear)
    assert found.readings == ("2026-12-01", "2026-01-12")


@pytest.mark.parametrize(("said", "day"), [("12/31/2026", 31), ("31/12/2026", 31)])
def test_an_english_day_with_one_reading_is_read(said, day):
    assert read_date(said, "en") == date(2026, 12, day)


@pytest.mark.parametrize("said", ["", "besok", "31/2/2026", "1/12/26", "1 Xyz 2026", "2026-13-01"])
def test_what_is_no_day_is_refused(said):
    assert isinstance(read_date(said, "id"), Unclear)


def test_a_moment_is_read_in_the_villages_zone():
    assert read_moment("2026-11-22 07:00", "id", WIB) == 1_795_305_600_000
    assert read_moment("22/11/2026 07.00", "id", WIB) == 1_795_305_600_000
    assert read_moment("2026-11-22", "id", WIB) == 1_795_305_600_000 - 7 * 3_600_000
    assert isinstance(read_moment("2026-11-22 25:00", "id", WIB), Unclear)
