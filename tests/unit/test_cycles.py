"""Short rings of goods: what is proposed, how it is evened out, and what a refusal changes."""

from random import Random
from typing import Any

import msgspec
import pytest

from schemas.quantity import MICRO
from streams.core.interchange.cycles import Cycle, Cycles, Refused, find_again, find_cycles
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.swap_words import told
from streams.core.interchange.swaps import Barter, Rules
from streams.core.interchange.terms import Terms
from streams.core.lines import NeedLine, OfferLine, Options
from streams.core.reasons import Text
from tests.support.lines import GOODS, TODAY, need, offer

GEBANG, FARM = "32.09.25.2001", "32.09.19.2004"
AGREED = {
    "BERAS-MED": 13_500,
    "KANGKUNG": 7_000,
    "IKAN-ASIN": 16_000,
    "ABON-IKAN": 18_000,
    "IKAN-BANDENG": 15_000,
}
"""Whole rupiah per kg that the two sides of the swap in Gebang might have set, no market's."""
COCONUT, RICE, PEPPER = "KELAPA", "BERAS-MED", "LADA-PUTIH"
PRICES = {COCONUT: 5_000, RICE: 13_000, PEPPER: 110_000}


def barter(
    offers: list[OfferLine], needs: list[NeedLine], freight: int = 200, **rules: Any
) -> Barter:
    hubs = sorted({o.hub for o in offers} | {n.hub for n in needs})
    legs = [Leg(a, b, freight * MICRO, 1) for a in hubs for b in hubs]
    known = Rules(**{"reference": PRICES} | rules)
    return Barter(
        offers, needs, Terms(legs=leg_book(legs), within=True), Options(goods=GOODS), known, TODAY
    )


def gives(coop: str, goods: str, units: int, **more: Any) -> OfferLine:
    price = (PRICES | AGREED)[goods]
    return offer(f"{coop} has {goods}", units, price, coop=coop, commodity=goods, **more)


def wants(coop: str, goods: str, units: int, **more: Any) -> NeedLine:
    price = (PRICES | AGREED)[goods]
    return need(f"{coop} needs {goods}", units, price, coop=coop, commodity=goods, **more)


def gone(found: Cycles) -> dict[tuple[str, str, str], int]:
    return {
        (giver, taker, move.offer.commodity): move.units
        for cycle in found.cycles
        for giver, taker, move in cycle.transfers
    }


def check(found: Cycles, given: Barter) -> None:
    """All that a proposal promises, from the lines alone."""
    left = {("offer", o.line): o.quantity for o in given.offers}
    left |= {("need", n.line): n.quantity for n in given.needs}
    for cycle in found.cycles:
        assert 2 <= len(set(cycle.parties)) == len(cycle.parties) <= given.rules.parties_max
        values = [sum(move.value for move in basket) for basket in cycle.moves]
        for at, cash in enumerate(cycle.cash):
            assert cash == values[at] - values[at - 1]
            most = max(values[at], values[at - 1])
            assert 100 * abs(cash) <= given.rules.cash_percent * most
        assert sum(cycle.cash) == 0
        assert cycle.value == sum(values)
        for giver, taker, move in cycle.transfers:
            assert (move.offer.coop, move.need.coop) == (giver, taker)
            assert move.price == given.rules.reference[move.offer.commodity]
            left["offer", move.offer.line] -= move.units * MICRO
            left["need", move.need.line] -= move.units * MICRO
    assert min(left.values(), default=0) >= 0
    assert found.worth <= found.bound
    assert found.worth == sum(cycle.value - cycle.freight for cycle in found.cycles)


def gebang() -> tuple[list[OfferLine], list[NeedLine]]:
    """Gebang, 13 August 2020: 200 kg of rice and vegetables for 132 kg of fish."""
    fish = {"IKAN-ASIN": 79, "ABON-IKAN": 43, "IKAN-BANDENG": 10}
    food = {"BERAS-MED": 120, "KANGKUNG": 80}
    offers = [gives(GEBANG, goods, kg, hub="32.09") for goods, kg in fish.items()]
    offers += [gives(FARM, goods, kg, hub="32.09") for goods, kg in food.items()]
    needs = [wants(FARM, goods, kg, hub="32.09") for goods, kg in fish.items()]
    needs += [wants(GEBANG, goods, kg, hub="32.09") for goods, kg in food.items()]
    return offers, needs


