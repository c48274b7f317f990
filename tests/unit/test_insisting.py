"""Lines that insist on a lot nobody could carry are taken out before a round is solved."""

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.insisting import in_reach, too_small
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.road import Road, hub_numbers
from streams.core.interchange.sides import Sides, sides
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.lines import NeedLine, OfferLine, Options
from tests.support.lines import GOODS, TODAY, need, offer

HERE, THERE = "19.02", "31.71"
MONEY, FULL = Options(bonuses=False, goods=GOODS), Options(goods=GOODS)


def run(
    offers: list[OfferLine],
    needs: list[NeedLine],
    options: Options = MONEY,
    room: int | None = 500,
) -> Interchange:
    """Over a ship of limited room: such a round is not searched pair by pair."""
    terms = Terms(legs=leg_book([Leg(HERE, THERE, 100 * MICRO, 2, capacity_kg=room)]))
    return solve_between(offers, needs, terms, options, TODAY)


def traded(found: Interchange) -> dict[tuple[str, str], int]:
    return {(s.offer, s.need): s.quantity // MICRO for s in found.shipments}


def far(line: str, quantity: int, ceiling: int, lot: int = 0) -> NeedLine:
    return need(line, quantity, ceiling, hub=THERE, min_lot=lot)


def names(lines: tuple[list[OfferLine], list[NeedLine]]) -> list[str]:
    return [line.line for side in lines for line in side]


def test_a_need_stays_while_somebody_has_its_lot():
    offers = [offer("o", 30), offer("p", 60)]
    assert names(in_reach(offers, [need("n", 100, min_lot=60)], ())) == ["o", "p", "n"]
    assert names(in_reach(offers, [need("n", 100, min_lot=61)], ())) == ["o", "p"]


def test_an_offer_stays_while_somebody_wants_its_lot():
    needs = [need("n", 30), need("m", 60)]
    assert names(in_reach([offer("o", 100, min_lot=60)], needs, ())) == ["o", "n", "m"]
    assert names(in_reach([offer("o", 100, min_lot=61)], needs, ())) == ["n", "m"]


def test_who_goes_may_leave_another_alone():
    offers = [offer("o", 100, min_lot=80), offer("p", 30)]
    needs = [need("n", 90, min_lot=85), need("m", 40)]
    assert names(in_reach(offers, needs, ())) == ["o", "p", "n", "m"]
    assert names(in_reach(offers[1:], needs, ())) == ["p", "m"]
    assert names(in_reach(offers, needs[1:], ())) == ["p", "m"]


def test_a_lot_may_be_made_of_something_else():
    mill = Process("R1", "KELAPA", "KOPRA", "19.02", 250_000)
    nuts = [offer("o", 100, commodity="KELAPA")]
    for lot, left in ((25, ["o", "n"]), (26, ["o"])):
        wanted = [need("n", 50, commodity="KOPRA", min_lot=lot)]
        assert names(in_reach(nuts, wanted, (mill,))) == left
        assert names(in_reach(nuts, wanted, ())) == ["o"]
    asked = [need("n", 5, commodity="KOPRA")]
    for lot, left in ((20, ["o", "n"]), (21, ["n"])):
        insists = [offer("o", 100, commodity="KELAPA", min_lot=lot)]
        assert names(in_reach(insists, asked, (mill,))) == left


def test_a_lot_that_nobody_alone_can_carry_keeps_others_from_nothing_and_the_proof_whole():
    small = [offer(f"o{n}", 30, hub=HERE) for n in range(3)]
    needs = [far("large", 200, 9_000, 50), far("plain", 80, 1_500)]
    found = run(small, needs)
    assert sum(traded(found).values()) == 80
    assert {pair[1] for pair in traded(found)} == {"plain"}
    assert (found.certified, found.gap) == (True, 0)
    assert {rest.reason for rest in found.unmatched if rest.line == "large"} == {"min_lot"}


def test_only_who_can_carry_a_lot_is_asked_for_it():
    offers = [offer("small", 30, 900, hub=HERE), offer("large", 70, 1_000, hub=HERE)]
    needs = [far("lot", 100, 2_000, 50), far("plain", 100, 1_900)]
    found = run(offers, needs)
    assert traded(found) == {("large", "lot"): 70, ("small", "plain"): 30}
    assert (found.certified, found.gap) == (True, 0)


def test_what_spoils_is_sold_at_no_loss_however_many_lie_beside_it():
    # Each of ten lots counts more for being about to spoil than it would lose.
    spoiling = [
        offer(f"o{n}", 10, 1_950 + n, hub=HERE, coop=f"c{n}", expires_day=TODAY + 4)
        for n in range(10)
    ]
    found = run([*spoiling, offer("p", 5, 1_800, hub=HERE)], [far("n", 10, 2_000)], FULL, None)
    assert traded(found) == {("p", "n"): 5}
    assert (found.certified, found.gap) == (True, 0)


def test_a_pair_is_too_small_only_if_no_mill_and_no_two_mills_carry_its_lots():
    slow = Process("R1", "KELAPA", "KOPRA", HERE, 200_000)
    quick = Process("R2", "KELAPA", "KOPRA", HERE, 250_000)
    nuts = offer("o", 100, commodity="KELAPA", min_lot=90)
    for lot, ways, found in (
        (25, (quick,), []),
        (26, (quick,), [(0, 0)]),
        (21, (slow,), [(0, 0)]),
        (21, (slow, quick), []),
        (21, (), []),  # they cannot meet at all
    ):
        asked = need("n", 50, commodity="KOPRA", min_lot=lot)
        assert list(too_small(columns([nuts], [asked], ways), ways)) == found


def columns(offers: list[OfferLine], needs: list[NeedLine], ways: tuple[Process, ...]) -> Sides:
    terms = Terms(legs=leg_book([Leg(HERE, HERE, 0, 0)]), processes=ways)
    places = {o.hub for o in offers} | {n.hub for n in needs}
    road = Road(terms, TODAY, hub_numbers(terms.legs, places))
    return sides(offers, needs, MONEY, road, np.zeros(len(offers), np.int64))
