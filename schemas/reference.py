"""The one loader: shipped files to the tables of the pure modules, each read once, on demand.

Decides where the files lie (beside this module, in `data/`) and keeps what it has read. Refuses to
know what is in them.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from schemas.commodity import Catalogue, parse_commodities, parse_grades, parse_recipes
from schemas.datafile import rows
from schemas.legs import LegTable, parse_bridges, parse_pockets
from schemas.register import Register, parse_aliases
from schemas.transport import parse_rates
from schemas.units import UnitTable, parse_units
from schemas.yields import Yields, parse_yields


def folder() -> Traversable:
    """The folder of the shipped files."""
    return files("schemas") / "data"


def read(name: str) -> bytes:
    """Give a shipped file's bytes."""
    return (folder() / name).read_bytes()


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Give the rows of `<name>.csv` as text, for files without a type of their own."""
    return tuple(rows(read(f"{name}.csv"), f"{name}.csv"))


@cache
def catalogue() -> Catalogue:
    """All commodities, grades, families and recipes."""
    return Catalogue(
        parse_commodities(read("commodities.csv")),
        parse_grades(read("grades.csv")),
        parse_recipes(read("recipes.csv")),
    )


@cache
def units() -> UnitTable:
    """All units and packs, worked out for every commodity."""
    return UnitTable(parse_units(read("units.csv")), catalogue().commodities.values())


@cache
def register() -> Register:
    """All villages and hubs."""
    return Register(
        read("villages.csv.gz"),
        read("districts.csv"),
        read("regions.csv"),
        read("village_islands.csv"),
        parse_aliases(read("region_aliases.csv")),
    )


@cache
def yields() -> Yields:
    """What recipes yield at single hubs, as shipped."""
    return yields_of(read("yields.csv"), "yields.csv")


def yields_of(data: bytes, name: str) -> Yields:
    """Read a file of yields for the shipped recipes and hubs; DataError as `parse_yields`."""
    return parse_yields(data, name, catalogue().recipes, register().hubs.__contains__)


@cache
def legs() -> LegTable:
    """What it costs to move goods between two villages of a hub."""
    return LegTable(
        register(),
        parse_rates(read("transport.csv")),
        bridges=parse_bridges(read("island_links.csv")),
        pockets=parse_pockets(read("roadless.csv")),
    )
