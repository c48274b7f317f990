"""Live markets on paper against one solve of the whole country: what both tiers together reach."""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

from schemas import reference
from schemas.commodity import Commodity
from schemas.identity import CommodityCode, partition_of
from schemas.quantity import MICRO, parse_quantity
from schemas.topics import EVENTS
from streams.core.interchange.legs import GONE
from streams.core.interchange.market_round import Problem
from streams.core.interchange.road import Road, hub_numbers
from streams.core.lifecycle_times import DAY_MS, WIB_MS
from streams.core.lines import IntArray, LegGrid, NeedLine, OfferLine, Options
from streams.core.matching import solve
from tests.support.core_desk import PARTITIONS, builder
from tests.support.core_logs import NOON, counted, placed, report
from tests.support.market_logs import WrittenMarket
from tests.support.paper_market import market_builder

LIVE = ("draft", "proposed")


class Word(NamedTuple):
    """What a co-op has, or wants, whole base units, and at which price."""

    coop: str
    offers: bool
    units: int
    idr: int
    code: str = ""
    """Of other goods than those of its country."""


class Country(NamedTuple):
    """Who says what of one commodity, or of what is made of it."""

    goods: Commodity
    words: Sequence[Word]

    @property
    def offers(self) -> list[OfferLine]:
        """What is offered, as the matchers see it."""
        return [
            OfferLine(
                line=f"{w.coop}|{w.code or self.goods.code}|UNGRADED|",
                coop=w.coop,
                hub=w.coop[:5],
                family=str(self.goods.family),
                commodity=w.code or str(self.goods.code),
                grade="UNGRADED",
                quantity=w.units * MICRO,
                floor=w.idr,
            )
            for w in self.words
            if w.offers
        ]

    @property
    def needs(self) -> list[NeedLine]:
        """What is asked for, as the matchers see it."""
        return [
            NeedLine(
                line=f"{w.coop}|PO-1",
                coop=w.coop,
                hub=w.coop[:5],
                family=str(self.goods.family),
                commodity=w.code or str(self.goods.code),
                quantity=w.units * MICRO,
                ceiling=w.idr,
            )
            for w in self.words
            if not w.offers
        ]


def country(code: str, hubs: int, per_hub: int, seed: int) -> Country:
    """Draw co-ops of so many real hubs; sellers in the lower half of the published band."""
    chance, goods = Random(seed), reference.catalogue().commodities[CommodityCode(code)]
    register = reference.register()
    low, high = goods.price_min_idr, goods.price_max_idr
    words = []
    for hub in chance.sample(sorted(map(str, register.hubs)), hubs):
        coops = sorted(map(str, register.coops_of(hub)))
        for coop in chance.sample(coops, min(per_hub, len(coops))):
            units = int(min(chance.paretovariate(1.3) * 400, 30_000))
            offers = chance.random() < 0.5
            band = (low, (low + high) // 2) if offers else ((low + high) // 2, high * 1.15)
            words.append(Word(coop, offers, units, int(chance.uniform(*band))))
    return Country(goods, words)


def of_recipes(hubs: int, per_hub: int, seed: int) -> Country:
    """Draw co-ops with coconuts and copra: little copra, so it pays to make more of nuts."""
    chance = Random(seed)
    raw, made = (country(code, hubs, per_hub, seed) for code in ("KELAPA", "KOPRA"))
    words = {word.coop: word for word in raw.words}
    for word in made.words:
        says = chance.random() < (0.2 if word.offers else 0.8)
        if says:
            idr = word.idr if word.offers else 2 * word.idr
            words[word.coop] = word._replace(code="KOPRA", idr=idr)
    return Country(raw.goods, list(words.values()))


def best_of_all(asked: Country) -> int:
    """The money of one solve of everything, recipes too, whole rupiah, certified."""
    plain = Options(bonuses=False, goods=builder()._setting.options.goods)
    today = (NOON + WIB_MS) // DAY_MS
    problem = Problem(str(asked.goods.family), asked.offers, asked.needs, plain, today)
    found = market_builder(outlook=True)._solve.whole(problem)
    assert found.certified
    return found.objective


def best(asked: Country) -> int:
    """The money of one certified solve of everything, whole rupiah."""
    offers, needs = asked.offers, asked.needs
    plain = Options(bonuses=False, goods=builder()._setting.options.goods)
    today = (NOON + WIB_MS) // DAY_MS
    costs = _between(asked, Problem(str(asked.goods.family), offers, needs, plain, today))
    for i, j in np.ndindex(costs.shape):
        if offers[i].hub == needs[j].hub:
            way = builder()._setting.ways.leg(offers[i].coop, needs[j].coop, asked.goods.code)
            costs[i, j] = -1 if way is None else way[0].cost
    found = solve(offers, needs, LegGrid(costs, np.zeros_like(costs)), plain, today)
    assert found.certified
    return found.objective


def _between(asked: Country, problem: Problem) -> IntArray:
    """The cheapest way of the day between the hubs of every pair, -1 where there is none."""
    terms = market_builder()._solve.terms(problem)
    numbers = hub_numbers(terms.legs, {w.coop[:5] for w in asked.words})
    road = Road(terms, problem.today, numbers)
    ways = np.full((len(numbers),) * 2, np.iinfo(np.int64).max)
    goes = road.arrival != GONE
    ends = road.book.origin[goes], road.book.target[goes]
    np.minimum.at(ways, ends, road.cost(str(asked.goods.code))[goes])
    ways[ways == np.iinfo(np.int64).max] = -1
    rows, columns = (
        [numbers[one.hub] for one in side] for side in (problem.offers, problem.needs)
    )
    found: IntArray = ways[np.ix_(rows, columns)]
    return found


class Live:
    """A country on paper: real hubs, a real market, everything said before the first tick."""

    def __init__(
        self, asked: Country, *, outlook: bool, seed: int = 0, deadly: float = 0.0
    ) -> None:
        self.asked = asked
        self.market = WrittenMarket(seed, deadly, outlook=outlook)
        for word in asked.words:
            said = report(word.coop, 1, self._line(word))
            place = partition_of(word.coop[:5], PARTITIONS)
            self.market.parts[EVENTS, place].put(said.key, said.value, said.timestamp)
        self.market.settle()

    def _line(self, word: Word) -> dict[str, object]:
        code = word.code or str(self.asked.goods.code)
        if word.offers:
            return counted(word.units, commodity=code, floor_price=str(word.idr))
        return placed("PO-1", word.units, code, ceiling_price=str(word.idr))

    def tick(self, times: int) -> "Live":
        self.market.tick(times)
        return self

    @property
    def money(self) -> float:
        """What all matches that stand are worth, whole rupiah."""
        live = (*self.market.matches(1), *self.market.matches(2))
        standing = [match for match in live if match["state"] in LIVE]
        return sum(self._worth(match) for match in standing) / MICRO

    def _worth(self, match: dict[str, Any]) -> int:
        floors = {offer.line: offer.floor for offer in self.asked.offers}
        ceilings = {need.line: need.ceiling for need in self.asked.needs}
        given = parse_quantity(match["quantity"]) or 0
        arrives = parse_quantity(match.get("to_quantity", match["quantity"])) or 0
        bid: int = ceilings[match["need"]] - match["leg_cost"] - match.get("processing", 0)
        return arrives * bid - given * floors[match["offer"]]
