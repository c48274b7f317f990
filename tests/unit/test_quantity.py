"""Quantities and prices: the one form they may have, and exact conversion."""

import pytest

from schemas.quantity import (
    MICRO,
    PRICE_MAX_IDR,
    QUANTITY_MAX_MICRO,
    format_quantity,
    parse_price,
    parse_quantity,
    to_base,
)


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("120", 120_000_000),
        ("0.5", 500_000),
        ("0", 0),
        ("007", 7_000_000),
        ("0.000001", 1),
        ("12.345678", 12_345_678),
        ("1.10", 1_100_000),
        ("999999999999.999999", 10**18 - 1),
    ],
)
def test_a_quantity_is_read_exactly(text, micro):
    assert parse_quantity(text) == micro


BAD = [
    *("", " ", ".", "1.", ".5", "-1", "+1", "1e3", "1E3", "NaN", "Infinity", "inf", "0x10"),
    *("1_000", " 5 ", "5 ", "5\n", "1,5", "1.000,50", "1,000.50", "1.2.3", "1.1234567"),
    *("1234567890123", "1234567890123.5", "9" * 5000, "1" + "0" * 400 + ".5", "²", "½", "১২"),
    "120".translate({ord(str(n)): 0x660 + n for n in range(10)}),
    "0.5".translate({ord(str(n)): 0x660 + n for n in range(10)}),
    *("1\x00", "\ufeff1", "\uff11"),
]


@pytest.mark.parametrize("text", BAD)
def test_any_other_text_is_no_quantity_and_no_price(text):
    assert parse_quantity(text) is None
    assert parse_price(text) is None


def test_a_price_is_whole_rupiah():
    assert parse_price("110000") == 110_000
    assert parse_price("0") == 0
    assert parse_price("999999999999") == PRICE_MAX_IDR
    assert parse_price("110000.5") is None


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (120_000_000, "120"),
        (100, "0.0001"),
        (-500_000, "-0.5"),
        (0, "0"),
        (-1, "-0.000001"),
        (10**18, "1000000000000"),
        (1_100_000, "1.1"),
    ],
)
def test_a_quantity_is_written_as_short_as_it_can_be(micro, text):
    assert format_quantity(micro) == text


def test_conversion_rounds_down_to_a_millionth_of_the_base_unit():
    assert to_base(2 * MICRO, 1000 * MICRO) == 2000 * MICRO  # two tonnes
    assert to_base(3 * MICRO, 62_500) == 187_500  # three eggs
    assert to_base(1, 62_500) == 0
    assert to_base(31, 62_500) == 1


def test_what_does_not_fit_the_bounds_is_refused():
    assert to_base(10**9 * MICRO, 1000 * MICRO) == QUANTITY_MAX_MICRO
    assert to_base(10**9 * MICRO + 1, 1000 * MICRO) is None
    assert QUANTITY_MAX_MICRO < 2**63
