"""One hub's ways to all hubs at once: the chains over sailings, each with its last truck trip.

Decides which ways are kept of each pair: those that no other beats in both cost and days. Refuses
to know what a chain is made of. A way is one integer, cost, days and chain in this order, so that
the order of integers is the order of choice.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np

from streams.core.interchange.network_land import NO_WAY
from streams.core.interchange.network_sea import HORIZON_DAYS, Label
from streams.core.lines import IntArray

_COST_SHIFT, _DAY_SHIFT = 28, 16
_DAY_MASK: Final = (1 << (_COST_SHIFT - _DAY_SHIFT)) - 1
_ENTRY_MASK: Final = (1 << _DAY_SHIFT) - 1
_NONE: Final = np.iinfo(np.int64).max
_DAY, _NOON = 24 * 60, 12 * 60
_Packed = TypeVar("_Packed", int, IntArray)


class Choice(NamedTuple):
    """A kept way: rupiah per tonne, days until arrival, and the chain it takes; 0 is none."""

    cost: int
    days: int
    entry: int


class Row(NamedTuple):
    """The kept ways of one hub, a column of packed integers for each target, and their chains."""

    columns: IntArray
    chains: tuple[Label | None, ...]

    def choices(self, hub: int) -> list[Choice]:
        """Give the kept ways to a hub, cheapest first."""
        return [Choice(*unpacked(key)) for key in self.columns[:, hub].tolist() if key != _NONE]

    def kept(self, hubs: IntArray) -> tuple[IntArray, IntArray]:
        """Give the kept ways to some hubs, packed, and which of the hubs; each cheapest first."""
        columns = self.columns[:, hubs].T
        ways = columns != _NONE
        return columns[ways], np.nonzero(ways)[0]


def row_of(start: int, hub: int, labels: Sequence[Label], last: tuple[IntArray, IntArray]) -> Row:
    """Join chains from place `start` with the last truck trip to every hub.

    `last` is cost and minutes `[place, hub]`; `hub` is the column of the hub itself.
    """
    ends = [start, *(label.target for label in labels)]
    costs = np.array([0, *(label.cost for label in labels)], np.int64)[:, None]
    minutes = np.array([0, *(label.minutes for label in labels)], np.int64)[:, None]
    total, spent = last[0][ends] + costs, last[1][ends] + minutes
    days = np.maximum(0, -((_NOON - spent) // _DAY))
    entries = np.arange(len(ends), dtype=np.int64)[:, None]
    sound = (total < NO_WAY) & (days <= HORIZON_DAYS)
    keys = (np.where(sound, total, 0) << _COST_SHIFT) | (days << _DAY_SHIFT) | entries
    keys = np.where(sound, keys, _NONE)
    keys[:, hub] = _NONE
    return Row(_unbeaten(keys), (None, *labels))


def unpacked(key: _Packed) -> tuple[_Packed, _Packed, _Packed]:
    """Give cost, days and chain of a packed way, or of many: fields as in `Choice`."""
    return key >> _COST_SHIFT, key >> _DAY_SHIFT & _DAY_MASK, key & _ENTRY_MASK


def _unbeaten(keys: IntArray) -> IntArray:
    """Keep of each column what is faster than all that is cheaper; give it cheapest first."""
    ordered = np.sort(keys, axis=0)
    days = np.where(ordered == _NONE, _DAY_MASK, ordered >> _DAY_SHIFT & _DAY_MASK)
    fastest = np.minimum.accumulate(days, axis=0)
    beaten = np.zeros_like(ordered, dtype=bool)
    beaten[1:] = days[1:] >= fastest[:-1]
    ordered[beaten] = _NONE
    useful: IntArray = ordered[(ordered != _NONE).any(axis=1)]
    return useful
