"""What one filled-in field means: amounts, prices, days, tags and priorities in wire form.

Decides how a cell is read by its field's kind. Refuses to know which fields a line needs
(`compose`) and to touch a float: a workbook's numbers arrive as `Decimal`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from producers.dates import read_date
from producers.numerals import Locale, Unclear, read_number
from schemas.identity import TAG_FORM
from schemas.quantity import MICRO, PRICE_MAX_IDR, format_quantity, parse_quantity

Cell = str | int | Decimal | date | None
"""What a field may hold: text as typed, or a number or date that a workbook stored as such."""

_PRIORITIES: Final = {"darurat": "emergency", "pokok": "staple", "biasa": "normal"}


def read_quantity(cell: Cell, locale: Locale) -> str | Unclear:
    """Give an amount as a wire decimal ("1.5")."""
    micro = _number(cell, locale)
    return micro if isinstance(micro, Unclear) else format_quantity(micro)


def read_price(cell: Cell, locale: Locale) -> str | Unclear:
    """Give whole rupiah; "Rp 14.000" and "14.000,-" are what people write."""
    if isinstance(cell, str):
        cell = cell.strip().removeprefix("Rp").removeprefix("rp").strip(" .").removesuffix(",-")
    micro = _number(cell, locale)
    if isinstance(micro, Unclear):
        return micro
    whole, rest = divmod(micro, MICRO)
    if rest or whole > PRICE_MAX_IDR:
        return Unclear("harga harus rupiah bulat", "a price is whole rupiah")
    return str(whole)


def read_day(cell: Cell, locale: Locale) -> date | Unclear:
    """Give a date."""
    if isinstance(cell, str | date):
        return read_date(cell, locale)
    return Unclear("bukan tanggal; tulis seperti 2026-12-31", "is not a date; write 2026-12-31")


def read_tag(cell: Cell, _locale: Locale) -> str | Unclear:
    """Give a lot or an order in its wire form: capitals, digits and . / _ -, at most 32."""
    text = str(cell).strip().upper()
    if TAG_FORM.fullmatch(text):
        return text
    return Unclear(
        f"{text!r}: pakai huruf besar, angka, . / _ - (paling panjang 32)",
        f"{text!r}: use capital letters, digits, . / _ - (at most 32)",
    )


def read_priority(cell: Cell, _locale: Locale) -> str | Unclear:
    """Give emergency, staple or normal from either language."""
    word = str(cell).strip().lower()
    found = _PRIORITIES.get(word, word)
    if found in _PRIORITIES.values():
        return found
    return Unclear("pakai darurat, pokok atau biasa", "use emergency, staple or normal")


def _number(cell: Cell, locale: Locale) -> int | Unclear:
    if isinstance(cell, str):
        return read_number(cell, locale)
    # A stored number has no marks to misread: its point is a point.
    found = parse_quantity(f"{Decimal(cell):f}") if isinstance(cell, int | Decimal) else None
    if found is not None and not isinstance(cell, bool):
        return found
    return Unclear(
        f"{cell} bukan jumlah: tanpa minus, paling banyak 6 desimal",
        f"{cell} is not an amount: no minus, at most 6 decimals",
    )


READERS: Final[Mapping[str, Callable[[Cell, Locale], Any]]] = {
    "quantity": read_quantity,
    "floor_price": read_price,
    "ceiling_price": read_price,
    "expires_on": read_day,
    "needed_by": read_day,
    "ready_on": read_day,
    "lot": read_tag,
    "order": read_tag,
    "priority": read_priority,
}
"""By field; what is not here is plain text or needs the commodity first."""
