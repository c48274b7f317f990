"""Clearing: debts that lie in rings are struck out together, as much as can be, with a proof.

Decides how much of each accepted obligation is cleared. Refuses to know matches, payments and why
somebody owes: it sees debtor, creditor and whole rupiah, and moves no money.

Theory of operation. Debts of one pair are one arc. What is cleared is a circulation: everybody
clears as much of what they owe as of what they are owed, so net positions stay. The largest is a
flow in which every rupiah counts one, exactly; who only owes, or is only owed, lies in no ring and
is left out of it. The proof is a level per party: where a debt is not
cleared in full the debtor stands at least one above the creditor, where some is cleared at most
one. At such levels no circulation clears more than the debts that rise, times their steps; the
total and that bound are Python integers, and where they meet nothing larger exists. Arcs are put
in the order of names, and a pair's own debts are cleared in the order of their ids, so the order
of the input means nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from operator import mul
from typing import Final

import msgspec
import numpy as np

from streams.core.flow import TOTAL_MAX, solver
from streams.core.lines import IntArray

IDR_MAX: Final = TOTAL_MAX
"""Most that all obligations may add up to: 64 bits hold every sum of a circulation."""

TRIMS_MAX: Final = 16
"""Most times that debts outside all rings are looked for; each costs a look at every debt left."""
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
    arcs = _arcs(obligations, _amounts(ids, idr))
    flow = _circulation(arcs)
    levels = _levels(arcs, flow)
    cleared = dict(zip(ids, _cleared(ids, arcs, flow).tolist(), strict=True))
    if len(cleared) != len(ids):
        raise _fault(ids)
    return Clearing(
        cleared=cleared,
        total=int(flow.sum()),
        bound=_bound(arcs, levels),
        levels=dict(zip(arcs.parties, levels.tolist(), strict=True)),
    )


def bound_by(obligations: Iterable[Obligation], levels: Mapping[str, int]) -> int:
    """Give what no clearing exceeds at any levels; in Python integers, for whoever checks."""
    return sum(o.idr * max(0, 1 + levels[o.creditor] - levels[o.debtor]) for o in obligations)


def _fault(ids: list[str], other: str = "") -> ValueError:
    """Of several faults the first is told: that of the ids, for which good ones do not wait."""
    twice = len(set(ids)) != len(ids)
    return ValueError("two obligations bear one id" if twice else other)


def _amounts(ids: list[str], idr: list[int]) -> IntArray:
    if min(idr, default=1) <= 0:
        raise _fault(ids, "an obligation of nothing")
    if sum(idr) > IDR_MAX:
        raise _fault(ids, "obligations beyond what is counted")
    return np.fromiter(idr, np.int64, len(idr))


def _arcs(obligations: Sequence[Obligation], idr: IntArray) -> _Arcs:
    number = defaultdict[str, int](count(0).__next__)  # as they come: one look at each name
    came_tail = np.fromiter([number[o.debtor] for o in obligations], np.int64, len(idr))
    came_head = np.fromiter([number[o.creditor] for o in obligations], np.int64, len(idr))
    if (came_tail == came_head).any():
        raise _fault([o.id for o in obligations], "a party that owes itself")
    parties, many = sorted(number), max(1, len(number))
    place = np.empty(len(parties), np.int64)
    place[[number[party] for party in parties]] = np.arange(len(parties))
    pairs, at = _numbered(place[came_tail] * many + place[came_head], many * many)
    room = np.zeros(len(pairs), np.int64)
    np.add.at(room, at, idr)
    return _Arcs(parties, *np.divmod(pairs, many), room, idr, at)


def _numbered(keys: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Give the distinct keys in order, and the place of each among them; keys lie below `most`."""
    if most > _TABLE_MAX:
        return np.unique(keys, return_inverse=True)
    seen = np.zeros(most, bool)
    seen[keys] = True
    pairs = np.flatnonzero(seen)
    place = np.empty(most, np.int64)
    place[pairs] = np.arange(len(pairs))
    return pairs, place[keys]


