"""Fairness between needs: the tenths of an order, and what the earlier ones count more.

Decides how an order is cut, and how much more its first tenths count than its last. Refuses to
know offers and pairs: who is served decides the flow.

Theory of operation. Where goods are scarce, the plain optimum gives one of two equal orders
everything and the other nothing. So an order is cut into ten, and each tenth counts a step less
than the one before: the next tenth of who has less is worth more than that of who has more, unless
the money between them differs by more than the steps do. What falls so is concave: an optimal flow
fills the tenths of an order in turn by itself, and the network stays a network, its proof a proof.
The last tenth counts nothing beside its money, so nobody is refused what money alone would give.
Emergencies are served before others and are not cut; they go by money as ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import gcd
from operator import mul
from typing import Final

import numpy as np

from schemas.quantity import MICRO
from streams.core.lines import BoolArray, IntArray, NeedLine, Options

TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class Steps:
    """The tenths of every need, `[tenth, need]`: micro that fit, and rupiah per base unit more.

    The tenths of a need add up to it, and what they count more falls.
    """

    rooms: IntArray
    bonus: IntArray

    def of(self, needs: BoolArray | slice) -> "Steps":
        """Give the steps of some needs."""
        return Steps(self.rooms[:, needs], self.bonus[:, needs])

    def worth(self, taken: Sequence[int]) -> int:
        """Give what so much of each need counts more, micro rupiah."""
        total, left = 0, list(taken)
        for rooms, bonus in zip(self.rooms.tolist(), self.bonus.tolist(), strict=True):
            filled = list(map(min, left, rooms))
            total += sum(map(mul, filled, bonus))
            left = [rest - part for rest, part in zip(left, filled, strict=True)]
        return total

    def after(self, need: int, taken: int) -> "Steps":
        """Give what is left of the steps when a need has so much, its first tenths first."""
        rooms = self.rooms.copy()
        for tenth, room in enumerate(rooms[:, need].tolist()):
            filled = min(room, taken)
            rooms[tenth, need] -= filled
            taken -= filled
        return replace(self, rooms=rooms)


def step_idr(needs: Iterable[NeedLine], options: Options) -> Mapping[str, int]:
    """Give by how much a tenth counts less than the one before, by commodity; none when off.

    The first tenth counts `fairness` percent of the middle ceiling more than the last: one figure
    for all orders of a commodity, so that who bids more gains nothing by it. At least a rupiah a
    step, that cheap goods are shared too.
    """
    if not (options.fairness and options.bonuses):
        return {}
    ceilings: defaultdict[str, list[int]] = defaultdict(list)
    for need in needs:
        if need.priority != "emergency":
            ceilings[need.commodity].append(need.ceiling)
    return {
        commodity: max(1, _middle(found) * options.fairness // (100 * (TENTHS - 1)))
        for commodity, found in ceilings.items()
    }


def _middle(values: list[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2]


def steps_of(needs: Sequence[NeedLine], step: Mapping[str, int]) -> Steps | None:
    """Cut needs into tenths; None when nothing is to be cut.

    Tenths of whole units are whole units: nobody is offered half a goat for fairness' sake.
    """
    by = [0 if n.priority == "emergency" else step.get(n.commodity, 0) for n in needs]
    if not any(by):
        return None
    number = np.arange(TENTHS, dtype=np.int64)[:, None]
    quantity = np.array([n.quantity for n in needs], np.int64)
    grain = np.array([gcd(MICRO, n.quantity) for n in needs], np.int64)
    units = quantity // grain
    rooms = (units // TENTHS + (number < units % TENTHS)) * grain
    cut = np.array(by, np.int64)
    whole = np.where(number == 0, quantity, 0)
    return Steps(np.where(cut > 0, rooms, whole), (TENTHS - 1 - number) * cut)
