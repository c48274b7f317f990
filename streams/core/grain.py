"""Decides how fine goods are matched: in whole thousandths of a base unit.

Recipes and shares leave millionths over, which nobody can weigh, ship or pay for. What is below a
grain stays on its line, unmatched, until more comes to it.
"""

from typing import Final

GRAIN: Final = 1_000
"""A thousandth of a base unit, in micro: a gram where goods are counted in kilograms."""


def matchable(left: int, whole: int, grain: int = GRAIN) -> int:
    """Give how much of what is left of a line may be matched, both in micro.

    A line that never had a grain is matched as it is: somebody asked for so little.
    """
    left = max(0, left)
    return left if left == whole < grain else left // grain * grain


def is_dust(quantity: int, offered: int, wanted: int, grain: int = GRAIN) -> bool:
    """Whether a match is less than a grain though both its lines, in micro, are more."""
    return quantity < grain <= min(offered, wanted)
