"""Legs inside a hub: distance, way and cost, exact and quick."""

import math
from time import perf_counter

import pytest

from schemas.commodity import Commodity
from schemas.datafile import DataError
from schemas.identity import CommodityCode, CoopId
from schemas.legs import BOAT_METRES_MAX, PAIRS_KEPT_MAX, LegTable
from schemas.reference import catalogue, legs, read, register
from schemas.transport import parse_rates

PARIT, DUKONG = CoopId("19.02.01.1002"), CoopId("19.02.01.2007")  # Belitung
SELAT_NASIK = CoopId("19.02.03.2001")  # on Mendanau, off Belitung
GRAMS = 1_000_000
NUNUKAN = register().coops_of("65.03")
KRAYAN = {"65.03.05", "65.03.07", "65.03.17", "65.03.18", "65.03.19"}


def commodity(code: str) -> Commodity:
    return catalogue().commodities[CommodityCode(code)]


def haversine_metres(a: CoopId, b: CoopId) -> float:
    p, q = register().position(a), register().position(b)
    la, lo, lb, lp = (math.radians(x / 1e6) for x in (*p[:2], *q[:2]))
    h = math.sin((lb - la) / 2) ** 2
    h += math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h))


def test_distance_is_the_great_circle_times_the_detour():
    for hub, detour in (("64.02", 1.5), ("34.02", 1.25), ("11.01", 1.35), ("65.02", 1.5)):
        here, *others = register().coops_of(hub)
        for there in others[::10]:
            leg = legs().leg(here, there)
            assert leg is not None
            assert abs(leg.metres - haversine_metres(here, there) * detour) <= 2


def test_a_road_leg_costs_a_small_truck_and_two_handlings():
    leg = legs().leg(PARIT, DUKONG)
    assert leg is not None
    assert (leg.mode, leg.basis) == ("road", "estimated")
    assert leg.cost_per_tonne_idr == 60_000 + math.ceil(leg.metres * 3_500 / 1000) + 2 * 25_000
    assert leg.minutes == math.ceil(leg.metres * 60 / 30_000)
    assert legs().leg(DUKONG, PARIT) == leg


def test_a_bigger_truck_counts_only_when_the_load_fills_it():
    near = [legs().leg(PARIT, DUKONG, load_grams=tonnes * GRAMS) for tonnes in (1, 7, 8, 100)]
    costs = [leg.cost_per_tonne_idr for leg in near if leg]
    assert costs[0] == costs[1] > costs[2] == costs[3]
    wide = register().coops_of("65.02")
    far = max(
        (leg for code in wide if (leg := legs().leg(wide[0], code))), key=lambda leg: leg.metres
    )
    assert far.metres > 150_000
    there = next(code for code in wide if legs().leg(wide[0], code) == far)
    medium, large = (legs().leg(wide[0], there, load_grams=t * GRAMS) for t in (8, 15))
    assert medium is not None
    assert large is not None
    assert large.cost_per_tonne_idr < medium.cost_per_tonne_idr < far.cost_per_tonne_idr
    assert large.cost_per_tonne_idr == 90_000 + math.ceil(far.metres * 650 / 1000) + 50_000


def test_the_large_truck_stays_home_below_a_hundred_and_fifty_kilometres():
    here, *others = register().coops_of("65.02")
    ways = {code: leg for code in others if (leg := legs().leg(here, code))}
    there = next(code for code, leg in ways.items() if 60_000 < leg.metres < 150_000)
    medium, large = (legs().leg(here, there, load_grams=t * GRAMS) for t in (8, 15))
    assert medium == large


def test_between_islands_goes_a_boat_and_beyond_sixty_kilometres_nothing():
    seen = set()
    sebatik = next(c for c in NUNUKAN if register().island(c) == "Sebatik")
    for code in NUNUKAN:
        if register().island(code) != "Kalimantan" or code[:8] in KRAYAN:
            continue
        leg = legs().leg(code, sebatik)
        straight = haversine_metres(code, sebatik)
        assert (leg is None) == (straight > BOAT_METRES_MAX)
        seen.add(leg is None)
        if leg is not None:
            assert leg.mode == "boat"
            assert leg.cost_per_tonne_idr == 50_000 + math.ceil(leg.metres * 6) + 50_000
    assert seen == {True, False}


