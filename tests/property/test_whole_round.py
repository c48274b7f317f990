"""A round over all lines against every pair of them solved as one block: the same optimum."""

from random import Random

import pytest

from tests.support.two_tiers import best, best_of_all, country

GOODS = ("BERAS-MED", "LADA-PUTIH", "KELAPA", "CABAI-KERITING", "IKAN-TONGKOL", "PISANG")


@pytest.mark.parametrize("seed", range(24))
def test_pairs_inside_hubs_and_between_them_are_solved_as_one(seed: int) -> None:
    chance = Random(seed)
    drawn = country(
        chance.choice(GOODS), chance.choice((3, 8, 16)), chance.choice((2, 5, 9)), seed
    )
    assert best_of_all(drawn) == best(drawn)
