"""The shipped tables of goods are sound: commodities, grades, recipes, units, ways, use, seasons.

Standard library only; every breach is a failure that names its row.
"""

import re
from collections import Counter, defaultdict
from functools import cache

import pytest

from tests.support.breaches import SOURCE_ID, Breaches, Row, at, km, known_sources, table

REC20 = {
    *("KGM", "GRM", "HGM", "DTN", "TNE", "LTR", "MLT", "EA", "DZN", "SCO", "GRO", "MTR", "PR"),
}
REC21 = {"BG", "SA", "CY", "CR", "BX", "BK", "JY", "CT", "BO", "DR", "BT"}
VALUES = {
    "uom": REC20,
    "stage": {"raw", "semi", "ready"},
    "trade": {"free", "contract_only", "restricted", "service"},
    "perishability": {"high", "medium", "low", "none"},
    "storage": {"ambient", "chilled", "frozen", "live", "hazardous"},
    "price_level": {"producer", "consumer"},
}
FILES_NAMING_REGIONS = ("consumption.csv", "seasonality.csv", "specialties.csv")


@cache
def commodities() -> dict[str, Row]:
    return {row["code"]: row for row in table("commodities.csv")}


@cache
def regions() -> dict[str, Row]:
    return {row["code"]: row for row in table("regions.csv")} | {"ID": {}}


def test_every_commodity_is_described_within_bounds():
    found = Breaches()
    found.unique(table("commodities.csv"), "code")
    assert 60 <= len(commodities()) <= 200
    for code, row in commodities().items():
        found.check(re.fullmatch(r"[A-Z0-9-]{3,24}", code), f"code {code}")
        found.check(re.fullmatch(r"\d{6}", row["hs6"]), f"hs6 of {code}")
        for key, allowed in VALUES.items():
            found.check(row[key] in allowed, f"{key} of {code}")
        found.check(row["name_id"] and row["name_en"], f"names of {code}")
        found.number(row, "kg_per_unit", 0.001, 100)
        days = found.number(row, "shelf_life_days", 1, 3650)
        found.check(row["perishability"] != "high" or days <= 14, f"{code} keeps {days} days")
        low, high = found.number(row, "price_min_idr", 0), found.number(row, "price_max_idr", 1)
        found.check(low <= high, f"price of {code}")
        found.basis(row, "basis", "price_source")
        found.basis(row, "shelf_basis", "shelf_source")
        found.check(row["family"] in commodities(), f"family {row['family']} of {code}")
    assert found == []


def test_parents_of_commodities_never_go_round():
    found = Breaches()
    for code, row in commodities().items():
        seen, parent = {code}, row["parent"]
        while parent and found.check(
            parent in commodities() and parent not in seen, f"parents of {code}"
        ):
            seen.add(parent)
            parent = commodities()[parent]["parent"]
    assert found == []


def test_every_scale_of_grades_is_an_unbroken_order_that_holds_a_b_and_c():
    found = Breaches()
    rows = table("grades.csv")
    found.unique(rows, "commodity", "grade")
    scales: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found.check(row["commodity"] == "*" or row["commodity"] in commodities(), f"{row}")
        found.check(re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,15}", row["grade"]), f"grade {row}")
        found.check(row["grade"] != "UNGRADED", f"{row['commodity']} grades what has no grade")
        found.check(row["name_id"] and row["name_en"], f"names of {row}")
        found.basis(row)
        scales[row["commodity"]][row["grade"]] = int(found.number(row, "rank", 1, 9))
    for commodity, scale in scales.items():
        ranks = set(scale.values())
        found.check(ranks == set(range(1, len(ranks) + 1)), f"ranks of {commodity}: {ranks}")
        letters = [scale.get(letter) for letter in "ABC"]
        found.check(letters == [1, 2, 3], f"A, B, C of {commodity}: {letters}")
    assert "*" in scales
    assert found == []


