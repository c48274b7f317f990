"""Matching between hubs, case by case: what a hub officer would check by hand."""

import json
from dataclasses import replace
from typing import Any

import pytest

from schemas.quantity import MICRO
from streams.core.answer import answer
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.shares import shares
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.lines import NeedLine, OfferLine, Options, Unmatched
from streams.core.reasons import text
from tests.support.between import check_legal
from tests.support.lines import GOODS, TODAY, need, offer

MONEY = Options(bonuses=False, goods=GOODS)
HERE, THERE = "19.02", "31.71"
NUTS, COPRA = "KELAPA", "KOPRA"


def leg(cost: int = 100, days: int = 2, **more: Any) -> Leg:
    return Leg(HERE, THERE, cost * MICRO, days, **more)


def run(
    offers: list[OfferLine],
    needs: list[NeedLine],
    *ways: Leg,
    options: Options = MONEY,
    **terms: Any,
) -> Interchange:
    asked = Terms(legs=leg_book(ways), **terms)
    found = solve_between(offers, needs, asked, options, TODAY)
    if not asked.pooling and not asked.within:
        check_legal(found, offers, needs, asked)
    return found


def traded(found: Interchange) -> dict[tuple[str, str], int]:
    return {(s.offer, s.need): s.quantity // MICRO for s in found.shipments}


def why(found: Interchange, line: str) -> Unmatched:
    rest = next(u for u in found.unmatched if u.line == line)
    words = text(rest.reason, rest.figures)
    assert words.id
    assert words.en
    return rest


def far(line: str, quantity: int = 100, ceiling: int = 2_000, **more: Any) -> NeedLine:
    return need(line, quantity, ceiling, **{"hub": THERE} | more)


def test_goods_go_where_they_are_worth_most_and_both_sides_share_the_gain():
    found = run([offer("o", 150)], [far("n"), far("m", 100, 1_500)], leg(100, 3))
    assert traded(found) == {("o", "n"): 100, ("o", "m"): 50}
    (cheap, dear) = found.shipments
    assert (dear.price, dear.buyer_price, dear.leg_cost, dear.days) == (1_450, 1_550, 100, 3)
    assert cheap.price == 1_200
    assert found.objective == 100 * 900 + 50 * 400
    assert (found.certified, found.gap) == (True, 0)
    assert why(found, "m").reason == "outbid"
    assert all(part.legs[0].estimated for s in found.shipments for part in s.parts)


def kiln(micro: int, **more: Any) -> Process:
    return Process("R40", NUTS, COPRA, HERE, micro, **more)


def test_four_thousand_coconuts_at_four_a_kilogram_make_the_tonne_of_copra_nobody_has():
    nuts = offer("nuts", 4_000, 1_000, commodity=NUTS, family=NUTS)
    copra = need("copra", 1_000, 9_000, commodity=COPRA, family=NUTS)
    found = run([nuts], [copra], processes=(kiln(250_000, cost=500, days=4),))
    (one,) = found.shipments
    assert (one.given, one.quantity) == (4_000 * MICRO, 1_000 * MICRO)
    assert one.parts[0].process == kiln(250_000, cost=500, days=4)
    assert found.objective == 1_000 * (9_000 - 500) - 4_000 * 1_000
    assert not found.unmatched
    assert found.certified
    # At five a kilogram, the national figure, the same nuts make 800 kg.
    fewer = run([nuts], [copra], processes=(kiln(200_000, cost=500, days=4),))
    assert traded(fewer) == {("nuts", "copra"): 800}
    assert why(fewer, "copra").quantity == 200 * MICRO


def test_ready_goods_far_away_and_raw_goods_nearby_are_weighed_against_each_other():
    nuts = offer("nuts", 4_000, 1_000, commodity=NUTS, family=NUTS, hub=THERE)
    ready = offer("ready", 1_000, 5_000, commodity=COPRA, family=NUTS)
    copra = far("copra", 1_000, 9_000, commodity=COPRA, family=NUTS)
    there = kiln(250_000)._replace(hub=THERE)
    for freight, used in ((100, "ready"), (2_000, "nuts")):
        costs = 1_200 if used == "ready" else 0
        found = run([nuts, ready], [copra], leg(freight), processes=(there._replace(cost=costs),))
        assert {s.offer for s in found.shipments} == {used}


def test_what_a_mill_can_take_bounds_what_is_made_and_the_reason_says_so():
    nuts = offer("nuts", 4_000, 1_000, commodity=NUTS, family=NUTS)
    copra = need("copra", 1_000, 9_000, commodity=COPRA, family=NUTS)
    found = run([nuts], [copra], processes=(kiln(250_000, capacity=1_000 * MICRO),))
    assert traded(found) == {("nuts", "copra"): 250}
    assert why(found, "copra").reason == "capacity"


def test_fish_of_two_days_and_a_ship_in_three_are_refused_for_that_reason():
    fish = offer("fish", 80, expires_day=TODAY + 2)
    found = run([fish], [far("n")], leg(100, 1, mode="sea", departs_day=TODAY + 3))
    rest = why(found, "fish")
    assert rest.reason == "sailing"
    assert rest.figures["departs_day"] == TODAY + 3
    assert rest.figures["arrives_day"] == TODAY + 4
    assert why(run([fish], [far("n")], leg(100, 5)), "fish").reason == "shelf_life"
    gone = run([fish], [far("n")], leg(100, 1, mode="sea", departs_day=TODAY - 1))
    assert why(gone, "fish").reason == "no_sailing"


@pytest.mark.parametrize(
    ("offered", "asked", "ways", "reason"),
    [
        ({}, {}, [], "no_way"),
        ({}, {"needed_by_day": TODAY + 1}, [leg(100, 2)], "needed_by"),
        ({}, {"needed_by_day": TODAY + 2}, [leg(100, 1, departs_day=TODAY + 2)], "sailing"),
        ({"grade": "B"}, {"grade": "A"}, [leg()], "grade"),
        ({"floor": 1_950}, {}, [leg()], "price"),
        ({"min_lot": 120}, {}, [leg()], "min_lot"),
        ({"expires_day": TODAY - 1}, {}, [leg()], "expired"),
        ({"coop": "one"}, {"coop": "one"}, [leg()], "same_coop"),
        ({"commodity": "BIJIH-TIMAH"}, {"commodity": "BIJIH-TIMAH"}, [leg()], "trade"),
        ({"commodity": "LPG-3KG"}, {"commodity": "LPG-3KG"}, [leg()], "trade"),
        ({}, {"commodity": COPRA}, [leg()], "no_offer"),
    ],
)
def test_what_finds_no_partner_in_another_hub_is_told_why(
    offered: dict[str, Any], asked: dict[str, Any], ways: list[Leg], reason: str
):
    found = run([offer("o", **offered)], [far("n", **asked)], *ways)
    assert not found.shipments
    assert why(found, "n").reason == reason


def test_a_lot_too_small_is_told_with_its_size():
    rest = why(run([offer("o", 80, min_lot=200)], [far("n", 150)], leg()), "o")
    assert rest.figures["lot"] == 200 * MICRO
    assert rest.figures["possible"] == 80 * MICRO


def test_a_buyer_without_the_permit_gets_nothing_and_the_seller_hears_of_it():
    found = run([offer("o")], [far("n", coop="x")], leg(), permits={"LADA-PUTIH": frozenset("y")})
    assert not found.shipments
    assert {u.line: u.reason for u in found.unmatched} == {"o": "permit", "n": "permit"}


def test_contract_goods_move_between_the_two_ends_of_a_contract_only():
    gas: dict[str, Any] = {"commodity": "LPG-3KG", "family": "LPG-3KG"}
    lines = [offer("o", **gas)], [far("n", **gas)]
    contracts = replace(MONEY, contracts=frozenset({"o", "n"}))
    assert traded(run(*lines, leg(), options=contracts)) == {("o", "n"): 100}
    half = replace(MONEY, contracts=frozenset({"n"}))
    assert not run(*lines, leg(), options=half).shipments


def test_a_better_grade_serves_and_a_worse_does_not():
    lines = [offer("a", grade="A"), offer("b", grade="B"), offer("c", grade="C")]
    assert traded(run(lines, [far("n", 300, grade="B")], leg())) == {
        ("a", "n"): 100,
        ("b", "n"): 100,
    }


def test_emergencies_go_before_staples_and_staples_before_the_rest_whatever_they_pay():
    needs = [
        far("rich", 100, 9_000),
        far("staple", 60, 2_000, priority="staple"),
        far("flood", 70, 1_500, priority="emergency"),
    ]
    found = run([offer("o", 150)], needs, leg(), options=Options(goods=GOODS))
    assert traded(found) == {("o", "flood"): 70, ("o", "staple"): 60, ("o", "rich"): 20}
    assert traded(run([offer("o", 150)], needs, leg()))["o", "rich"] == 100


def test_a_leg_of_limited_room_carries_what_it_can_the_best_first():
    lines = [offer("o", 100), offer("p", 100, 1_200)]
    found = run(lines, [far("n", 200)], leg(capacity_kg=130), leg(900, capacity_kg=30))
    assert traded(found) == {("o", "n"): 100, ("p", "n"): 30}
    assert found.objective == 100 * 900 + 30 * 700
    assert why(found, "p").reason == "capacity"


def test_what_is_left_of_goods_may_be_less_than_a_lot_though_the_way_has_room():
    goods = [offer("o", 100, min_lot=50)]
    found = run(goods, [far("first", 60, 3_000), far("n", 300)], leg(capacity_kg=10_000))
    assert traded(found) == {("o", "first"): 60}
    for line in ("o", "n"):
        rest = why(found, line)
        assert (rest.reason, rest.figures["possible"]) == ("min_lot", 40 * MICRO)


def test_a_dear_fast_leg_serves_who_is_in_a_hurry_and_the_cheap_slow_one_the_rest():
    needs = [far("soon", needed_by_day=TODAY + 1), far("late")]
    found = run([offer("o", 200)], needs, leg(500, 1, mode="air"), leg(50, 6, mode="sea"))
    modes = {s.need: s.parts[0].legs[0].mode for s in found.shipments}
    assert modes == {"soon": "air", "late": "sea"}


def test_goods_stay_in_their_hub_within_the_tolerance_and_leave_beyond_it():
    lines = [offer("near", 100, 1_000), offer("far", 100, 900, hub=THERE)]
    ways = Leg(HERE, HERE, 0, 0), Leg(THERE, HERE, 50 * MICRO, 1)
    for tolerance, winner in ((0, "far"), (40, "far"), (60, "near")):
        found = run(lines, [need("n")], *ways, within=True, local_idr={"LADA-PUTIH": tolerance})
        assert {s.offer for s in found.shipments} == {winner}
    assert found.objective == 100 * 1_000


def test_a_pair_refused_and_a_pair_kept_are_seen_among_their_neighbours():
    lines = [offer("o", 100), offer("p", 100)], [far("m", 100), far("n", 100)]
    refused = replace(MONEY, held_back=frozenset({("o", "m"), ("p", "n")}))
    assert set(traded(run(*lines, leg(), options=refused))) == {("o", "n"), ("p", "m")}
    kept = Options(goods=GOODS, keep=frozenset({("o", "n"), ("p", "m")}))
    assert set(traded(run(*lines, leg(), options=kept))) == {("o", "n"), ("p", "m")}


def test_small_lots_pool_into_one_offer_and_the_shares_add_up_exactly():
    lots = [offer(f"o{k:02}", 7 + k, 1_000 + k, coop=f"c{k}") for k in range(44)]
    buyer = far("export", 1_000, 2_000, min_lot=800)
    assert not run(lots, [buyer], leg()).shipments
    found = run(lots, [buyer], leg(), pooling=True)
    assert sum(s.quantity for s in found.shipments) == 1_000 * MICRO
    assert len(found.shipments) == 44
    assert len({s.price for s in found.shipments}) == 1
    assert all(s.price >= 1_043 and s.pool for s in found.shipments)
    given = {s.offer: s.given for s in found.shipments}
    left = {u.line: u.quantity for u in found.unmatched}
    assert {o.line: given[o.line] + left.get(o.line, 0) for o in lots} == {
        o.line: o.quantity for o in lots
    }
    expected = sum(s.given * (2_000 - 100) for s in found.shipments)
    expected -= sum(given[o.line] * o.floor for o in lots)
    assert found.money_micro == expected


def test_small_orders_pool_into_one_purchase():
    orders = [far(f"n{k}", 10 + k, 2_000 - k, coop=f"b{k}") for k in range(9)]
    seller = offer("truckload", 500, min_lot=100)
    assert not run([seller], orders, leg()).shipments
    found = run([seller], orders, leg(), pooling=True)
    assert traded(found) == {("truckload", n.line): n.quantity // MICRO for n in orders}


def test_odd_units_go_to_the_largest_remainders_then_to_the_first():
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(7, [50, 30, 20]) == [4, 2, 1]
    with pytest.raises(ValueError, match="nothing to share by"):
        shares(1, [0, 0])


def test_a_leg_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="less than nothing"):
        leg_book([leg(-1)])


def answered(**parts: Any) -> Any:
    pepper = {"commodity": "LADA-PUTIH", "quantity": 100}
    file = {
        "now": "2026-11-22",
        "offers": [pepper | {"line": "o", "coop": "19.02.01.2001", "floor_price": 100_000}],
        "needs": [pepper | {"line": "n", "coop": "31.71.01.1001", "ceiling_price": 120_000}],
        "legs": [{"from": HERE, "to": THERE, "cost_per_kg": 900, "days": 3}],
        "options": {"bonuses": False, "network": True},
    }
    return json.loads(answer(json.dumps(file | parts).encode()))


def test_a_problem_file_with_a_network_tells_the_way_of_every_match():
    found = answered()
    assert found["objective"] == 100 * (20_000 - 900)
    assert (found["certified"], found["gap"]) == (True, 0)
    (one,) = found["proposals"]
    assert (one["price"], one["buyer_price"], one["leg_cost"], one["days"]) == (
        109_550,
        110_450,
        900,
        3,
    )
    assert one["lineage"] == [
        {
            "quantity": "100",
            "days": 3,
            "legs": [
                {
                    "from": HERE,
                    "to": THERE,
                    "cost_per_kg": "900",
                    "days": 3,
                    "mode": "road",
                    "estimated": True,
                }
            ],
        }
    ]


def test_the_network_and_the_pairs_of_a_plain_problem_agree():
    plain = answered(options={"bonuses": False})
    network = answered()
    same = ("match", "offer", "need", "quantity", "price", "buyer_price", "leg_cost", "days")
    assert plain["objective"] == network["objective"]
    assert [[p[key] for key in same] for p in plain["proposals"]] == [
        [p[key] for key in same] for p in network["proposals"]
    ]


def test_a_recipe_of_the_catalogue_takes_the_yield_its_hub_declares():
    found = answered(
        offers=[
            {"line": "nuts", "coop": "19.02.01.2001", "commodity": NUTS, "quantity": 4_000}
            | {"floor_price": 1_000}
        ],
        needs=[
            {"line": "copra", "coop": "19.02.01.2002", "commodity": COPRA, "quantity": "1"}
            | {"unit": "TON", "ceiling_price": 9_000}
        ],
        recipes=[{"recipe": "R40", "yield": "0.25", "cost": 500, "hub": HERE}],
    )
    (one,) = found["proposals"]
    assert (one["given"], one["given_commodity"], one["quantity"]) == ("4000", NUTS, "1000")
    assert one["lineage"][0]["recipe"]["yield"] == "0.25"
    assert found["unmatched"] == []


def test_a_ship_that_leaves_too_late_is_told_in_both_languages():
    ship = {"from": HERE, "to": THERE, "cost_per_kg": 900, "days": 1, "mode": "sea"}
    found = answered(
        legs=[ship | {"departs_on": "2026-11-25"}],
        offers=[
            {"line": "o", "coop": "19.02.01.2001", "commodity": "IKAN-TENGGIRI", "quantity": 80}
            | {"expires_on": "2026-11-24"}
        ],
        needs=[
            {"line": "n", "coop": "31.71.01.1001", "commodity": "IKAN-TENGGIRI", "quantity": 80}
        ],
    )
    for rest in found["unmatched"]:
        assert rest["reason"] == "sailing"
        assert "2026-11-25" in rest["detail"]["id"]
        assert "too late" in rest["detail"]["en"]
