"""A ring of goods as a person reads it, in Indonesian and in English.

Decides the words. Refuses to know who may read them: a ring names what each of its parties gives
to the next and at which public price, and no floor and no ceiling.
"""

from collections.abc import Mapping
from typing import Final

from schemas.quantity import MICRO
from streams.core.interchange.cycles import Cycle
from streams.core.interchange.swaps import Transfer
from streams.core.reasons import Language, Text, amount, rupiah

Names = Mapping[str, Text]

_WORDS: Final[Mapping[str, Text]] = {
    "gives": Text("{giver} memberi {goods} kepada {taker}", "{giver} gives {goods} to {taker}"),
    "and": Text(" dan ", " and "),
    "pays": Text("{party} menambah tunai {money}", "{party} adds {money} in cash"),
    "gets": Text("{party} menerima tunai {money}", "{party} gets {money} in cash"),
    "even": Text("tanpa tambahan tunai", "no cash is added"),
    "why": Text(
        "Barang-barang ini tidak menemukan pembeli dengan uang, tetapi saling dibutuhkan. "
        "Nilainya {value} menurut harga acuan; ongkos angkut {freight} ditanggung masing-masing "
        "penerima",
        "These goods found no buyer with money, yet each is needed by the other. They are worth "
        "{value} at reference prices; freight of {freight} is borne by those who receive",
    ),
}


def told(cycle: Cycle, goods: Names, units: Names) -> Text:
    """Put a ring into words; `goods` and `units` name commodities in each language."""
    return Text(_told(cycle, goods, units, "id"), _told(cycle, goods, units, "en"))


def _told(cycle: Cycle, goods: Names, units: Names, language: Language) -> str:
    gives = [
        _word(
            "gives",
            language,
            giver=giver,
            taker=taker,
            goods=_list([_goods(move, goods, units, language) for move in basket], language),
        )
        for giver, taker, basket in zip(
            cycle.parties, (*cycle.parties[1:], cycle.parties[0]), cycle.moves, strict=True
        )
    ]
    cash = [
        _word(
            "pays" if idr < 0 else "gets", language, party=party, money=rupiah(abs(idr), language)
        )
        for party, idr in zip(cycle.parties, cycle.cash, strict=True)
        if idr
    ]
    why = _word(
        "why",
        language,
        value=rupiah(cycle.value, language),
        freight=rupiah(cycle.freight, language),
    )
    evened = ", ".join(cash) if cash else _word("even", language)
    return f"{'; '.join(gives)}. {why}; {evened}."


def _goods(move: Transfer, goods: Names, units: Names, language: Language) -> str:
    code = move.offer.commodity
    unit, name = units.get(code, Text("", "")), goods.get(code, Text(code, code))
    words = 0 if language == "id" else 1
    return f"{amount(move.units * MICRO, language, unit[words])} {name[words].lower()}"


def _list(parts: list[str], language: Language) -> str:
    """One, two and three."""
    *most, last = parts
    return f"{', '.join(most)}{_word('and', language)}{last}" if most else last


def _word(key: str, language: Language, **figures: str) -> str:
    template = _WORDS[key].id if language == "id" else _WORDS[key].en
    return template.format_map(figures)
