"""The most valuable flow between offers and needs, exactly, in integers.

Decides how a block of pairs becomes a network for OR-tools, keeps it inside 64 bits, and settles
ties. Refuses to judge its own answer: `streams.core.certificate` proves it from the numbers alone.

Theory of operation. One node per offer, one per need, one arc per open pair, and a bypass node
that takes what is not traded. Quantities are divided by their greatest common divisor. Of all
optimal flows the one with the largest sum of id-derived tie weights is taken: once prices u, v
prove an optimum, the optimal flows are exactly those that use only pairs with u + v = worth and
leave nothing over where a price is above 0; a second, small flow over those pairs chooses. That
orders worth before tie strictly, where adding a tie weight to a scaled worth would lose a few
rupiah on long cycles, and it keeps costs small, which the solver rewards in time.
"""

from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Final

import numpy as np

from streams.core.fairness import Steps
from streams.core.lines import BoolArray, IntArray

TOTAL_MAX: Final = 1 << 61
"""Most that all quantities of a network may add up to, after division."""
COST_MAX: Final = 1 << 60
"""Most that worth x nodes x 4 may be: the solver scales costs by the number of nodes."""
TIE_MAX: Final = 4095


@dataclass(frozen=True, slots=True)
class Block:
    """Offers (rows, `supply`) and needs (columns, `demand`), in canonical order.

    `worth` is rupiah per base unit, at least 0 where the pair is `open`; `tie` is 1 to 4095.
    """

    supply: IntArray
    demand: IntArray
    worth: IntArray
    open: BoolArray
    tie: IntArray
    steps: Steps | None = None
    """What a need counts more for its first tenths; solvers and proofs see what `cut` gives."""


def cells(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """Give the rows and columns of what is true, row by row; much sooner than `np.nonzero`."""
    at, wide = np.flatnonzero(mask), max(1, mask.shape[1])
    rows = at // wide
    return rows, at - rows * wide


def cut(block: Block, steps: Steps) -> tuple[Block, IntArray]:
    """Give a block in which every tenth of a need is a column, and the need of each column."""
    tenth, need = cells(steps.rooms != 0)
    shown = Block(
        supply=block.supply,
        demand=steps.rooms[tenth, need],
        worth=block.worth[:, need] + steps.bonus[tenth, need],
        open=block.open[:, need],
        tie=block.tie[:, need],
    )
    return shown, need


def best_flow(block: Block) -> IntArray | None:
    """Give a flow of the largest worth; None when the numbers are too large for the solver."""
    everyone = np.ones(len(block.supply), bool), np.ones(len(block.demand), bool)
    return _run(block, -block.worth, *everyone)


def settled_flow(
    block: Block, flow: IntArray, offer_prices: IntArray, need_prices: IntArray
) -> IntArray | None:
    """Give, of all optimal flows, the one with the largest tie weight; None as in `best_flow`.

    The flow must be optimal for this block, and the prices must prove it.
    """
    tight = block.open & (offer_prices[:, None] + need_prices[None] == block.worth)
    offer_may_rest, need_may_rest = offer_prices == 0, need_prices == 0
    if _is_forest(tight, offer_may_rest, need_may_rest):
        return flow
    return _run(replace(block, open=tight), -block.tie, offer_may_rest, need_may_rest)


def greedy_flow(block: Block) -> IntArray:
    """Give the flow that serves the best pair first: never optimal on purpose, always legal."""
    rows, columns = cells(block.open)
    order = np.lexsort((-block.tie[rows, columns], -block.worth[rows, columns]))
    flow = np.zeros(block.worth.shape, np.int64)
    supply, demand = block.supply.tolist(), block.demand.tolist()
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        quantity = min(supply[i], demand[j])
        flow[i, j] = quantity
        supply[i] -= quantity
        demand[j] -= quantity
    return flow


def _run(
    block: Block, cost: IntArray, offer_may_rest: BoolArray, need_may_rest: BoolArray
) -> IntArray | None:
    """Solve one network; where a side may not rest, all of it must flow."""
    flow = np.zeros(cost.shape, np.int64)
    rows, columns = cells(block.open)
    if not len(rows):
        return flow
    supply, demand, unit = _small(block)
    total = sum(supply.tolist()) + sum(demand.tolist())
    nodes = len(supply) + len(demand) + 1
    if total > TOTAL_MAX or int(np.abs(cost).max()) * nodes * 4 > COST_MAX:
        return None
    resting, wanting = np.flatnonzero(offer_may_rest), np.flatnonzero(need_may_rest)
    bypass, first_need = nodes - 1, len(supply)
    tails = (rows, resting, np.full(len(wanting), bypass))
    heads = (columns + first_need, np.full(len(resting), bypass), wanting + first_need)
    capacities = (np.minimum(supply[rows], demand[columns]), supply[resting], demand[wanting])
    costs = (cost[rows, columns], np.zeros(len(resting) + len(wanting), np.int64))
    over = int(demand.sum()) - int(supply.sum())
    network = solver().SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails).astype(np.int32),
        np.concatenate(heads).astype(np.int32),
        np.concatenate(capacities),
        np.concatenate(costs),
    )
    network.set_nodes_supplies(
        np.arange(nodes, dtype=np.int32), np.concatenate((supply, -demand, [over]))
    )
    # The status stands before everything: reading flows of an unsolved network ends the process.
    if network.solve() != network.OPTIMAL:
        return None
    flow[rows, columns] = network.flows(arcs[: len(rows)]) * unit
    return flow


def _is_forest(pairs: BoolArray, *may_rest: BoolArray) -> bool:
    """Whether these pairs and rests close no ring: then there is one flow and no tie."""
    rows, columns = cells(pairs)
    offers, needs = pairs.shape
    rests = np.concatenate(may_rest)
    if len(rows) + np.count_nonzero(rests) > offers + needs:
        return False
    # All that may rest is one tree from the start: each hangs on the bypass by itself.
    root = [*np.where(rests, offers + needs, np.arange(offers + needs)).tolist(), offers + needs]
    for tail, head in zip(rows.tolist(), (columns + offers).tolist(), strict=True):
        a, b = _root(root, tail), _root(root, head)
        if a == b:
            return False
        root[a] = b
    return True


def _root(root: list[int], node: int) -> int:
    """Find the tree of a node, halving the way for the next who asks."""
    while root[node] != node:
        root[node] = node = root[root[node]]
    return node


def _small(block: Block) -> tuple[IntArray, IntArray, int]:
    """Give supply and demand in the largest common unit, and cut to what could ever flow."""
    supply, demand = block.supply, block.demand
    unit = int(np.gcd.reduce(np.concatenate((supply, demand)))) or 1
    supply, demand = supply // unit, demand // unit
    if sum(supply.tolist()) + sum(demand.tolist()) > TOTAL_MAX:
        asked = [sum(demand[row].tolist()) for row in block.open]
        given = [sum(supply[column].tolist()) for column in block.open.T]
        supply = np.array([min(s, a) for s, a in zip(supply.tolist(), asked, strict=True)])
        demand = np.array([min(d, g) for d, g in zip(demand.tolist(), given, strict=True)])
    return supply.astype(np.int64), demand.astype(np.int64), unit


@cache
def solver() -> ModuleType:
    """The solver, loaded at the first solve: 60 ms that other commands need not spend."""
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - see above

    return min_cost_flow  # type: ignore[no-any-return]  # ortools is published without types