def test_rice_and_vegetables_go_against_fish_as_they_did_in_gebang():
    given = barter(*gebang(), reference=AGREED)
    found = find_cycles(given)
    check(found, given)
    (swap,) = found.cycles
    assert swap.parties == (FARM, GEBANG)
    assert gone(found) == {
        (FARM, GEBANG, "BERAS-MED"): 120,
        (FARM, GEBANG, "KANGKUNG"): 80,
        (GEBANG, FARM, "IKAN-ASIN"): 79,
        (GEBANG, FARM, "ABON-IKAN"): 43,
        (GEBANG, FARM, "IKAN-BANDENG"): 10,
    }
    assert found.exact
    assert swap.cash == (-8_000, 8_000)


def test_at_market_prices_the_same_swap_is_smaller_on_the_dear_side():
    market = {"BERAS-MED": 13_500, "KANGKUNG": 10_000, "IKAN-ASIN": 75_000, "ABON-IKAN": 175_000}
    given = barter(*gebang(), reference=market, price_percent=100)
    found = find_cycles(given)
    check(found, given)
    went = gone(found)
    assert went[FARM, GEBANG, "BERAS-MED"] == 120
    fish = sum(units for (giver, _, _), units in went.items() if giver == GEBANG)
    assert 0 < fish < 132


def test_a_swap_is_told_in_both_languages():
    (swap,) = find_cycles(barter(*gebang(), reference=AGREED)).cycles
    kilogram = Text("kilogram", "kilogram")
    goods = {"BERAS-MED": Text("Beras medium", "Medium rice")}
    words = told(swap, goods, dict.fromkeys(AGREED, kilogram))
    assert f"{FARM} memberi 120 kilogram beras medium dan 80 kilogram kangkung" in words.id
    assert (
        f"{FARM} gives 120 kilogram medium rice and 80 kilogram kangkung to {GEBANG}" in words.en
    )
    assert f"{FARM} menambah tunai Rp 8.000" in words.id
    assert f"{GEBANG} gets Rp 8,000 in cash" in words.en


def triangle() -> tuple[list[OfferLine], list[NeedLine]]:
    offers = [gives("a", COCONUT, 2_600), gives("b", RICE, 1_000), gives("c", PEPPER, 118)]
    return offers, [wants("b", COCONUT, 9_000), wants("c", RICE, 9_000), wants("a", PEPPER, 999)]


def test_three_who_can_only_serve_each_other_in_a_ring_are_found():
    given = barter(*triangle())
    found = find_cycles(given)
    check(found, given)
    assert gone(found) == {
        ("a", "b", COCONUT): 2_600,
        ("b", "c", RICE): 1_000,
        ("c", "a", PEPPER): 118,
    }
    assert not find_cycles(barter(*triangle(), parties_max=2)).cycles


def test_what_somebody_has_too_much_of_is_lowered_until_all_is_within_the_band():
    offers, needs = triangle()
    offers[0] = gives("a", COCONUT, 260)
    given = barter(offers, needs)
    found = find_cycles(given)
    check(found, given)
    went = gone(found)
    assert went["a", "b", COCONUT] == 260
    # Coconuts are worth 1,300,000; at most a fifth of the larger side is cash: 1,625,000.
    assert went["b", "c", RICE] == 1_625_000 // 13_000
    assert went["c", "a", PEPPER] == 1_625_000 // 110_000


def test_one_offer_for_two_orders_of_the_same_party_is_given_once():
    offers = [gives("a", COCONUT, 2_600), gives("b", RICE, 1_000)]
    orders = [wants("b", COCONUT, 2_000), wants("b", COCONUT, 1_900), wants("a", RICE, 1_000)]
    needs = [msgspec.structs.replace(n, line=f"{k}") for k, n in enumerate(orders)]
    given = barter(offers, needs)
    found = find_cycles(given)
    check(found, given)
    (swap,) = found.cycles
    assert sum(move.units for move in swap.moves[0]) == 2_600


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"freight": 1_600}, "freight above three tenths of the value"),
        ({"reference": {COCONUT: 5_000, RICE: 13_000}}, "no reference price"),
        ({"reference": {**PRICES, PEPPER: 60_000}}, "a floor far above the reference"),
        ({"reference": {**PRICES, RICE: 30_000}}, "a ceiling far below the reference"),
    ],
)
def test_a_ring_needs_every_link(changed: dict[str, Any], reason: str):
    assert not find_cycles(barter(*triangle(), **changed)).cycles, reason