def _circulation(arcs: _Arcs) -> IntArray:
    """Give a largest circulation; nothing when the solver gives none, which the bound tells."""
    flow = np.zeros_like(arcs.room)
    kept = _in_rings(arcs)
    if not len(kept):
        return flow
    tail, head = arcs.tail[kept], arcs.head[kept]
    stays = np.zeros(len(arcs.parties), bool)
    stays[tail] = stays[head] = True
    number, parties = (np.cumsum(stays) - 1).astype(np.int32), int(stays.sum())
    network = solver().SimpleMinCostFlow()
    laid = network.add_arcs_with_capacity_and_unit_cost(
        number[tail], number[head], arcs.room[kept], np.full(len(kept), -1, np.int64)
    )
    network.set_nodes_supplies(np.arange(parties, dtype=np.int32), np.zeros(parties, np.int64))
    # The status stands before everything: reading flows of an unsolved network ends the process.
    if network.solve() != network.OPTIMAL:
        return flow
    flow[kept] = network.flows(laid)
    return flow if _is_circulation(arcs, flow) else np.zeros_like(flow)


def _in_rings(arcs: _Arcs) -> IntArray:
    """Give the arcs that may lie in a ring: their debtor is owed too, their creditor owes too.

    What goes leaves others without; a chain longer than TRIMS_MAX is left to the solver.
    """
    kept = np.arange(len(arcs.room))
    for _ in range(TRIMS_MAX):
        tail, head = arcs.tail[kept], arcs.head[kept]
        owing, owed = np.zeros((2, len(arcs.parties)), bool)
        owing[tail] = owed[head] = True
        both = owed[tail] & owing[head]
        if both.all():
            break
        kept = kept[both]
    return kept


def _is_circulation(arcs: _Arcs, flow: IntArray) -> bool:
    """Whether nobody clears more than is owed, and everybody as much as is owed to them."""
    net = np.zeros(len(arcs.parties), np.int64)
    np.add.at(net, arcs.tail, flow)
    np.subtract.at(net, arcs.head, flow)
    return not net.any() and bool(((flow >= 0) & (flow <= arcs.room)).all())


def _levels(arcs: _Arcs, flow: IntArray) -> IntArray:
    """Give the least proving levels from 0 up; all 0, which prove little, when there are none."""
    left, some = np.flatnonzero(flow < arcs.room), np.flatnonzero(flow > 0)
    owing, owed = arcs.tail[left], arcs.head[left]
    paying, paid = arcs.tail[some], arcs.head[some]
    level = np.zeros(len(arcs.parties), np.int64)
    for _ in range(len(level) + 1):
        raised = level.copy()
        np.maximum.at(raised, owing, level[owed] + 1)
        np.maximum.at(raised, paid, raised[paying] - 1)
        if (raised == level).all():
            return level
        level = raised
    return np.zeros_like(level)


def _bound(arcs: _Arcs, level: IntArray) -> int:
    """Give the bound: rupiah summed by steps risen within 64 bits, the rest beyond them."""
    steps = np.maximum(0, 1 + level[arcs.head] - level[arcs.tail])
    rooms = np.zeros(int(steps.max(initial=0)) + 1, np.int64)
    np.add.at(rooms, steps, arcs.room)
    return sum(map(mul, rooms.tolist(), range(len(rooms))))


def _cleared(ids: list[str], arcs: _Arcs, flow: IntArray) -> IntArray:
    """Give how much of each debt is cleared; of pairs that clear in part, in the order of ids."""
    cleared: IntArray = np.where(flow[arcs.at] > 0, arcs.idr, 0)
    part = np.flatnonzero(((flow > 0) & (flow < arcs.room))[arcs.at])
    named = np.array(sorted(part.tolist(), key=ids.__getitem__), np.int64)
    order = named[np.argsort(arcs.at[named], kind="stable")]
    arc, idr = arcs.at[order], arcs.idr[order]
    before = np.cumsum(idr) - idr
    first = np.flatnonzero(np.diff(arc, prepend=-1))
    before -= np.repeat(before[first], np.diff(first, append=len(arc)))
    cleared[order] = np.clip(flow[arc] - before, 0, idr)
    return cleared
