"""Return legs: what accepted flows leave empty on the way back, and what it does to a market."""

from random import Random
from typing import Any

import pytest

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.return_legs import Flow, ReturnLeg, return_legs, with_returns
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Terms
from streams.core.lines import NeedLine, OfferLine, Options
from tests.support.between import check_legal, market
from tests.support.lines import GOODS, TODAY, need, offer

MONEY = Options(bonuses=False, goods=GOODS)
HERE, THERE = "19.02", "31.71"
HOME = Leg(THERE, HERE, 900 * MICRO, 2, "sea")


def sent(kg: int = 400, *, day: int = TODAY, days: int = 1, mode: str = "sea") -> Flow:
    return Flow(HERE, THERE, day, days, kg, mode)


def back(*flows: Flow, today: int = TODAY, legs: tuple[Leg, ...] = (HOME,)) -> tuple[Any, ...]:
    return return_legs(flows, leg_book(legs), today)


def test_what_went_there_leaves_as_much_room_back_at_half_the_freight():
    (one,) = back(sent(400))
    cheap = HOME._replace(cost_micro=450 * MICRO, capacity_kg=400, departs_day=TODAY + 1)
    assert one == ReturnLeg(cheap._replace(back=True), HOME, 400, 0)
    assert one.saved_micro == 450 * MICRO


def test_flows_of_one_ship_add_up_and_each_arrival_is_a_leg_of_its_own():
    found = back(sent(100), sent(50), sent(70, days=3))
    assert [(one.leg.departs_day, one.leg.capacity_kg) for one in found] == [
        (TODAY + 1, 150),
        (TODAY + 3, 70),
    ]


def test_what_is_accepted_for_the_way_back_takes_its_room():
    home = Flow(THERE, HERE, TODAY + 1, 2, 150, "sea")
    (one,) = back(sent(400), home)
    assert (one.leg.capacity_kg, one.sent_kg, one.booked_kg) == (250, 400, 150)


def test_what_nobody_has_said_yes_to_takes_room_and_opens_none():
    home = Flow(THERE, HERE, TODAY + 1, 2, 150, "sea", firm=False)
    there = Leg(HERE, THERE, 800 * MICRO, 1, "sea")
    (one,) = back(sent(400), home._replace(kg=500), sent(70, days=3), legs=(HOME, there))
    assert (one.leg.departs_day, one.leg.capacity_kg) == (TODAY + 3, 70)
    assert back(sent(400)._replace(firm=False)) == ()


def test_a_book_with_a_few_legs_more_is_the_book_of_all_of_them():
    legs = [Leg(f"{a}", f"{b}", (a * b + 1) * MICRO, a) for a in range(9) for b in range(9)]
    more = [Leg("3", "4", MICRO, 1, back=True, departs_day=TODAY), Leg("8", "0", 99 * MICRO, 2)]
    also, fresh = leg_book(legs).also(more), leg_book([*legs, *more])
    assert tuple(also.legs) == tuple(fresh.legs)
    for column in ("origin", "target", "cost_micro", "days", "departs", "room_kg"):
        assert getattr(also, column).tolist() == getattr(fresh, column).tolist()
    assert also.digest != leg_book(legs).digest


def test_who_rides_home_opens_no_room_and_who_needs_a_truck_more_does():
    there = Leg(HERE, THERE, 800 * MICRO, 1, "sea")
    full = Flow(THERE, HERE, TODAY + 1, 2, 400, "sea")
    assert back(sent(400), full, legs=(HOME, there)) == ()
    (one,) = back(sent(400), full._replace(kg=430), legs=(HOME, there))
    assert (one.leg.from_hub, one.leg.capacity_kg) == (HERE, 30)
    assert one.leg.departs_day == TODAY + 3


@pytest.mark.parametrize(
    "flow",
    [
        sent(400, day=TODAY - 5),  # it is back long since
        sent(400, mode="road"),  # nothing of that mode goes back
        sent(0),
        Flow(HERE, HERE, TODAY, 0, 400, "sea"),
    ],
)
def test_where_nothing_comes_back_there_is_no_return_leg(flow: Flow):
    assert back(flow) == ()


def test_the_discount_is_on_the_cheapest_way_and_rounds_against_the_buyer():
    dear, odd = HOME._replace(cost_micro=2_000 * MICRO, days=1), HOME._replace(cost_micro=333)
    (one,) = return_legs([sent()], leg_book([dear, odd]), TODAY, 30)
    assert one.leg.cost_micro == 234  # 233.1 rounded up
    assert one.base == odd


@pytest.mark.parametrize("percent", [0, 100, -5])
def test_a_discount_that_is_none_or_all_is_refused(percent: int):
    with pytest.raises(ValueError, match="discount"):
        return_legs([sent()], leg_book([HOME]), TODAY, percent)
    with pytest.raises(ValueError, match="flow"):
        back(sent(-1))


def solve(offers: list[OfferLine], needs: list[NeedLine], *flows: Flow) -> Interchange:
    book = leg_book([HOME])
    terms = Terms(legs=with_returns(book, return_legs(flows, book, TODAY)))
    found = solve_between(offers, needs, terms, MONEY, TODAY)
    check_legal(found, offers, needs, terms)
    return found


def test_a_match_that_was_not_worth_its_freight_is_worth_it_on_the_way_back():
    offers, needs = [offer("o", 700, 1_000, hub=THERE)], [need("n", 700, 1_600, hub=HERE)]
    alone = solve(offers, needs)
    assert not alone.shipments
    assert alone.unmatched[0].reason == "price"
    (one,) = (found := solve(offers, needs, sent(400))).shipments
    assert one.quantity == 400 * MICRO  # no more than went out
    assert one.parts[0].legs[0].cost_micro == 450 * MICRO
    assert found.objective == 400 * (1_600 - 1_000 - 450)
    assert (found.certified, found.gap) == (True, 0)


@pytest.mark.parametrize("seed", range(10))
def test_return_legs_are_never_dearer_keep_their_room_and_never_make_a_market_poorer(seed: int):
    random = Random(seed)
    offers, needs, legs = market(random, 10)
    hubs = sorted({leg.from_hub for leg in legs})
    flows = []
    for _ in range(6):
        here, there = random.sample(hubs, 2)
        flows.append(Flow(here, there, TODAY + random.randint(0, 2), 1, random.randint(1, 40)))
    book = leg_book(legs)
    found = return_legs(flows, book, TODAY)
    assert found
    assert return_legs(random.sample(flows, len(flows)), book, TODAY) == found
    for one in found:
        assert one.leg.cost_micro <= min(
            leg.cost_micro
            for leg in legs
            if (leg.from_hub, leg.to_hub, leg.mode)
            == (one.leg.from_hub, one.leg.to_hub, one.leg.mode)
        )
        assert 0 < (one.leg.capacity_kg or 0) <= sum(flow.kg for flow in flows)
    before = solve_between(offers, needs, Terms(legs=book), MONEY, TODAY)
    after = solve_between(offers, needs, Terms(legs=with_returns(book, found)), MONEY, TODAY)
    assert after.certified
    assert after.objective >= before.objective
    rooms = {one.leg: (one.leg.capacity_kg or 0) * MICRO for one in found}
    for shipment in after.shipments:
        for part in shipment.parts:
            for leg in part.legs:
                rooms[leg] = rooms.get(leg, 1 << 60) - part.quantity
    assert min(rooms.values()) >= 0
