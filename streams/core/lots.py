"""Minimum lots: nothing below a lot ever leaves, and how good the answer is stays proven.

Decides which pairs must carry a whole lot and which carry nothing. Refuses to know lines: it works
on a block and the lots of its pairs.

Theory of operation. "Nothing or at least a lot" is not a flow, and hard in general. So: solve
without lots. When every pair carries its lot, that is the optimum. Else branch on a pair that
carries too little: in one branch it carries nothing, in the other at least its lot (taken off both
sides beforehand), each again a flow whose certificate bounds the branch. A dive that shuts all
short pairs at once finds a good answer early. The search is bounded by a number of solves that
falls with the size of the block, never by time, so the same input gives the same answer; what it
has not searched stays in the bound.
"""

import heapq
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from streams.core.certificate import Certificate, certify, worth_of
from streams.core.fairness import Steps
from streams.core.flow import Block, best_flow, cut, greedy_flow, settled_flow
from streams.core.lines import BoolArray, IntArray, Method
from streams.core.stepped import stepped_flow

SOLVES_MIN: Final = 4
DIVE_MAX: Final = 2
SOLVE_COST: Final = 300
"""What a solve costs before it looks at a pair, in pairs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A legal flow, and the proven bound of every flow that keeps the lots."""

    flow: IntArray
    worth: int
    bound: int
    method: Method

    @property
    def gap(self) -> int:
        """How much better another flow could be at most, in rupiah x the unit of quantity."""
        return self.bound - self.worth


@dataclass(frozen=True, slots=True)
class _Branch:
    """A part of the search: `forced` lots are promised already and taken off `block`."""

    block: Block
    forced: IntArray
    stepped: int = 0
    """What the forced lots count more for being the first of their needs."""


class _Solved(NamedTuple):
    flow: IntArray
    bound: int
    method: Method


def solve_block(block: Block, lots: IntArray, effort: int) -> Answer:
    """Give the most valuable flow of a block in which every pair carries 0 or at least its lot.

    `lots` is in the block's unit of quantity, 0 for none; `effort` bounds solves x (open
    pairs + 300) of the search.
    """
    reachable = np.minimum(block.supply[:, None], block.demand[None]) >= np.maximum(lots, 1)
    block = replace(block, open=block.open & reachable)
    solved = _best(block)
    if not _short(solved.flow, lots).any():
        worth = worth_of(block, solved.flow)
        return Answer(solved.flow, worth, solved.bound, solved.method)
    return _search(_Branch(block, np.zeros_like(block.worth)), solved, lots, effort)


def optimum(block: Block) -> tuple[IntArray, Certificate, Method]:
    """Solve a block without lots and tenths: the flow, its proof, and by which method."""
    flow = best_flow(block)
    if flow is None:
        flow = greedy_flow(block)
        return flow, certify(block, flow), "greedy"
    proof = certify(block, flow)
    if proof.proven:
        settled = settled_flow(block, flow, proof.offer_prices, proof.need_prices)
        # A tie-break may only choose among optimal flows; whatever else it did is not used.
        if settled is not None and worth_of(block, settled) == proof.worth:
            return settled, proof, "exact"
    return filled(block, flow, np.zeros_like(block.worth)), proof, "exact"


def _solve(branch: _Branch) -> _Solved:
    flow, bound, method = _best(branch.block)
    promised = worth_of(replace(branch.block, steps=None), branch.forced) + branch.stepped
    return _Solved(flow + branch.forced, bound + promised, method)


def _best(block: Block) -> _Solved:
    """Solve a block without lots, its needs cut into tenths or not."""
    if block.steps is None:
        flow, proof, method = optimum(block)
        return _Solved(flow, proof.bound, method)
    found = stepped_flow(block, block.steps)
    return by_columns(block, block.steps) if found is None else _Solved(*found, "exact")


def by_columns(block: Block, steps: Steps) -> _Solved:
    """Solve a block with a column for every tenth, which takes longer and any numbers."""
    shown, need = cut(block, steps)
    flow, proof, method = optimum(shown)
    whole = np.zeros_like(block.worth)
    np.add.at(whole.T, need, flow.T)
    return _Solved(whole, proof.bound, method)


