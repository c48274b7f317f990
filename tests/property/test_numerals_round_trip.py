from hypothesis import given
from hypothesis import strategies as st

from producers.numerals import Unclear, read_number, write_number

amounts = st.integers(min_value=0, max_value=10**12 * 10**6 - 1)
locales = st.sampled_from(["id", "en"])


@given(amounts, locales)
def test_what_is_written_reads_back_or_is_named_among_the_readings(micro, locale):
    text = write_number(micro, locale)
    found = read_number(text, locale)
    if isinstance(found, Unclear):
        # Only a decimal of three places after one to three digits can be mistaken for thousands.
        assert text in found.readings
        assert len(found.readings) == 2
    else:
        assert found == micro


@given(st.text(alphabet="0123456789.,- eE٣", max_size=12), locales)
def test_no_text_is_read_differently_than_as_a_plain_decimal(text, locale):
    found = read_number(text, locale)
    if not isinstance(found, Unclear):
        thousands, mark = (".", ",") if locale == "id" else (",", ".")
        whole, _, rest = text.strip().replace(thousands, "").partition(mark)
        assert found == int(whole) * 10**6 + int((rest + "000000")[:6])
