"""Decides how a partition of the market is put together from the reference tables."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final, Self

from schemas.commodity import Catalogue
from schemas.legs import LegTable
from schemas.network import NetworkTables
from schemas.network_sailings import Sailing
from schemas.transport import Rates
from schemas.yields import Yields
from streams.core.book import goods
from streams.core.interchange.market_hours import Hours
from streams.core.interchange.market_partition import MarketPartition
from streams.core.interchange.market_round import Policy
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.market_solving import Exchange, Manner
from streams.core.interchange.network import Network
from streams.core.interchange.network_table import MICRO_PER_KG
from streams.core.interchange.terms import Process
from streams.core.interchange.villages import Villages
from streams.core.lines import goods_of

LOCAL_METRES: Final = 20_000
"""Taken for the way to a mill in the same hub, by the small truck: nobody has recorded mills."""


class MarketBuilder:
    """Makes the partitions of one market worker; the network is shared, the state never is."""

    def __init__(
        self,
        catalogue: Catalogue,
        tables: NetworkTables,
        sailings: Iterable[Sailing],
        rates: Rates,
        partitions: int,
    ) -> None:
        self._partitions = partitions
        self._goods = goods(catalogue)
        everything = catalogue.commodities.values()
        grams = {str(c.code): c.grams_per_unit for c in everything}
        manner = Manner(
            grams=grams,
            freight_micro={str(c.code): rates.storage_factors[c.storage] for c in everything},
            recipes=recipes_of(catalogue),
            pooling=True,
            local_micro=rates.road(LOCAL_METRES, None, 0).cost_per_tonne_idr * MICRO_PER_KG,
        )
        self._solve = Exchange(Network(tables, sailings), manner)
        self._policy = Policy(partitions, goods_of(catalogue), grams=grams)

    def in_threads(self, alone: AbstractContextManager[Any]) -> Self:
        """Partitions are folded in threads; `alone` is a lock for what only one need work out."""
        self._solve.alone = alone
        return self

    def with_yields(self, yields: Yields) -> Self:
        """Recipes yield something else at some hubs; say so before a partition is made."""
        self._solve.manner = replace(self._solve.manner, yields=yields)
        return self

    def with_fairness(self, percent: int) -> Self:
        """The first tenths of an order count more; say so before a partition is made."""
        self._policy = replace(self._policy, fairness=percent)
        return self

    def deciding_at(self, minutes: tuple[int, ...], zones: Mapping[str, int]) -> Self:
        """Matches start at these minutes of the hubs' days; say so before a partition is made.

        `zones` are the hours that hubs' clocks are ahead of UTC.
        """
        self._policy = replace(self._policy, hours=Hours(minutes, zones))
        return self

    def telling(self, legs: LegTable | None) -> Self:
        """Whether hubs are told what to spare for others; say so before a partition is made.

        `legs` are the ways inside hubs; None: nobody is told.
        """
        self._solve.villages = None if legs is None else Villages(legs)
        self._policy = replace(self._policy, whole=None if legs is None else self._solve.whole)
        return self

    def partition(self, number: int, epoch: int = 0) -> MarketPartition:
        """An empty partition, to be filled from its changelog and its log."""
        side = MarketSide(self._solve, self._policy, number=number, epoch=epoch)
        return MarketPartition(number, self._partitions, side, self._goods)


def recipes_of(catalogue: Catalogue) -> tuple[Process, ...]:
    """Every recipe between free goods, at no hub yet; what it costs nobody has recorded."""
    free = {code for code, c in catalogue.commodities.items() if c.trade == "free"}
    found = (
        Process(
            code=str(recipe.code),
            input=str(recipe.input),
            output=str(recipe.main.commodity),
            hub="",
            yield_micro=recipe.main.micro_per_input_unit,
            days=recipe.days,
            shelf_days=catalogue.commodities[recipe.main.commodity].shelf_life_days or None,
        )
        for recipe in catalogue.recipes.values()
        if recipe.input in free and recipe.main.commodity in free
    )
    return tuple(sorted(found, key=lambda p: p.code))