def test_recipes_make_known_goods_in_known_units_and_yields():
    found = Breaches()
    goods = commodities()
    found.unique(table("recipes.csv"), "recipe", "output")
    for row in table("recipes.csv"):
        name = f"{row['recipe']} {row['output']}"
        found.basis(row)
        if not found.check(row["input"] in goods and row["output"] in goods, name):
            continue
        source, product = goods[row["input"]], goods[row["output"]]
        units = (row["input_uom"], row["output_uom"])
        found.check(units == (source["uom"], product["uom"]), f"units of {name}")
        per_input = found.number(row, "output_per_input", 0.001, 10)
        found.number(row, "days", 1, 60)
        found.check(row["adds_material"] in ("0", "1"), f"adds_material of {name}")
        if row["yield_mass"]:
            keys = ("yield_mass", "yield_min", "yield_max")
            mass, low, high = (found.number(row, key, 0.001, 5) for key in keys)
            found.check(low <= mass <= high, f"yield of {name} outside its own range")
            by_mass = mass * float(source["kg_per_unit"]) / float(product["kg_per_unit"])
            near = abs(by_mass - per_input) < 0.002 * max(per_input, 0.05)
            found.check(near, f"{name}: yield and output_per_input differ")
    assert found == []


def test_a_recipe_has_one_input_one_main_product_and_makes_no_mass_from_nothing():
    found = Breaches()
    grouped, made = defaultdict(list), defaultdict(set)
    for row in table("recipes.csv"):
        grouped[row["recipe"]].append(row)
        made[row["output"]].add(row["input"])
    for code, rows in grouped.items():
        mains = sum(row["role"] == "main" for row in rows)
        found.check(mains == 1, f"{code} has {mains} main products")
        found.check(len({row["input"] for row in rows}) == 1, f"{code} has several inputs")
        if all(row["adds_material"] == "0" and row["yield_mass"] for row in rows):
            total = sum(float(row["yield_mass"]) for row in rows)
            found.check(total <= 1.001, f"{code} makes {total:.3f} kg out of one")
    for code, row in commodities().items():
        if row["parent"]:
            found.check(row["parent"] in made[code], f"no recipe makes {code} from its parent")
    assert found == []


def test_units_stand_in_the_recommendations_and_packs_in_their_commodity():
    found = Breaches()
    found.unique(table("units.csv"), "code")
    for row in table("units.csv"):
        found.check(row["rec20"] in REC20 | {""}, f"rec20 of {row['code']}")
        found.check(row["rec21_pack"] in REC21 | {""}, f"rec21 of {row['code']}")
        found.check(row["base_uom"] in REC20, f"base of {row['code']}")
        found.number(row, "factor", 1e-6, 1e6)
        found.basis(row)
        if row["commodity"] and found.check(row["commodity"] in commodities(), row["code"]):
            own = commodities()[row["commodity"]]["uom"]
            found.check(own == row["base_uom"], f"{row['code']} is not in {own}")
    assert found == []


@cache
def transport() -> dict[tuple[str, str], float]:
    return {(row["mode"], row["param"]): float(row["value"]) for row in table("transport.csv")}


@cache
def ports() -> dict[str, Row]:
    return {row["code"]: row for row in table("ports.csv")}


def test_ports_lie_near_their_regency_and_links_join_real_ports():
    found = Breaches()
    found.unique(table("ports.csv"), "code")
    for code, row in ports().items():
        found.place(row)
        found.check(row["basis"] in ("sourced", "estimated"), f"basis of {code}")
        found.check(row["role"] in ("hub", "feeder", "ferry"), f"role of {code}")
        if found.check(row["regency"] in regions(), f"regency of {code}"):
            near = km(at(row), at(regions()[row["regency"]])) < 260
            found.check(near, f"{code} far from its regency")
        for source in SOURCE_ID.findall(row["route_source"] + " " + row["position_source"]):
            found.check(source in known_sources(), f"source {source}")
    islands = {row.get("island") for row in regions().values()} | {
        row["island"] for row in ports().values()
    }
    for row in table("island_links.csv"):
        name = f"{row['island_a']} to {row['island_b']}"
        found.basis(row)
        found.check(row["kind"] in ("bridge", "ferry", "sea", "boat"), f"kind of {name}")
        found.check({row["island_a"], row["island_b"]} <= islands, f"islands of {name}")
        stated = found.number(row, "km", 0.5, 6000)
        if row["kind"] != "bridge":
            if not found.check({row["port_a"], row["port_b"]} <= set(ports()), f"ports of {name}"):
                continue
            straight = km(at(ports()[row["port_a"]]), at(ports()[row["port_b"]]))
            fits = 0.9 * straight <= stated <= 2.0 * straight + 5
            found.check(fits, f"{name}: {stated} km against {straight:.0f}")
    assert found == []


