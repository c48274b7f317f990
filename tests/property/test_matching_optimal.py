"""The matcher against independent solvers, planted optima and its own symmetries."""

from dataclasses import replace
from itertools import product
from random import Random

import msgspec
import networkx as nx
import numpy as np
import pytest

from schemas.quantity import MICRO
from streams.core.certificate import certify
from streams.core.flow import Block, best_flow
from streams.core.lines import Leg, LegGrid, NeedLine, OfferLine, Options, Round
from streams.core.lots import optimum, solve_block
from streams.core.matching import solve
from tests.support.lines import TODAY, drawn, need, offer

MONEY = Options(bonuses=False)
SEEDS = range(12)
PER_SEED = 25  # 300 drawn markets in all


def may_meet(o: OfferLine, n: NeedLine, cost: int, days: int) -> bool:
    """The constraints once more, pair by pair, as a reader of the design would write them."""
    if cost < 0 or o.coop == n.coop or o.commodity != n.commodity:
        return False
    if n.grades is not None and o.grade not in n.grades:
        return False
    left = 99 if o.expires_day is None else o.expires_day - TODAY
    if left < 0 or days > 0.7 * left + 1e-9:
        return False
    if n.needed_by_day is not None and TODAY + days > n.needed_by_day:
        return False
    return n.ceiling >= o.floor + cost and min(o.quantity, n.quantity) >= max(o.min_lot, n.min_lot)


