"""The books of a line, added up from its legs in the plainest way."""

from typing import Any, NamedTuple

from schemas.market import LegSide


class Standing(NamedTuple):
    """A line: offered = open + held + committed - missing, micro base units."""

    offered: int
    open: int
    held: int
    committed: int
    missing: int


def standing(side: Any, offered: int, where: tuple[LegSide, str, str]) -> Standing:
    """The books of a side's line of a commodity of which so much is there."""
    end, line, commodity = where
    legs = [leg for leg in side.on_line(end, line) if leg.commodity == commodity]
    held = sum(leg.held for leg in legs)
    committed = sum(leg.committed - leg.delivered for leg in legs)
    rest = offered - held - committed
    return Standing(offered, max(0, rest), held, committed, max(0, -rest))
