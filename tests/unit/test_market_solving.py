"""How the market solves unless told otherwise: ways of the day, haste when it is too much."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest

from schemas import reference
from schemas.identity import CoopId
from schemas.quantity import MICRO
from streams.core.interchange.hasty import answer_hastily
from streams.core.interchange.legs import leg_book
from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_solving import Exchange, Manner
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.interchange.villages import Villages
from streams.core.lines import NeedLine, OfferLine, Options
from tests.support import between, networks
from tests.support.lines import GOODS, TODAY, need, offer

BARE = Options(bonuses=False, goods=GOODS)
GIVER, TAKER = "31.72", "35.78"


def problem(offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> Problem:
    return Problem("LADA", list(offers), list(needs), BARE, TODAY)


def test_a_round_goes_by_the_ways_of_its_day():
    exchange = Exchange(networks.small(), Manner())
    asked = problem([offer("o", 10, hub=GIVER)], [need("n", 4, 900_000, hub=TAKER)])
    (shipment,) = exchange(asked).shipments
    (part,) = shipment.parts
    assert (shipment.quantity, part.legs[0].from_hub, part.legs[0].to_hub) == (
        4 * MICRO,
        GIVER,
        TAKER,
    )
    cost, days = networks.brute_ways(networks.small(), GIVER, TAKER, TODAY)[0]
    assert (shipment.leg_cost, shipment.days) == (-(-cost // 1000), days)
    assert exchange(asked) == exchange(asked)


def test_lines_of_one_hub_are_left_to_that_hub():
    exchange = Exchange(networks.small(), Manner())
    found = exchange(problem([offer("o", hub=GIVER)], [need("n", 4, 900_000, hub=GIVER)]))
    assert found.shipments == ()


def test_a_round_over_all_lines_has_pairs_inside_hubs_by_ways_from_village_to_village():
    exchange = Exchange(networks.small(), Manner())
    exchange.villages = Villages(reference.legs())
    here, there = "31.72.01.1001", "31.72.02.1001"
    asked = problem(
        [offer("o", 10, hub="31.72", coop=here)], [need("n", 4, 900_000, hub="31.72", coop=there)]
    )
    (shipment,) = exchange.whole(asked).shipments
    way = reference.legs().leg(CoopId(here), CoopId(there))
    assert way is not None
    assert shipment.leg_cost == -(-way.cost_per_tonne_idr // 1_000)
    assert exchange(asked).shipments == ()


def test_villages_without_a_way_meet_in_no_round_and_sites_are_no_villages():
    table, register = reference.legs(), reference.register()
    islands = list(register.coops_of("65.03"))
    one, other = next(
        (a, b) for a in islands for b in islands if a != b and table.leg(a, b) is None
    )
    villages = Villages(table)
    sides = [offer("o", hub="65.03", coop=str(one))], [need("n", hub="65.03", coop=str(other))]
    assert len(villages.legs(*sides)) == 0
    assert len(villages.legs([offer("o", hub="65.03", coop="PARTNER")], sides[1])) == 0
    ways = villages.legs([offer("o", hub="65.03", coop=str(other))], sides[1])
    assert len(ways) == 0  # nobody sells to itself


def test_a_round_of_too_many_pairs_is_answered_in_haste_and_says_so():
    asked = problem([offer("o", 10, hub=GIVER)], [need("n", 4, 900_000, hub=TAKER)])
    exact = Exchange(networks.small(), Manner())(asked)
    hasty = Exchange(networks.small(), Manner(pairs_max=0))(asked)
    assert (exact.certified, exact.method) == (True, "exact")
    assert (hasty.certified, hasty.method, hasty.gap) == (False, "greedy", -1)
    assert hasty.shipments == exact.shipments


@pytest.mark.parametrize("seed", range(40))
def test_haste_breaks_no_constraint_and_is_never_better_than_the_optimum(seed):
    random = Random(seed)
    offers, needs, legs = between.market(random, 12, lots=seed % 2 == 1)
    back = frozenset({(offers[0].line, needs[0].line)})
    options = replace(BARE, held_back=back)
    terms = Terms(legs=leg_book(legs))
    found = answer_hastily(offers, needs, terms, options, TODAY)
    exact = solve_between(offers, needs, terms, options, TODAY)
    assert found.money_micro <= exact.money_micro + exact.gap * MICRO
    assert not back & {(s.offer, s.need) for s in found.shipments}
    assert len({(s.offer, s.need) for s in found.shipments}) == len(found.shipments)
    between.check_legal(_with_rest(found, offers, needs), offers, needs, terms)
    assert found == answer_hastily(offers[::-1], needs[::-1], terms, options, TODAY)


def _with_rest(found: Any, offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> Any:
    """The answer with what is left told, as `check_legal` wants it."""
    told = solve_between(offers, needs, Terms(), BARE, TODAY).unmatched
    used = {("offer", s.offer): 0 for s in found.shipments}
    used |= {("need", s.need): 0 for s in found.shipments}
    for s in found.shipments:
        used["offer", s.offer] += s.given
        used["need", s.need] += s.quantity
    rest = [
        msgspec.structs.replace(u, quantity=u.quantity - used.get((u.side, u.line), 0))
        for u in told
    ]
    return msgspec.structs.replace(found, unmatched=tuple(u for u in rest if u.quantity))


def test_a_round_of_many_hubs_picks_its_ways_from_the_book_of_the_country(
    monkeypatch: pytest.MonkeyPatch,
):
    network, chance = networks.small(), Random(5)
    hubs = sorted(network.hubs)
    offers = [offer(f"o{n}", 10 + n, hub=chance.choice(hubs)) for n in range(12)]
    needs = [need(f"n{n}", 8 + n, 900_000, hub=chance.choice(hubs)) for n in range(12)]
    alone = Exchange(network, Manner())(problem(offers, needs))
    monkeypatch.setattr("streams.core.interchange.market_solving.HUBS_ALONE_MAX", 0)
    shared = Exchange(network, Manner())(problem(offers, needs))
    assert alone.shipments
    told = msgspec.structs.replace
    assert told(shared, digest="") == told(alone, digest="")


def test_the_book_between_some_hubs_is_that_of_their_legs_alone():
    network = networks.small()
    hubs = sorted(network.hubs)
    chosen = frozenset(hubs[::2])
    whole = leg_book(network.on(TODAY).all_legs())
    ours, fresh = whole.between(chosen), leg_book(network.on(TODAY).all_legs(chosen))
    assert 0 < len(fresh.legs) < len(whole.legs)
    assert (tuple(ours.legs), dict(ours.hubs)) == (tuple(fresh.legs), dict(fresh.hubs))
    for column in ("origin", "target", "cost_micro", "days", "departs", "room_kg"):
        assert getattr(ours, column).tolist() == getattr(fresh, column).tolist()
