"""Clearing against a linear programme of another solver, and its own symmetries."""

from random import Random

import pytest
from ortools.linear_solver import pywraplp

from streams.core.interchange.clearing import Obligation, bound_by, clear

PARTIES = "ABCDEFGHIJ"


def ledger(random: Random, size: int) -> list[Obligation]:
    parties = PARTIES[: random.randint(2, len(PARTIES))]
    names = random.sample(range(10_000), size)
    found = []
    for name in names:
        debtor, creditor = random.sample(parties, 2)
        found.append(Obligation(f"d{name}", debtor, creditor, random.randint(1, 900)))
    return found


def most(given: list[Obligation]) -> float:
    """The largest circulation by a linear programme over single obligations."""
    model = pywraplp.Solver.CreateSolver("GLOP")
    even = {party: model.Constraint(0, 0) for party in PARTIES}
    goal = model.Objective()
    for debt in given:
        x = model.NumVar(0, debt.idr, "")
        even[debt.debtor].SetCoefficient(x, 1)
        even[debt.creditor].SetCoefficient(x, -1)
        goal.SetCoefficient(x, 1)
    goal.SetMaximization()
    assert model.Solve() == model.OPTIMAL
    return float(goal.Value())


@pytest.mark.parametrize("case", range(10))
def test_no_more_can_be_cleared_and_the_proof_says_so_by_itself(case: int):
    cleared = 0
    for seed in range(case * 20, case * 20 + 20):
        random = Random(seed)
        given = ledger(random, random.randint(1, 60))
        found = clear(given)
        assert found.total == pytest.approx(most(given), abs=1e-3)
        assert found.certified
        assert found.total == bound_by(given, found.levels)
        net = dict.fromkeys(PARTIES, 0)
        for debt in given:
            assert 0 <= found.cleared[debt.id] <= debt.idr
            net[debt.debtor] += found.cleared[debt.id]
            net[debt.creditor] -= found.cleared[debt.id]
        assert not any(net.values())
        cleared += found.total > 0
    assert cleared >= 10


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_obligations_changes_nothing(seed: int):
    random = Random(seed)
    given = ledger(random, 80)
    assert clear(random.sample(given, len(given))) == clear(given)


@pytest.mark.parametrize("seed", range(10))
def test_every_rupiah_tenfold_clears_tenfold_and_one_more_debt_never_clears_less(seed: int):
    random = Random(seed)
    given = ledger(random, 40)
    tenfold = [Obligation(d.id, d.debtor, d.creditor, 10 * d.idr) for d in given]
    assert clear(tenfold).total == 10 * clear(given).total
    assert clear(given[1:]).total <= clear(given).total


def test_a_planted_circulation_is_cleared_whole_whatever_chains_hang_on_it():
    random = Random(5)
    given, planted = [], 0
    for n in range(300):
        ring = random.sample(range(60), random.randint(2, 6))
        idr = random.randint(1, 10**9)
        planted += idr * len(ring)
        ends = zip(ring, (*ring[1:], ring[0]), strict=True)
        given += [Obligation(f"r{n}-{k}", f"p{a}", f"p{b}", idr) for k, (a, b) in enumerate(ends)]
    chains = [Obligation(f"t{n}", f"p{n}", f"q{n}", random.randint(1, 10**9)) for n in range(60)]
    found = clear(random.sample(given + chains, len(given) + len(chains)))
    assert found.total == planted
    assert found.certified
    assert not any(found.cleared[debt.id] for debt in chains)
