"""How a word of a saying is read: amounts, prices, days, moments, codes, free text.

The checker's own reading of the forms that the design lays down: decimal strings, ASCII codes,
RFC 3339. None always means "not in that form". Refuses to know goods and co-ops.
"""

import re
import unicodedata
from bisect import bisect_right
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

import msgspec

MILLION: Final = 1_000_000
AMOUNT_MAX: Final = 10**9 * MILLION
PRICE_MAX: Final = 10**9
UNSAID: Final = -1

COOP: Final = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[123][0-9]{3}")
HUB: Final = re.compile(r"[0-9]{2}\.[0-9]{2}")
DEVICE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
TAG: Final = re.compile(r"[A-Z0-9][-A-Z0-9./_]{0,31}")
MATCH: Final = re.compile(r"[A-Z2-7]{16}")
TARGET: Final = re.compile(r"([0-9.]{13}):([^:#]+):([1-9][0-9]{0,15})#([1-9][0-9]{0,2})")

_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_SIGNED: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,6}))?")
_PRICE: Final = re.compile(r"[0-9]{1,12}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = (date(2000, 1, 1) - date(1970, 1, 1)).days
_LAST_DAY: Final = (date(2100, 1, 1) - date(1970, 1, 1)).days
# Where characters begin and end that are not seen or that turn the text around them.
_HIDDEN: Final = (
    *(0x0, 0x20, 0x7F, 0xA0, 0xAD, 0xAE, 0x34F, 0x350, 0x61C, 0x61D, 0x115F, 0x1161),
    *(0x17B4, 0x17B6, 0x180B, 0x1810, 0x200B, 0x2010, 0x2028, 0x202F, 0x2060, 0x2070),
    *(0x3164, 0x3165, 0xD800, 0xF900, 0xFDD0, 0xFDF0, 0xFEFF, 0xFF00, 0xFFA0, 0xFFA1),
    *(0xFFF0, 0xFFFC, 0xFFFE, 0x10000, 0x1BCA0, 0x1BCA4, 0x1D173, 0x1D17B),
    *(0xE0000, 0xE1000, 0xF0000, 0x110000),
)


@lru_cache(maxsize=65_536)
def stated(text: str) -> int | None:
    """Millionths of the unit it is said in."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * MILLION + int((found[2] or "").ljust(6, "0"))


def amount(text: str, factor: int, least: int = 1) -> int | None:
    """Millionths of the base unit, rounded down; `least` 0 lets an exact zero pass."""
    said = stated(text)
    if said is None:
        return None
    base = said * factor // MILLION
    return base if 0 < base <= AMOUNT_MAX or said == least == 0 else None


@lru_cache(maxsize=65_536)
def micro(text: str) -> int:
    """A decimal of a derived record as millionths; ValueError when it is none."""
    found = _SIGNED.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no decimal")
    size = int(found[2]) * MILLION + int((found[3] or "").ljust(6, "0"))
    return -size if found[1] else size


def price(text: str) -> int | None:
    """Whole rupiah; -1 when nothing is said."""
    if not text:
        return UNSAID
    return int(text) if _PRICE.fullmatch(text) and int(text) <= PRICE_MAX else None


@lru_cache(maxsize=16_384)
def calendar_day(text: str) -> int | None:
    """Days since 1970 of a date of any year."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        return None


def day(text: str) -> int | None:
    """Days since 1970 of a date of this century; -1 when nothing is said."""
    if not text:
        return UNSAID
    found = calendar_day(text)
    return found if found is not None and _FIRST_DAY <= found <= _LAST_DAY else None


@lru_cache(maxsize=4_096)
def moment(text: str) -> int | None:
    """Milliseconds since 1970, rounded down, of an RFC 3339 time with an offset."""
    try:
        at = msgspec.convert(text, datetime)
        return None if at.tzinfo is None else (at - _EPOCH) // _MS
    except (msgspec.ValidationError, OverflowError):
        return None


_MS: Final = datetime(1970, 1, 1, 0, 0, 0, 1000) - datetime(1970, 1, 1)  # noqa: DTZ001 - a span


@lru_cache(maxsize=65_536)
def is_plain(text: str) -> bool:
    """Whether every character of a text can be seen and leaves its neighbours alone."""
    if text.isascii() and text.isprintable():
        return True
    return not any(bisect_right(_HIDDEN, ord(sign)) % 2 for sign in text)


def says_something(text: str) -> bool:
    """Whether a text is plain and more than spaces."""
    return bool(text.strip()) and is_plain(text)


def is_paragraph(text: str) -> bool:
    """The same for text of several lines."""
    return says_something(text.replace("\r", " ").replace("\n", " ").replace("\t", " "))


def has_surrogate(text: str) -> bool:
    """Whether a text holds half a character, which no UTF-8 can carry."""
    return not text.isascii() and any(unicodedata.category(sign) == "Cs" for sign in text)
