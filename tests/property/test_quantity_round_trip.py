"""Whatever amount there is, writing and reading it loses nothing, and converting never adds."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schemas.quantity import MICRO, QUANTITY_MAX_MICRO, format_quantity, parse_quantity, to_base

MICROS = st.integers(min_value=0, max_value=QUANTITY_MAX_MICRO - 1)
DECIMALS = st.from_regex(r"\A[0-9]{1,12}(\.[0-9]{1,6})?\Z", alphabet="0123456789.")


@given(MICROS)
def test_what_is_written_is_read_back(micro):
    assert parse_quantity(format_quantity(micro)) == micro


@given(DECIMALS)
def test_every_decimal_of_the_form_is_read_as_the_number_it_is(text):
    micro = parse_quantity(text)
    assert micro is not None
    assert Fraction(micro, MICRO) == Fraction(text)
    assert parse_quantity(format_quantity(micro)) == micro


@given(st.text(max_size=30))
def test_no_text_raises_and_only_plain_decimals_are_quantities(text):
    micro = parse_quantity(text)
    if micro is not None:
        assert set(text) <= set("0123456789.")
        assert Fraction(micro, MICRO) == Fraction(text)


@given(MICROS, st.integers(min_value=1, max_value=20_000 * MICRO))
def test_conversion_loses_less_than_one_millionth_and_adds_nothing(stated, per_unit):
    base = to_base(stated, per_unit)
    exact = Fraction(stated * per_unit, MICRO)
    if base is None:
        assert exact > QUANTITY_MAX_MICRO
    else:
        assert 0 <= exact - base < 1
