"""The flow, its certificate and the search for lots on small blocks worked out by hand."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streams.core.certificate import certify
from streams.core.flow import Block, best_flow, greedy_flow, settled_flow
from streams.core.lots import optimum, solve_block


def block(supply: list[int], demand: list[int], worth: list[list[int]]) -> Block:
    value = np.array(worth, np.int64)
    return Block(
        np.array(supply, np.int64),
        np.array(demand, np.int64),
        value,
        value >= 0,
        np.arange(1, value.size + 1, dtype=np.int64).reshape(value.shape),
    )


CROSSED = block([10, 10], [10, 10], [[9, 8], [8, 1]])


def test_the_best_flow_crosses_over_where_greed_does_not():
    flow = best_flow(CROSSED)
    assert flow is not None
    assert flow.tolist() == [[0, 10], [10, 0]]
    assert greedy_flow(CROSSED).tolist() == [[10, 0], [0, 10]]


def test_a_greedy_flow_is_legal_and_its_gap_is_told():
    proof = certify(CROSSED, greedy_flow(CROSSED))
    assert proof.legal
    assert not proof.proven
    assert proof.worth == 100
    assert proof.bound >= 160


def test_an_illegal_flow_is_worth_nothing():
    for broken in ([[11, 0], [0, 0]], [[-1, 0], [0, 0]], [[10, 1], [0, 0]]):
        proof = certify(CROSSED, np.array(broken, np.int64))
        assert not proof.legal
        assert not proof.proven
        assert (proof.worth, proof.gap) == (0, proof.bound)
    shut = replace(CROSSED, open=np.zeros((2, 2), bool))
    assert not certify(shut, np.array([[1, 0], [0, 0]], np.int64)).proven


def test_quantities_without_a_common_divisor_and_beyond_32_bits_flow_exactly():
    big = block([3 * 10**17 + 1, 10**17], [2 * 10**17 + 3, 10**17 + 9], [[5, 4], [9, 0]])
    flow, proof, method = optimum(big)
    assert (method, proof.proven) == ("exact", True)
    # 10^17 from the second at 9; the first fills the rest of both needs.
    assert proof.worth == 9 * 10**17 + 5 * (10**17 + 3) + 4 * (10**17 + 9)
    assert flow.sum() == 3 * 10**17 + 12 - 0


def test_worths_beyond_the_solver_are_refused_not_wrapped_around():
    assert best_flow(block([1], [1], [[1 << 60]])) is None
    flow, proof, method = optimum(block([1], [1], [[1 << 60]]))
    assert (method, flow.tolist(), proof.proven) == ("greedy", [[1]], True)


def test_among_equals_the_heavier_tie_wins_and_a_single_optimum_is_left_alone():
    equal = block([10, 10], [10, 10], [[5, 5], [5, 5]])
    flow, proof, _ = optimum(replace(equal, tie=np.array([[1, 9], [9, 1]], np.int64)))
    assert flow.tolist() == [[0, 10], [10, 0]]
    flow, proof, _ = optimum(replace(equal, tie=np.array([[9, 1], [1, 9]], np.int64)))
    assert flow.tolist() == [[10, 0], [0, 10]]
    single = block([10], [4, 9], [[7, 3]])
    flow, proof, _ = optimum(single)
    assert settled_flow(single, flow, proof.offer_prices, proof.need_prices) is flow


def test_a_lot_is_filled_by_giving_up_a_better_pair():
    # Without lots: 20 of the first, 5 of the second. A lot of 10 for the second costs 5 x (9 - 8).
    market = block([20, 30], [25], [[9], [8]])
    lots = np.array([[0], [10]], np.int64)
    assert optimum(market)[0].tolist() == [[20], [5]]
    answer = solve_block(market, lots, effort=1_000)
    assert answer.flow.tolist() == [[15], [10]]
    assert (answer.worth, answer.gap) == (15 * 9 + 80, 0)


def test_a_lot_that_is_not_worth_it_stays_away():
    market = block([20, 30], [25], [[9], [1]])
    answer = solve_block(market, np.array([[0], [25]], np.int64), effort=1_000)
    assert answer.flow.tolist() == [[20], [0]]
    assert answer.gap == 0


@pytest.mark.parametrize("effort", [0, 100_000])
def test_the_search_is_bounded_and_its_gap_is_honest(effort: int):
    random = np.random.default_rng(4)
    worth = random.integers(0, 500, (14, 14))
    market = Block(
        random.integers(10, 60, 14),
        random.integers(10, 60, 14),
        worth,
        worth >= 0,
        random.integers(1, 4095, (14, 14)),
    )
    lots = np.full((14, 14), 18, np.int64)
    answer = solve_block(market, lots, effort)
    assert not ((answer.flow > 0) & (answer.flow < 18)).any()
    assert (answer.flow.sum(1) <= market.supply).all()
    assert (answer.flow.sum(0) <= market.demand).all()
    assert answer.worth <= answer.bound <= optimum(market)[1].worth
    best = solve_block(market, lots, 100_000)
    assert answer.worth <= best.worth <= answer.bound


def test_loading_the_matcher_loads_neither_the_solver_nor_pandas():
    code = (
        "import sys, streams.core.matching;"
        "assert not {'ortools', 'pandas'} & set(sys.modules);"
        "from tests.support.lines import TODAY, free, need, offer;"
        "from streams.core.lines import Options;"
        "r = streams.core.matching.solve([offer('o')], [need('n')], free, Options(), TODAY);"
        "assert r.proposals and 'pandas' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=60)
