"""The nation's network: five real regions, islands without a port, figures against the sources."""

import timeit
from datetime import date
from time import process_time

import numpy as np
import pytest

from schemas.identity import HubId
from schemas.network_calendar import day_number
from schemas.network_reference import sailings, tables
from streams.core.interchange.leg_table import Leg, united
from streams.core.interchange.legs import leg_book
from streams.core.interchange.network import Network, Ways
from streams.core.interchange.network_land import NO_WAY, truck_cost
from tests.support.networks import brute_ways, nation, small

SUNDAY = day_number(date(2026, 11, 22))
BELITUNG, KUKAR, BANTUL, SERANG, TARAKAN = "19.02", "64.02", "34.02", "36.04", "65.71"
REGIONS = (BELITUNG, KUKAR, BANTUL, SERANG, TARAKAN)
WITHOUT_A_PORT = {"21.03": "Natuna", "53.12": "Sumba", "81.07": "Aru", "82.07": "Morotai"}


@pytest.fixture(scope="module")
def ways() -> Ways:
    return nation().on(SUNDAY)


def rupiah_per_kg(leg: Leg | None) -> int:
    assert leg is not None
    return leg.cost_micro // 1_000_000


@pytest.mark.parametrize(
    ("ends", "mode", "rupiah", "days"),
    [
        ((BELITUNG, SERANG), "sea", (900, 1_300), (5, 12)),
        ((BELITUNG, BANTUL), "sea", (1_100, 1_700), (5, 13)),
        ((BELITUNG, KUKAR), "sea", (1_500, 2_500), (12, 24)),
        ((KUKAR, TARAKAN), "ferry", (450, 900), (1, 3)),
        ((KUKAR, BANTUL), "sea", (1_100, 1_800), (7, 14)),
        ((BANTUL, SERANG), "road", (400, 700), (1, 2)),
        ((TARAKAN, SERANG), "sea", (900, 1_500), (8, 15)),
        ((TARAKAN, BELITUNG), "sea", (1_500, 2_500), (14, 26)),
    ],
)
def test_the_five_regions_have_legs_a_person_finds_plausible(ways, ends, mode, rupiah, days):
    for pair in (ends, ends[::-1]):
        found = ways.legs(*pair)
        quoted = [(rupiah_per_kg(leg), ways.arrival(leg), leg.mode) for leg in found]
        fits = [q for q in quoted if rupiah[0] <= q[0] <= rupiah[1] and q[2] == mode]
        assert any(days[0] <= q[1] <= days[1] for q in fits), (pair, quoted)


def test_a_way_from_belitung_is_told_stretch_by_stretch(ways):
    (first, second, third) = ways.parts(BELITUNG, SERANG)
    assert [part.mode for part in (first, second, third)] == ["road", "sea", "road"]
    assert (second.origin, second.target) == ("IDTJQ", "IDTPP")
    costs = sum(part.cost_per_tonne_idr for part in (first, second, third))
    assert costs * 1000 == ways.legs(BELITUNG, SERANG)[0].cost_micro
    assert {part.basis for part in (first, second, third)} == {"estimated"}


