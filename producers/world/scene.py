"""The still part of the world: hubs, what their villages make and eat, prices and seasons.

Decides how reference rows become villages' makes and wants. Refuses to know time, chance of single
reports, and where the rows lie. Only freely traded goods enter: contract goods come by contract,
and restricted ones never enter a book.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from producers.world.shares import (
    GRADES,
    LOAD_KEEPS_DAYS,
    LOAD_MONTHS,
    LOTTED_PERMILLE,
    MILL_PERMILLE,
    MILLED_PERMILLE,
    OUTLET_PERMILLE,
    TRADE_PERMILLE,
)
from schemas.commodity import Catalogue, Commodity
from schemas.identity import CommodityCode, CoopId, HubId
from schemas.quantity import MICRO, parse_quantity

PADDY: Final = CommodityCode("PADI-GKP")
RICE: Final = CommodityCode("BERAS-MED")
NATION: Final = "ID"
_FISH: Final = "ALL-FISH"
_FISH_YEAR: Final = "2022"
_WEEKS: Final = 52
_MONTHS: Final = 12
_DURABLE_DAYS: Final = 180
_EVEN: Final = (MICRO // _MONTHS,) * _MONTHS


@dataclass(frozen=True, slots=True)
class Home:
    """A hub and its co-ops; `population` is the regency's."""

    hub: HubId
    population: int
    coops: Sequence[CoopId]


@dataclass(slots=True)
class Make:
    """What a village supplies: micro base units a month and on hand; floor in whole rupiah."""

    good: Commodity
    month_micro: int
    season: Sequence[int]
    floor: int
    grade: str
    lot: str
    on_hand: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    """What a village asks for: micro base units at a time."""

    good: Commodity
    micro: int


@dataclass(slots=True)
class Village:
    """A co-op with its makes and wants, `loads` whole or not; the rest is what it has said."""

    coop: CoopId
    makes: list[Make]
    local: Sequence[Want]
    food: Sequence[Want]
    loads: Sequence[Want] = ()
    sequences: dict[str, int] = field(default_factory=dict)
    orders: list[tuple[str, Commodity, int, int]] = field(default_factory=list)
    orders_placed: int = 0
    movements: list[tuple[str, int, int, Make, int]] = field(default_factory=list)
    last: bytes = b""


