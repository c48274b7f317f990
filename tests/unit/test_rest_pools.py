"""Pooling what a round between hubs leaves over: on top of the round, exact to the unit."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from deploy.rerun_between import BetweenRound, members_gain, parts_of
from deploy.rerun_check import opinion_of
from schemas.quantity import MICRO
from streams.core.interchange import rest_pools
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.rest_pools import with_pools
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.lines import NeedLine, OfferLine, Options
from tests.support import between
from tests.support.lines import GOODS, TODAY, need, offer

HERE, THERE = "19.02", "31.72"
MONEY = Options(bonuses=False, goods=GOODS)
ROAD = Leg(HERE, THERE, 100 * MICRO, 1)


def solved(
    offers: list[OfferLine], needs: list[NeedLine], *legs: Leg, **terms: Any
) -> tuple[Interchange, Interchange]:
    """The answer without pools, and with them."""
    told = Terms(legs=leg_book(legs or (ROAD,)), **terms)
    alone = solve_between(offers, needs, told, MONEY, TODAY)
    return alone, with_pools(alone, (offers, needs), told, MONEY, TODAY)


def lots(*quantities: int, **more: Any) -> list[OfferLine]:
    return [offer(f"o{n}", q, hub=HERE, **more) for n, q in enumerate(quantities)]


def test_lots_too_small_alone_go_as_one_and_their_shares_add_up() -> None:
    buyer = need("n", 100, hub=THERE, min_lot=80)
    alone, found = solved(lots(37, 41, 29), [buyer])
    assert alone.shipments == ()
    assert sum(s.quantity for s in found.shipments) == 100 * MICRO
    # 34.6, 38.3 and 27.1 of 100: nobody gives a part of a unit, the odd one goes to the first
    assert {s.offer: s.given for s in found.shipments} == {
        "o0": 35 * MICRO,
        "o1": 38 * MICRO,
        "o2": 27 * MICRO,
    }
    (deal,) = {s.deal for s in found.shipments}
    assert deal
    assert {s.lots for s in found.shipments} == {(0, 80 * MICRO)}
    gain = sum(s.given * (2_000 - 100 - 1_000) for s in found.shipments)
    assert (found.money_micro, found.certified, found.gap) == (gain, True, 0)


def test_small_orders_are_bought_for_as_one() -> None:
    seller = offer("o", 90, hub=HERE, min_lot=50)
    orders = [need(f"n{k}", 20 + k, hub=THERE) for k in range(3)]
    alone, found = solved([seller], orders)
    assert alone.shipments == ()
    assert {s.need: s.quantity // MICRO for s in found.shipments} == {"n0": 20, "n1": 21, "n2": 22}


def test_what_a_lot_insists_on_is_not_met_by_too_little() -> None:
    alone, found = solved(lots(30, 40), [need("n", 100, hub=THERE, min_lot=80)])
    assert found is alone


def test_without_a_lot_the_answer_is_untouched() -> None:
    alone, found = solved(lots(30, 40), [need("n", 60, hub=THERE)])
    assert alone.shipments
    assert found is alone


def test_who_found_somebody_alone_is_not_in_a_pool() -> None:
    easy, strict = need("m", 20, 3_000, hub=THERE), need("n", 80, hub=THERE, min_lot=70)
    alone, found = solved(lots(50, 45, 40), [easy, strict])
    (first,) = alone.shipments
    pooled = [s for s in found.shipments if s.pool]
    assert first.offer not in {s.offer for s in pooled}
    assert sum(s.quantity for s in pooled) == 80 * MICRO


def test_a_lot_that_one_could_carry_alone_is_no_trade_for_a_pool() -> None:
    least = need("m", 25, 1_500, hub=THERE, min_lot=25)
    strict = need("n", 200, 1_050, hub=THERE, min_lot=150)  # too low for any, but a lot
    told, offers = Terms(legs=leg_book((ROAD,))), lots(37, 41, 29)
    nothing = solve_between([], [], told, MONEY, TODAY)
    assert with_pools(nothing, (offers, [least, strict]), told, MONEY, TODAY) is nothing
    small = [offer("a", 14, hub=HERE), offer("b", 13, hub=HERE)]
    found = with_pools(nothing, (small, [least, strict]), told, MONEY, TODAY)
    assert {s.need for s in found.shipments} == {"m"}


def test_a_ship_is_not_loaded_twice() -> None:
    ship = Leg(HERE, THERE, 100 * MICRO, 1, "sea", 110)
    easy, strict = need("m", 40, 3_000, hub=THERE), need("n", 200, hub=THERE, min_lot=30)
    alone, found = solved([*lots(29, 29, 29, 29), offer("p", 40, hub=HERE)], [easy, strict], ship)
    assert sum(s.quantity for s in found.shipments) <= 110 * MICRO
    assert any(s.pool for s in found.shipments)
    assert found.money_micro >= alone.money_micro


def test_a_pair_that_was_refused_pools_with_nobody() -> None:
    offers, buyer = lots(37, 41, 29), need("n", 100, hub=THERE, min_lot=60)
    told = Terms(legs=leg_book((ROAD,)))
    options = replace(MONEY, held_back=frozenset({("o1", "n")}))
    alone = solve_between(offers, [buyer], told, options, TODAY)
    found = with_pools(alone, (offers, [buyer]), told, options, TODAY)
    assert {s.offer for s in found.shipments} == {"o0", "o2"}


def test_pools_have_a_size_and_a_smaller_one_where_a_deal_would_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offers = lots(*[10] * 40)
    buyer = need("n", 400, hub=THERE, min_lot=100)
    sizes = Counter(s.deal for s in solved(offers, [buyer])[1].shipments)
    assert sum(sizes.values()) == 32
    monkeypatch.setattr(rest_pools, "SHARES_MAX", 31)
    smaller = need("n", 400, hub=THERE, min_lot=70)
    sizes = Counter(s.deal for s in solved(offers, [smaller])[1].shipments)
    assert (sum(sizes.values()), max(sizes.values())) == (40, 8)
    monkeypatch.setattr(rest_pools, "SHARES_MAX", 7)
    alone, found = solved(offers, [smaller])
    assert found is alone


@pytest.mark.parametrize("seed", range(60))
def test_pools_break_nothing_cost_nothing_and_know_no_order(seed: int) -> None:
    random = Random(seed)
    offers, needs, legs = between.market(random, 14, lots=True)
    terms = Terms(legs=leg_book(legs), explain=seed % 2 == 0)
    alone = solve_between(offers, needs, terms, MONEY, TODAY)
    found = with_pools(alone, (offers, needs), terms, MONEY, TODAY)
    assert found.money_micro >= alone.money_micro
    assert set(alone.shipments) <= set(found.shipments)
    pairs = [(s.offer, s.need) for s in found.shipments]
    assert len(set(pairs)) == len(pairs)
    _keep_supplies_and_lots(found, offers, needs)
    random.shuffle(offers)
    random.shuffle(needs)
    again = with_pools(
        solve_between(offers, needs, terms, MONEY, TODAY), (offers, needs), terms, MONEY, TODAY
    )
    assert msgspec.json.encode(again) == msgspec.json.encode(found)


@pytest.mark.parametrize("seed", range(40))
def test_pools_that_go_through_a_mill_are_parted_in_whole_nuts_and_grams(seed: int) -> None:
    random = Random(seed)
    nuts = [random.randint(3, 25) for _ in range(random.randint(3, 9))]
    offers = [msgspec.structs.replace(one, commodity="KELAPA") for one in lots(*nuts)]
    needs = [
        need(f"n{k}", amount, 9_000, hub=THERE, min_lot=amount // 2, commodity="KOPRA")
        for k, amount in enumerate(random.choices((7, 9, 11), k=3))
    ]
    # An order for nuts that insists on a lot is what nuts are pooled for; it bids too little.
    needs.append(need("z", 40, 1_001, hub=THERE, min_lot=30, commodity="KELAPA"))
    mill = Process("R1", "KELAPA", "KOPRA", HERE, random.choice((250_000, 333_333, 161_800)))
    terms = Terms(legs=leg_book([ROAD, Leg(HERE, HERE, 0, 0)]), processes=(mill,))
    alone = solve_between(offers, needs, terms, MONEY, TODAY)
    found = with_pools(alone, (offers, needs), terms, MONEY, TODAY)
    _keep_supplies_and_lots(found, offers, needs)
    amounts = [(s.given, s.quantity) for s in found.shipments]
    assert amounts
    assert [pair for pair in amounts if pair[0] % MICRO or pair[1] % 1_000 or not min(pair)] == []
    asked = BetweenRound(offers, needs, terms, MONEY, TODAY, found)
    opinion = opinion_of(parts_of(asked))
    assert opinion.faults == []
    assert opinion.money + members_gain(asked) == found.money_micro
    assert not found.certified or opinion.gap == 0


def _keep_supplies_and_lots(
    found: Interchange, offers: list[OfferLine], needs: list[NeedLine]
) -> None:
    have = {("offer", o.line): o.quantity for o in offers}
    have |= {("need", n.line): n.quantity for n in needs}
    deals: Counter[tuple[str, str]] = Counter()
    left = {(u.side, u.line): u.quantity for u in found.unmatched}
    for s in found.shipments:
        have["offer", s.offer] -= s.given
        have["need", s.need] -= s.quantity
        if s.deal:
            deals[s.deal, "given"] += s.given
            deals[s.deal, "taken"] += s.quantity
    assert min(have.values(), default=0) >= 0
    for s in found.shipments:
        if s.deal:
            assert deals[s.deal, "given"] >= s.lots[0]
            assert deals[s.deal, "taken"] >= s.lots[1]
    assert all(have[name] == quantity for name, quantity in left.items())
