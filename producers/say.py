"""One line said in words: the command line's and the text message's form of a report's line.

Decides the words (``STOK LADA-PUTIH 1.500 KG MUTU A HARGA 110000``) and how an amount and its unit
may be written together. Refuses to know who says it and whether it can be sent. Upper and lower
case are one.

    KIND GOODS AMOUNT [UNIT] [WORD VALUE]...      STOK, MASUK, KELUAR, RENCANA, PESAN
    BATAL ORDER [ALASAN TEXT]

An order without a number is named by its moment, as `order_named_by` says, so that a text message
sent once makes one order.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from producers.compose import KINDS, Composed, Composer, Fault
from producers.fields import Cell
from producers.speech import local_time

TEXT_MAX: Final = 480
"""Three text messages."""

OPTIONS: Final = {
    word: field
    for field, words in {
        "grade": "MUTU KELAS GRADE",
        "lot": "LOT",
        "floor_price": "HARGA MIN FLOOR",
        "ceiling_price": "MAKS MAX BATAS CEILING",
        "expires_on": "KEDALUWARSA EXP EXPIRES",
        "needed_by": "SEBELUM BY BEFORE",
        "ready_on": "SIAP READY",
        "order": "NO PO NOMOR ORDER-NO",
        "priority": "PRIORITAS PRIORITY",
        "reason": "ALASAN KET REASON",
    }.items()
    for word in words.split()
}
"""Words that begin an option of a text message."""

_AMOUNT: Final = re.compile(r"([0-9][0-9.,]*)([A-Za-z][A-Za-z-]*[0-9]*)?")
_USAGE: Final = "STOK LADA-PUTIH 120KG"


def order_named_by(coop: str, said_ms: int) -> str:
    """Name an order by the village's clock: ``P20261122-070000-123``."""
    at = local_time(coop, said_ms)
    return f"P{at:%Y%m%d-%H%M%S}-{said_ms % 1000:03d}"


def say_text(text: str, *, coop: str, said_ms: int, composer: Composer) -> Composed | list[Fault]:
    """Compose the line of one text message, or every fault it has."""
    words = text.split()
    if len(text) > TEXT_MAX or not words:
        return [_unheard()]
    kind = KINDS.get(words[0].lower())
    if kind is None:
        return [_unheard()]
    found = _cancelled(words) if kind == "order.cancelled" else _spoken(kind, words[1:])
    if isinstance(found, Fault):
        return [found]
    return say(kind, found, coop=coop, said_ms=said_ms, composer=composer)


def say(
    kind: str,
    fields: Mapping[str, Cell],
    *,
    coop: str,
    said_ms: int,
    composer: Composer,
) -> Composed | list[Fault]:
    """Compose a command's line: `fields` as on the wire, or `amount` ("120kg") for two of them."""
    said = dict(fields)
    amount = said.pop("amount", None)
    if amount is not None:
        parted = amount_in(str(amount).split())
        if parted is None:
            return [_no_amount(str(amount))]
        said |= parted
    if KINDS.get(kind.lower()) == "order.placed" and not said.get("order"):
        said["order"] = order_named_by(coop, said_ms)
    return composer.compose({**said, "kind": kind})


def _cancelled(words: Sequence[str]) -> dict[str, Cell] | Fault:
    rest = _options(words[2:])
    if len(words) < 2 or isinstance(rest, Fault):  # noqa: PLR2004 - BATAL and the order
        return rest if isinstance(rest, Fault) else _unheard()
    return {"order": words[1], **rest}


def _spoken(kind: str, words: Sequence[str]) -> dict[str, Cell] | Fault:
    """Part ``GOODS AMOUNT [UNIT] OPTIONS``: goods are the words before the first amount."""
    for at in range(1, len(words)):
        parted = amount_in(words[at : at + 2])
        if parted is None:
            continue
        used = 1 if _together(words[at]) else 2
        rest = _options(words[at + used :])
        if isinstance(rest, Fault):
            return rest
        return {"kind": kind, "commodity": " ".join(words[:at]), **parted, **rest}
    return _no_amount(" ".join(words))


def _together(word: str) -> bool:
    found = _AMOUNT.fullmatch(word)
    return found is not None and found[2] is not None


def amount_in(words: Sequence[str]) -> dict[str, Cell] | None:
    """Read ``120KG`` or ``120 KG``; None when it is neither."""
    found = _AMOUNT.fullmatch(words[0]) if words else None
    if found is None:
        return None
    unit = found[2] or (words[1] if len(words) > 1 else None)
    return (
        None if unit is None or unit.upper() in OPTIONS else {"quantity": found[1], "unit": unit}
    )


def _options(words: Sequence[str]) -> dict[str, Cell] | Fault:
    """Part ``WORD VALUE...``: a value lasts until the next option word."""
    said: dict[str, list[str]] = {}
    field = ""
    for word in words:
        named = OPTIONS.get(word.upper())
        if named is not None and named not in said and field != "reason":
            field = named
            said[field] = []
        elif field:
            said[field].append(word)
        else:
            known = ", ".join(sorted(OPTIONS))
            return Fault(
                "",
                f"kata {word!r} tidak dikenal; pakai {known}",
                f"unknown word {word!r}; use {known}",
            )
    return {name: " ".join(value) for name, value in said.items()}


def _no_amount(text: str) -> Fault:
    return Fault(
        "quantity",
        f"jumlah dan satuan tidak ditemukan dalam {text!r}; contoh: {_USAGE}",
        f"no amount with a unit in {text!r}; for example: {_USAGE}",
    )


def _unheard() -> Fault:
    kinds = "STOK, MASUK, KELUAR, RENCANA, PESAN, BATAL"
    return Fault(
        "kind",
        f"mulai dengan {kinds}; contoh: {_USAGE}",
        f"begin with {kinds}; for example: {_USAGE}",
    )
