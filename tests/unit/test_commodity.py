"""Goods: trade classes, grades that substitute upwards only, recipes that round down."""

import pytest

from schemas.commodity import UNGRADED, parse_commodities, parse_grades, parse_recipes
from schemas.datafile import DataError, rows
from schemas.identity import CommodityCode, FamilyCode, GradeCode
from schemas.quantity import MICRO
from schemas.reference import catalogue, read


def test_the_catalogue_holds_every_commodity_with_its_terms():
    assert len(catalogue().commodities) == 151
    assert len(catalogue().recipes) == 60
    pepper = catalogue().get("LADA-PUTIH")
    assert pepper is not None
    assert (pepper.unit, pepper.grams_per_unit, pepper.stage) == ("KGM", 1000, "semi")
    assert (pepper.family, pepper.parent, pepper.trade) == ("LADA-BASAH", "LADA-BASAH", "free")
    assert (pepper.price_min_idr, pepper.price_max_idr) == (107_000, 160_000)
    assert (pepper.shelf_life_days, pepper.storage, pepper.partner) == (730, "ambient", None)
    assert catalogue().get("EMAS") is None


@pytest.mark.parametrize(
    ("code", "trade", "stocked"),
    [
        ("LADA-PUTIH", "free", True),
        ("LPG-3KG", "contract_only", True),
        ("OBAT-AMOKSISILIN", "contract_only", True),
        ("BIJIH-TIMAH", "restricted", False),
    ],
)
def test_restricted_goods_never_enter_a_book(code, trade, stocked):
    commodity = catalogue().commodities[CommodityCode(code)]
    assert (commodity.trade, commodity.stocked) == (trade, stocked)


def test_light_and_heavy_units_have_whole_grams():
    grams = {str(c.code): c.grams_per_unit for c in catalogue().commodities.values()}
    assert (grams["OBAT-ORALIT"], grams["LPG-5KG5"], grams["NIRA"]) == (6, 12_600, 1_030)


def test_a_family_holds_the_stages_of_one_good():
    rice = catalogue().families[FamilyCode("PADI-GKP")]
    assert set(rice) == {"PADI-GKP", "PADI-GKG", "BERAS-MED", "BERAS-PRE", "BERAS-SPHP"}
    assert sum(len(codes) for codes in catalogue().families.values()) == 151


@pytest.mark.parametrize(
    ("need", "offer", "accepted"),
    [
        ("B", "A", True),
        ("B", "B", True),
        ("B", "C", False),
        ("B", "UNGRADED", False),
        ("A", "UNGRADED", False),
        (None, "UNGRADED", True),
        (None, "C", True),
        ("UNGRADED", "A", True),
        ("UNGRADED", "UNGRADED", True),
        ("A", "MUTU-I", True),  # one rank, two names
        ("MUTU-II", "A", True),
        ("MUTU-I", "B", False),
        ("RSS-1", "A", False),  # the rubber's grade is no grade of pepper
        (None, "RSS-1", False),
    ],
)
def test_grades_serve_upwards_only(need, offer, accepted):
    pepper = CommodityCode("LADA-PUTIH")
    asked = None if need is None else GradeCode(need)
    assert catalogue().accepts(pepper, asked, GradeCode(offer)) is accepted


def test_every_commodity_understands_a_b_and_c():
    for code in catalogue().commodities:
        assert [catalogue().rank(code, GradeCode(g)) for g in "ABC"] == [1, 2, 3]
        assert catalogue().rank(code, UNGRADED) is None
        assert catalogue().is_grade(code, UNGRADED)
        assert not catalogue().is_grade(code, GradeCode("Z"))


def test_a_scale_is_listed_best_first():
    ranks = [grade.rank for grade in catalogue().scale(CommodityCode("KARET-SIT"))]
    assert ranks == sorted(ranks)
    assert ranks[-1] == 5


def test_a_recipe_makes_its_products_rounded_down():
    milling = catalogue().recipes["R02"]
    assert (milling.input, milling.main.commodity, milling.days) == ("PADI-GKG", "BERAS-MED", 1)
    assert milling.main.made_from(100 * MICRO) == 64_020_000
    assert {p.commodity for p in milling.products if not p.main} == {"DEDAK", "MENIR"}
    assert milling.main.made_from(1) == 0


def test_broken_files_are_named_broken():
    with pytest.raises(DataError):
        list(rows(b"a,b\n1\n", "x.csv"))
    with pytest.raises(DataError):
        parse_commodities(read("commodities.csv").replace(b",KGM,1,", b",KGM,0.0001,", 1))
    with pytest.raises(DataError):
        parse_grades(b"commodity,rank,grade,name_id,name_en,basis\n")
    with pytest.raises(DataError):
        parse_recipes(read("recipes.csv").replace(b"BERAS-MED,main", b"BERAS-MED,by", 1))
