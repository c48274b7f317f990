"""Quantities and prices: decimal text to bounded integers and back, exactly.

Decides the one form in which an amount may be written (ASCII digits, a point, at most six
decimals), that quantities are kept in millionths (micro) of a unit and prices in whole rupiah, and
how conversion rounds. Refuses to know units and commodities (`schemas.units` does), and never
touches a float.

Rounding. Stated quantity x micro base units per stated unit / 1,000,000, rounded DOWN to a micro:
a village is never credited with more than it said, and what is lost is under a millionth of a base
unit. Costs round up, where they are computed (`schemas.legs`).
"""

import re
from functools import lru_cache
from typing import Final

MICRO: Final = 1_000_000
QUANTITY_MAX_MICRO: Final = 10**12 * MICRO
"""Most that one quantity may be: 10**12 base units, which fits a signed 64-bit integer."""
PRICE_MAX_IDR: Final = 999_999_999_999

_WHOLE_DIGITS: Final = 12
_TEXT_LENGTH_MAX: Final = 19  # twelve digits, the point, six decimals
_DECIMAL_FORM: Final = re.compile(r"([0-9]{1,12})\.([0-9]{1,6})")
_SCALE: Final = (0, 100_000, 10_000, 1_000, 100, 10, 1)  # by the number of decimals written


def parse_quantity(text: str) -> int | None:
    """Read ``[0-9]{1,12}(.[0-9]{1,6})?`` as micro of the stated unit; None for any other text.

    No sign, no exponent, no thousands mark, no comma, no space, no other script.
    """
    # Whole numbers ("120") are most of what is said, and need no pattern.
    if text.isdecimal():
        return int(text) * MICRO if text.isascii() and len(text) <= _WHOLE_DIGITS else None
    return _parse_decimal(text) if len(text) <= _TEXT_LENGTH_MAX else None


@lru_cache(maxsize=4096)
def _parse_decimal(text: str) -> int | None:
    """Read a short text with a point in it; villages say "0.5" and "2.5" over and over."""
    found = _DECIMAL_FORM.fullmatch(text)
    if found is None:
        return None
    whole, decimals = found.groups()
    return int(whole) * MICRO + int(decimals) * _SCALE[len(decimals)]


def format_quantity(micro: int) -> str:
    """Write micro as the shortest decimal text: 120000000 -> "120", -500000 -> "-0.5"."""
    if not micro % MICRO:  # whole ones are most of what is written
        return str(micro // MICRO)
    whole, rest = divmod(abs(micro), MICRO)
    sign = "-" if micro < 0 else ""
    return f"{sign}{whole}.{rest:06d}".rstrip("0")


def to_base(stated_micro: int, micro_per_unit: int) -> int | None:
    """Convert micro of a stated unit into micro base units, rounded down; None out of bounds.

    `micro_per_unit` is how many micro base units one stated unit holds (`schemas.units`). The
    result may be 0 for an amount below a micro base unit: whoever asks for more than nothing must
    look.
    """
    base_micro = stated_micro * micro_per_unit // MICRO
    return base_micro if -QUANTITY_MAX_MICRO <= base_micro <= QUANTITY_MAX_MICRO else None


def parse_price(text: str) -> int | None:
    """Read a price, ``[0-9]{1,12}``, as whole rupiah; None for any other text."""
    if text.isdecimal() and text.isascii() and len(text) <= _WHOLE_DIGITS:
        return int(text)
    return None
