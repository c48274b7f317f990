"""Yields of recipes at single hubs, where they differ from the country's: a file operators edit.

Decides whether such a file is sound, naming line and field of the first fault. Refuses to know who
uses a yield, and to change what a recipe takes, makes or needs in days.

    hub,recipe,output_per_input
    19.02,R40,0.25

Other columns are remarks, and so are lines that begin with `#`. A yield is of the recipe's main
product, in base units made of one base unit of input; it may not be further than ten times from
the country's, which is a slip of the decimal point.
"""

from collections.abc import Callable, Mapping
from typing import Final

from schemas.commodity import Recipe
from schemas.datafile import DataError, rows
from schemas.quantity import format_quantity, parse_quantity

Yields = Mapping[tuple[str, str], int]
"""(hub, recipe) -> micro base units of the main product made of one base unit of input."""
COLUMNS: Final = ("hub", "recipe", "output_per_input")
YIELDS_MAX: Final = 50_000
TIMES_MAX: Final = 10


def parse_yields(
    data: bytes, name: str, recipes: Mapping[str, Recipe], knows: Callable[[str], bool]
) -> Yields:
    """Read yields; `knows` says whether a code is that of a hub. DataError names a fault."""
    found: dict[tuple[str, str], int] = {}
    try:
        table = list(rows(data, name))
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8; save it as CSV (UTF-8)") from error
    if table and not set(COLUMNS) <= table[0].keys():
        raise DataError(f"{name}: the header must name {', '.join(COLUMNS)}")
    if len(table) > YIELDS_MAX:
        raise DataError(f"{name}: more than {YIELDS_MAX} rows")
    for number, row in enumerate(table, 1):
        where = f"{name}, row {number}"
        hub, code, said = (row[column].strip() for column in COLUMNS)
        if not knows(hub):
            raise DataError(f"{where}, hub: {hub!r} is no hub; give a code like 19.02")
        recipe = recipes.get(code)
        if recipe is None:
            raise DataError(f"{where}, recipe: {code!r} is not in recipes.csv")
        if (hub, code) in found:
            raise DataError(f"{where}: {code} at {hub} stands twice; delete one of them")
        found[hub, code] = _yield(said, recipe, where)
    return found


def _yield(said: str, recipe: Recipe, where: str) -> int:
    micro, usual = parse_quantity(said), recipe.main.micro_per_input_unit
    if micro is None or not usual <= micro * TIMES_MAX <= usual * TIMES_MAX * TIMES_MAX:
        raise DataError(
            f"{where}, output_per_input: {said!r} is not within ten times of "
            f"{format_quantity(usual)}, the country's yield of {recipe.code}"
        )
    return micro
