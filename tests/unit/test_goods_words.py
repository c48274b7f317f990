import pytest

from producers.goods import EVERYDAY, UNIT_WORDS, Goods
from producers.numerals import Unclear
from schemas import reference
from schemas.identity import CommodityCode


@pytest.fixture(scope="module")
def goods():
    return Goods(reference.catalogue(), reference.units())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("LADA-PUTIH", "LADA-PUTIH"),
        ("lada putih", "LADA-PUTIH"),
        ("white pepper", "LADA-PUTIH"),
        ("Hen eggs", "TELUR"),
        ("telor", "TELUR"),
        ("ikan tenggiri", "IKAN-TENGGIRI"),
        ("urea", "PUPUK-UREA"),
        ("sawit", "TBS"),
    ],
)
def test_a_word_only_one_commodity_bears_is_that_commodity(goods, said, code):
    assert goods.commodity(said) == code


def test_a_word_that_several_bear_gives_the_candidates_and_no_answer(goods):
    found = goods.commodity("lada")
    assert isinstance(found, Unclear)
    assert found.readings == ("LADA-BASAH", "LADA-BUBUK", "LADA-HITAM", "LADA-PUTIH")
    assert "LADA-PUTIH (Lada putih (Muntok))" in found.said_id
    assert "LADA-PUTIH (White pepper)" in found.said_en


def test_a_slip_of_the_pen_gives_what_may_be_meant(goods):
    found = goods.commodity("lda putih")
    assert isinstance(found, Unclear)
    assert "LADA-PUTIH" in found.readings


@pytest.mark.parametrize("said", ["", "   ", "?!", "qwrtz"])
def test_a_word_nobody_bears_is_refused(goods, said):
    found = goods.commodity(said)
    assert isinstance(found, Unclear)
    assert not found.readings


def test_every_everyday_name_means_an_existing_commodity(goods):
    known = reference.catalogue().commodities
    assert set(EVERYDAY.values()) <= known.keys()
    assert all(goods.commodity(name) == code for name, code in EVERYDAY.items())


def test_everyday_unit_words_are_units_of_something():
    units, codes = reference.units(), reference.catalogue().commodities
    names = {name for code in codes for name in units.names(code)}
    assert set(UNIT_WORDS.values()) <= names


def test_a_pack_the_co_op_must_declare_is_passed_on_as_uncertain(goods):
    pepper, rice = CommodityCode("LADA-PUTIH"), CommodityCode("BERAS-MED")
    assert goods.unit("karung", pepper).certain
    assert not goods.unit("karung", rice).certain


def test_an_unknown_unit_names_the_known_ones(goods):
    found = goods.unit("ember", CommodityCode("TELUR"))
    assert isinstance(found, Unclear)
    assert "BUTIR" in found.readings
    assert "KG" in found.readings


def test_a_grade_is_read_by_its_code_and_its_name(goods):
    pepper = CommodityCode("LADA-PUTIH")
    assert goods.grade("a", pepper) == "A"
    assert goods.grade("Mutu II", pepper) == "B"
    assert goods.grade("", pepper) == ""
    assert isinstance(goods.grade("istimewa", pepper), Unclear)
