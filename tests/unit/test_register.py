"""The register: every village and hub of the country, quick to load."""

from datetime import date
from time import process_time

import pytest

from schemas.datafile import DataError
from schemas.identity import CoopId, HubId
from schemas.reference import read, register
from schemas.register import UTC_OFFSET_HOURS, Hub, Register, parse_aliases

LOAD_SECONDS_MAX = 0.5  # a third of it on the slowest machine seen; the aim is 0.15


def load(aliases: bytes = b"prefix,book,since\n") -> Register:
    return Register(
        read("villages.csv.gz"),
        read("districts.csv"),
        read("regions.csv"),
        read("village_islands.csv"),
        parse_aliases(aliases),
    )


def hub(code: str) -> Hub:
    return register().hubs[HubId(code)]


def test_the_whole_register_is_there():
    assert len(register()) == 83_762
    assert len(register().hubs) == 514
    assert sum(len(register().coops_of(hub)) for hub in register().hubs) == 83_762


def test_loading_costs_little():
    spent = []
    for _ in range(3):
        before = process_time()
        assert load().is_coop("19.02.01.2003")
        spent.append(process_time() - before)
    assert min(spent) < LOAD_SECONDS_MAX


@pytest.mark.parametrize(
    "code",
    ["19.02.01.2001", "1.902.01.2003", "19.02.01.2003 ", "19.02.01.2003\n", "", "code", "19.02"],
)
def test_a_code_no_village_bears_is_no_co_op(code):
    assert not register().is_coop(code)
    assert register().village(code) is None
    with pytest.raises(KeyError):
        register().position(code)


def test_a_village_knows_its_name_place_and_island():
    village = register().village("19.02.03.2001")
    assert village is not None
    assert (village.name, village.kecamatan, village.hub) == (
        "Selat Nasik",
        "Selat Nasik",
        "19.02",
    )
    assert village.island == "Mendanau"
    assert village.lat_micro is not None
    assert village.lat_micro < 0
    assert register().position("19.02.03.2001") == (village.lat_micro, village.lon_micro, True)


def test_a_name_with_commas_is_read_whole():
    village = register().village("14.02.09.2010")
    assert village is not None
    assert village.name == "Lambang Sari I, II, III"


def test_a_village_without_a_place_lies_at_the_centre_of_its_kecamatan():
    lost = [v for v in map(register().village, _codes()) if v and v.lat_micro is None]
    assert len(lost) == 359
    for village in lost:
        at = register().position(village.code)
        assert not at.exact
        assert -11_200_000 < at.lat_micro < 6_300_000
        assert 94_800_000 < at.lon_micro < 141_200_000


def _codes() -> list[CoopId]:
    return [coop for hub in register().hubs for coop in register().coops_of(hub)]


def test_an_island_is_stated_only_where_it_is_known():
    single, several = hub("19.02"), hub("11.06")
    assert (single.island, several.island_count) == ("Belitung", 5)
    assert register().island("34.02.01.2001") == "Jawa"
    assert register().island("11.01.01.2001") == "Sumatera"  # the only island of its hub
    assert register().island("11.06.10.2044") is None


def test_a_hub_knows_its_province_people_and_hour():
    belitung = hub("19.02")
    assert (belitung.name, belitung.province_name) == (
        "Kabupaten Belitung",
        "Kepulauan Bangka Belitung",
    )
    assert register().is_coop(belitung.village)
    assert belitung.population > 100_000
    zones = {code: hub(code).zone for code in ("19.02", "64.02", "34.02", "94.01")}
    assert zones == {"19.02": "WIB", "64.02": "WITA", "34.02": "WIB", "94.01": "WIT"}
    assert set(UTC_OFFSET_HOURS) == {one.province for one in register().hubs.values()}
    assert register().is_hub("19.02")
    assert not register().is_hub("99.99")


def test_a_renamed_region_stays_in_its_book():
    renamed = load(b"prefix,book,since\n# a remark\n19.06,19.02,2027-01-01\n")
    coop = register().coops_of("19.06")[0]
    assert register().hub_of(coop) == "19.06"
    assert renamed.hub_of(coop) == "19.02"
    assert renamed.hub_of(coop, date(2026, 12, 31)) == "19.06"
    assert coop in renamed.coops_of("19.02")
    assert renamed.hub_of(CoopId("19.02.01.2003")) == "19.02"


def test_a_broken_alias_or_village_file_is_named_broken():
    with pytest.raises(DataError):
        parse_aliases(b"prefix,book,since\n19.06,19.02,tomorrow\n")
    with pytest.raises(DataError):
        parse_aliases(b"code,book\n19.06,19.02\n")
