"""From what an officer typed of a co-op to its whole profile, or everything that is wrong with it.

Decides how what is said anew joins what was said last: the newest profile holds whole, so a field
nobody speaks of must be said again as it was. A list that is spoken of is said whole. Refuses to
know where the last profile lies and whether a hub exists.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from producers.compose import Fault
from producers.dates import read_date
from producers.fields import read_price, read_quantity
from producers.goods import Goods, StatedUnit
from producers.numerals import Locale, Unclear
from producers.say import amount_in
from schemas.events import Profile
from schemas.identity import HUB_FORM, CommodityCode
from schemas.units import PACK_WORDS

LISTS: Final = ("permits", "flagship", "packs", "mandates")
_OF_A_SAYING: Final = ("coop", "device", "sequence")
_PACK: Final = re.compile(r"([^:=]+):([^:=]+)=(.+)")
_DAY: Final = Unclear(
    "tulis HUB:HARI atau HUB:HARI:HARI, seperti 19.02:2026-12-01:2027-11-30",
    "write HUB:DAY or HUB:DAY:DAY, such as 19.02:2026-12-01:2027-11-30",
)


class Changes(NamedTuple):
    """What is said anew; None and nothing leave a field as it was, `clear` empties lists."""

    land: bool | None = None
    outlet: bool | None = None
    permits: Sequence[str] = ()
    flagship: Sequence[str] = ()
    packs: Sequence[str] = ()
    mandates: Sequence[str] = ()
    capital: str = ""
    clear: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Profiled:
    """One profile, sound in itself, before it has a device and a sequence."""

    coop: str
    fields: Mapping[str, Any]

    def said(self, device: str, sequence: int) -> Profile:
        """Give it as a device says it."""
        whose = {"coop": self.coop, "device": device, "sequence": sequence}
        return msgspec.convert({**self.fields, **whose}, Profile)


def fields_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a profile's body says of the co-op."""
    return {name: value for name, value in body.items() if name not in _OF_A_SAYING}


def profiled(
    coop: str, before: Mapping[str, Any], changes: Changes, goods: Goods, locale: Locale = "id"
) -> Profiled | list[Fault]:
    """Give the profile, or every fault; `before` is what was said last, {} for nothing."""
    faults: list[Fault] = []
    fields = dict(before)
    for name in changes.clear:
        fields.pop(name, None)
        if name not in LISTS:
            told = f"pilih dari {', '.join(LISTS)}", f"choose from {', '.join(LISTS)}"
            faults.append(Fault("clear", *told))
    for name in ("land", "outlet"):
        if (flag := getattr(changes, name)) is not None:
            fields[name] = flag
    if changes.permits:
        fields["permits"] = [permit.strip() for permit in changes.permits]
    readers: dict[str, Callable[[str], Any]] = {
        "flagship": goods.commodity,
        "packs": lambda text: _pack(text, goods, locale),
        "mandates": lambda text: _mandate(text, locale),
    }
    for name, reader in readers.items():
        if said := getattr(changes, name):
            fields[name] = _each(name, [reader(text) for text in said], faults)
    if changes.capital:
        found = read_price(changes.capital, locale)
        fields["working_capital"] = _each("capital", [found], faults)[0]
    return faults or Profiled(coop, fields)


def _each(name: str, found: Sequence[Any], faults: list[Fault]) -> list[Any]:
    wrong = [Fault(name, one.said_id, one.said_en) for one in found if isinstance(one, Unclear)]
    faults.extend(wrong)
    return list(found)


def _pack(text: str, goods: Goods, locale: Locale) -> dict[str, str] | Unclear:
    """Read ``KOPRA:KARUNG=50kg``."""
    parts = _PACK.fullmatch(text.strip())
    if parts is None:
        return Unclear("tulis seperti KOPRA:KARUNG=50kg", "write it like KOPRA:KARUNG=50kg")
    commodity, word = goods.commodity(parts[1]), parts[2].strip().upper()
    if isinstance(commodity, Unclear):
        return commodity
    if word not in PACK_WORDS:
        known = ", ".join(sorted(PACK_WORDS))
        return Unclear(f"{word!r}: pilih {known}", f"{word!r}: choose {known}")
    amount = amount_in(parts[3].split()) or {"quantity": parts[3], "unit": ""}
    quantity = read_quantity(amount["quantity"], locale)
    unit = goods.unit(str(amount["unit"]), CommodityCode(commodity))
    for one in (quantity, unit):
        if isinstance(one, Unclear):
            return one
    assert isinstance(unit, StatedUnit)
    if not unit.certain:
        return Unclear(
            f"isi satu {unit.code} tidak pasti", f"what one {unit.code} holds is not certain"
        )
    return {"commodity": commodity, "pack": word, "quantity": str(quantity), "unit": unit.code}


def _mandate(text: str, locale: Locale) -> dict[str, Any] | Unclear:
    """Read ``19.02:2026-12-01`` or ``19.02:2026-12-01:2027-11-30``."""
    hub, _, days = text.strip().partition(":")
    since, _, until = days.partition(":")
    if not HUB_FORM.fullmatch(hub) or not since:
        return _DAY
    found: dict[str, Any] = {"hub": hub, "since": read_date(since, locale)}
    if until:
        found["until"] = read_date(until, locale)
    for one in found.values():
        if isinstance(one, Unclear):
            return one
    if until and found["until"] < found["since"]:
        return Unclear("hari terakhir sebelum hari pertama", "the last day is before the first")
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in found.items()}