class Scene:
    """Reference rows made ready, each table as it is in its file."""

    def __init__(
        self,
        catalogue: Catalogue,
        specialties: Iterable[Mapping[str, str]],
        seasonality: Iterable[Mapping[str, str]],
        consumption: Iterable[Mapping[str, str]],
    ) -> None:
        self._free: Final = {
            code: good for code, good in catalogue.commodities.items() if good.trade == "free"
        }
        self.recipes: Final = [
            recipe
            for recipe in catalogue.recipes.values()
            if recipe.input in self._free
            and all(p.commodity in self._free for p in recipe.products)
        ]
        self._supply: Final[dict[str, list[tuple[Commodity, int, int]]]] = {}
        for row in specialties:
            good = self._free.get(CommodityCode(row["commodity"]))
            if good is not None:
                share, month = _micro(row["coop_share"]), _micro(row["qty_per_month_per_coop"])
                self._supply.setdefault(row["region"], []).append((good, share, month))
        self._seasons: Final = {
            (row["commodity"], row["region"]): tuple(
                _micro(row[f"m{m:02d}"]) for m in range(1, 13)
            )
            for row in seasonality
        }
        self._eaten, self._fish = _consumption(consumption)
        self._loads_of: Final[dict[str, Sequence[Want]]] = {}

    def season(self, good: CommodityCode, hub: str) -> Sequence[int]:
        """Give twelve monthly weights that sum to a million; all even when none is known."""
        for region in (hub, hub[:2], NATION):
            found = self._seasons.get((good, region))
            if found is not None:
                return found
        return _EVEN

    def free(self, code: CommodityCode) -> Commodity | None:
        """Give a freely traded commodity."""
        return self._free.get(code)

    def villages(self, homes: Iterable[Home], chance: Random) -> list[Village]:
        """Settle the hubs: every co-op makes something, wants food and its neighbours' goods."""
        return [
            village
            for home in homes
            for people in (home.population // max(1, len(home.coops)),)
            for food in (self._food(home.hub, people),)
            for village in (self._village(coop, home.hub, food, chance) for coop in home.coops)
        ]

    def _village(self, coop: CoopId, hub: HubId, food: Sequence[Want], chance: Random) -> Village:
        supply = self._supply.get(hub, [])
        chosen = [row for row in supply if chance.randrange(MICRO) < row[1]]
        if not chosen and supply:
            chosen = [chance.choice(supply)]
        makes = [
            self._make(good, hub, month * chance.randrange(500, 1500) // 1000, chance)
            for good, _, month in chosen
        ]
        paddy = next((make for make in makes if make.good.code == PADDY), None)
        rice = self._free.get(RICE)
        if paddy is not None and rice is not None and chance.randrange(1000) < MILL_PERMILLE:
            makes.append(
                self._make(rice, hub, paddy.month_micro * MILLED_PERMILLE // 1000, chance)
            )
        own = {make.good.code for make in makes}
        local = [
            Want(good, _whole(month * TRADE_PERMILLE // 1000))
            for good, _, month in supply
            if good.code not in own
        ]
        wanted = [want for want in food if want.good.code not in own]
        return Village(coop, makes, local, wanted, self._loads(hub))

    def _loads(self, hub: HubId) -> Sequence[Want]:
        """Give whole loads of what other hubs supply, this one does not, and that keeps."""
        if hub not in self._loads_of:
            here = {good.code for good, _, _ in self._supply.get(hub, [])}
            months = {
                good.code: (good, month)
                for region, supply in sorted(self._supply.items())
                for good, _, month in supply
                if region != hub and good.shelf_life_days >= LOAD_KEEPS_DAYS
            }
            self._loads_of[hub] = [
                Want(good, _whole(LOAD_MONTHS * month))
                for code, (good, month) in months.items()
                if code not in here
            ]
        return self._loads_of[hub]

    def _make(self, good: Commodity, hub: HubId, month_micro: int, chance: Random) -> Make:
        span = good.price_max_idr - good.price_min_idr
        lotted = good.shelf_life_days >= _DURABLE_DAYS and chance.randrange(1000) < LOTTED_PERMILLE
        return Make(
            good=good,
            month_micro=_whole(month_micro),
            season=self.season(good.code, hub),
            floor=good.price_min_idr + span * chance.randrange(600) // 1000,
            grade=chance.choice(GRADES),
            lot=f"PANEN-{chance.randrange(1, 5)}" if lotted else "",
        )

    def _food(self, hub: HubId, people: int) -> list[Want]:
        """Give a week's orders of a village's outlet, without goods below one unit."""
        fish = self._fish.get(hub[:2], MICRO)
        wants = []
        for (code, region), year_micro in self._eaten.items():
            good = self._free.get(CommodityCode(code))
            if good is None or region != NATION:
                continue
            year = self._eaten.get((code, hub[:2]), year_micro)
            scaled = year * fish // MICRO if good.group == "ikan" else year
            week = scaled * people * OUTLET_PERMILLE // (1000 * _WEEKS)
            if week >= MICRO:
                wants.append(Want(good, _whole(week)))
        return wants


def _consumption(
    rows: Iterable[Mapping[str, str]],
) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Give (commodity, region) -> micro a head and year, and province -> its share of fish."""
    heads = [row for row in rows if row["per"] == "capita"]
    eaten = {
        (row["commodity"], row["region"]): _micro(row["qty_per_year"])
        for row in heads
        if row["commodity"] != _FISH
    }
    fish = {
        row["region"]: _micro(row["qty_per_year"])
        for row in heads
        if row["commodity"] == _FISH and row["year"] == _FISH_YEAR
    }
    nation = fish.get(NATION, MICRO)
    return eaten, {region: micro * MICRO // nation for region, micro in fish.items()}


def _micro(text: str) -> int:
    found = parse_quantity(text)
    assert found is not None, f"reference row with {text!r}"
    return found


def _whole(micro: int) -> int:
    """Round to whole base units, at least one: nobody orders a third of an egg."""
    return max(1, micro // MICRO) * MICRO
