"""Prices between hubs against the optimum itself, and what hubs make of them together."""

from dataclasses import replace
from random import Random

import msgspec
import pytest

from bench.interchange import LOCAL_IDR, MONEY, country, halves, heard, lines, ways
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.outlook import Quotes, Step
from streams.core.interchange.quoting import Posed, quotes
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.lines import NeedLine, OfferLine, Options
from tests.support.between import HUBS, market
from tests.support.lines import GOODS, TODAY, need, offer

PLAIN = Options(bonuses=False, goods=GOODS)


def drawn(seed: int) -> tuple[list[OfferLine], list[NeedLine], Terms]:
    """Grades, dates, ships of several days and prices; every line of a co-op of its own."""
    offers, needs, legs = market(Random(f"quotes {seed}"), 14)
    offers = [msgspec.structs.replace(o, coop=f"seller {o.line}") for o in offers]
    needs = [msgspec.structs.replace(n, coop=f"buyer {n.line}") for n in needs]
    return offers, needs, Terms(legs=leg_book(legs))


def money(offers: list[OfferLine], needs: list[NeedLine], terms: Terms) -> int:
    found = solve_between(offers, needs, terms, PLAIN, TODAY)
    assert found.certified
    return found.objective


def quoted(offers: list[OfferLine], needs: list[NeedLine], terms: Terms) -> Quotes:
    found = solve_between(offers, needs, terms, PLAIN, TODAY)
    return quotes(Posed(offers, needs, terms, PLAIN, TODAY, found.shipments))


def at(steps: tuple[Step, ...], days: int) -> int | None:
    return next((step.idr for step in reversed(steps) if step.days <= days), None)


@pytest.mark.parametrize("seed", range(25))
def test_a_unit_more_brings_what_the_quote_says(seed: int):
    offers, needs, terms = drawn(seed)
    told, before = quoted(offers, needs, terms), money(offers, needs, terms)
    for hub in HUBS:
        for grade in "ABC":
            for left, days in ((None, 99), (6, 4), (2, 1)):
                expires = None if left is None else TODAY + left
                more = offer("x", 1, 0, hub=hub, grade=grade, expires_day=expires, coop="x")
                quote = told.get(hub, {}).get(("LADA-PUTIH", grade))
                sell = None if quote is None else at(quote.sell, days)
                assert money([*offers, more], needs, terms) - before == (sell or 0)


@pytest.mark.parametrize("seed", range(25))
def test_a_unit_more_costs_at_least_what_the_quote_says(seed: int):
    offers, needs, terms = drawn(seed)
    told, before = quoted(offers, needs, terms), money(offers, needs, terms)
    for hub in HUBS:
        for grades in (None, frozenset("B")):
            for days in (99, 2):
                asked = {"grades": grades, "needed_by_day": TODAY + days}
                more = need("x", 1, 9_000, hub=hub, coop="x", **asked)
                prices = [
                    at(quote.buy, days)
                    for (_, grade), quote in told.get(hub, {}).items()
                    if grades is None or grade in grades
                ]
                buy = min((idr for idr in prices if idr is not None), default=9_000)
                assert money(offers, [*needs, more], terms) - before <= 9_000 - buy


def shares(hubs: int, per_hub: int, seed: int, *, dated: bool) -> list[float]:
    """What two tiers reach of one solve of everything, before and after each of two hearings."""
    land = country(hubs)
    every = list(range(hubs))
    terms = ways(land, every, every)
    inner = [Leg(name, name, LOCAL_IDR * MICRO, 0) for name in land.names]
    whole = replace(terms, legs=leg_book([*terms.legs.legs, *inner]), within=True)
    asked = lines(land, halves(land, per_hub), seed, dated=dated)
    best = solve_between(*asked, whole, MONEY, TODAY).objective
    return [value / best for value in heard(asked, terms, 2)]


@pytest.mark.parametrize(
    ("hubs", "per_hub", "seed", "dated"),
    [(60, 12, 0, False), (60, 12, 2, False), (40, 6, 1, True), (20, 12, 0, True)],
)
def test_hubs_that_heard_two_rounds_reach_what_one_solve_of_everything_does(
    hubs: int, per_hub: int, seed: int, dated: bool
):
    alone, _, last = shares(hubs, per_hub, seed, dated=dated)
    assert alone < 0.98
    assert 0.99 <= last <= 1
