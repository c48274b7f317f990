"""The calendar an operator edits: what it says, and what is said about its faults."""

from datetime import date

import pytest

from schemas.datafile import DataError
from schemas.network_calendar import day_number, parse_calendar
from schemas.network_default import default_csv
from schemas.network_reference import sailings, tables
from schemas.network_sailings import SAILINGS_MAX, read_sailings, shipped_sailings
from schemas.reference import read
from tests.support.networks import HEADER

KNOWS = tables().knows
LINE = "T-9,sea,IDTPP,IDTJQ,Mon Thu,1.5,400,317000,observed"


def troubles(*lines: str) -> list[tuple[int, str, str]]:
    found, told = read_sailings("\n".join(lines).encode(), KNOWS)
    assert bool(found) is not bool(told)
    return [(trouble.line, trouble.field, trouble.found) for trouble in told]


def test_the_shipped_calendar_is_what_the_tables_give():
    assert default_csv(tables()) == read("sailings.csv"), (
        "write it anew: python -m tests.support.write_sailings"
    )


def test_the_shipped_calendar_says_that_it_is_no_timetable_and_estimates_all_of_it():
    text = read("sailings.csv").decode()
    assert "not a timetable" in text
    assert "bukan jadwal kapal" in text
    assert {sailing.basis for sailing in sailings()} == {"estimated"}


def test_a_row_becomes_a_sailing_in_minutes_kilograms_and_rupiah():
    (found,), told = read_sailings(f"{HEADER}\n{LINE}".encode(), KNOWS)
    assert told == ()
    assert (found.route, found.mode, found.origin, found.target) == (
        "T-9",
        "sea",
        "IDTPP",
        "IDTJQ",
    )
    assert (found.minutes, found.capacity_kg, found.tariff_idr) == (2160, 400_000, 317_000)
    assert found.basis == "observed"
    assert not found.calendar.is_daily


def test_a_spreadsheet_of_the_country_is_read_as_it_saves_files():
    text = "\ufeff" + f"{HEADER}\r\n# catatan\r\n\r\n{LINE}".replace(",", ";") + "\r\n"
    (found,), told = read_sailings(text.encode(), KNOWS)
    assert (found.tariff_idr, told) == (317_000, ())


def test_columns_may_come_in_any_order_and_others_are_remarks():
    names, cells = HEADER.split(","), LINE.split(",")
    turned = ",".join(["note", *reversed(names)]) + "\n" + ",".join(["x", *reversed(cells)])
    assert read_sailings(turned.encode(), KNOWS) == read_sailings(
        f"{HEADER}\n{LINE}".encode(), KNOWS
    )


def test_a_hub_without_a_port_is_a_landing_place_too():
    (found,), _ = read_sailings(f"{HEADER}\n{LINE.replace('IDTJQ', '21.03')}".encode(), KNOWS)
    assert found.target == "21.03"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("route", ""),
        ("route", "x" * 33),
        ("mode", "ship"),
        ("from", "IDXXX"),
        ("to", "19.02.01.2001"),
        ("departs", "Senen"),
        ("departs", "2026-02-30"),
        ("departs", "2026-01-05/0"),
        ("departs", "Mon 2026-01-05"),
        ("departs", ""),
        ("days", "0"),
        ("days", "1,5"),
        ("days", "-1"),
        ("days", "61"),
        ("capacity_tonnes", "0"),
        ("capacity_tonnes", "banyak"),
        ("tariff_idr_per_tonne", "317.000,00"),
        ("tariff_idr_per_tonne", "317000.5"),
        ("tariff_idr_per_tonne", "-1"),
        ("basis", "sourced"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_its_field_and_what_to_do(field, bad):
    cells = dict(zip(HEADER.split(","), LINE.split(","), strict=True)) | {field: bad}
    row = ",".join(f'"{cell}"' for cell in cells.values())
    found, (trouble,) = read_sailings(f"{HEADER}\n# note\n{LINE}\n{row}".encode(), KNOWS)
    assert found == ()
    assert (trouble.line, trouble.field, trouble.found) == (4, field, bad)
    assert trouble.advice_id
    assert trouble.advice_en
    assert str(trouble).startswith(f"line 4, {field}: ")


def test_all_faults_are_told_at_once():
    rows = [LINE.replace("Mon Thu", "never"), LINE.replace("observed", "?"), "T-9,sea,IDTPP"]
    assert troubles(HEADER, *rows) == [
        (2, "departs", "never"),
        (3, "basis", "?"),
        (4, "row", "3"),
    ]


def test_a_sailing_twice_and_a_sailing_to_nowhere_are_faults():
    assert troubles(HEADER, LINE, LINE) == [(3, "route", "T-9")]
    assert troubles(HEADER, LINE.replace("IDTJQ", "IDTPP")) == [(2, "to", "IDTPP")]


def test_a_file_that_is_no_calendar_is_told_as_a_whole():
    assert troubles("") == [(0, "rows", "0")]
    assert troubles(HEADER, *[LINE] * (SAILINGS_MAX + 1)) == [(0, "rows", str(SAILINGS_MAX + 1))]
    assert [field for _, field, _ in troubles("a,b", "1,2")] == HEADER.split(",")
    found, (trouble,) = read_sailings(b"route\n\xff\xfe", KNOWS)
    assert (found, trouble.line, trouble.field) == ((), 2, "encoding")
    with pytest.raises(DataError, match=r"sailings\.csv, line 2, departs"):
        shipped_sailings(f"{HEADER}\n{LINE.replace('Mon Thu', 'x')}".encode(), KNOWS)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", ["2026-11-22", "2026-11-23"]),
        ("harian", ["2026-11-22", "2026-11-23"]),
        ("Mon Thu", ["2026-11-23", "2026-11-26", "2026-11-30"]),
        ("senin kamis", ["2026-11-23", "2026-11-26", "2026-11-30"]),
        ("Min", ["2026-11-22", "2026-11-29"]),
        ("2026-11-22/14", ["2026-11-22", "2026-12-06"]),
        ("2026-12-24 2026-11-30", ["2026-11-30", "2026-12-24"]),
    ],
)
def test_a_calendar_sails_on_the_days_it_says(text, days):
    calendar = parse_calendar(text)
    assert calendar is not None
    today, found = day_number(date(2026, 11, 22)), []
    for _ in days:
        departs = calendar.next(today)
        assert departs is not None
        found.append(departs)
        today = departs + 1
    assert found == [day_number(date.fromisoformat(day)) for day in days]


def test_dates_that_are_past_sail_no_more_and_a_rhythm_has_a_first_day():
    past, rhythm = parse_calendar("2026-01-05"), parse_calendar("2026-12-01/7")
    assert past is not None
    assert rhythm is not None
    assert past.next(day_number(date(2026, 1, 6))) is None
    assert rhythm.next(0) == day_number(date(2026, 12, 1))
