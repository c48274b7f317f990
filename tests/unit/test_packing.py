"""Choosing among proposals that share things: the best set, or an honest bound."""

from itertools import combinations
from random import Random

import pytest

from streams.core.interchange.packing import Choice, pack

Choices = list[Choice[str]]


def choices(*told: tuple[int, str]) -> Choices:
    return [Choice(f"c{n}", worth, uses) for n, (worth, uses) in enumerate(told)]


def best(given: Choices) -> int:
    """By trying every set."""
    return max(
        sum(choice.worth for choice in some)
        for size in range(len(given) + 1)
        for some in combinations(given, size)
        if all(not set(a.uses) & set(b.uses) for a, b in combinations(some, 2))
    )


def test_two_small_ones_go_before_the_large_one_between_them():
    found = pack(choices((10, "ab"), (7, "a"), (6, "b")), 100)
    assert found.chosen == (1, 2)
    assert (found.worth, found.bound, found.exact) == (13, 13, True)
    assert found.proven == {1, 2}


@pytest.mark.parametrize("seed", range(30))
def test_the_set_is_the_best_of_all_sets(seed: int):
    random = Random(seed)
    given = choices(
        *(
            (random.randint(1, 50), "".join(random.sample("abcdefgh", random.randint(1, 3))))
            for _ in range(random.randint(0, 9))
        )
    )
    found = pack(given, 10_000)
    taken = [given[at] for at in found.chosen]
    assert len({thing for one in taken for thing in one.uses}) == sum(len(c.uses) for c in taken)
    assert found.worth == sum(choice.worth for choice in taken) == best(given)
    assert found.exact


@pytest.mark.parametrize("seed", range(20))
def test_without_effort_the_largest_go_first_and_the_bound_still_holds(seed: int):
    random = Random(seed)
    given = choices(
        *((random.randint(1, 50), "".join(random.sample("abcdef", 2))) for _ in range(12))
    )
    found = pack(given, 0)
    assert found.worth <= best(given) <= found.bound
    assert found.exact == (found.worth == found.bound)


def test_no_effort_is_told_as_not_proven():
    found = pack(choices((10, "ab"), (9, "a"), (9, "b")), 0)
    assert (found.worth, found.exact, found.proven) == (10, False, frozenset())


def test_equal_worth_goes_by_name_and_not_by_place():
    given = choices((5, "a"), (5, "a"))
    assert [given[at].name for at in pack(given, 9).chosen] == ["c0"]
    turned = given[::-1]
    assert [turned[at].name for at in pack(turned, 9).chosen] == ["c0"]
