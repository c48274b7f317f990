"""Prices of a round between hubs, by hand, and what a line of a hub makes of them."""

from typing import Any

import msgspec

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.outlook import Quote, Step, outlook, steady
from streams.core.interchange.quoting import Posed, quotes
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Process, Terms
from streams.core.lines import Bond, NeedLine, OfferLine, Options
from tests.support.lines import GOODS, TODAY, need, offer

HILL, PORT, TOWN = "19.01", "19.02", "31.71"
PEPPER = "LADA-PUTIH"
PLAIN = Options(bonuses=False, goods=GOODS)


def way(origin: str, target: str, idr: int, days: int = 1, **more: Any) -> Leg:
    return Leg(origin, target, idr * MICRO, days, "road", **more)


ROADS = (way(HILL, PORT, 100), way(PORT, TOWN, 300), way(HILL, TOWN, 500), way(TOWN, HILL, 450))


def told(
    offers: list[OfferLine], needs: list[NeedLine], *legs: Leg, options: Options = PLAIN, **of: Any
) -> Any:
    terms = Terms(legs=leg_book(legs or ROADS), **of)
    found = solve_between(offers, needs, terms, options, TODAY)
    return quotes(Posed(offers, needs, terms, options, TODAY, found.shipments))


def test_a_hub_sells_to_others_net_of_freight_and_not_to_itself():
    found = told([], [need("n", ceiling=2_000, hub=TOWN), need("m", ceiling=1_900, hub=PORT)])
    assert found[HILL][PEPPER, "A"].sell == (Step(1, 1_800),)
    assert found[PORT][PEPPER, "A"].sell == (Step(1, 1_700),)
    assert TOWN not in found


def test_a_hub_buys_from_others_with_freight():
    found = told([offer("o", floor=1_000, hub=HILL), offer("p", floor=1_050, hub=PORT)], [])
    assert found[TOWN][PEPPER, "A"].buy == (Step(1, 1_350),)
    assert found[PORT][PEPPER, "A"].buy == (Step(1, 1_100),)
    assert HILL not in found


def test_who_has_all_it_needs_pays_no_more_than_its_seller_would_get_elsewhere():
    offers, needs = [offer("o", 100, 1_000, hub=HILL)], [need("n", 60, 2_000, hub=TOWN)]
    assert told(offers, needs)[PORT][PEPPER, "A"].sell == (Step(1, 1_200),)
    other = need("m", 100, 1_300, hub=PORT)
    assert told(offers, [*needs, other])[PORT][PEPPER, "A"].sell == (Step(1, 1_400),)


def test_what_a_hub_could_not_sell_is_worth_no_more_than_it_asks_for_it():
    way_back = (way(HILL, TOWN, 500),)
    offers = [offer("o", 30, 1_200, hub=HILL)]
    needs = [need("n", 20, 2_000, hub=TOWN), need("lot", 20, 2_000, hub=TOWN, min_lot=20 * MICRO)]
    found = told(offers, needs, *way_back)  # ten are left: too few for the other lot
    assert found[HILL][PEPPER, "A"].sell == (Step(1, 1_200),)


def test_what_a_hub_could_not_buy_costs_no_less_than_it_would_pay():
    offers, needs = [offer("lot", 40, 1_000, hub=HILL)], [need("n", 30, 1_900, hub=TOWN)]
    offers = [msgspec.structs.replace(offers[0], min_lot=40 * MICRO)]
    found = told(offers, needs, way(HILL, TOWN, 500))
    assert found[TOWN][PEPPER, "A"].buy == (Step(1, 1_900),)


def test_more_days_under_way_are_a_better_price():
    legs = (way(HILL, TOWN, 900, 1), way(HILL, TOWN, 400, 4), way(HILL, TOWN, 600, 6))
    found = told([offer("o", floor=3_000, hub=HILL)], [need("n", ceiling=2_000, hub=TOWN)], *legs)
    assert found[HILL][PEPPER, "A"].sell == (Step(1, 1_100), Step(4, 1_600))
    assert found[TOWN][PEPPER, "A"].buy == (Step(1, 3_900), Step(4, 3_400))
    soon = need("n", ceiling=2_000, hub=TOWN, needed_by_day=TODAY + 3)
    assert told([], [soon], *legs)[HILL][PEPPER, "A"].sell == (Step(1, 1_100),)


