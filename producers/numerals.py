"""Numbers as people write them, Indonesian ("1.500,5") or English, to exact millionths.

Decides which texts have one certain reading in a locale. Refuses to guess: a text that the two
locales read differently, and that is not the plain thousands form of the locale in use, is
`Unclear` with its readings. Never touches a float.

In Indonesian ``1.500`` is fifteen hundred; ``1,500`` may be one and a half or an English fifteen
hundred, so it is unclear, while ``1,5``, ``0,500`` and ``1.500,0`` are certain. English mirrors
this.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from schemas.quantity import format_quantity, parse_quantity

Locale = Literal["id", "en"]

_MARKS: Final[dict[Locale, tuple[str, str]]] = {"id": (".", ","), "en": (",", ".")}
_OTHER: Final[dict[Locale, Locale]] = {"id": "en", "en": "id"}
_PLAIN: Final = re.compile(r"[0-9]+")
_ONE_MARK: Final = re.compile(r"[0-9]+[.,][0-9]+")
_EXAMPLE_MICRO: Final = 1_500_500_000


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why a text is no certain amount, in both languages; `readings` are what it might mean."""

    said_id: str
    said_en: str
    readings: tuple[str, ...] = ()


def read_number(text: str, locale: Locale) -> int | Unclear:
    """Read an unsigned number as millionths: ASCII digits, at most 12 before the mark, 6 after."""
    text = text.strip()
    if not text:
        return Unclear("angka kosong", "no number given")
    if text.startswith(("-", "\u2212")):
        return Unclear(f"{text!r} negatif: tulis jumlah tanpa minus", f"{text!r} is negative")
    if _PLAIN.fullmatch(text) and text.isascii():
        return _micro(text)
    grouped, decimal, doubtful = _FORMS[locale]
    if grouped.fullmatch(text):
        return _micro(_normal(text, locale))
    if decimal.fullmatch(text) and not doubtful.fullmatch(text):
        return _micro(_normal(text, locale))
    return _unclear(text, locale)


def write_number(micro: int, locale: Locale) -> str:
    """Write millionths the way the locale does: 1500000000 -> "1.500" (id), "1,500" (en)."""
    thousands, decimal = _MARKS[locale]
    whole, _, rest = format_quantity(micro).partition(".")
    text = f"{int(whole):,}".replace(",", thousands)
    return f"{text}{decimal}{rest}" if rest else text


def _forms(locale: Locale) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    thousands, decimal = (re.escape(mark) for mark in _MARKS[locale])
    return (
        re.compile(rf"[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+({decimal}[0-9]+)?"),
        re.compile(rf"[0-9]+{decimal}[0-9]+"),
        re.compile(rf"[1-9][0-9]{{0,2}}{decimal}[0-9]{{3}}"),
    )


_FORMS: Final = {locale: _forms(locale) for locale in _MARKS}


def _normal(text: str, locale: Locale) -> str:
    thousands, decimal = _MARKS[locale]
    return text.replace(thousands, "").replace(decimal, ".")


def _micro(text: str) -> int | Unclear:
    found = parse_quantity(text)
    if found is None:
        return Unclear(
            f"{text!r} terlalu panjang: paling banyak 12 angka dan 6 desimal",
            f"{text!r} is too long: at most 12 digits and 6 decimals",
        )
    return found


def _unclear(text: str, locale: Locale) -> Unclear:
    """Name what the text may mean: its readings in both locales, then one with the mark a slip."""
    readings = [
        parse_quantity(_normal(text, which))
        for which in (_OTHER[locale], locale)
        if any(form.fullmatch(text) for form in _FORMS[which][:2])
    ]
    if len(readings) == 1 and _ONE_MARK.fullmatch(text):
        readings.append(parse_quantity(re.sub("[.,]", "", text)))
    micros = [micro for micro in dict.fromkeys(readings) if micro is not None]
    shown = tuple(write_number(micro, locale) for micro in micros)
    if not shown:
        example = write_number(_EXAMPLE_MICRO, locale)
        return Unclear(
            f"{text!r} bukan angka; tulis seperti {example}",
            f"{text!r} is not a number; write it like {example}",
        )
    if len(shown) == 1:
        return Unclear(
            f"{text!r} bukan cara menulis di sini; tulis {shown[0]}",
            f"{text!r} is not how a number is written here; write {shown[0]}",
            shown,
        )
    return Unclear(
        f"{text!r} tidak pasti: {' atau '.join(shown)}? Tulis yang dimaksud",
        f"{text!r} is not certain: {' or '.join(shown)}? Write the one you mean",
        shown,
    )
