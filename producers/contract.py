"""From what a partner's officer filled in to one contract, or everything that is wrong with it.

Decides which fields a contract needs, how each is read, and how it reads back. A pack that a co-op
must have declared is no unit here: a contract is judged by itself. Refuses to know the register
and who may speak for whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from producers.compose import Fault
from producers.fields import Cell, read_day, read_price, read_quantity, read_tag
from producers.goods import Goods, StatedUnit
from producers.numerals import Locale, Unclear, write_number
from producers.say import amount_in
from schemas.events import Contract
from schemas.identity import CommodityCode
from schemas.quantity import parse_quantity

_READERS: Final = {
    "contract": read_tag,
    "quantity": read_quantity,
    "min_lot": read_quantity,
    "price": read_price,
    "since": read_day,
    "until": read_day,
}
_NEEDED: Final = ("contract", "commodity", "amount", "site", "since", "until")
_WORDS: Final = {"buy": "beli", "supply": "pasok"}


@dataclass(frozen=True, slots=True)
class Agreed:
    """One contract, sound in itself, before it has a device and a sequence."""

    actor: str
    fields: Mapping[str, Any]
    read_back: str

    def said(self, device: str, sequence: int) -> Contract:
        """Give it as a device says it."""
        return Contract(actor=self.actor, device=device, sequence=sequence, **self.fields)


def agreed(
    actor: str, direction: str, said: Mapping[str, Cell], permits: Sequence[str], goods: Goods
) -> Agreed | list[Fault]:
    """Give the contract, or every fault; `said` holds the fields filled in, and `locale`.

    `amount` stands for quantity and unit ("2ton"); a smallest lot is in the same unit.
    """
    given: dict[str, Cell] = {n: cell for n, cell in said.items() if cell not in (None, "")}
    locale: Locale = "en" if given.pop("locale", "id") == "en" else "id"
    faults = [Fault(name, "belum diisi", "is missing") for name in _NEEDED if name not in given]
    if direction not in _WORDS:
        faults.append(Fault("direction", "pilih --buy atau --supply", "choose --buy or --supply"))
    amount = amount_in(str(given.pop("amount", "")).split())
    if amount is None and "amount" in said and said["amount"]:
        faults.append(Fault("amount", "tulis seperti 2ton", "write it like 2ton"))
    given |= amount or {}
    fields: dict[str, Any] = {"direction": direction}
    for name, cell in given.items():
        reader = _READERS.get(name)
        found = str(cell).strip() if reader is None else reader(cell, locale)
        _put(fields, name, found, faults)
    _of_goods(fields, goods, faults)
    since, until = fields.get("since"), fields.get("until")
    if isinstance(since, date) and isinstance(until, date) and until < since:
        faults.append(Fault("until", "sebelum hari pertama", "is before the first day"))
    if faults:
        return faults
    if permits:
        fields["permits"] = list(permits)
    return Agreed(actor, fields, _read_back(fields, locale))


def _of_goods(fields: dict[str, Any], goods: Goods, faults: list[Fault]) -> None:
    """Read what depends on the commodity: its unit and grade."""
    if "commodity" not in fields:
        return
    commodity = goods.commodity(fields["commodity"])
    _put(fields, "commodity", commodity, faults)
    if isinstance(commodity, Unclear):
        return
    if "unit" in fields:
        unit = goods.unit(fields["unit"], CommodityCode(commodity))
        if isinstance(unit, StatedUnit) and not unit.certain:
            told = (
                f"isi satu {unit.code} tidak pasti",
                f"what one {unit.code} holds is not certain",
            )
            faults.append(Fault("amount", *told))
        _put(fields, "unit", unit.code if isinstance(unit, StatedUnit) else unit, faults)
    if "grade" in fields:
        _put(fields, "grade", goods.grade(fields["grade"], CommodityCode(commodity)), faults)


def _put(fields: dict[str, Any], name: str, found: Any, faults: list[Fault]) -> None:
    if isinstance(found, Unclear):
        faults.append(Fault(name, found.said_id, found.said_en))
    else:
        fields[name] = found


def _read_back(fields: Mapping[str, Any], locale: Locale) -> str:
    """Give a contract as a person checks it: "pasok / supply 2 TON BERAS-SPHP ..."."""
    direction = fields["direction"]
    amount = write_number(parse_quantity(fields["quantity"]) or 0, locale)
    price = f"  Rp{fields['price']}" if "price" in fields else ""
    return (
        f"{fields['contract']}  {_WORDS[direction]} / {direction}  {amount} {fields['unit']} "
        f"{fields['commodity']}  {fields['site']}{price}  {fields['since']} – {fields['until']}"
    )
