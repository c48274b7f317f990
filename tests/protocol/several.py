"""Many interleavings in one process, counted."""

from collections import Counter

from tests.protocol.interleaving import run

BREACHES_MAX = 5


def share(asked: tuple[int, int]) -> tuple[int, Counter[str], list[str]]:
    """Tell the interleavings of some seeds; give how many, what happened, and breaches."""
    first, number = asked
    counts: Counter[str] = Counter()
    breaches: list[str] = []
    for done, seed in enumerate(range(first, first + number), 1):
        found = run(seed)
        counts += found.counts
        counts["steps"] += found.steps
        if found.breach:
            breaches.append(found.breach)
            if len(breaches) >= BREACHES_MAX:
                return done, counts, breaches
    return number, counts, breaches
