"""The shipped map is whole: provinces, regencies, kecamatan, villages, islands, hubs.

Standard library only; every breach is a failure that names its row.
"""

import re
from collections import Counter
from functools import cache

from tests.support.breaches import BASIS, DATA, Breaches, Row, at, km, table

NATION = {"provinces": 38, "regencies": 514, "kabupaten": 416, "kota": 98}
KECAMATAN, DESA, KELURAHAN, VILLAGES, WITHOUT_PLACE = 7285, 75266, 8496, 83762, 359
PILOTS = {  # region: (villages, desa, kelurahan, kecamatan)
    "19.02": (49, 42, 7, 5),
    "64.02": (237, 193, 44, 20),
    "34.02": (75, 75, 0, 17),
}
PILOT_PROVINCES = {"36": 1552, "65": 482}


@cache
def provinces() -> dict[str, Row]:
    return {row["code"]: row for row in table("regions.csv") if row["level"] == "province"}


@cache
def regencies() -> dict[str, Row]:
    return {row["code"]: row for row in table("regions.csv") if row["level"] == "regency"}


@cache
def districts() -> dict[str, Row]:
    return {row["code"]: row for row in table("districts.csv")}


@cache
def villages_per_region() -> Counter[tuple[str, str]]:
    """Count (region or kecamatan code, desa | kel)."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in table("villages.csv.gz"):
        kind = "kel" if row["code"][9] == "1" else "desa"
        counted[row["code"][:5], kind] += 1
        counted[row["code"][:8], kind] += 1
    return counted


def test_the_provinces_and_regencies_of_the_country_are_all_there():
    found = Breaches()
    found.unique(table("regions.csv"), "code")
    kinds = Counter(row["kind"] for row in regencies().values())
    counts = {"provinces": len(provinces()), "regencies": len(regencies())}
    assert counts | {kind: kinds[kind] for kind in ("kabupaten", "kota")} == NATION
    for row in table("regions.csv"):
        found.place(row)
        found.check(row["basis"] in BASIS, f"basis of {row['code']}")
        found.number(row, "population", 1000)
        found.number(row, "area_km2", 1)
    assert found == []


def test_every_regency_lies_in_its_province_and_has_a_hub_village_near_its_centre():
    found = Breaches()
    for code, row in regencies().items():
        found.check(re.fullmatch(r"\d\d\.\d\d", code), f"form of {code}")
        found.check(row["parent"] == code[:2] and code[:2] in provinces(), f"prefix of {code}")
        found.check((int(code[3:]) >= 71) == (row["kind"] == "kota"), f"kind of {code}")
        hub = found.place(row, "hub_lat", "hub_lon")
        found.check(row["hub_village"].startswith(code + "."), f"hub village of {code}")
        found.check(row["island"], f"island of {code}")
        found.check(km(hub, at(row)) < 400, f"hub of {code} far from its centre")
    assert found == []


def test_provinces_add_up_to_their_regencies():
    found = Breaches()
    for province, row in provinces().items():
        mine = [one for code, one in regencies().items() if code[:2] == province]
        found.check(int(row["n_regency"]) == len(mine), f"n_regency of {province}")
        for key in ("n_kecamatan", "n_desa", "n_kelurahan"):
            total = sum(int(one[key]) for one in mine)
            found.check(int(row[key]) == total, f"{key} of {province}")
        people = sum(int(one["population"]) for one in mine)
        off = abs(people - int(row["population"]))
        found.check(off <= 0.005 * people, f"population of {province} is off by {off}")
    assert found == []


def test_every_kecamatan_lies_in_its_regency():
    found = Breaches()
    found.unique(table("districts.csv"), "code")
    assert len(districts()) == KECAMATAN
    for code, row in districts().items():
        found.check(re.fullmatch(r"\d\d\.\d\d\.\d\d", code), f"form of {code}")
        found.check(row["regency"] == code[:5] and code[:5] in regencies(), f"prefix of {code}")
        found.place(row)
    for code, n in Counter(row["regency"] for row in table("districts.csv")).items():
        found.check(int(regencies()[code]["n_kecamatan"]) == n, f"{code} has {n} kecamatan")
    assert found == []


def test_every_village_lies_in_its_kecamatan():
    found = Breaches()
    rows, homes = table("villages.csv.gz"), districts()
    found.unique(rows, "code")
    assert len(rows) == VILLAGES
    without_place = 0
    for row in rows:
        code = row["code"]
        form = re.fullmatch(r"\d\d\.\d\d\.\d\d\.[123]\d{3}", code)
        if not found.check(form and code[:8] in homes, f"prefix of {code}"):
            continue
        found.check(row["name"].strip() == row["name"] != "", f"name of {code}")
        if row["lat"] == "" or row["lon"] == "":
            without_place += 1
            continue
        near = km(found.place(row), at(homes[code[:8]])) < 400
        found.check(near, f"{code} far from its kecamatan")
    assert without_place == WITHOUT_PLACE
    assert found == []


def test_regions_and_kecamatan_state_the_villages_they_have():
    found = Breaches()
    per = villages_per_region()
    for regions in (regencies(), districts()):
        for code, row in regions.items():
            stated = (int(row["n_desa"]), int(row["n_kelurahan"]))
            found.check(stated == (per[code, "desa"], per[code, "kel"]), f"villages of {code}")
    assert found == []
    totals: Counter[str] = Counter()
    for (code, kind), n in per.items():
        totals[kind] += n if len(code) == 5 else 0
    assert totals == {"desa": DESA, "kel": KELURAHAN}


def test_the_islands_of_the_pilot_regions_are_known_village_by_village():
    found = Breaches()
    rows = table("village_islands.csv")
    found.unique(rows, "code")
    codes = {row["code"] for row in table("villages.csv.gz")}
    by_region: dict[str, list[str]] = {}
    on_main: Counter[str] = Counter()
    for row in rows:
        found.check(row["code"] in codes, f"{row['code']} is no village")
        found.check(row["island"], f"island of {row['code']}")
        found.check(row["basis"] in BASIS, f"basis of {row['code']}")
        home = row["code"][:5]
        by_region.setdefault(home, []).append(row["code"])
        on_main[home] += row["island"] == regencies()[home]["island"]
    for home, listed in by_region.items():
        all_of_it = {code for code in codes if code[:5] == home}
        found.check(set(listed) == all_of_it, f"villages of {home}")
        found.check(on_main[home] * 2 > len(listed), f"main island of {home}")
    for home, counts in PILOTS.items():
        kinds = Counter(code[9] for code in by_region[home])
        kecamatan = len({code[:8] for code in by_region[home]})
        got = (len(by_region[home]), kinds["2"] + kinds["3"], kinds["1"], kecamatan)
        found.check(got == counts, f"{home}: {got}")
    for province, n in PILOT_PROVINCES.items():
        total = sum(len(listed) for home, listed in by_region.items() if home[:2] == province)
        found.check(total == n, f"{province}: {total}")
    assert found == []


def test_the_pilot_hubs_count_their_villages_rightly():
    found = Breaches()
    per = villages_per_region()
    for row in table("hubs.csv"):
        found.basis(row)
        mine = [code for code in regencies() if code.startswith(row["region"])]
        n = sum(per[code, kind] for code in mine for kind in ("desa", "kel"))
        found.check(int(row["villages"]) == n, f"{row['hub']}: {row['villages']} against {n}")
    assert found == []


def test_places_without_a_road_and_renamed_regions_are_real_regions():
    found = Breaches()
    found.unique(table("roadless.csv"), "kecamatan")
    for row in table("roadless.csv"):
        found.basis(row)
        found.check(row["kecamatan"] in districts() and row["pocket"], f"{row['kecamatan']}")
    found.unique(table("region_aliases.csv"), "prefix")
    for row in table("region_aliases.csv"):
        found.check(row["book"] in regencies(), f"book {row['book']}")
        form = re.fullmatch(r"\d\d\.\d\d(\.\d\d(\.[123]\d{3})?)?", row["prefix"])
        found.check(form and re.fullmatch(r"\d{4}-\d\d-\d\d", row["since"]), f"alias {row}")
    assert found == []


def test_the_sailings_and_the_parts_without_a_road_name_real_places():
    found = Breaches()
    ports = {row["code"] for row in table("ports.csv")}
    for row in table("sailings.csv"):
        for end in ("from", "to"):
            found.check(row[end] in ports | set(regencies()), f"{end} of {row['route']}")
        found.check(row["mode"] in {"ferry", "boat", "sea"}, f"mode of {row['route']}")
        found.check(row["basis"] in {"estimated", "observed"}, f"basis of {row['route']}")
        found.number(row, "days", 0.01, 60)
        found.number(row, "capacity_tonnes", 1, 100_000)
        found.number(row, "tariff_idr_per_tonne", 0, 2_000_000)
    pockets = table("road_pockets.csv")
    found.unique(pockets, "hub")
    papua = {code for code, row in regencies().items() if row["island"] == "Papua"}
    found.check({row["hub"] for row in pockets} == papua, "hubs of Papua")
    for row in pockets:
        found.basis(row)
        found.check(row["pocket"], f"pocket of {row['hub']}")
    assert found == []


def test_the_shipped_data_stay_small():
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < 6_000_000
