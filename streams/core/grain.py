"""Decides how fine goods are matched: in whole pieces or in whole thousandths of a base unit.

Recipes and shares leave millionths over, which nobody can weigh, ship or pay for. What is below a
grain stays on its line, unmatched, until more comes to it.
"""

from typing import Final

from schemas.quantity import MICRO

GRAIN: Final = 1_000
"""A thousandth of a base unit, in micro: a gram where goods are counted in kilograms."""
_COUNTED: Final = frozenset({"EA"})
"""Units of what is sold by the piece, as UN/ECE Recommendation 20 writes them."""


def grain_of(unit: str) -> int:
    """Give how fine goods with this base unit are matched, in micro."""
    return MICRO if unit in _COUNTED else GRAIN


def matchable(left: int, whole: int, grain: int = GRAIN) -> int:
    """Give how much of what is left of a line may be matched, both in micro.

    A line that never had a grain is matched as it is: somebody asked for so little.
    """
    left = max(0, left)
    return left if left == whole < grain else left // grain * grain
