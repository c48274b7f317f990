"""Permits between hubs: the answer is the optimum of another solver over the pairs that may meet.

Who may meet whom is said here pair by pair, in sets; the matcher tells kinds of goods apart.
"""

from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from deploy.rerun_between import BetweenRound, parts_of
from deploy.rerun_check import opinion_of
from streams.core.interchange.hasty import answer_hastily
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.rest_pools import with_pools
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.lines import Bond, NeedLine, OfferLine, Options
from tests.support.between import check_legal, market, mixed, optimum
from tests.support.lines import GOODS, TODAY, need, offer

SEEDS = range(60)
PERMITS = ("halal", "nib", "pirt")
KINDS: dict[str, dict[str, Any] | None] = {
    "no recipe": None,
    "one measure": {},
    "shared rooms": {"rooms": True},
    "yields that disagree": {"agree": False},
}


def bonds(random: Random, *lines: OfferLine | NeedLine) -> dict[str, Bond]:
    """Some lines ask for a permit or two, and many hold some."""
    found = {}
    for line in lines:
        asks = random.sample(PERMITS, random.choice((0, 0, 0, 1, 2)))
        holds = random.sample(PERMITS, random.choice((0, 1, 2, 3)))
        found[line.line] = Bond("", tuple(sorted(asks)), tuple(sorted(holds)))
    return found


def drawn(seed: int, kind: str) -> tuple[list[OfferLine], list[NeedLine], Any, Terms, Options]:
    random, how = Random(f"permits {kind} {seed}"), KINDS[kind]
    if how is None:
        offers, needs, ways = market(random, 8)
        terms = Terms()
    else:
        offers, needs, ways, terms = mixed(random, 7, **how)
    bound = bonds(random, *offers, *needs)
    return offers, needs, ways, terms, Options(bonuses=False, goods=GOODS, bonds=bound)


@pytest.mark.parametrize("kind", KINDS)
def test_the_objective_is_that_of_a_linear_programme_over_the_pairs_that_may_meet(
    kind: str,
) -> None:
    bitten = 0
    for seed in SEEDS:
        offers, needs, ways, terms, options = drawn(seed, kind)

        def may(o: OfferLine, n: NeedLine, told: Any = options.bonds) -> bool:
            gives, takes = told[o.line], told[n.line]
            lacking = (set(gives.asks) - set(takes.holds)) | (set(takes.asks) - set(gives.holds))
            return not lacking

        asked = replace(terms, legs=leg_book(ways))
        found = solve_between(offers, needs, asked, options, TODAY)
        check_legal(found, offers, needs, terms)
        lines = {o.line: o for o in offers}, {n.line: n for n in needs}
        assert all(may(lines[0][s.offer], lines[1][s.need]) for s in found.shipments)
        assert (found.certified, found.gap, found.method) == (True, 0, "exact")
        best = optimum(offers, needs, ways, terms, may)
        assert found.objective + found.rounding == pytest.approx(best, abs=2)
        bitten += best + 1 < optimum(offers, needs, ways, terms)
        hasty = answer_hastily(offers, needs, asked, options, TODAY)
        assert all(may(lines[0][s.offer], lines[1][s.need]) for s in hasty.shipments)
    assert bitten >= len(SEEDS) // 6


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_judge_agrees_and_names_a_pair_without_its_permit(kind: str) -> None:
    named = 0
    for seed in SEEDS[:20]:
        offers, needs, ways, terms, options = drawn(seed, kind)
        terms = replace(terms, legs=leg_book(ways))
        for asked in (options, replace(options, bonuses=True)):
            found = solve_between(offers, needs, terms, asked, TODAY)
            opinion = opinion_of(parts_of(BetweenRound(offers, needs, terms, asked, TODAY, found)))
            assert opinion.faults == []
            assert opinion.gap == 0 or not found.certified
        free = solve_between(offers, needs, terms, replace(options, bonds={}), TODAY)
        told = BetweenRound(offers, needs, terms, options, TODAY, free)
        faults = [fault[0] for fault in opinion_of(parts_of(told)).faults]
        named += "may_not" in faults
    assert named > 3


def test_pools_keep_permits_and_the_order_of_lines_changes_nothing() -> None:
    pooled = 0
    for seed in range(40):
        random = Random(f"pools {seed}")
        offers = [
            offer(f"o{n:02}", random.randint(5, 30), random.randint(1_000, 1_080))
            for n in range(random.randint(4, 14))
        ]
        lots = [random.randint(30, 60) for _ in range(3)]
        needs = [need(f"n{n}", q, hub="31.72", min_lot=q) for n, q in enumerate(lots)]
        told = bonds(random, *offers, *needs)
        options = Options(bonuses=False, goods=GOODS, bonds=told)
        terms = Terms(legs=leg_book([Leg("19.02", "31.72", 1, 1)]))
        answers = []
        for _ in range(2):
            alone = solve_between(offers, needs, terms, options, TODAY)
            answers.append(with_pools(alone, (offers, needs), terms, options, TODAY))
            random.shuffle(offers)
            random.shuffle(needs)
        assert msgspec.json.encode(answers[0]) == msgspec.json.encode(answers[1])
        for s in answers[0].shipments:
            assert told[s.offer].meets(told[s.need])
            pooled += s.pool is not None
    assert pooled > 10
