"""The quick clearing gives what the plain one gives, debt by debt, level by level."""

from random import Random

import pytest

from streams.core.interchange.clearing import Obligation, clear
from tests.support.plain_clearing import plain_clear


def ledger(random: Random, size: int, parties: int, idr_max: int) -> list[Obligation]:
    """Debts between random parties, some of which only owe or are only owed to."""
    names = random.sample(range(10 * size), size)
    found = []
    for name in names:
        debtor, creditor = random.sample(range(parties), 2)
        if {debtor, creditor} & {0, 1}:
            debtor, creditor = max(debtor, creditor), min(debtor, creditor)
        found.append(
            Obligation(f"d{name}", f"p{debtor}", f"p{creditor}", random.randint(1, idr_max))
        )
    return found


@pytest.mark.parametrize("case", range(8))
def test_the_quick_form_equals_the_plain_one(case: int):
    partly = 0
    for seed in range(case * 40, case * 40 + 40):
        random = Random(seed)
        idr_max = random.choice((1, 2, 900, 10**15))
        given = ledger(random, random.randint(1, 250), random.randint(3, 30), idr_max)
        found, plain = clear(given), plain_clear(given)
        assert found == plain
        assert list(found.cleared) == [debt.id for debt in given]
        assert {type(part) for part in found.cleared.values()} == {int}
        partly += any(0 < found.cleared[debt.id] < debt.idr for debt in given)
    assert partly >= 20


@pytest.mark.parametrize("parties", [40, 2_200])
def test_the_quick_form_equals_the_plain_one_with_many_debts(parties: int):
    """Beyond 2,048 parties pairs are numbered by sorting."""
    given = ledger(Random(parties), 6_000, parties, 10**9)
    assert clear(given) == plain_clear(given)


def test_chains_of_any_length_hang_on_a_ring_and_clear_nothing():
    ring = [Obligation(f"r{n}", f"p{n}", f"p{(n + 1) % 5}", 10 + n) for n in range(5)]
    for length in (1, 15, 16, 17, 60):
        to = [Obligation(f"t{n}", f"t{n}", f"t{n + 1}", 7) for n in range(length)]
        away = [Obligation(f"a{n}", f"a{n}", f"a{n + 1}", 7) for n in range(length)]
        joined = [Obligation("x", f"t{length}", "p0", 9), Obligation("y", "p1", "a0", 9)]
        found = clear([*to, *ring, *joined, *away])
        assert found.total == 50
        assert found.certified
        assert {name for name, idr in found.cleared.items() if idr} == {debt.id for debt in ring}
        assert found == plain_clear([*to, *ring, *joined, *away])


def test_of_several_faults_the_first_is_told():
    twice = [Obligation("x", "A", "A", 0), Obligation("x", "A", "B", 1 << 70)]
    with pytest.raises(ValueError, match="one id"):
        clear(twice)
    with pytest.raises(ValueError, match="of nothing"):
        clear([twice[0], Obligation("y", "A", "A", 1 << 70)])
    with pytest.raises(ValueError, match="beyond"):
        clear([Obligation("y", "A", "A", 1 << 70)])
