"""A village's present moment, and amounts the way people state them.

Decides units by size (a tonne of rice, a kilo of pepper) and keeps every amount whole. Refuses to
know who states them.
"""

from datetime import date
from random import Random
from typing import Final, NamedTuple

from schemas.commodity import Commodity
from schemas.quantity import MICRO, format_quantity

_UNITS: Final = {
    "KGM": (("TON", 2_000 * MICRO, 1000), ("KUINTAL", 600 * MICRO, 100), ("KG", 0, 1)),
    "LTR": (("LITER", 0, 1),),
    "EA": (("BUAH", 0, 1),),
    "MTR": (("METER", 0, 1),),
}
"""By base unit: a word, the least micro it is used for, and how many base units it holds."""


class Now(NamedTuple):
    """The village's day, the chance it is drawn from, and where its next line will stand."""

    day: date
    chance: Random
    device: str
    sequence: int


def stated(good: Commodity, micro: int) -> tuple[str, str]:
    """Give (quantity, unit) the way people say it: 120 KG, 7.5 KUINTAL, 2.4 TON; exact."""
    for word, least, holds in _UNITS[good.unit]:
        if micro >= least and micro % holds == 0:
            return format_quantity(micro // holds), word
    raise AssertionError(good.unit)


def plainly(good: Commodity, micro: int) -> tuple[str, str]:
    """Give (quantity, unit) in the smallest unit people use: several amounts in one unit."""
    word, _, holds = _UNITS[good.unit][-1]
    return format_quantity(micro // holds), word


def share(micro: int, part: int, whole: int) -> int:
    """Give part/whole of an amount in whole base units."""
    return micro * part // whole // MICRO * MICRO
