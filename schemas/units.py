"""Units and packs: how much of a commodity's base unit one stated unit holds.

Decides which words are units, and that a word which is not certain is no unit: `KARUNG` is 50 kg
of white pepper because the pepper's own pack says so; of rice it may be 25 or 50 kg, so it counts
only when the co-op has declared its pack. Mass and volume meet only in a commodity's own row (a
litre of medium rice). Refuses to guess, to fold case and to know any co-op.

A unit is looked up in this order: the commodity's own pack by its full code (`LADA-KARUNG`); a
general unit of its dimension by our code or its Rec. 20 code (`KG`, `KGM`), which nobody may
redefine; the co-op's declared packs; the commodity's own pack by its everyday word, when there is
exactly one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final

from schemas.commodity import Commodity
from schemas.datafile import DataError, micro, rows
from schemas.identity import CommodityCode
from schemas.quantity import MICRO

PACK_WORDS: Final = frozenset(
    (
        *("KARUNG", "SAK", "IKAT", "PAPAN", "PETI", "TANDAN", "EKOR", "BOKS", "TABUNG", "JERIKEN"),
        *("KARTON", "DRUM", "BOTOL", "PIS", "SISIR", "BUTIR", "KERANJANG", "TRUK", "TRUKTANGKI"),
    )
)
"""Everyday words that say how much only together with a commodity; a co-op may declare its own."""
_OWN_MEASURES: Final = frozenset({"LITER"})
"""Measures, not packs, that a commodity may have a weight for: a litre of rice."""

Packs = Mapping[tuple[str, str], int]
"""A co-op's declared packs: (commodity, word) -> micro base units in one pack."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A row of units.csv: `micro` base units in one; with a `commodity` for that one only."""

    code: str
    name_id: str
    name_en: str
    rec20: str | None
    dimension: str
    base: str
    micro: int
    commodity: CommodityCode | None

    @property
    def word(self) -> str | None:
        """The everyday word in a pack's code: KARUNG in BERAS-KARUNG25, TABUNG in TABUNG-3."""
        parts = (part.rstrip("0123456789") for part in self.code.split("-"))
        return next((part for part in parts if part in PACK_WORDS | _OWN_MEASURES), None)


class UnitTable:
    """What every unit holds of every commodity, worked out once."""

    def __init__(self, units: Iterable[Unit], commodities: Iterable[Commodity]) -> None:
        self.units: Final = {unit.code: unit for unit in units}
        general, packs = _by_scope(self.units.values())
        self._exact: Final[dict[tuple[str, str], int]] = {}
        self._words: Final[dict[tuple[str, str], int]] = {}
        for commodity in commodities:
            own = packs.get(commodity.code, [])
            if any(pack.base != commodity.unit for pack in own):
                raise DataError(
                    f"units.csv: a pack of {commodity.code} is not in {commodity.unit}"
                )
            for unit in general.get(commodity.unit, []):
                for name in {unit.code, unit.rec20 or unit.code}:
                    self._exact[commodity.code, name] = unit.micro
            self._exact.update({(commodity.code, pack.code): pack.micro for pack in own})
            self._words.update(_certain_words(commodity.code, own))

    def micro_per_unit(self, commodity: str, unit: str, packs: Packs | None = None) -> int | None:
        """Give the micro base units in one `unit` of `commodity`; None when not certain."""
        key = (commodity, unit)
        found = self._exact.get(key)
        if found is None and packs:
            found = packs.get(key)
        return self._words.get(key) if found is None else found

    def factor(
        self, commodity: str, unit: str, packs: Packs | None = None
    ) -> tuple[int, int] | None:
        """Give the same as an exact fraction of base units, in lowest terms."""
        found = self.micro_per_unit(commodity, unit, packs)
        if found is None:
            return None
        shared = gcd(found, MICRO)
        return found // shared, MICRO // shared

    def names(self, commodity: str) -> tuple[str, ...]:
        """List every unit a commodity is understood in without declared packs, sorted."""
        known = {
            unit
            for table in (self._exact, self._words)
            for code, unit in table
            if code == commodity
        }
        return tuple(sorted(known))


def parse_units(data: bytes) -> list[Unit]:
    """Read units.csv; DataError when it is broken."""
    return [
        Unit(
            code=row["code"],
            name_id=row["name_id"],
            name_en=row["name_en"],
            rec20=row["rec20"] or None,
            dimension=row["dimension"],
            base=row["base_uom"],
            micro=micro(row["factor"], f"units.csv, {row['code']}"),
            commodity=CommodityCode(row["commodity"]) if row["commodity"] else None,
        )
        for row in rows(data, "units.csv")
    ]


def _by_scope(
    units: Iterable[Unit],
) -> tuple[dict[str, list[Unit]], dict[CommodityCode, list[Unit]]]:
    """Part the units into general ones by base unit and packs by commodity."""
    general: defaultdict[str, list[Unit]] = defaultdict(list)
    packs: defaultdict[CommodityCode, list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.commodity is None:
            general[unit.base].append(unit)
        else:
            packs[unit.commodity].append(unit)
    return dict(general), dict(packs)


def _certain_words(commodity: CommodityCode, packs: Iterable[Unit]) -> dict[tuple[str, str], int]:
    """Give (commodity, word) -> micro for the words that name exactly one amount."""
    amounts: defaultdict[str, set[int]] = defaultdict(set)
    for pack in packs:
        if pack.word is not None:
            amounts[pack.word].add(pack.micro)
            if pack.rec20 and pack.word in _OWN_MEASURES:
                amounts[pack.rec20].add(pack.micro)
    return {(commodity, word): found.pop() for word, found in amounts.items() if len(found) == 1}