def _short(flow: IntArray, lots: IntArray) -> BoolArray:
    return (flow > 0) & (flow < lots)


def _search(root: _Branch, solved: _Solved, lots: IntArray, effort: int) -> Answer:
    """Best branch first; ends when nothing better can be left or the solves are used up."""
    left = max(SOLVES_MIN, effort // (int(root.block.open.sum()) + SOLVE_COST))
    best, used = _dive(root, solved.flow, lots, min(DIVE_MAX, left))
    worth = worth_of(root.block, best)
    left -= used
    queue: list[tuple[int, int, _Branch, IntArray]] = [(-solved.bound, 0, root, solved.flow)]
    count = 0
    while queue and -queue[0][0] > worth and left > 0:
        _, _, branch, flow = heapq.heappop(queue)
        for child in _children(branch, flow, lots):
            left -= 1
            count += 1
            part = _solve(child)
            if part.bound <= worth:
                continue
            legal = filled(root.block, np.where(_short(part.flow, lots), 0, part.flow), lots)
            found = worth_of(root.block, legal)
            if found > worth:
                best, worth = legal, found
            if _short(part.flow, lots).any():
                heapq.heappush(queue, (-part.bound, count, child, part.flow))
    bound = max(worth, -queue[0][0]) if queue else worth
    return Answer(best, worth, min(bound, solved.bound), solved.method)


def _children(branch: _Branch, flow: IntArray, lots: IntArray) -> list[_Branch]:
    """Part a branch at the short pair that carries the most worth."""
    short = _short(flow, lots)
    block = branch.block
    at = np.unravel_index(int(np.where(short, flow * block.worth + 1, 0).argmax()), flow.shape)
    shut = block.open.copy()
    shut[at] = False
    children = [replace(branch, block=replace(block, open=shut))]
    i, j = int(at[0]), int(at[1])
    lot = int(lots[i, j])
    if block.supply[i] >= lot and block.demand[j] >= lot:
        children.append(_forced(branch, i, j, lots))
    return children


def _forced(branch: _Branch, i: int, j: int, lots: IntArray) -> _Branch:
    """Promise one lot; other pairs of the two lines that can no longer fill theirs are shut."""
    block, forced = branch.block, branch.forced.copy()
    supply, demand = block.supply.copy(), block.demand.copy()
    forced[i, j] = lots[i, j]
    supply[i] -= lots[i, j]
    demand[j] -= lots[i, j]
    room = np.minimum(supply[:, None], demand[None]) >= np.where(forced > 0, 1, lots)
    steps, stepped = block.steps, branch.stepped
    if steps is not None:
        stepped += steps.worth([int(lots[i, j]) * (k == j) for k in range(len(demand))])
        steps = steps.after(j, int(lots[i, j]))
    less = Block(supply, demand, block.worth, block.open & room, block.tie, steps)
    return _Branch(less, forced, stepped)


def _dive(root: _Branch, flow: IntArray, lots: IntArray, solves: int) -> tuple[IntArray, int]:
    """Shut every short pair and solve again; what is still short at the end goes.

    Gives the legal flow and how many solves it took, at most `solves`.
    """
    block, used = root.block, 0
    while used < solves and (short := _short(flow, lots)).any():
        block = replace(block, open=block.open & ~short)
        flow = _solve(_Branch(block, root.forced)).flow
        used += 1
    return filled(root.block, np.where(_short(flow, lots), 0, flow), lots), used


def filled(block: Block, flow: IntArray, lots: IntArray) -> IntArray:
    """Give what is left to pairs that carry a lot already or still can, the best first."""
    flow = flow.copy()
    supply, demand = block.supply - flow.sum(1), block.demand - flow.sum(0)
    while True:
        room = np.minimum(supply[:, None], demand[None])
        able = block.open & (room >= np.where(flow > 0, 1, np.maximum(lots, 1)))
        if not able.any():
            return flow
        ranked = np.where(able, block.worth * 4096 + block.tie, -1)
        i, j = (int(at) for at in np.unravel_index(int(ranked.argmax()), flow.shape))
        flow[i, j] += room[i, j]
        supply[i] -= room[i, j]
        demand[j] -= room[i, j]
