"""Rounds that know what lines would bring elsewhere, against networkx and the second judge."""

from dataclasses import replace
from itertools import product
from random import Random

import msgspec
import networkx as nx
import pytest

from deploy.rerun_check import opinion_of
from deploy.rerun_pairs import HubRound, parts_of
from schemas.quantity import MICRO
from streams.core.eligibility import broken_by
from streams.core.lines import Leg, LegGrid, NeedLine, OfferLine, Options
from streams.core.matching import half_up, solve
from tests.support.lines import GOODS, TODAY, drawn

RANKS = ("emergency", "staple", "normal", "normal")


def outlooks(random: Random, offers: list[OfferLine], needs: list[NeedLine]) -> dict[str, int]:
    """For some lines, what a unit would bring elsewhere: from little to more than any pair."""
    lines = [*(o.line for o in offers), *(n.line for n in needs)]
    return {line: random.choice((1, 150, 400, 2_500)) for line in lines if random.random() < 0.6}


def with_elsewhere(
    offers: list[OfferLine], needs: list[NeedLine], legs: LegGrid, options: Options
) -> int:
    """The best of trading inside or elsewhere at the outlooks, by networkx, in rupiah."""
    graph = nx.DiGraph()
    total = 0
    for o in offers:
        graph.add_node(o.line, demand=-(o.quantity // MICRO))
        graph.add_edge(o.line, "elsewhere", weight=-options.outlook.get(o.line, 0))
        total += o.quantity // MICRO
    for n in needs:
        graph.add_node(n.line, demand=n.quantity // MICRO)
        graph.add_edge("elsewhere", n.line, weight=-options.outlook.get(n.line, 0))
        total -= n.quantity // MICRO
    graph.add_node("elsewhere", demand=total)
    alone = replace(options, outlook={})
    for i, j in product(range(len(offers)), range(len(needs))):
        cost, days = int(legs.cost[i, j]), int(legs.days[i, j])

        def way(
            _offer: OfferLine, _need: NeedLine, cost: int = cost, days: int = days
        ) -> Leg | None:
            return None if cost < 0 else Leg(cost, days)

        if not broken_by(offers[i], needs[j], way, alone, TODAY):
            surplus = needs[j].ceiling - offers[i].floor - cost
            graph.add_edge(offers[i].line, needs[j].line, weight=-surplus)
    return -int(nx.network_simplex(graph)[0])


@pytest.mark.parametrize("seed", range(10))
def test_inside_and_elsewhere_together_reach_what_an_independent_solver_does(seed: int):
    random = Random(f"outlook {seed}")
    stayed = traded = 0
    for _ in range(12):
        offers, needs, legs = drawn(random, 8)
        alone = Options(bonuses=False)
        options = replace(alone, outlook=outlooks(random, offers, needs))
        found = solve(offers, needs, legs, options, TODAY)
        assert (found.certified, found.gap) == (True, 0)
        left = sum(u.quantity * options.outlook.get(u.line, 0) for u in found.unmatched) // MICRO
        assert found.objective + left == with_elsewhere(offers, needs, legs, options)
        traded += len(found.proposals)
        stayed += found.objective < solve(offers, needs, legs, alone, TODAY).objective
    assert traded > 3
    assert stayed > 3


@pytest.mark.parametrize("lots", [False, True])
def test_the_second_judge_knows_what_is_worth_more_elsewhere(lots: bool):
    traded = held = 0
    for seed in range(40):
        random = Random(f"judged outlook {seed}")
        offers, needs, table = drawn(random, random.choice((3, 8, 12)), lots=lots)
        needs = [msgspec.structs.replace(n, priority=random.choice(RANKS)) for n in needs]
        rows = {o.line: i for i, o in enumerate(offers)}
        columns = {n.line: j for j, n in enumerate(needs)}

        def leg(
            o: OfferLine,
            n: NeedLine,
            rows: dict[str, int] = rows,
            columns: dict[str, int] = columns,
            table: LegGrid = table,
        ) -> Leg | None:
            at = rows[o.line], columns[n.line]
            return None if table.cost[at] < 0 else Leg(int(table.cost[at]), int(table.days[at]))

        options = Options(
            bonuses=random.random() < 0.7, goods=GOODS, outlook=outlooks(random, offers, needs)
        )
        found = solve(offers, needs, table, options, TODAY)
        opinion = opinion_of(parts_of(HubRound(offers, needs, leg, options, TODAY, found)))
        assert opinion.faults == []
        assert (opinion.gap, opinion.better) == (0, 0)
        assert half_up(opinion.money) == found.objective
        traded += len(found.proposals)
        held += any(rest.reason == "outlook" for rest in found.unmatched)
        # The answer of a round that knew nothing of elsewhere is not believed here.
        blind = solve(offers, needs, table, replace(options, outlook={}), TODAY)
        if blind.objective > found.objective:
            wrong = HubRound(offers, needs, leg, options, TODAY, blind)
            opinion = opinion_of(parts_of(wrong))
            assert opinion.better > 0 or opinion.faults
    assert traded > 40
    assert held > 10
