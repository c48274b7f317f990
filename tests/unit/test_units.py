"""Units: what is certain is converted, what is not is refused."""

import pytest

from schemas.commodity import parse_commodities
from schemas.datafile import DataError
from schemas.quantity import MICRO
from schemas.reference import catalogue, read, units
from schemas.units import PACK_WORDS, UnitTable, parse_units


@pytest.mark.parametrize(
    ("commodity", "unit", "base"),
    [
        ("LADA-PUTIH", "KG", (1, 1)),
        ("LADA-PUTIH", "KGM", (1, 1)),
        ("LADA-PUTIH", "ONS", (1, 10)),
        ("LADA-PUTIH", "HGM", (1, 10)),
        ("LADA-PUTIH", "GRAM", (1, 1000)),
        ("BERAS-MED", "TON", (1000, 1)),
        ("BERAS-MED", "TNE", (1000, 1)),
        ("BERAS-MED", "KUINTAL", (100, 1)),
        ("BERAS-MED", "PIKUL", (125, 2)),
        ("NIRA", "LITER", (1, 1)),
        ("NIRA", "MLT", (1, 1000)),
        ("KELAPA", "BUAH", (1, 1)),
        ("KELAPA", "KODI", (20, 1)),
        ("KAIN-MORI", "METER", (1, 1)),
        # packs, by word and by full code
        ("LADA-PUTIH", "KARUNG", (50, 1)),
        ("LADA-PUTIH", "LADA-KARUNG", (50, 1)),
        ("KOPRA", "KARUNG", (60, 1)),
        ("BERAS-SPHP", "KARUNG", (5, 1)),
        ("BERAS-MED", "BERAS-KARUNG25", (25, 1)),
        ("PUPUK-UREA", "SAK", (50, 1)),
        ("TELUR", "BUTIR", (1, 16)),
        ("TELUR", "PAPAN", (15, 8)),
        ("TELUR", "PETI", (15, 1)),
        ("LPG-3KG", "TABUNG", (1, 1)),
        ("TBS", "TANDAN", (18, 1)),
        ("TBS", "TRUK", (7000, 1)),
        ("KAIN-MORI", "PIS", (30, 1)),
        ("KANGKUNG", "IKAT", (1, 4)),
        # mass for volume only where the commodity has a row for it
        ("BERAS-MED", "LITER", (4, 5)),
        ("BERAS-MED", "LTR", (4, 5)),
    ],
)
def test_a_certain_unit_is_an_exact_fraction_of_the_base_unit(commodity, unit, base):
    assert units().factor(commodity, unit) == base
    assert units().micro_per_unit(commodity, unit) == MICRO * base[0] // base[1]


@pytest.mark.parametrize(
    ("commodity", "unit"),
    [
        ("BERAS-MED", "KARUNG"),  # 25 or 50 kg
        ("LADA-HITAM", "KARUNG"),  # nobody has said
        ("LADA-HITAM", "LADA-KARUNG"),  # the white pepper's
        ("MINYAK-GORENG", "KG"),  # no row for its weight
        ("BERAS-PRE", "LITER"),
        ("TELUR", "BUAH"),
        ("KELAPA", "KG"),
        ("LADA-PUTIH", "kg"),
        ("LADA-PUTIH", "Kg"),
        ("LADA-PUTIH", " KG"),
        ("LADA-PUTIH", "\u041aG"),  # a Cyrillic letter
        ("LADA-PUTIH", "BAKUL"),
        ("LADA-PUTIH", ""),
        ("EMAS", "KG"),
    ],
)
def test_an_uncertain_unit_is_no_unit(commodity, unit):
    assert units().factor(commodity, unit) is None
    assert units().micro_per_unit(commodity, unit, {}) is None


def test_a_declared_pack_settles_a_word_but_never_a_unit():
    packs = {("BERAS-MED", "KARUNG"): 50 * MICRO, ("LADA-PUTIH", "KARUNG"): 62_500_000}
    assert units().factor("BERAS-MED", "KARUNG", packs) == (50, 1)
    assert units().factor("LADA-PUTIH", "KARUNG", packs) == (125, 2)
    assert units().factor("LADA-PUTIH", "LADA-KARUNG", packs) == (50, 1)
    assert units().factor("KOPRA", "KARUNG", packs) == (60, 1)
    assert units().factor("BERAS-MED", "KG", {("BERAS-MED", "KG"): 2 * MICRO}) == (1, 1)


def test_every_commodity_can_be_stated_in_its_base_unit():
    for commodity in catalogue().commodities.values():
        assert units().factor(commodity.code, commodity.unit) == (1, 1)
        assert commodity.unit in units().names(commodity.code)


def test_every_pack_of_the_table_is_known_by_its_code_and_has_a_word():
    for unit in units().units.values():
        if unit.commodity is not None:
            assert units().micro_per_unit(unit.commodity, unit.code) == unit.micro
            assert unit.word in PACK_WORDS | {"LITER"}


def test_a_pack_in_another_dimension_than_its_commodity_is_a_broken_file():
    broken = read("units.csv").replace(b"mass,KGM,50,LADA-PUTIH", b"volume,LTR,50,LADA-PUTIH")
    assert broken != read("units.csv")
    with pytest.raises(DataError):
        UnitTable(parse_units(broken), parse_commodities(read("commodities.csv")))