@pytest.mark.parametrize(
    ("origin", "target", "idr_per_tonne", "within"),
    [
        ("IDSUB", "LOC-SEBATIK", 317_000, 0.04),  # T04, 2017
        ("IDSUB", "LOC-MERAUKE", 6_000_000 // 15, 0.04),  # T03, 2019, a box of 15 t
        ("LOC-SADAI", "LOC-TJRU", 3_490_000 // 8, 0.01),  # T08, a truck of 8 t
    ],
)
def test_the_least_tariff_of_a_line_meets_its_source(origin, target, idr_per_tonne, within):
    tariffs = [s.tariff_idr for s in sailings() if (s.origin, s.target) == (origin, target)]
    assert abs(min(tariffs) - idr_per_tonne) <= within * idr_per_tonne


def test_a_truck_from_jakarta_to_surabaya_costs_what_the_press_says_and_a_little_more(ways):
    rate = rupiah_per_kg(ways.leg("31.73", "35.78"))
    assert 6_500_000 / 15_000 <= rate <= 1.6 * 6_500_000 / 15_000  # T02, 2019; raised since


def test_freight_and_days_say_that_they_are_estimated_until_somebody_observed_all_of_it(ways):
    assert all(leg.estimated for leg in ways.all_legs(REGIONS))
    seen = small("R,boat,19.02,34.02,daily,1,5,100000,observed")
    (leg, *_) = seen.on(SUNDAY).legs(BELITUNG, BANTUL)
    assert (leg.mode, leg.capacity_kg) == ("boat", 5_000)
    road = seen.on(SUNDAY).leg(BANTUL, "35.78")
    assert road is not None
    assert road.estimated


def test_a_way_of_observed_sailings_alone_is_observed():
    seen = small("R,sea,19.02,34.02,Mon,1,5,100000,observed")
    (leg,) = seen.on(SUNDAY).legs(BELITUNG, BANTUL)
    assert not leg.estimated
    assert leg.cost_micro == (100_000 + 2 * 90_000) * 1000


def test_islands_without_a_port_are_unreachable_until_something_sails_there(ways):
    for hub, island in WITHOUT_A_PORT.items():
        assert tables().hubs[HubId(hub)].island == island
        outside = [leg.to_hub for leg in ways.all_legs((hub, *REGIONS)) if leg.from_hub == hub]
        assert outside == []
        assert nation().obstacle(hub, BANTUL) == nation().obstacle(BANTUL, hub) == "no_port"
    opened = small("N,sea,IDTPP,21.03,Mon,2,50,300000,observed")
    assert opened.on(SUNDAY).legs(BANTUL, "21.03")
    assert opened.on(SUNDAY).legs("21.03", BANTUL) == ()
    assert opened.obstacle("21.03", BANTUL) == "no_sailing"


def test_parts_without_a_road_are_reached_by_nobody(ways):
    assert tables().pockets[HubId("94.05")] == "Puncak"
    assert nation().obstacle(BANTUL, "94.05") == "no_road_out"
    assert ways.legs(BANTUL, "94.05") == ()
    assert ways.legs("95.01", "95.04")  # both about Wamena


def test_no_sailing_no_way():
    assert (
        small("R,sea,IDTPP,IDTJQ,2026-01-05,2,50,1,estimated").on(SUNDAY).legs(BANTUL, BELITUNG)
        == ()
    )
    assert small("R,sea,IDTPP,IDTJQ,Mon,2,50,1,estimated").on(SUNDAY).legs(BELITUNG, BANTUL) == ()


def test_goods_of_two_days_take_no_ship_in_three_and_perishables_take_the_faster_way(ways):
    boat = small("R,ferry,LOC-TJSELOR,IDTRK,2026-11-25,0.2,5,1,estimated").on(SUNDAY)
    assert boat.leg("65.01", "65.71", within_days=2) is None
    late = boat.leg("65.01", "65.71", within_days=4)
    assert late is not None
    assert late.departs_day is not None
    slow, fast = ways.leg(BELITUNG, BANTUL), ways.leg(BELITUNG, BANTUL, within_days=6)
    assert slow is not None
    assert fast is not None
    assert fast.cost_micro > slow.cost_micro
    assert ways.arrival(fast) < ways.arrival(slow)
    assert ways.leg(BELITUNG, BANTUL, within_days=1) is None


def test_a_leg_leaves_on_the_last_day_that_catches_its_ship():
    network = small("R,sea,IDTPP,IDTJQ,2026-12-01,2,50,1,estimated")
    (leg,) = network.on(SUNDAY).legs("31.72", BELITUNG)
    assert leg.departs_day is not None
    for day in (SUNDAY + 1, leg.departs_day):
        assert network.on(day).legs("31.72", BELITUNG) == (leg,)
    assert network.on(leg.departs_day + 1).legs("31.72", BELITUNG) == ()


def test_later_ships_are_given_to_goods_that_are_not_ready_yet():
    network = small("R,sea,IDTPP,IDTJQ,Mon Thu,2,50,1,estimated")
    legs = network.legs_until("31.72", BELITUNG, SUNDAY, SUNDAY + 13)
    days = [leg.departs_day for leg in legs]
    assert len(set(days)) == len(days) == 5
    assert days == sorted(days, key=lambda day: day or 0)
    assert leg_book(legs).arrival(SUNDAY, ready=5).max() >= 5


def test_trucks_cost_the_same_both_ways_and_never_less_for_a_longer_way():
    land = nation().land
    assert np.array_equal(land.metres, land.metres.T)
    assert np.array_equal(land.cost, land.cost.T)
    road = (land.cost < NO_WAY) & (land.chains == 0) & (land.metres > 0)
    order = np.argsort(land.metres[road], kind="stable")
    assert (np.diff(land.cost[road][order]) >= 0).all()


def test_a_truck_is_charged_by_the_class_that_its_load_fills():
    away = np.array([10_000, 20_000, 60_000, 149_999, 150_000, 800_000])
    trucks = tables().rates.trucks
    assert truck_cost(trucks, away, 15_000_000).tolist() == [
        *(83_000, 106_000),  # the medium truck: 60,000 and 2,300 a km
        *(187_500, 187_500, 187_500),  # the large one, as for the 150 km it is hired for
        610_000,
    ]
    assert truck_cost(trucks, away, 8_000_000).tolist()[-1] == 1_900_000
    assert truck_cost(trucks, away, 500_000).tolist()[-1] == 2_860_000


def test_a_return_load_on_a_subsidised_route_pays_half():
    tariffs = {(s.origin, s.target): s.tariff_idr for s in sailings() if s.route == "H-5"}
    out, back = tariffs["IDSUB", "LOC-MERAUKE"], tariffs["LOC-MERAUKE", "IDSUB"]
    assert back == -(-out // 2)


def test_the_whole_country_is_worked_out_in_time_and_no_detour_is_cheaper():
    began = process_time()
    network = Network(tables(), sailings())
    ways = network.on(SUNDAY)
    hubs = network.hubs
    cheapest = np.full((len(hubs), len(hubs)), NO_WAY)
    for n, origin in enumerate(hubs):
        for k, keys in enumerate(ways._row(origin).columns.T.tolist()):
            cheapest[n, k] = min(keys[0] >> 28, NO_WAY) if keys else NO_WAY
    spent = process_time() - began
    np.fill_diagonal(cheapest, 0)
    assert (cheapest < NO_WAY).sum() > 200_000
    for b in range(0, len(hubs), 8):
        by_way_of = cheapest[:, b][:, None] + cheapest[b][None, :]
        reached = by_way_of < NO_WAY
        assert (cheapest <= by_way_of)[reached].all(), hubs[b]
    assert spent < 20, "2 seconds of a quiet machine"


def test_a_leg_that_was_asked_for_before_is_found_at_once(ways):
    ways.legs(BELITUNG, BANTUL)
    runs = [
        timeit.timeit(lambda: ways.legs(BELITUNG, BANTUL), number=2_000) / 2_000 for _ in range(5)
    ]
    assert min(runs) < 5e-6, "a quarter of a microsecond on a quiet machine"


def test_the_real_legs_of_a_few_pairs_are_those_that_no_chain_beats():
    network = small(
        "A,sea,IDTPP,IDTJQ,Mon Thu,1.1,5,500000,estimated",
        "B,sea,IDTPP,IDTRK,2024-01-01/14,4.2,5,300000,estimated",
        "C,sea,IDSUB,IDTRK,Wed,3.4,5,600000,estimated",
        "D,sea,IDTJQ,IDSUB,Fri,2,5,100000,estimated",
        "E,ferry,LOC-TJSELOR,IDTRK,daily,0.2,5,100000,estimated",
    )
    ways = network.on(SUNDAY)
    for target in ("65.71", "19.02", "34.02"):
        found = [(leg.cost_micro // 1000, ways.arrival(leg)) for leg in ways.legs("31.72", target)]
        assert found == brute_ways(network, "31.72", target, SUNDAY)
        assert found


def test_the_table_of_all_ways_tells_each_as_it_is_told_alone(ways):
    hubs = sorted(nation().hubs)[::11]
    alone = [leg for origin in hubs for target in hubs for leg in ways.legs(origin, target)]
    table = ways.all_legs(hubs)
    assert len(alone) > 2_000
    assert {leg.mode for leg in alone} == {"road", "ferry", "boat", "sea"}
    assert list(table) == alone
    assert [table[at] for at in (0, 7, -1)] == [alone[0], alone[7], alone[-1]]
    assert len(nation().on(SUNDAY).all_legs([BELITUNG])) == 0
    nowhere = nation().on(SUNDAY).all_legs([])
    assert list(united([nowhere, table])) == list(table)