def test_goods_that_spoil_on_the_way_or_are_not_free_are_not_swapped():
    offers, needs = triangle()
    old = [gives("a", COCONUT, 2_600, expires_day=TODAY + 1), *offers[1:]]
    assert not find_cycles(barter(old, needs)).cycles
    late = [wants("b", COCONUT, 9_000, needed_by_day=TODAY), *needs[1:]]
    assert not find_cycles(barter(offers, late)).cycles
    gas = {**PRICES, "LPG-3KG": 20_000}
    offers = [offer("x", 10, 20_000, coop="a", commodity="LPG-3KG"), gives("b", RICE, 15)]
    needs = [need("y", 10, 20_000, coop="b", commodity="LPG-3KG"), wants("a", RICE, 15)]
    assert not find_cycles(barter(offers, needs, reference=gas)).cycles


def test_hubs_swap_what_their_co_ops_have_together():
    offers = [gives("a1", COCONUT, 1_000, hub="A"), gives("a2", COCONUT, 1_600, hub="A")]
    offers.append(gives("b", RICE, 1_000, hub="B"))
    needs = [wants("b", COCONUT, 2_600, hub="B"), wants("a1", RICE, 1_000, hub="A")]
    (swap,) = find_cycles(barter(offers, needs, party="hub")).cycles
    assert swap.parties == ("A", "B")
    assert [sum(move.units for move in basket) for basket in swap.moves] == [2_600, 1_000]


def world(random: Random, size: int) -> Barter:
    goods = list(PRICES)
    coops = [f"p{n}" for n in range(size)]
    offers: dict[str, OfferLine] = {}
    needs: dict[str, NeedLine] = {}
    for coop in coops:
        for has in random.sample(goods, random.randint(1, 2)):
            units = random.randint(1, 4_000_000) // PRICES[has] + 1
            offers[f"{coop}{has}"] = gives(coop, has, units, hub=random.choice("HIJ"))
        for lacks in random.sample(goods, random.randint(1, 2)):
            units = random.randint(1, 4_000_000) // PRICES[lacks] + 1
            needs[f"{coop}{lacks}"] = wants(coop, lacks, units, hub=random.choice("HIJ"))
    return barter(list(offers.values()), list(needs.values()), random.choice((50, 400)))


@pytest.mark.parametrize("seed", range(8))
def test_every_proposal_keeps_its_lines_its_band_and_the_order_of_input_means_nothing(seed: int):
    random = Random(seed)
    given = world(random, 7)
    found = find_cycles(given)
    check(found, given)
    turned = given._replace(
        offers=random.sample(given.offers, len(given.offers)),
        needs=random.sample(given.needs, len(given.needs)),
    )
    assert find_cycles(turned) == found


@pytest.mark.parametrize("seed", range(8))
def test_after_a_refusal_the_others_stay_and_what_became_free_is_solved_again(seed: int):
    given = world(Random(seed), 8)
    found = find_cycles(given)
    assert found.cycles
    for cycle in found.cycles[:3]:
        again = find_again(found, Refused(rings=frozenset({cycle.parties})), given)
        check(again, given)
        assert set(kept(found, cycle)) <= set(again.cycles)
        assert all(other.parties != cycle.parties for other in again.cycles)
        gift = cycle.parties[0], cycle.parties[1]
        less = find_again(found, Refused(gifts=frozenset({gift})), given)
        check(less, given)
        assert gift not in {(giver, taker) for c in less.cycles for giver, taker, _ in c.transfers}


def kept(found: Cycles, refused: Cycle) -> list[Cycle]:
    return [cycle for cycle in found.cycles if cycle.parties != refused.parties]


def test_a_ring_is_refused_wherever_one_starts_to_tell_it():
    given = barter(*triangle())
    assert not find_cycles(given, Refused(rings=frozenset({("c", "a", "b")}))).cycles
    assert find_cycles(given, Refused(rings=frozenset({("c", "b", "a")}))).cycles


def test_what_is_too_wide_to_search_is_called_greedy():
    given = world(Random(3), 8)
    narrow = find_cycles(given._replace(rules=Rules(PRICES, rings_max=1, rounds=1)))
    assert len(narrow.cycles) == 1
    assert narrow.cycles[0].method == "greedy"
    assert not narrow.exact


@pytest.mark.parametrize(
    "wrong", [{"parties_max": 5}, {"parties_max": 1}, {"cash_percent": 0}, {"price_percent": -1}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=r"parties|percent|band"):
        Rules(PRICES, **wrong)  # type: ignore[arg-type]  # each is a number