def test_a_pocket_without_a_road_trades_only_with_itself():
    inside, outside = (
        [c for c in NUNUKAN if register().island(c) == "Kalimantan" and (c[:8] in KRAYAN) is home]
        for home in (True, False)
    )
    assert len(inside) > 80
    assert all(legs().leg(inside[0], there) is None for there in outside)
    leg = legs().leg(inside[0], inside[-1])
    assert leg is not None
    assert leg.mode == "road"


def test_where_nobody_recorded_the_island_the_dearer_way_is_assumed():
    here, there = register().coops_of("11.06")[0], register().coops_of("11.06")[-1]
    leg = legs().leg(here, there)
    assert leg is not None
    assert leg.mode == "unsure"
    assert leg.cost_per_tonne_idr == 100_000 + math.ceil(round(haversine_metres(here, there)) * 6)


def test_a_bridge_is_a_road():
    rates = parse_rates(read("transport.csv"))
    joined = LegTable(register(), rates, bridges=[frozenset(("Belitung", "Mendanau"))])
    leg = joined.leg(PARIT, SELAT_NASIK)
    assert leg is not None
    assert leg.mode == "road"


def test_at_home_nothing_is_carried():
    assert legs().leg(PARIT, PARIT) == (0, 0, 0, "here", "estimated")
    assert legs().unit_cost(PARIT, PARIT, commodity("IKAN-TENGGIRI")) == 0


@pytest.mark.parametrize(
    ("code", "factor"),
    [("LADA-PUTIH", 1.0), ("IKAN-TENGGIRI", 1.5), ("LPG-3KG", 1.3), ("SAPI-HIDUP", 1.6)],
)
def test_cost_per_unit_follows_storage_and_weight_and_rounds_up(code, factor):
    goods = commodity(code)
    plain = legs().leg(PARIT, DUKONG)
    stored = legs().leg(PARIT, DUKONG, goods.storage)
    assert plain is not None
    assert stored is not None
    assert stored.cost_per_tonne_idr == math.ceil(round(plain.cost_per_tonne_idr * factor, 3))
    per_unit = legs().unit_cost(PARIT, DUKONG, goods)
    assert per_unit == -(-stored.cost_per_tonne_idr * goods.grams_per_unit // GRAMS)


def test_a_table_of_costs_is_its_pairs_and_is_quick_once_known():
    origins, destinations = (
        register().coops_of("36.02")[:100],
        register().coops_of("36.02")[200:300],
    )
    rice = commodity("BERAS-MED")
    table = legs().unit_costs(origins, destinations, rice)
    assert [len(row) for row in table] == [100] * 100
    assert table[7][31] == legs().unit_cost(origins[7], destinations[31], rice)
    spent = []
    for _ in range(5):
        before = perf_counter()
        assert legs().unit_costs(origins, destinations, rice) == table
        spent.append(perf_counter() - before)
    assert min(spent) < 0.02  # the aim is 0.003


def test_memory_of_pairs_is_bounded_and_forgetting_changes_nothing():
    table = LegTable(register(), parse_rates(read("transport.csv")))
    coops = register().coops_of("36.01")
    first = table.unit_costs(coops[:1], coops, commodity("BERAS-MED"))
    for hub in ("36.72", "36.01", "36.02", "36.74"):
        members = register().coops_of(hub)
        table.unit_costs(members, members, commodity("BERAS-MED"))
        kept = len(table._legs) + sum(map(len, table._costs.values()))
        assert kept == table._kept <= PAIRS_KEPT_MAX
    assert table.unit_costs(coops[:1], coops, commodity("BERAS-MED")) == first


def test_an_unknown_village_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        legs().leg(PARIT, CoopId("19.02.01.2001"))


def test_a_transport_table_without_a_rate_is_broken():
    lacking = b"\n".join(
        line for line in read("transport.csv").split(b"\n") if not line.startswith(b"boat,rate")
    )
    with pytest.raises(DataError):
        parse_rates(lacking)
