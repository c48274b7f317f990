"""Clearing: debts that lie in rings are struck out together, as much as can be, with a proof.

Decides how much of each accepted obligation is cleared. Refuses to know matches, payments and why
somebody owes: it sees debtor, creditor and whole rupiah, and moves no money.

Theory of operation. Debts of one pair are one arc. What is cleared is a circulation: everybody
clears as much of what they owe as of what they are owed, so net positions stay. The largest is a
flow in which every rupiah counts one, exactly. The proof is a level per party: where a debt is not
cleared in full the debtor stands at least one above the creditor, where some is cleared at most
one. At such levels no circulation clears more than the debts that rise, times their steps; the
total and that bound are Python integers, and where they meet nothing larger exists. Arcs are put
in the order of names, and a pair's own debts are cleared in the order of their ids, so the order
of the input means nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

import msgspec
import numpy as np

from streams.core.flow import TOTAL_MAX, solver
from streams.core.lines import IntArray

IDR_MAX: Final = TOTAL_MAX
"""Most that all obligations may add up to: 64 bits hold every sum of a circulation."""


_TABLE_MAX: Final = 1 << 22
"""Most pairs of parties that are numbered by a table of all; sorting takes five times as long."""


class Obligation(msgspec.Struct, frozen=True, gc=False):
    """What one party owes another, in whole rupiah."""

    id: str
    debtor: str
    creditor: str
    idr: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """Obligation -> rupiah cleared (0 to all of it), and the proof that no more can be.

    `bound` is what no clearing exceeds, by `levels` alone; both sums are exact.
    """

    cleared: Mapping[str, int]
    total: int
    bound: int
    levels: Mapping[str, int]

    @property
    def gap(self) -> int:
        """How much more might be cleared at most; 0 is the proof."""
        return self.bound - self.total

    @property
    def certified(self) -> bool:
        """Whether nothing larger exists."""
        return self.gap == 0


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Debts by pair; `idr` and `at` are each obligation's amount and arc."""

    parties: list[str]
    tail: IntArray
    head: IntArray
    room: IntArray
    idr: IntArray
    at: IntArray


def clear(obligations: Sequence[Obligation]) -> Clearing:
    """Clear as much as can be; the answer depends on what goes in, not on its order.

    ValueError when two obligations bear one id, one is below 1 rupiah or of a party to itself, or
    all of them exceed IDR_MAX.
    """
    ids, idr = [o.id for o in obligations], [o.idr for o in obligations]
    _check(ids, idr)
    arcs = _arcs([o.debtor for o in obligations], [o.creditor for o in obligations], idr)
    flow = _circulation(arcs)
    levels = _levels(arcs, flow)
    return Clearing(
        cleared=dict(zip(ids, _shared_out(ids, arcs, flow), strict=True)),
        total=sum(flow.tolist()),
        bound=_bound(arcs, levels),
        levels=dict(zip(arcs.parties, levels.tolist(), strict=True)),
    )


def bound_by(obligations: Iterable[Obligation], levels: Mapping[str, int]) -> int:
    """Give what no clearing exceeds at any levels; in Python integers, for whoever checks."""
    return sum(o.idr * max(0, 1 + levels[o.creditor] - levels[o.debtor]) for o in obligations)


def _check(ids: list[str], idr: list[int]) -> None:
    if len(set(ids)) != len(ids):
        raise ValueError("two obligations bear one id")
    if min(idr, default=1) <= 0:
        raise ValueError("an obligation of nothing")
    if sum(idr) > IDR_MAX:
        raise ValueError("obligations beyond what is counted")


def _arcs(debtors: list[str], creditors: list[str], idr: list[int]) -> _Arcs:
    parties = sorted({*debtors, *creditors})
    number = {party: at for at, party in enumerate(parties)}
    tail = np.array(list(map(number.__getitem__, debtors)), np.int64)
    head = np.array(list(map(number.__getitem__, creditors)), np.int64)
    if (tail == head).any():
        raise ValueError("a party that owes itself")
    count = max(1, len(parties))
    pairs, at = _numbered(tail * count + head, count * count)
    each, room = np.array(idr, np.int64), np.zeros(len(pairs), np.int64)
    np.add.at(room, at, each)
    return _Arcs(parties, pairs // count, pairs % count, room, each, at)


def _numbered(keys: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Give the distinct keys in order, and the place of each among them; keys lie below `most`."""
    if most > _TABLE_MAX:
        return np.unique(keys, return_inverse=True)
    seen = np.zeros(most, np.int64)
    seen[keys] = 1
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[keys]


def _circulation(arcs: _Arcs) -> IntArray:
    """Give a largest circulation; nothing when the solver gives none, which the bound tells."""
    none = np.zeros_like(arcs.room)
    if not len(none):
        return none
    network = solver().SimpleMinCostFlow()
    laid = network.add_arcs_with_capacity_and_unit_cost(
        arcs.tail.astype(np.int32), arcs.head.astype(np.int32), arcs.room, none - 1
    )
    parties = np.arange(len(arcs.parties), dtype=np.int32)
    network.set_nodes_supplies(parties, np.zeros(len(parties), np.int64))
    # The status stands before everything: reading flows of an unsolved network ends the process.
    if network.solve() != network.OPTIMAL:
        return none
    flow: IntArray = network.flows(laid)
    return flow if _is_circulation(arcs, flow) else none


def _is_circulation(arcs: _Arcs, flow: IntArray) -> bool:
    """Whether nobody clears more than is owed, and everybody as much as is owed to them."""
    net = np.zeros(len(arcs.parties), np.int64)
    np.add.at(net, arcs.tail, flow)
    np.subtract.at(net, arcs.head, flow)
    return not net.any() and bool(((flow >= 0) & (flow <= arcs.room)).all())


def _levels(arcs: _Arcs, flow: IntArray) -> IntArray:
    """Give the least proving levels from 0 up; all 0, which prove little, when there are none."""
    left, some = np.flatnonzero(flow < arcs.room), np.flatnonzero(flow > 0)
    level = np.zeros(len(arcs.parties), np.int64)
    for _ in range(len(level) + 1):
        raised = level.copy()
        np.maximum.at(raised, arcs.tail[left], level[arcs.head[left]] + 1)
        np.maximum.at(raised, arcs.head[some], raised[arcs.tail[some]] - 1)
        if (raised == level).all():
            return level
        level = raised
    return np.zeros_like(level)


def _bound(arcs: _Arcs, level: IntArray) -> int:
    steps = 1 + level[arcs.head] - level[arcs.tail]
    rising = np.flatnonzero(steps > 0)
    return sum(map(mul, arcs.room[rising].tolist(), steps[rising].tolist()))


def _shared_out(ids: list[str], arcs: _Arcs, flow: IntArray) -> list[int]:
    """Give each obligation its part; where a pair clears in part, in the order of ids."""
    whole, none = flow == arcs.room, flow == 0
    amounts: list[int] = np.where(whole[arcs.at], arcs.idr, 0).tolist()
    part = np.flatnonzero(~(whole | none)[arcs.at]).tolist()
    rest: list[int] = flow.tolist()
    for n in sorted(part, key=ids.__getitem__):
        arc = int(arcs.at[n])
        amounts[n] = min(rest[arc], int(arcs.idr[n]))
        rest[arc] -= amounts[n]
    return amounts
