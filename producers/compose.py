"""From what a person filled in to one line of a report, or everything that is wrong with it.

Decides which words name a kind of line, which fields each kind needs, and that all faults of a
line are told at once. Refuses to know where the fields come from (a table's row, a text message)
and who says it. A field that the kind has no use for is a fault too: better asked than dropped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from producers.fields import READERS, Cell
from producers.goods import Goods, StatedUnit
from producers.numerals import Locale, Unclear, write_number
from schemas.events import Cancelled, Counted, Issued, Line, Placed, Planned, Received
from schemas.identity import CommodityCode
from schemas.quantity import parse_quantity

KINDS: Final = {
    word: kind
    for kind, words in {
        "stock.counted": "hitung stok stock count counted stock.counted",
        "stock.received": "masuk terima receive received stock.received",
        "stock.issued": "keluar issue issued stock.issued",
        "supply.planned": "rencana panen plan planned supply.planned",
        "order.placed": "pesan pesanan order order.placed",
        "order.cancelled": "batal cancel cancelled order.cancelled",
    }.items()
    for word in words.split()
}
"""What people call a kind of line, lower case."""

_GOODS: Final = frozenset({"commodity", "quantity", "unit"})
_TERMS: Final = frozenset({"grade", "lot", "floor_price", "expires_on"})
NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "stock.counted": _GOODS,
    "stock.received": _GOODS,
    "stock.issued": _GOODS,
    "supply.planned": _GOODS | {"ready_on"},
    "order.placed": _GOODS | {"order"},
    "order.cancelled": frozenset({"order"}),
}
"""The fields a kind cannot do without."""
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "stock.counted": _TERMS,
    "stock.received": _TERMS | {"reason"},
    "stock.issued": frozenset({"grade", "lot", "reason"}),
    "supply.planned": frozenset({"grade", "lot"}),
    "order.placed": frozenset({"grade", "ceiling_price", "needed_by", "priority"}),
    "order.cancelled": frozenset({"reason"}),
}
"""The fields a kind may have besides."""
_LINES: Final[Mapping[str, Callable[..., Line]]] = {
    "stock.counted": Counted,
    "stock.received": Received,
    "stock.issued": Issued,
    "supply.planned": Planned,
    "order.placed": Placed,
    "order.cancelled": Cancelled,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the field, and what to do about it in both languages."""

    field: str
    said_id: str
    said_en: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A line and how it reads back ("1.500 KG LADA-PUTIH"); notes warn of what the hub knows."""

    line: Line
    read_back: str
    note_id: str = ""
    note_en: str = ""


class Composer:
    """Composes lines with the goods it was given, in one locale."""

    def __init__(self, goods: Goods, locale: Locale = "id") -> None:
        self._goods: Final = goods
        self._locale: Final[Locale] = locale

    def compose(self, fields: Mapping[str, Cell]) -> Composed | list[Fault]:
        """Give the line, or every fault; fields are named as on the wire, `kind` as people do."""
        said = {name: cell for name, cell in fields.items() if cell is not None and cell != ""}
        kind = KINDS.get(str(said.pop("kind", "hitung")).strip().lower())
        if kind is None:
            known = "hitung, masuk, keluar, pesan, batal, rencana"
            return [
                Fault("kind", f"jenis tidak dikenal; pakai {known}", f"unknown kind; use {known}")
            ]
        faults = _misfits(kind, said)
        wire: dict[str, Any] = {}
        for name in sorted(said.keys() & (NEEDED[kind] | ALLOWED[kind]) - {"unit", "grade"}):
            _put(wire, name, self._read(name, said[name]), faults)
        unit = self._of_goods(said, wire, faults)
        if not faults:
            faults += _empties(kind, wire)
        if faults:
            return faults
        return _composed(kind, wire, unit, self._locale)

    def _read(self, name: str, cell: Cell) -> Any:
        reader = READERS.get(name)
        if reader is not None:
            return reader(cell, self._locale)
        return self._goods.commodity(str(cell)) if name == "commodity" else str(cell).strip()

    def _of_goods(
        self, said: Mapping[str, Cell], wire: dict[str, Any], faults: list[Fault]
    ) -> StatedUnit | None:
        """Read what depends on the commodity: its unit and grade."""
        commodity = wire.get("commodity")
        if commodity is None:
            return None
        unit: StatedUnit | Unclear | None = None
        if "unit" in said:
            unit = self._goods.unit(str(said["unit"]), CommodityCode(commodity))
            _put(wire, "unit", unit.code if isinstance(unit, StatedUnit) else unit, faults)
        if "grade" in said:
            grade = self._goods.grade(str(said["grade"]), CommodityCode(commodity))
            _put(wire, "grade", grade, faults)
        return unit if isinstance(unit, StatedUnit) else None


def _put(wire: dict[str, Any], name: str, found: Any, faults: list[Fault]) -> None:
    if isinstance(found, Unclear):
        faults.append(Fault(name, found.said_id, found.said_en))
    else:
        wire[name] = found


def _misfits(kind: str, said: Mapping[str, Cell]) -> list[Fault]:
    missing = sorted(NEEDED[kind] - said.keys())
    spare = sorted(said.keys() - NEEDED[kind] - ALLOWED[kind])
    return [Fault(name, "belum diisi", "is missing") for name in missing] + [
        Fault(
            name, f"tidak dipakai pada {kind}; kosongkan", f"has no use in {kind}; leave it empty"
        )
        for name in spare
    ]


def _empties(kind: str, wire: Mapping[str, Any]) -> list[Fault]:
    """Only a count may be nothing, and a plan that is withdrawn."""
    if wire.get("quantity") == "0" and kind not in ("stock.counted", "supply.planned"):
        return [
            Fault("quantity", "jumlah nol; tulis lebih dari nol", "is zero; write more than zero")
        ]
    return []


def _composed(
    kind: str, wire: Mapping[str, Any], unit: StatedUnit | None, locale: Locale
) -> Composed:
    line = _LINES[kind](**wire)
    if "quantity" not in wire:
        return Composed(line, f"{kind} {wire['order']}")
    shown = write_number(parse_quantity(wire["quantity"]) or 0, locale)
    read_back = f"{kind} {shown} {wire['unit']} {wire['commodity']}"
    if unit is not None and not unit.certain:
        return Composed(
            line,
            read_back,
            f"isi satu {unit.code} harus sudah dinyatakan di profil koperasi",
            f"the co-op's profile must say what one {unit.code} holds",
        )
    return Composed(line, read_back)
