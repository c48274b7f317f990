"""Decides how fine goods are matched: in whole pieces or in whole thousandths of a base unit.

Recipes and shares leave millionths over, which nobody can weigh, ship or pay for. What is below a
grain stays on its line, unmatched, until more comes to it.
"""

from typing import Final

from schemas.quantity import MICRO

GRAIN: Final = 1_000
"""A thousandth of a base unit, in micro: a gram where goods are counted in kilograms."""
CRUMBS: Final = 1_000
"""A rest of less than one in so many parts of an order is a crumb."""
_COUNTED: Final = frozenset({"EA"})
"""Units of what is sold by the piece, as UN/ECE Recommendation 20 writes them."""


def grain_of(unit: str) -> int:
    """Give how fine goods with this base unit are matched, in micro."""
    return MICRO if unit in _COUNTED else GRAIN


def is_crumb(left: int, ordered: int) -> bool:
    """Whether what is left of an order is too little for a trip of its own, both in micro.

    Goods that are made come in whole grams: 11.999 kg for an order of 12.
    """
    return left * CRUMBS < ordered


def matchable(left: int, whole: int, grain: int = GRAIN) -> int:
    """Give how much of what is left of a line may be matched, both in micro.

    A line that never had a grain is matched as it is: somebody asked for so little.
    """
    left = max(0, left)
    return left if left == whole < grain else left // grain * grain
