"""What a person calls goods and units: words to codes, or the candidates when not certain.

Decides that a word means a commodity when exactly one bears it (code, Indonesian or English name,
or one of a few everyday names), and what people call units. Refuses to guess: "lada" names four
goods, so it gives four candidates and no answer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from producers.numerals import Unclear
from schemas.commodity import Catalogue, Commodity
from schemas.identity import CommodityCode
from schemas.units import PACK_WORDS, UnitTable

EVERYDAY: Final = {
    "SAWIT": "TBS",
    "MIGOR": "MINYAK-GORENG",
    "GAS MELON": "LPG-3KG",
    "GAS 3 KG": "LPG-3KG",
    "TELOR": "TELUR",
    "BRAMBANG": "BAWANG-MERAH",
    "CABE RAWIT": "CABAI-RAWIT",
    "CABE KERITING": "CABAI-KERITING",
    "LOMBOK KERITING": "CABAI-KERITING",
    "KETELA POHON": "SINGKONG",
    "BENSIN": "PERTALITE",
}
"""Names that stand in no file; each means one thing wherever it is used."""

UNIT_WORDS: Final = {
    "KILO": "KG",
    "KILOGRAM": "KG",
    "KGS": "KG",
    "G": "GRAM",
    "GR": "GRAM",
    "KW": "KUINTAL",
    "KWINTAL": "KUINTAL",
    "TONNE": "TON",
    "L": "LITER",
    "LTR": "LITER",
    "LITRE": "LITER",
    "PCS": "BUAH",
    "BIJI": "BUAH",
    "UNIT": "BUAH",
    "M": "METER",
}

_CANDIDATES_MAX: Final = 8
_WORDS: Final = re.compile(r"[0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class StatedUnit:
    """A unit as it will be sent; a pack that the co-op must have declared is not `certain`."""

    code: str
    certain: bool


class Goods:
    """Looks words up in the catalogue and the unit table."""

    def __init__(self, catalogue: Catalogue, units: UnitTable) -> None:
        self._catalogue: Final = catalogue
        self._units: Final = units
        self._names: Final[dict[str, set[CommodityCode]]] = {}
        self._tokens: Final[dict[CommodityCode, frozenset[str]]] = {}
        for commodity in catalogue.commodities.values():
            self._learn(commodity)

    def commodity(self, said: str) -> CommodityCode | Unclear:
        """Give the one commodity a word or name means, else why not and which it may be."""
        words = " ".join(_WORDS.findall(said.upper()))
        if not words:
            return Unclear("komoditas kosong", "no commodity given")
        exact = self._catalogue.get(said.strip().upper())
        if exact is not None:
            return exact.code
        everyday = EVERYDAY.get(words)
        if everyday is not None:
            return CommodityCode(everyday)
        named = self._names.get(words) or self._bearing(frozenset(words.split()))
        if len(named) == 1:
            return next(iter(named))
        return self._several(said, named) if named else self._nothing(said, words)

    def unit(self, said: str, commodity: CommodityCode) -> StatedUnit | Unclear:
        """Give the unit as the judge knows it, else which units the commodity is understood in."""
        word = re.sub(r"\s+", "-", said.strip().upper())
        word = UNIT_WORDS.get(word, word)
        if self._units.micro_per_unit(commodity, word) is not None:
            return StatedUnit(word, certain=True)
        if word in PACK_WORDS:
            return StatedUnit(word, certain=False)
        known = ", ".join(self._units.names(commodity))
        return Unclear(
            f"satuan {said!r} tidak dikenal untuk {commodity}; pakai: {known}",
            f"unit {said!r} is not known for {commodity}; use: {known}",
            self._units.names(commodity),
        )

    def grade(self, said: str, commodity: CommodityCode) -> str | Unclear:
        """Give a grade code from its code or name; the commodity's scale when it is none."""
        word = said.strip()
        if word.upper() in ("", "UNGRADED"):
            return ""
        scale = self._catalogue.scale(commodity)
        for grade in scale:
            names = (grade.code, grade.name_id, grade.name_en)
            if word.casefold() in (name.casefold() for name in names):
                return grade.code
        known = ", ".join(grade.code for grade in scale)
        return Unclear(
            f"mutu {said!r} tidak dikenal untuk {commodity}; pakai: {known}",
            f"grade {said!r} is not known for {commodity}; use: {known}",
            tuple(grade.code for grade in scale),
        )

    def _learn(self, commodity: Commodity) -> None:
        names = {commodity.code, commodity.name_id, commodity.name_en}
        names |= {re.sub(r"\(.*?\)", "", name) for name in names}
        spoken = {" ".join(_WORDS.findall(name.upper())) for name in names}
        for name in spoken:
            self._names.setdefault(name, set()).add(commodity.code)
        self._tokens[commodity.code] = frozenset(" ".join(spoken).split())

    def _bearing(self, words: frozenset[str]) -> set[CommodityCode]:
        return {code for code, tokens in self._tokens.items() if words <= tokens}

    def _several(self, said: str, codes: Iterable[CommodityCode]) -> Unclear:
        found = sorted(codes)
        listed = found[:_CANDIDATES_MAX]
        more = "" if len(found) <= _CANDIDATES_MAX else ", ..."
        as_id = ", ".join(f"{c} ({self._catalogue.commodities[c].name_id})" for c in listed) + more
        as_en = ", ".join(f"{c} ({self._catalogue.commodities[c].name_en})" for c in listed) + more
        return Unclear(
            f"{said!r} dapat berarti: {as_id}. Tulis kodenya",
            f"{said!r} may mean: {as_en}. Write the code",
            tuple(found),
        )

    def _nothing(self, said: str, words: str) -> Unclear:
        near = {
            code
            for name in get_close_matches(words, self._names, n=3, cutoff=0.75)
            for code in self._names[name]
        }
        if near:
            known = ", ".join(sorted(near))
            return Unclear(
                f"komoditas {said!r} tidak dikenal; mungkin {known}?",
                f"commodity {said!r} is not known; {known} perhaps?",
                tuple(sorted(near)),
            )
        return Unclear(f"komoditas {said!r} tidak dikenal", f"commodity {said!r} is not known")