def oracle(
    offers: list[OfferLine], needs: list[NeedLine], legs: LegGrid, use: set[tuple[int, int]] | None
) -> int | None:
    """The optimum by networkx, in rupiah; with `use`, exactly those pairs carry, a lot or more."""
    graph = nx.DiGraph()
    supply = [o.quantity // MICRO for o in offers]
    demand = [n.quantity // MICRO for n in needs]
    promised = 0
    pairs = []
    for i, j in product(range(len(offers)), range(len(needs))):
        cost, days = int(legs.cost[i, j]), int(legs.days[i, j])
        if not may_meet(offers[i], needs[j], cost, days):
            if use is not None and (i, j) in use:
                return None
            continue
        if use is not None and (i, j) not in use:
            continue
        worth = needs[j].ceiling - offers[i].floor - cost
        if use is not None:
            lot = max(offers[i].min_lot, needs[j].min_lot, MICRO) // MICRO
            supply[i] -= lot
            demand[j] -= lot
            promised += lot * worth
        pairs.append((i, j, worth))
    if min([0, *supply, *demand]) < 0:
        return None
    graph.add_node("rest", demand=sum(supply) - sum(demand))
    for i, quantity in enumerate(supply):
        graph.add_node(("o", i), demand=-quantity)
        graph.add_edge(("o", i), "rest", weight=0)
    for j, quantity in enumerate(demand):
        graph.add_node(("n", j), demand=quantity)
        graph.add_edge("rest", ("n", j), weight=0)
    for i, j, worth in pairs:
        graph.add_edge(("o", i), ("n", j), weight=-worth)
    return promised - int(nx.network_simplex(graph)[0])


def check_legal(
    found: Round, offers: list[OfferLine], needs: list[NeedLine], legs: LegGrid
) -> None:
    left = {o.line: o.quantity for o in offers} | {n.line: n.quantity for n in needs}
    rows = {o.line: i for i, o in enumerate(offers)}
    columns = {n.line: j for j, n in enumerate(needs)}
    value = 0
    for p in found.proposals:
        i, j = rows[p.offer], columns[p.need]
        o, n = offers[i], needs[j]
        cost, days = int(legs.cost[i, j]), int(legs.days[i, j])
        assert may_meet(o, n, cost, days)
        assert p.quantity >= max(o.min_lot, n.min_lot, 1)
        assert (p.leg_cost, p.days, p.buyer_price) == (cost, days, p.price + cost)
        assert o.floor <= p.price
        assert p.buyer_price <= n.ceiling
        assert 0 <= (n.ceiling - p.buyer_price) - (p.price - o.floor) <= 1
        left[p.offer] -= p.quantity
        left[p.need] -= p.quantity
        value += p.quantity * (n.ceiling - o.floor - cost)
    assert {line: rest for line, rest in left.items() if rest} == {
        u.line: u.quantity for u in found.unmatched
    }
    assert min(left.values(), default=0) >= 0
    assert found.objective == (2 * value + MICRO) // (2 * MICRO)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_objective_is_that_of_an_independent_solver(seed: int):
    random = Random(seed)
    traded = 0
    for _ in range(PER_SEED):
        offers, needs, legs = drawn(random, 8)
        found = solve(offers, needs, legs, MONEY, TODAY)
        check_legal(found, offers, needs, legs)
        assert found.certified
        assert found.gap == 0
        assert found.objective == oracle(offers, needs, legs, None)
        traded += found.objective > 0
    assert traded >= PER_SEED // 2


@pytest.mark.parametrize("seed", range(8))
def test_with_minimum_lots_a_certified_round_is_the_best_of_all_choices_of_pairs(seed: int):
    random = Random(seed)
    certified = 0
    for _ in range(6):
        offers, needs, legs = drawn(random, 3, lots=True)
        found = solve(offers, needs, legs, MONEY, TODAY)
        check_legal(found, offers, needs, legs)
        pairs = list(product(range(len(offers)), range(len(needs))))
        choices = product((False, True), repeat=len(pairs))
        values = [
            oracle(offers, needs, legs, {p for p, on in zip(pairs, choice, strict=True) if on})
            for choice in choices
        ]
        best = max(value for value in values if value is not None)
        assert found.objective <= best <= found.objective + found.gap
        certified += found.certified
    assert certified >= 5


@pytest.mark.parametrize("seed", range(40))
def test_a_planted_optimum_is_reached_exactly(seed: int):
    random = Random(seed)
    size = random.randint(2, 30)
    sellers = [random.choice([0, random.randint(1, 900)]) for _ in range(size)]
    buyers = [random.choice([0, random.randint(1, 900)]) for _ in range(size)]
    flow = np.zeros((size, size), np.int64)
    for _ in range(2 * size):
        flow[random.randrange(size), random.randrange(size)] += random.randint(1, 500)
    ceiling = 5_000
    worth = np.array(
        [
            [u + v - (0 if flow[i, j] else random.randint(1, 300)) for j, v in enumerate(buyers)]
            for i, u in enumerate(sellers)
        ]
    )
    spare = [0 if u else random.randint(1, 50) for u in sellers]
    missing = [0 if v else random.randint(1, 50) for v in buyers]
    given = flow.sum(1) + np.array(spare) + (flow.sum(1) == 0)
    asked = flow.sum(0) + np.array(missing) + (flow.sum(0) == 0)
    # A line without flow has to cost nothing in the bound, so its price is planted as 0.
    sellers = [u if flow[i].any() else 0 for i, u in enumerate(sellers)]
    buyers = [v if flow[:, j].any() else 0 for j, v in enumerate(buyers)]
    worth = np.minimum(worth, np.array(sellers)[:, None] + np.array(buyers)[None])
    offers = [offer(f"o{i:02}", int(given[i]), 0) for i in range(size)]
    needs = [need(f"n{j:02}", int(asked[j]), ceiling) for j in range(size)]
    legs = LegGrid(ceiling - worth, np.zeros_like(worth))
    found = solve(offers, needs, legs, MONEY, TODAY)
    assert found.certified
    assert found.objective == int((flow * worth).sum())


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_the_input_changes_nothing(seed: int):
    random = Random(seed)
    offers, needs, legs = drawn(random, 12, lots=seed % 2 == 1)
    needs = [
        msgspec.structs.replace(n, priority=random.choice(["emergency", "staple", "normal"]))
        for n in needs
    ]
    first = solve(offers, needs, legs, Options(), TODAY)
    rows = random.sample(range(len(offers)), len(offers))
    columns = random.sample(range(len(needs)), len(needs))
    at = np.ix_(rows, columns)
    again = solve(
        [offers[i] for i in rows],
        [needs[j] for j in columns],
        LegGrid(legs.cost[at], legs.days[at]),
        Options(),
        TODAY,
    )
    assert msgspec.json.encode(again) == msgspec.json.encode(first)


@pytest.mark.parametrize("seed", range(20))
def test_legs_asked_for_one_by_one_give_the_round_of_a_grid(seed: int):
    random = Random(seed)
    offers, needs, legs = drawn(random, 8)
    offers = [msgspec.structs.replace(o, coop=f"s{i}") for i, o in enumerate(offers)]
    needs = [msgspec.structs.replace(n, coop=f"b{j}") for j, n in enumerate(needs)]
    table = {
        (o.coop, n.coop): None
        if legs.cost[i, j] < 0
        else Leg(int(legs.cost[i, j]), int(legs.days[i, j]))
        for i, o in enumerate(offers)
        for j, n in enumerate(needs)
    }
    by_call = solve(offers, needs, lambda o, n: table[o.coop, n.coop], Options(), TODAY)
    by_grid = solve(offers, needs, legs, Options(), TODAY)
    assert by_call.proposals == by_grid.proposals
    assert by_call.unmatched == by_grid.unmatched


@pytest.mark.parametrize("seed", range(40))
def test_one_more_offer_never_lowers_the_optimum(seed: int):
    offers, needs, legs = drawn(Random(seed), 9)
    whole = solve(offers, needs, legs, MONEY, TODAY).objective
    for k in range(len(offers)):
        fewer = LegGrid(np.delete(legs.cost, k, 0), np.delete(legs.days, k, 0))
        rest = [*offers[:k], *offers[k + 1 :]]
        assert solve(rest, needs, fewer, MONEY, TODAY).objective <= whole


@pytest.mark.parametrize("factor", [2, 7, 1_000_003])
def test_scaling_every_quantity_scales_the_objective(factor: int):
    offers, needs, legs = drawn(Random(3), 12)
    once = solve(offers, needs, legs, MONEY, TODAY).objective
    more = solve(
        [msgspec.structs.replace(o, quantity=o.quantity * factor) for o in offers],
        [msgspec.structs.replace(n, quantity=n.quantity * factor) for n in needs],
        legs,
        MONEY,
        TODAY,
    )
    assert once > 0
    assert more.objective == once * factor


def block_of(random: Random, size: int) -> Block:
    draw = [[random.randint(-300, 900) for _ in range(size)] for _ in range(size)]
    worth = np.array(draw, np.int64)
    return Block(
        supply=np.array([random.randint(1, 60) for _ in range(size)], np.int64),
        demand=np.array([random.randint(1, 60) for _ in range(size)], np.int64),
        worth=worth,
        open=worth >= 0,
        tie=np.array([[random.randint(1, 4095) for _ in range(size)] for _ in range(size)]),
    )


@pytest.mark.parametrize("seed", range(30))
def test_one_unit_more_or_less_on_any_pair_breaks_the_certificate(seed: int):
    block = block_of(Random(seed), 6)
    block = replace(block, open=block.open & (block.worth > 0))
    flow, proof, _ = optimum(block)
    assert proof.proven
    assert (flow > 0).any()
    for i, j in np.ndindex(flow.shape):
        for change in (-1, 1):
            changed = flow.copy()
            changed[i, j] += change
            tampered = certify(block, changed)
            assert not tampered.proven
            assert tampered.gap > 0


@pytest.mark.parametrize("seed", range(30))
def test_the_prices_of_the_certificate_prove_the_optimum_by_themselves(seed: int):
    block = block_of(Random(seed), 7)
    flow, proof, _ = optimum(block)
    reach = proof.offer_prices[:, None] + proof.need_prices[None]
    assert (proof.offer_prices >= 0).all()
    assert (proof.need_prices >= 0).all()
    assert (reach >= block.worth)[block.open].all()
    paid = int((block.supply * proof.offer_prices).sum())
    paid += int((block.demand * proof.need_prices).sum())
    assert paid == int((flow * block.worth).sum()) == proof.worth


@pytest.mark.parametrize("seed", range(30))
def test_a_tie_is_settled_by_names_and_costs_nothing(seed: int):
    random = Random(seed)
    block = block_of(random, 6)
    # Few worths, so that many flows are optimal.
    block = replace(block, worth=block.worth // 300 * 300, open=block.worth >= 0)
    flow, proof, _ = optimum(block)
    raw = best_flow(block)
    assert raw is not None
    assert int((raw * block.worth).sum()) == proof.worth
    assert int((flow * block.tie).sum()) >= int((raw * block.tie).sum())
    rows, columns = random.sample(range(6), 6), random.sample(range(6), 6)
    at = np.ix_(rows, columns)
    shuffled = Block(
        block.supply[rows], block.demand[columns], block.worth[at], block.open[at], block.tie[at]
    )
    again = optimum(shuffled)[0]
    assert int((again * shuffled.tie).sum()) == int((flow * block.tie).sum())


@pytest.mark.parametrize("effort", [0, 2_000, 40_000])
def test_more_effort_never_loosens_the_bound_on_lots(effort: int):
    for seed in range(6):
        block = block_of(Random(seed), 12)
        lots = np.full(block.worth.shape, 15, np.int64)
        plain = optimum(block)[1]
        answer = solve_block(block, lots, effort)
        assert not ((answer.flow > 0) & (answer.flow < 15)).any()
        assert answer.worth <= answer.bound <= plain.bound
