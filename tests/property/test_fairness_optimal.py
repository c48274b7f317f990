"""Fairness against other solvers: networkx tenth by tenth, and the second judge of rounds."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import msgspec
import networkx as nx
import numpy as np
import pytest

from deploy.rerun_between import BetweenRound
from deploy.rerun_between import parts_of as parts_between
from deploy.rerun_check import opinion_of
from deploy.rerun_pairs import HubRound
from deploy.rerun_pairs import parts_of as parts_inside
from schemas.quantity import MICRO
from streams.core.certificate import worth_of
from streams.core.fairness import step_idr, steps_of
from streams.core.flow import Block
from streams.core.interchange.legs import leg_book
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.lines import Leg, LegGrid, NeedLine, OfferLine, Options, Round
from streams.core.lots import by_columns
from streams.core.matching import half_up, solve
from streams.core.stepped import stepped_flow
from tests.support.between import check_legal, market, mixed
from tests.support.lines import GOODS, TODAY, drawn, need, offer

PER_CASE = 20
RANKS = ("emergency", "staple", "normal", "normal")
KINDS: dict[str, dict[str, Any]] = {
    "legs alone": {},
    "shared rooms": {"rooms": True},
    "yields that disagree": {"agree": False},
}


def told(random: Random) -> Options:
    return Options(goods=GOODS, fairness=random.choice((1, 5, 10, 25, 50)))


def of_age(offers: list[OfferLine]) -> list[OfferLine]:
    """No goods that spoil: what networkx counts is money and tenths."""
    return [msgspec.structs.replace(o, expires_day=None) for o in offers]


def step_of(needs: list[NeedLine], percent: int) -> int:
    ceilings = sorted(n.ceiling for n in needs)
    return max(1, ceilings[(len(ceilings) - 1) // 2] * percent // 900)


def tenths(quantity: int) -> list[int]:
    return [len(range(n, quantity, 10)) for n in range(10)]


def counted(found: Round, needs: list[NeedLine], percent: int) -> int:
    """What a round's orders count more, in rupiah, unit by unit as a person would add it up."""
    total, step = 0, step_of(needs, percent)
    for each in needs:
        got = sum(p.quantity for p in found.proposals if p.need == each.line) // MICRO
        bonus = [
            step * (9 - n)
            for n, room in enumerate(tenths(each.quantity // MICRO))
            for _ in range(room)
        ]
        total += sum(bonus[:got])
    return total


def oracle(
    may: Callable[[int, int], int | None],
    lines: tuple[list[OfferLine], list[NeedLine]],
    percent: int,
) -> int:
    """Money and tenths together, in rupiah, by networkx: an arc a tenth from need to market."""
    graph = nx.DiGraph()
    offers, needs = lines
    graph.add_node("gone", demand=sum(o.quantity for o in offers) // MICRO)
    for i, o in enumerate(offers):
        graph.add_node(("o", i), demand=-o.quantity // MICRO)
        graph.add_edge(("o", i), "gone", weight=0)
    step = step_of(needs, percent)
    for j, n in enumerate(needs):
        for k, room in enumerate(tenths(n.quantity // MICRO)):
            graph.add_edge(("n", j), ("t", j, k), capacity=room, weight=-step * (9 - k))
            graph.add_edge(("t", j, k), "gone", weight=0)
    for i, j in product(range(len(offers)), range(len(needs))):
        worth = may(i, j)
        if worth is not None:
            graph.add_edge(("o", i), ("n", j), weight=-worth)
    return -int(nx.network_simplex(graph)[0])


@pytest.mark.parametrize("case", range(6))
def test_money_and_tenths_together_are_those_of_an_independent_solver(case: int):
    shared = 0
    for seed in range(case * PER_CASE, (case + 1) * PER_CASE):
        random = Random(seed)
        offers, needs, legs = drawn(random, 7)
        offers, options = of_age(offers), told(random)
        if not offers or not needs:
            continue
        plain = solve(offers, needs, legs, replace(options, fairness=0), TODAY)
        found = solve(offers, needs, legs, options, TODAY)
        assert (found.certified, found.gap, found.method) == (True, 0, "exact")
        assert found.objective <= plain.objective
        more = counted(found, needs, options.fairness)
        best = oracle(_pairs(offers, needs, legs), (offers, needs), options.fairness)
        assert found.objective + more == best
        shared += more > counted(plain, needs, options.fairness)
    assert shared


def _pairs(
    offers: list[OfferLine], needs: list[NeedLine], legs: LegGrid
) -> Callable[[int, int], int | None]:
    def may(i: int, j: int) -> int | None:
        o, n = offers[i], needs[j]
        cost, days = int(legs.cost[i, j]), int(legs.days[i, j])
        money = n.ceiling - o.floor - cost
        late = n.needed_by_day is not None and TODAY + days > n.needed_by_day
        grade = n.grades is not None and o.grade not in n.grades
        return None if cost < 0 or o.coop == n.coop or late or grade or money < 0 else money

    return may


def ranked(random: Random, needs: list[NeedLine]) -> list[NeedLine]:
    return [msgspec.structs.replace(n, priority=random.choice(RANKS)) for n in needs]


@pytest.mark.parametrize("lots", [False, True])
def test_the_second_judge_proves_shared_goods_inside_a_hub_with_lots_and_ranks(lots: bool):
    for seed in range(40):
        random = Random(f"fair {seed}")
        offers, needs, table = drawn(random, random.choice((3, 6, 9)), lots=lots)
        needs, options = ranked(random, needs), told(random)
        rows = {o.line: i for i, o in enumerate(offers)}
        columns = {n.line: j for j, n in enumerate(needs)}

        def leg(
            o: OfferLine,
            n: NeedLine,
            at: tuple[Any, dict[str, int], dict[str, int]] = (table, rows, columns),
        ) -> Leg | None:
            place = at[1][o.line], at[2][n.line]
            cost = int(at[0].cost[place])
            return None if cost < 0 else Leg(cost, int(at[0].days[place]))

        found = solve(offers, needs, table, options, TODAY)
        opinion = opinion_of(parts_inside(HubRound(offers, needs, leg, options, TODAY, found)))
        assert opinion.faults == []
        assert half_up(opinion.money) == found.objective
        assert opinion.better <= found.gap * MICRO
        if found.certified:
            assert opinion.gap == 0
        assert found.certified or lots


def between(seed: int, kind: str) -> BetweenRound:
    random = Random(f"fair {kind} {seed}")
    terms = Terms()
    size = random.choice((3, 6, 10))
    if kind == "legs alone":
        offers, needs, ways = market(random, size)
    else:
        offers, needs, ways, terms = mixed(random, size, **KINDS[kind])
    needs, options = ranked(random, needs), told(random)
    terms = replace(terms, legs=leg_book(ways))
    found = solve_between(offers, needs, terms, options, TODAY)
    return BetweenRound(offers, needs, terms, options, TODAY, found)


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_judge_proves_shared_goods_between_hubs(kind: str):
    certified = traded = 0
    for seed in range(40):
        asked = between(seed, kind)
        check_legal(asked.found, list(asked.offers), list(asked.needs), asked.terms)
        opinion = opinion_of(parts_between(asked))
        assert opinion.faults == []
        assert half_up(opinion.money) == asked.found.objective
        assert opinion.better <= asked.found.gap * MICRO
        if asked.found.certified:
            assert opinion.gap == 0
        certified += asked.found.certified
        traded += bool(asked.found.shipments)
    assert certified == 40
    assert traded > 10


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_lines_and_legs_changes_nothing_of_what_is_shared(seed: int):
    random = Random(seed)
    offers, needs, ways, terms = mixed(random, 8, rooms=seed % 3 == 2, agree=seed % 2 == 0)
    terms = replace(terms, legs=leg_book(ways), pooling=seed % 2 == 1)
    needs, options = ranked(random, needs), told(random)
    inside, asked, _ = drawn(random, 8)
    first = solve_between(offers, needs, terms, options, TODAY)
    near = solve(inside, asked, _next_door, options, TODAY)
    for lines in (offers, needs, ways, inside, asked):
        random.shuffle(lines)
    again = solve_between(offers, needs, replace(terms, legs=leg_book(ways)), options, TODAY)
    assert msgspec.json.encode(again) == msgspec.json.encode(first)
    assert msgspec.json.encode(solve(inside, asked, _next_door, options, TODAY)) == (
        msgspec.json.encode(near)
    )


def _next_door(_offer: OfferLine, _need: NeedLine) -> Leg:
    return Leg(10, 0)


@pytest.mark.parametrize("seed", range(30))
def test_tenths_as_arcs_and_tenths_as_columns_are_one_answer(seed: int):
    random = Random(seed)
    shape = random.randint(1, 8), random.randint(1, 8)
    draw = np.random.default_rng(seed)
    asked = [need(f"n{j}", random.randint(1, 60), random.randint(1, 900)) for j in range(shape[1])]
    steps = steps_of(asked, step_idr(asked, told(random)))
    assert steps is not None
    block = Block(
        supply=draw.integers(1, 60, shape[0]) * MICRO,
        demand=np.array([n.quantity for n in asked]),
        worth=draw.integers(0, 400, shape),
        open=draw.random(shape) < 0.7,
        tie=draw.integers(1, 4_095, shape),
        steps=steps,
    )
    found, other = stepped_flow(block, steps), by_columns(block, steps)
    assert found is not None
    assert found.bound == other.bound == worth_of(block, found.flow) == worth_of(block, other.flow)
    assert (found.flow == other.flow).all()


def test_numbers_too_large_for_the_solvers_are_answered_greedily_and_shared_too():
    dear = [need(f"n{j}", 3, 10**17) for j in range(3)]
    found = solve([offer("o", 3, 1)], dear, _next_door, Options(goods=GOODS, fairness=10), TODAY)
    assert found.method == "greedy"
    assert [p.quantity for p in found.proposals] == [MICRO] * 3
