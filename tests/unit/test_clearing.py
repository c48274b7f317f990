"""Clearing debts that lie in rings: what an auditor would check by hand."""

import pytest

from streams.core.interchange.clearing import IDR_MAX, Clearing, Obligation, bound_by, clear


def debts(*told: str) -> list[Obligation]:
    """Each text is `id debtor creditor rupiah`."""
    rows = [text.split() for text in told]
    return [Obligation(name, debtor, creditor, int(idr)) for name, debtor, creditor, idr in rows]


def checked(given: list[Obligation]) -> Clearing:
    """Clear, and check all that must hold without looking at how it was done."""
    found = clear(given)
    net: dict[str, int] = {}
    for debt in given:
        part = found.cleared[debt.id]
        assert 0 <= part <= debt.idr
        net[debt.debtor] = net.get(debt.debtor, 0) + part
        net[debt.creditor] = net.get(debt.creditor, 0) - part
    assert set(net.values()) <= {0}, "somebody's net position moved"
    assert found.total == sum(found.cleared.values())
    assert found.bound == bound_by(given, found.levels)
    return found


def test_three_who_owe_each_other_in_a_ring_clear_the_smallest_debt_of_it():
    found = checked(debts("x A B 900", "y B C 700", "z C A 800"))
    assert found.cleared == {"x": 700, "y": 700, "z": 700}
    assert (found.total, found.bound, found.certified) == (2_100, 2_100, True)


def test_two_who_owe_each_other_clear_the_smaller_of_the_two():
    assert checked(debts("x A B 900", "y B A 200")).total == 400


def test_who_owes_and_is_not_owed_clears_nothing():
    found = checked(debts("x A B 900", "y B C 700", "z A C 1"))
    assert set(found.cleared.values()) == {0}
    assert found.certified


def test_a_longer_ring_is_taken_where_it_clears_more_than_the_short_one():
    ring = debts("x A B 5", "back B A 5", "y B C 5", "z C D 5", "w D A 5")
    found = checked(ring)
    assert found.cleared == {"x": 5, "back": 0, "y": 5, "z": 5, "w": 5}


def test_debts_of_one_pair_clear_in_the_order_of_their_ids():
    found = checked(debts("late A B 300", "early A B 300", "home B A 400"))
    assert found.cleared == {"early": 300, "late": 100, "home": 400}


def test_a_ring_through_thousands_of_parties_is_proven_too():
    size = 2_100
    ring = debts(*(f"d{n} p{n} p{(n + 1) % size} {3 if n == 7 else 5}" for n in range(size)))
    found = checked(ring)
    assert found.total == 3 * size
    assert found.certified


def test_nobody_owing_anybody_is_cleared_too():
    found = clear([])
    assert (found.cleared, found.total, found.certified) == ({}, 0, True)


def test_wrong_levels_prove_less_and_never_less_than_the_truth():
    given = debts("x A B 900", "y B C 700", "z C A 800", "w C D 50")
    found = checked(given)
    for party in found.levels:
        for step in (-2, -1, 1, 2):
            other = dict(found.levels) | {party: found.levels[party] + step}
            assert bound_by(given, other) >= found.total


def test_sums_beyond_a_float_are_exact():
    most = IDR_MAX // 3
    found = checked(debts(f"x A B {most}", f"y B A {most - 1}"))
    assert found.total == 2 * (most - 1)
    assert found.certified


@pytest.mark.parametrize(
    "wrong",
    [
        debts("x A B 1", "x B A 1"),
        debts("x A B 0"),
        debts("x A B -5"),
        debts("x A A 5"),
        debts(f"x A B {IDR_MAX}", "y B A 1"),
    ],
)
def test_what_is_no_ledger_is_refused(wrong: list[Obligation]):
    with pytest.raises(ValueError, match=r"obligation|owes"):
        clear(wrong)
