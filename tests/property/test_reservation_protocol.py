"""Hubs and the market in any interleaving: nothing promised twice, nothing kept for nobody."""

import pytest

from tests.protocol.interleaving import run
from tests.protocol.sabotage import BUGS, planted
from tests.protocol.several import share

INTERLEAVINGS = 1_000
TRIES_MAX = 1_500


def test_every_law_holds_over_a_few_hundred_interleavings() -> None:
    done, counts, breaches = share((0, INTERLEAVINGS))
    assert breaches == []
    assert done == INTERLEAVINGS
    ends = ("missing", "stock_stale", "hold_over", "rejected", "permit")
    for word in ("proposed", *(f"ended {end}" for end in ends), "kill hub"):
        assert counts[word] > 0, word


def test_a_seed_tells_the_same_story_again() -> None:
    first, second = run(7), run(7)
    assert first.counts == second.counts
    assert first.steps == second.steps


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str) -> None:
    with planted(name):
        found = next((told for seed in range(TRIES_MAX) if (told := run(seed)).breach), None)
    assert found is not None, "no interleaving noticed it"
    assert not run(found.seed).breach, "the seed finds something without the bug too"
