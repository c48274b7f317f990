"""Decides how the words of a line become numbers, days, and text that may be kept.

Refuses to know commodities and units (`schemas.resolving` does). Each function takes what was said
and the field it stood in, and raises `Unacceptable` with that field.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from schemas.errors import Reason, Unacceptable
from schemas.quantity import MICRO, parse_price, parse_quantity

LINE_MAX_MICRO: Final = 10**9 * MICRO
"""Most that one line may say, in micro base units: a million tonnes; 9,000 such fit 64 bits."""
PRICE_MAX: Final = 10**9
DAYS_FROM: Final = date(2000, 1, 1).toordinal()
DAYS_TO: Final = date(2100, 1, 1).toordinal()
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

_QUANTITY_LENGTH: Final = 19  # twelve digits, the point, six decimals
_stated = lru_cache(maxsize=16_384)(parse_quantity)  # villages say the same amounts over and over

# Spelt out, and not `str.isprintable`: that table grows with Python, and one record must get one
# verdict from every process for ever. Control characters, separators that break lines, marks that
# are not seen or turn the direction of what stands beside them, surrogates, private characters.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


def quantity_of(text: str, factor: int, field: str, least: int) -> int:
    """Micro base units of a stated quantity, rounded down; `least` 0 lets zero pass, 1 does not.

    `factor` is how many micro base units one stated unit holds.
    """
    stated = _stated(text) if len(text) <= _QUANTITY_LENGTH else None
    if stated is not None:
        micro = stated * factor // MICRO
        if 0 < micro <= LINE_MAX_MICRO or stated == least == 0:
            return micro
        reason = Reason.QUANTITY_OUT_OF_RANGE if micro else Reason.QUANTITY_ZERO
        raise Unacceptable(reason, field)
    negative = text.startswith("-") and parse_quantity(text[1:]) is not None
    raise Unacceptable(Reason.QUANTITY_NEGATIVE if negative else Reason.QUANTITY_MALFORMED, field)


def price_of(text: str, field: str) -> int:
    """Whole rupiah per base unit, or -1 when nothing was said."""
    if not text:
        return -1
    price = parse_price(text)
    if price is None:
        raise Unacceptable(Reason.PRICE_MALFORMED, field)
    if price > PRICE_MAX:
        raise Unacceptable(Reason.PRICE_OUT_OF_RANGE, field)
    return price


def day_of(value: date | None, field: str) -> int:
    """Days since 1970, or -1 when nothing was said; refuses days outside 2000 to 2100."""
    if value is None:
        return -1
    ordinal = value.toordinal()
    if not DAYS_FROM <= ordinal <= DAYS_TO:
        raise Unacceptable(Reason.DATE_OUT_OF_RANGE, field)
    return ordinal - EPOCH_DAY


def text_of(text: str, field: str) -> str:
    """Free text as it is; refuses control, direction and other invisible characters."""
    if not (text.isascii() and text.isprintable()) and _UNSEEN.search(text):
        raise Unacceptable(Reason.TEXT_MALFORMED, field)
    return text


def words_of(text: str, field: str) -> str:
    """Free text that must say something: not only spaces."""
    if not text.strip():
        raise Unacceptable(Reason.TEXT_MALFORMED, field)
    return text_of(text, field)
