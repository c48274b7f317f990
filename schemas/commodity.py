"""Goods: what a commodity is, how its grades are ordered, which recipe turns it into which other.

Decides trade classes, that a grade substitutes upwards only, and how much a recipe makes (rounded
down). Refuses to know where the files lie (`schemas.reference` reads them), who has what, and
prices other than the published band.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from schemas.datafile import DataError, micro, rows, scaled
from schemas.identity import CommodityCode, FamilyCode, GradeCode
from schemas.quantity import MICRO

Stage = Literal["raw", "semi", "ready"]
Trade = Literal["free", "contract_only", "restricted", "service"]
Storage = Literal["ambient", "chilled", "frozen", "live", "hazardous"]
Perishability = Literal["high", "medium", "low", "none"]

UNGRADED: Final = GradeCode("UNGRADED")
"""The grade of goods whose grade nobody has said; below every grade, in no file."""
DEFAULT_SCALE: Final = "*"
"""Stands for "every commodity without a scale of its own" in grades.csv."""
STOCKED_TRADES: Final = frozenset({"free", "contract_only"})
"""Trade classes that may enter a book; restricted goods and services never do."""


@dataclass(frozen=True, slots=True)
class Commodity:
    """One tradable kind; `unit` is its base unit (Rec. 20), prices are rupiah per base unit."""

    code: CommodityCode
    name_id: str
    name_en: str
    unit: str
    grams_per_unit: int
    stage: Stage
    group: str
    parent: CommodityCode | None
    family: FamilyCode
    trade: Trade
    shelf_life_days: int
    perishability: Perishability
    storage: Storage
    price_min_idr: int
    price_max_idr: int
    partner: str | None

    @property
    def stocked(self) -> bool:
        """Whether it may enter a book at all."""
        return self.trade in STOCKED_TRADES


@dataclass(frozen=True, slots=True)
class Grade:
    """One step of a commodity's scale; rank 1 is the best, equal ranks serve each other."""

    code: GradeCode
    rank: int
    name_id: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Product:
    """What one base unit of a recipe's input becomes, in micro base units of the output."""

    commodity: CommodityCode
    main: bool
    micro_per_input_unit: int

    def made_from(self, input_micro: int) -> int:
        """Give the output in micro, rounded down."""
        return input_micro * self.micro_per_input_unit // MICRO


@dataclass(frozen=True, slots=True)
class Recipe:
    """One process: an input, its main product and by-products, whole days it takes."""

    code: str
    input: CommodityCode
    products: tuple[Product, ...]
    process: str
    days: int

    @property
    def main(self) -> Product:
        """The product the recipe is run for."""
        return next(product for product in self.products if product.main)


class Catalogue:
    """All commodities with their grades, families and recipes."""

    def __init__(
        self,
        commodities: Iterable[Commodity],
        scales: Mapping[str, tuple[Grade, ...]],
        recipes: Iterable[Recipe],
    ) -> None:
        self.commodities: Final = {c.code: c for c in commodities}
        self.recipes: Final = {r.code: r for r in recipes}
        self._scales: Final = dict(scales)
        default = self._scales[DEFAULT_SCALE]
        self._ranks: Final = {
            (code, grade.code): grade.rank
            for code in self.commodities
            for grade in self._scales.get(code, default)
        }
        families: defaultdict[FamilyCode, list[CommodityCode]] = defaultdict(list)
        for commodity in self.commodities.values():
            families[commodity.family].append(commodity.code)
        self.families: Final = {family: tuple(codes) for family, codes in families.items()}

    def get(self, code: str) -> Commodity | None:
        """Give a commodity by its code, None when there is none."""
        return self.commodities.get(CommodityCode(code))

    def scale(self, commodity: CommodityCode) -> tuple[Grade, ...]:
        """Give the grades a commodity may bear, best first."""
        return self._scales.get(commodity, self._scales[DEFAULT_SCALE])

    def rank(self, commodity: CommodityCode, grade: GradeCode) -> int | None:
        """Give the rank of a grade, 1 the best; None for UNGRADED and for a foreign grade."""
        return self._ranks.get((commodity, grade))

    def is_grade(self, commodity: CommodityCode, grade: GradeCode) -> bool:
        """Whether a report may say this grade of this commodity."""
        return grade == UNGRADED or (commodity, grade) in self._ranks

    def accepts(self, commodity: CommodityCode, need: GradeCode | None, offer: GradeCode) -> bool:
        """Whether goods of grade `offer` serve a need that asks for grade `need`.

        A need that states no grade, or UNGRADED, takes everything. A need that states one takes it
        and better, never UNGRADED and never a grade the commodity may not bear.
        """
        if need is None or need == UNGRADED:
            return self.is_grade(commodity, offer)
        asked, offered = self.rank(commodity, need), self.rank(commodity, offer)
        return asked is not None and offered is not None and offered <= asked


def parse_commodities(data: bytes) -> list[Commodity]:
    """Read commodities.csv; DataError when it is broken."""
    return [_commodity(row) for row in rows(data, "commodities.csv")]


def _commodity(row: Mapping[str, str]) -> Commodity:
    where = f"commodities.csv, {row['code']}"
    return Commodity(
        code=CommodityCode(row["code"]),
        name_id=row["name_id"],
        name_en=row["name_en"],
        unit=row["uom"],
        grams_per_unit=scaled(row["kg_per_unit"], 1000, where),
        stage=cast("Stage", row["stage"]),
        group=row["group"],
        parent=CommodityCode(row["parent"]) if row["parent"] else None,
        family=FamilyCode(row["family"]),
        trade=cast("Trade", row["trade"]),
        shelf_life_days=scaled(row["shelf_life_days"], 1, where),
        perishability=cast("Perishability", row["perishability"]),
        storage=cast("Storage", row["storage"]),
        price_min_idr=scaled(row["price_min_idr"], 1, where),
        price_max_idr=scaled(row["price_max_idr"], 1, where),
        partner=row["partner"] or None,
    )


def parse_grades(data: bytes) -> dict[str, tuple[Grade, ...]]:
    """Read grades.csv as commodity (or `*`) -> scale, best first; DataError when broken."""
    scales: defaultdict[str, list[Grade]] = defaultdict(list)
    for row in rows(data, "grades.csv"):
        rank = scaled(row["rank"], 1, "grades.csv")
        grade = Grade(GradeCode(row["grade"]), rank, row["name_id"], row["name_en"])
        scales[row["commodity"]].append(grade)
    if DEFAULT_SCALE not in scales:
        raise DataError("grades.csv: no default scale")
    return {code: tuple(sorted(scale, key=lambda g: g.rank)) for code, scale in scales.items()}


def parse_recipes(data: bytes) -> list[Recipe]:
    """Read recipes.csv, one recipe of all rows that bear its code; DataError when it is broken."""
    grouped: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(data, "recipes.csv"):
        grouped[row["recipe"]].append(row)
    return [_recipe(code, found) for code, found in grouped.items()]


def _recipe(code: str, found: list[dict[str, str]]) -> Recipe:
    where = f"recipes.csv, {code}"
    if sum(row["role"] == "main" for row in found) != 1:
        raise DataError(f"{where}: not exactly one main product")
    products = tuple(
        Product(
            CommodityCode(row["output"]),
            row["role"] == "main",
            micro(row["output_per_input"], where),
        )
        for row in found
    )
    days = max(scaled(row["days"], 1, where) for row in found)
    return Recipe(code, CommodityCode(found[0]["input"]), products, found[0]["process"], days)
