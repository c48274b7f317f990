import pytest

from producers.numerals import Unclear, read_number, write_number

MICRO = 1_000_000


@pytest.mark.parametrize(
    ("text", "locale", "micro"),
    [
        ("1.500", "id", 1_500 * MICRO),
        ("0,5", "id", 500_000),
        ("0,500", "id", 500_000),
        ("12.345.678,25", "id", 12_345_678_250_000),
        ("1500", "id", 1_500 * MICRO),
        (" 7 ", "id", 7 * MICRO),
        ("012", "id", 12 * MICRO),
        ("1,500", "en", 1_500 * MICRO),
        ("1,500.5", "en", 1_500_500_000),
        ("0.5", "en", 500_000),
        ("1.5", "en", 1_500_000),
    ],
)
def test_a_number_with_one_reading_in_its_locale_is_read(text, locale, micro):
    assert read_number(text, locale) == micro


@pytest.mark.parametrize(
    ("text", "locale", "readings"),
    [
        ("1,500", "id", ("1.500", "1,5")),
        ("1.5", "id", ("1,5", "15")),
        ("0.500", "id", ("0,5", "500")),
        ("10.25", "id", ("10,25", "1.025")),
        ("1.500", "en", ("1,500", "1.5")),
        ("0,5", "en", ("0.5", "5")),
    ],
)
def test_an_ambiguous_number_is_refused_with_its_two_readings(text, locale, readings):
    found = read_number(text, locale)
    assert isinstance(found, Unclear)
    assert found.readings == readings
    assert all(reading in found.said_id and reading in found.said_en for reading in readings)


@pytest.mark.parametrize(("text", "locale"), [("1,500.5", "id"), ("1.500,5", "en")])
def test_the_other_locales_form_is_refused_with_the_right_way_to_write_it(text, locale):
    found = read_number(text, locale)
    assert isinstance(found, Unclear)
    assert found.readings == (write_number(1_500_500_000, locale),)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "abc", "-3", "\u22123", "1..2", "1.2.3", "5.", "٣", "1e3", "1 500", "NaN", "1_000"],
)
def test_what_is_no_number_is_refused_without_a_reading(text):
    found = read_number(text, "id")
    assert isinstance(found, Unclear)
    assert not found.readings


@pytest.mark.parametrize("text", ["1234567890123", "1,1234567", "1.234.567.890.123"])
def test_a_number_too_long_to_keep_exactly_is_refused(text):
    assert isinstance(read_number(text, "id"), Unclear)


def test_a_number_is_written_the_way_its_locale_reads_it():
    assert write_number(1_500_500_000, "id") == "1.500,5"
    assert write_number(1_500_500_000, "en") == "1,500.5"
