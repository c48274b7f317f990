"""Decides how a partition is put together from the reference tables."""

from dataclasses import replace
from typing import Self

from schemas.commodity import Catalogue
from schemas.legs import LegTable
from schemas.register import Register
from schemas.units import UnitTable
from schemas.validation import Judge
from streams.core.book import goods
from streams.core.drafts import cut_offs
from streams.core.lines import Options, goods_of
from streams.core.matching import solve
from streams.core.partition import Partition
from streams.core.rounds import Setting
from streams.core.shelf import MemoryShelf, Shelf
from streams.core.view import View
from streams.core.ways import HubWays


class Builder:
    """Makes the partitions of one worker; the tables are shared, the state never is."""

    def __init__(
        self,
        catalogue: Catalogue,
        units: UnitTable,
        register: Register,
        legs: LegTable,
        partitions: int,
    ) -> None:
        self._register = register
        self._judge = Judge(catalogue, units, register, partitions)
        self._goods = goods(catalogue)
        self._setting = Setting(
            self._goods,
            {
                str(c.code): (c.price_min_idr, c.price_max_idr)
                for c in catalogue.commodities.values()
            },
            HubWays(legs, catalogue),
            Options(goods=goods_of(catalogue)),
            solve,
            partitions,
        )
        self._catalogue = catalogue

    def deciding_at(self, minutes: tuple[int, ...]) -> Self:
        """Let hubs decide at these minutes of their local day only; none: at once, at any tick."""
        self._setting = replace(self._setting, cut_offs=cut_offs(minutes, self._catalogue))
        return self

    def with_fairness(self, percent: int) -> Self:
        """The first tenths of an order count more; say so before a partition is made."""
        options = replace(self._setting.options, fairness=percent)
        self._setting = replace(self._setting, options=options)
        return self

    def heeding(self, *, outlook: bool) -> Self:
        """Whether hubs heed the market's prices; say so before a partition is made."""
        self._setting = replace(self._setting, outlook=outlook)
        return self

    def partition(self, number: int, epoch: int = 0, shelf: Shelf | None = None) -> Partition:
        """An empty partition, to be filled from its changelog and its log."""
        view = View(self._goods, self._register, self._judge)
        kept = MemoryShelf() if shelf is None else shelf
        return Partition(
            number, judge=self._judge, view=view, shelf=kept, setting=self._setting, epoch=epoch
        )
