"""The second judge of rounds agrees with both matchers, and says so when an answer is spoilt."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from deploy.rerun_between import BetweenRound, members_above, members_gain
from deploy.rerun_between import parts_of as parts_between
from deploy.rerun_check import Opinion, opinion_of
from deploy.rerun_pairs import HubRound
from deploy.rerun_pairs import parts_of as parts_inside
from schemas.quantity import MICRO
from streams.core.interchange.legs import leg_book
from streams.core.interchange.rest_pools import with_pools
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.lines import Leg, NeedLine, OfferLine, Options
from streams.core.matching import half_up, solve
from tests.support.between import HUBS, legs, market, mixed
from tests.support.lines import GOODS, TODAY, drawn, need, offer

SEEDS = range(60)
RANKS = ("emergency", "staple", "normal", "normal")
KINDS: dict[str, dict[str, Any]] = {
    "lots": {"lots": True},
    "recipes": {},
    "shared rooms": {"rooms": True},
    "yields that disagree": {"agree": False},
    "lots, recipes, rooms": {"rooms": True, "agree": False},
}


def ranked(random: Random, needs: list[NeedLine]) -> list[NeedLine]:
    return [msgspec.structs.replace(n, priority=random.choice(RANKS)) for n in needs]


def pairs(random: Random, lines: tuple[Any, Any], share: float) -> frozenset[tuple[str, str]]:
    offers, needs = lines
    every = ((o.line, n.line) for o in offers for n in needs)
    return frozenset(pair for pair in every if random.random() < share)


def options(random: Random, *lines: Any, keep: bool = False) -> Options:
    held = pairs(random, lines, 0.05)
    kept = pairs(random, lines, 0.1) if keep else frozenset()
    return Options(bonuses=random.random() < 0.7, held_back=held, keep=kept, goods=GOODS)


def inside(seed: int, *, lots: bool = False) -> HubRound:
    """A hub's round in which every constraint bites somewhere."""
    random = Random(f"inside {seed}")
    offers, needs, table = drawn(random, random.choice((3, 8, 14)), lots=lots)
    least = (None, "A", "B", "UNGRADED")
    needs = [
        msgspec.structs.replace(n, grade=random.choice(least), grades=None)
        if random.random() < 0.5
        else n
        for n in ranked(random, needs)
    ]
    rows = {o.line: i for i, o in enumerate(offers)}
    columns = {n.line: j for j, n in enumerate(needs)}

    def leg(o: OfferLine, n: NeedLine) -> Leg | None:
        at = rows[o.line], columns[n.line]
        return None if table.cost[at] < 0 else Leg(int(table.cost[at]), int(table.days[at]))

    asked = options(random, offers, needs, keep=True)
    found = solve(offers, needs, table, asked, TODAY)
    return HubRound(offers, needs, leg, asked, TODAY, found)


def between(seed: int, kind: str) -> BetweenRound:
    random = Random(f"{kind} {seed}")
    size, terms = random.choice((3, 8, 12)), Terms()
    if kind == "lots":
        offers, needs, ways = market(random, size, lots=True)
    else:
        offers, needs, ways, terms = mixed(random, size, **KINDS[kind])
    needs = ranked(random, needs)
    if kind.startswith("lots, "):
        offers, needs = insisting(random, offers), insisting(random, needs)
    terms = replace(terms, legs=leg_book(ways))
    asked = options(random, offers, needs)
    found = solve_between(offers, needs, terms, asked, TODAY)
    return BetweenRound(offers, needs, terms, asked, TODAY, found)


def insisting(random: Random, lines: list[Any]) -> list[Any]:
    """Some insist on a part of what they have, some on more than most others have."""
    lots = (0, 0, 5 * MICRO, 20 * MICRO)
    return [
        msgspec.structs.replace(one, min_lot=min(one.quantity, random.choice(lots)))
        for one in lines
    ]


