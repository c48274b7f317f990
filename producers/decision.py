"""From what an officer filled in to one decision on a match, or everything that is wrong with it.

Decides which fields each decision needs and may have, and how it reads back. Refuses to know
whether the match allows it (the hub worker does) and who may speak for whom. Amounts are in the
base unit of the goods as the actor knows them, prices whole rupiah per base unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from producers.compose import Fault
from producers.fields import Cell, read_day, read_price, read_quantity
from producers.numerals import Locale, Unclear, write_number
from schemas.events import Decision
from schemas.identity import MATCH_FORM
from schemas.quantity import parse_quantity

_ALWAYS: Final = frozenset({"reason", "on"})
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "open": _ALWAYS,
    "accept": _ALWAYS,
    "reject": _ALWAYS,
    "counter": _ALWAYS | {"quantity", "price"},
    "ship": _ALWAYS | {"quantity"},
    "receive": _ALWAYS | {"quantity", "refused", "final"},
    "pay": _ALWAYS,
    "cancel": _ALWAYS,
}
"""The fields that each decision may have."""
ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "counter": ("quantity", "price"),
    "ship": ("quantity",),
    "receive": ("quantity", "refused", "final"),
    "cancel": ("reason",),
}
"""Of these fields a decision needs at least one."""
GIVER: Final = "giver"
TAKER: Final = "taker"
BY: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(ALLOWED, (GIVER, TAKER)),
    "ship": (GIVER,),
    "receive": (TAKER,),
}
"""Whose decision it is: of who gives the goods, of who takes them, or of either."""
_WORDS: Final = {
    "open": "lihat", "accept": "terima", "reject": "tolak", "counter": "tawar balik",
    "ship": "kirim", "receive": "barang datang", "pay": "bayar", "cancel": "batalkan",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, sound in itself, before it has a device and a sequence."""

    match: str
    actor: str
    action: str
    fields: Mapping[str, Any]
    read_back: str

    def said(self, device: str, sequence: int) -> Decision:
        """Give it as a device says it."""
        return Decision(
            actor=self.actor,
            device=device,
            sequence=sequence,
            match=self.match,
            decision=self.action,
            **self.fields,
        )


def decided(
    action: str, match: str, actor: str, said: Mapping[str, Cell], locale: Locale = "id"
) -> Decided | list[Fault]:
    """Give the decision, or every fault; `said` holds the fields filled in, as on the wire."""
    given = {name: cell for name, cell in said.items() if cell not in (None, "", False)}
    faults = [] if MATCH_FORM.fullmatch(match) else [_no_match(match)]
    faults += [
        Fault(name, f"tidak dipakai pada {action}; kosongkan", f"has no use in {action}")
        for name in sorted(given.keys() - ALLOWED[action])
    ]
    fields: dict[str, Any] = {}
    for name in sorted(given.keys() & ALLOWED[action]):
        found = _read(name, given[name], locale)
        if isinstance(found, Unclear):
            faults.append(Fault(name, found.said_id, found.said_en))
        else:
            fields[name] = found
    needed = ONE_OF.get(action, ())
    if needed and not given.keys() & set(needed):
        faults.append(_needs(needed))
    if not faults and action != "receive" and fields.get("quantity") == "0":
        faults.append(Fault("quantity", "jumlah nol; tulis lebih dari nol", "is zero"))
    return faults or Decided(match, actor, action, fields, _read_back(action, fields, locale))


def _read(name: str, cell: Cell, locale: Locale) -> str | bool | date | Unclear:
    if name in ("quantity", "refused"):
        return read_quantity(cell, locale)
    if name == "price":
        return read_price(cell, locale)
    if name == "on":
        return read_day(cell, locale)
    return bool(cell) if name == "final" else str(cell).strip()


def _no_match(match: str) -> Fault:
    return Fault(
        "match",
        f"{match!r} bukan nomor kecocokan; lihat `lumbung get matches`",
        f"{match!r} is no match; see `lumbung get matches`",
    )


def _needs(names: tuple[str, ...]) -> Fault:
    options = " / ".join(f"--{name}" for name in names)
    return Fault(names[0], f"isi {options}", f"fill in {options}")


def _read_back(action: str, fields: Mapping[str, Any], locale: Locale) -> str:
    """Give a decision as a person checks it: "kirim / ship quantity 1.500"."""
    words = [f"{_WORDS[action]} / {action}"]
    for name, value in fields.items():
        if name in ("quantity", "refused"):
            words.append(f"{name} {write_number(parse_quantity(value) or 0, locale)}")
        elif name == "price":
            words.append(f"price Rp{value}")
        elif name == "final":
            words.append("final")
        else:
            words.append(f"{name} {value}")
    return "  ".join(words)