def test_a_grade_that_nobody_takes_or_has_is_no_price():
    found = told([offer("o", grade="C", hub=HILL)], [need("n", grades=frozenset("A"), hub=TOWN)])
    assert found[HILL] == {(PEPPER, "A"): Quote(sell=(Step(1, 1_500),))}
    assert found[TOWN] == {(PEPPER, "C"): Quote(buy=(Step(1, 1_500),))}


def test_goods_that_are_not_free_and_a_full_ship_have_no_price():
    oil: dict[str, Any] = {"commodity": "LPG-3KG", "hub": TOWN}
    assert told([], [need("n", **oil)]) == {}
    ship = way(HILL, TOWN, 100, capacity_kg=40)
    lines = [offer("o", 100, hub=HILL)], [need("n", 100, hub=TOWN)]
    assert told(*lines, ship) == {}
    assert told(*lines, ship._replace(capacity_kg=41))[HILL] == {}


def test_what_a_mill_lies_between_keeps_the_price_it_agreed_on():
    nuts = offer("o", 100, 1_000, hub=HILL, commodity="KELAPA", grade="UNGRADED")
    copra = need("n", 20, 9_000, hub=TOWN, commodity="KOPRA")
    mill = Process("R", "KELAPA", "KOPRA", HILL, 250_000)
    found = told([nuts], [copra], processes=(mill,))
    # 80 nuts become 20 kg: 9,000 - 500 - 4 x 1,000 to share, of which a quarter half is a nut's.
    assert found[TOWN]["KELAPA", "UNGRADED"].buy == (Step(1, 1_000 + 562 + 500),)


def known(**quote: Quote) -> dict[tuple[str, str], Quote]:
    return {(PEPPER, grade): of for grade, of in quote.items()}


STAIR = Quote(sell=(Step(1, 1_100), Step(4, 1_600)), buy=(Step(1, 1_900), Step(4, 1_400)))


def test_an_offer_looks_as_far_as_its_goods_keep():
    def look(**of: Any) -> dict[str, int]:
        return outlook([offer("o", floor=1_000, **of)], [], known(A=STAIR), PLAIN, TODAY)

    assert look() == {"o": 600}
    assert look(expires_day=TODAY + 6) == {"o": 600}
    assert look(expires_day=TODAY + 5) == {"o": 100}
    assert look(expires_day=TODAY + 1) == {}
    assert look(grade="B") == {}


def test_a_need_looks_at_the_cheapest_grade_that_serves_in_time():
    quote = known(A=STAIR, B=Quote(buy=(Step(2, 1_200),)))

    def look(**of: Any) -> dict[str, int]:
        return outlook([], [need("n", ceiling=2_000, **of)], quote, PLAIN, TODAY)

    assert look() == {"n": 800}
    assert look(grade="A") == {"n": 600}
    assert look(needed_by_day=TODAY + 1) == {"n": 100}
    assert look(needed_by_day=TODAY) == {}
    assert look(priority="emergency") == {}


def test_lines_that_stay_in_their_hub_look_nowhere_else():
    lines = [offer("o", floor=1_000)], [need("n", ceiling=2_000)]
    asks = Options(goods=GOODS, bonds={"o": Bond(asks=("halal",)), "n": Bond(holds=("halal",))})
    assert outlook(*lines, known(A=STAIR), asks, TODAY) == {"n": 600}
    bound = Options(goods=GOODS, contracts=frozenset({"o", "n"}))
    assert outlook(*lines, known(A=STAIR), bound, TODAY) == {}


def test_what_only_one_of_two_rounds_promises_is_not_counted_on():
    assert steady([{"o": 600, "n": 100, "p": 5}, {"o": 400, "n": 150}]) == {"n": 100, "o": 400}
    assert steady([{"o": 600}]) == {"o": 600}
    assert steady([]) == {}