def small_lots(seed: int) -> BetweenRound:
    """Many small lots of two hubs, and orders that insist on more than any of them."""
    random = Random(f"pools {seed}")
    offers = [
        offer(
            f"o{k:02}",
            random.randint(3, 25),
            random.randint(1_000, 1_120),
            hub=random.choice(HUBS[:2]),
        )
        for k in range(random.randint(4, 12))
    ]
    # One that insists on a lot itself may meet such an order beside the pools.
    offers += [offer("p", 90, 1_050, hub=HUBS[0], min_lot=50)] * (seed % 2)
    needs = [
        need(f"n{k}", 60, random.randint(1_900, 2_600), hub=HUBS[2], min_lot=40) for k in range(3)
    ]
    ways = legs(random, HUBS[:3])
    if seed % 3 == 0:  # what the first round uses of a ship, the pools cannot
        ways = [leg._replace(capacity_kg=random.randint(60, 200)) for leg in ways]
    terms = Terms(legs=leg_book(ways))
    asked = options(random, offers, needs)
    alone = solve_between(offers, needs, terms, asked, TODAY)
    found = with_pools(alone, (offers, needs), terms, asked, TODAY)
    return BetweenRound(offers, needs, terms, asked, TODAY, found)


def judged(asked: BetweenRound) -> Opinion:
    """The opinion of a round between hubs, with the money and the shares of its members."""
    opinion = opinion_of(parts_between(asked))
    opinion.money += members_gain(asked)
    opinion.faults += members_above(asked)
    return opinion


def agrees(opinion: Opinion, asked: HubRound | BetweenRound) -> None:
    assert opinion.faults == []
    assert half_up(opinion.money) == asked.found.objective
    assert opinion.better <= max(0, asked.found.gap) * MICRO
    if asked.found.certified:
        assert opinion.gap == 0


@pytest.mark.parametrize("lots", [False, True])
def test_a_round_inside_a_hub_is_proven_again_to_the_millionth_of_a_rupiah(lots: bool):
    traded = 0
    for seed in SEEDS:
        asked = inside(seed, lots=lots)
        opinion = opinion_of(parts_inside(asked))
        agrees(opinion, asked)
        assert asked.found.certified
        assert opinion.found == opinion.told
        traded += len(asked.found.proposals)
    assert traded > 40


@pytest.mark.parametrize("kind", KINDS)
def test_a_round_between_hubs_is_proven_again(kind: str):
    proven = traded = 0
    for seed in SEEDS:
        asked = between(seed, kind)
        agrees(judged(asked), asked)
        proven += asked.found.certified
        traded += len(asked.found.shipments)
    assert proven > len(SEEDS) * 3 // 4
    assert traded > 40


def test_pools_of_small_lots_are_proven_again_with_the_shares_of_their_members():
    pooled = 0
    for seed in SEEDS:
        asked = small_lots(seed)
        agrees(judged(asked), asked)
        pooled += any(shipment.pool for shipment in asked.found.shipments)
    assert pooled > 4


def spoilt(asked: HubRound) -> Iterator[tuple[str, HubRound]]:
    """Answers that nobody should believe, made of a right one."""
    first, *others = asked.found.proposals

    def said(*proposals: Any) -> HubRound:
        return asked._replace(found=msgspec.structs.replace(asked.found, proposals=proposals))

    yield "better", said(*others)
    more = msgspec.structs.replace(first, quantity=first.quantity * 50)
    yield "above_offer", said(more, *others)
    held = replace(asked.options, held_back=frozenset({(first.offer, first.need)}))
    yield "may_not", asked._replace(options=held)
    stranger = msgspec.structs.replace(first, need="nobody")
    yield "stranger", said(stranger, *others)


def test_a_worse_and_an_impossible_answer_are_named():
    for seed in SEEDS:
        asked = inside(seed)
        if not asked.found.proposals:
            continue
        for what, wrong in spoilt(asked):
            opinion = opinion_of(parts_inside(wrong))
            codes = {fault.code for fault in opinion.faults}
            noticed = opinion.better > 0 if what == "better" else what in codes
            # A pair worth nothing may be left out: nothing is lost by it.
            first = wrong.found.proposals
            worthless = what == "better" and opinion.told == opinion_of(parts_inside(asked)).told
            assert noticed or worthless, (seed, what, codes, first)


def test_a_worse_answer_between_hubs_is_named():
    noticed = 0
    for seed in SEEDS:
        asked = between(seed, "recipes")
        right = judged(asked)
        found = msgspec.structs.replace(asked.found, shipments=asked.found.shipments[1:])
        wrong = judged(asked._replace(found=found))
        lost = right.told - wrong.told
        assert (wrong.better > 0) == (lost > wrong.slack)
        noticed += wrong.better > 0
    assert noticed > len(SEEDS) // 2