@pytest.mark.parametrize(
    ("port", "anchor", "tonnes"),
    [
        ("LOC-SEBATIK", "anchor_sub_sebatik", 1),
        ("LOC-MANOKWARI", "anchor_sub_manokwari", 15),
        ("LOC-MERAUKE", "anchor_sub_merauke", 15),
    ],
)
def test_the_sea_model_meets_the_published_tariffs_within_a_tenth(port, anchor, tonnes):
    rates = transport()
    away = km(at(ports()["IDSUB"]), at(ports()[port])) * rates["sea", "detour"]
    modelled = rates["sea", "tol_laut_fixed"] + rates["sea", "tol_laut_rate"] * away
    assert modelled * tonnes == pytest.approx(rates["sea", anchor], rel=0.1)


def test_the_road_model_meets_the_published_hauls():
    found = Breaches()
    for row in table("transport.csv"):
        found.basis(row)
        found.number(row, "value", 0)
    found.unique(table("transport.csv"), "mode", "param")
    assert found == []
    rates = {param: value for (mode, param), value in transport().items() if mode == "road"}
    for distance in (40, 100):
        haul = rates["medium_fixed"] + rates["medium_rate"] * distance
        assert rates["anchor_ffb_haul_low"] <= haul <= rates["anchor_ffb_haul_high"]
    trip = (rates["large_fixed"] + rates["large_rate"] * 800) * rates["large_payload"]
    assert 1.0 <= trip / rates["anchor_jakarta_surabaya_2019"] <= 1.6


def test_use_seasons_and_specialties_speak_of_known_goods_in_their_units():
    found = Breaches()
    goods = commodities()
    special = {"ALL-FISH", "HOUSEHOLD-SIZE", "DEMAND-FOOD"}
    for name in FILES_NAMING_REGIONS:
        for row in table(name):
            found.basis(row)
            known = row["region"] in regions() or row["region"] in ("ID-URBAN", "ID-RURAL")
            found.check(known, f"{name}: region {row['region']}")
            if row["commodity"] not in special and found.check(row["commodity"] in goods, name):
                unit = goods[row["commodity"]]["uom"]
                found.check(row.get("uom", unit) == unit, f"{name}: unit of {row['commodity']}")
    for row in table("consumption.csv"):
        found.check(row["per"] in ("capita", "household", "farm_ha_season"), f"per {row['per']}")
        found.number(row, "qty_per_year", 0.001, 1000)
    for row in table("seasonality.csv"):
        weights = [found.number(row, f"m{month:02d}", 0, 1) for month in range(1, 13)]
        found.check(abs(sum(weights) - 1) < 0.002, f"weights of {row['commodity']}")
    found.unique(table("specialties.csv"), "region", "commodity")
    for row in table("specialties.csv"):
        found.number(row, "coop_share", 0.01, 1)
        found.number(row, "qty_per_month_per_coop", 1)
    assert found == []


def test_by_products_have_a_family_of_their_own_and_main_products_share_their_parents():
    main = {row["output"] for row in table("recipes.csv") if row["role"] == "main"}
    goods = commodities()
    strays = Counter(
        code
        for code, row in goods.items()
        if row["parent"] and code in main and goods[row["parent"]]["family"] != row["family"]
    )
    assert set(strays) == set()
