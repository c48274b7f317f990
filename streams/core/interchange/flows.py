"""The most valuable flow of a network, exactly, and which of the equal ones.

Decides how a fine network is put to OR-tools and how ties are settled. Refuses to judge its own
answer: `streams.core.interchange.proof` does.

Theory of operation. A bypass node takes what is not sold and gives what is not met. Among all
flows of the same worth the one with the largest sum of tie weights is taken: at proving prices
they are the flows that use only arcs without loss, fill those that gain, and leave nothing over
where a price is above 0.
"""

from typing import Final

import numpy as np

from streams.core.flow import TIE_MAX, solver
from streams.core.interchange.fine import Fine
from streams.core.interchange.proof import FAR, Proof, passed
from streams.core.lines import BoolArray, IntArray

COST_MAX: Final = 1 << 60
"""Most that worth x nodes x 4 may be: the solver scales costs by the number of nodes."""


def best_flow(net: Fine, arcs: BoolArray | None = None) -> IntArray | None:
    """Give a flow per arc, in fine units; None when the numbers are too large for the solver.

    With `arcs` only these may carry anything.
    """
    every = np.ones(len(net.worth), bool) if arcs is None else arcs
    resting = np.ones(len(net.supply), bool), np.ones(len(net.demand), bool)
    return _run(net, -net.worth, every, np.zeros_like(net.worth), resting)


def settled_flow(net: Fine, proof: Proof, tie: IntArray) -> IntArray | None:
    """Give, of all flows of the largest worth, the one with the largest tie weight.

    The proof must be of an optimal flow of this network; ties are 1 to 4095 per arc.
    """
    web = net.web
    known = (proof.price[web.tail] > FAR) & (proof.price[web.head] > FAR)
    loss = proof.price[web.tail] - proof.price[web.head] - net.worth
    filled = np.where(known & (loss < 0), net.room, 0)
    ends = proof.price[: web.first_hub]
    offers, needs = ends[: web.first_need] == 0, ends[web.first_need :] == 0
    arcs = known & (loss == 0)
    _force(net, arcs, filled, (web.tail, net.supply, ~offers, 0))
    _force(net, arcs, filled, (web.head, net.demand, ~needs, web.first_need))
    return _run(net, -tie, arcs, filled, (offers, needs))


def _force(
    net: Fine,
    arcs: BoolArray,
    filled: IntArray,
    side: tuple[IntArray, IntArray, BoolArray, int],
) -> None:
    """Fill the arcs of lines that may not rest and have one way only."""
    ends, amount, forced, first = side
    nodes = net.web.nodes
    count = np.bincount(ends[arcs], minlength=nodes)[first : first + len(amount)]
    lines = np.zeros(nodes, bool)
    lines[first : first + len(amount)] = forced & (count == 1)
    at = np.flatnonzero(arcs & lines[ends])
    left = np.zeros(nodes, np.int64)
    left[first : first + len(amount)] = amount
    used = np.flatnonzero(filled)
    np.subtract.at(left, ends[used], filled[used])
    filled[at] += left[ends[at]]
    arcs[at] = False


def ties(names: IntArray) -> IntArray:
    """Turn 64-bit hashes into weights of 1 to 4095."""
    return (names.astype(np.uint64) % np.uint64(TIE_MAX)).astype(np.int64) + 1


def _run(
    net: Fine,
    cost: IntArray,
    arcs: BoolArray,
    filled: IntArray,
    resting: tuple[BoolArray, BoolArray],
) -> IntArray | None:
    """Solve over some arcs, with others filled beforehand; where a side may not rest, it flows.

    A line with one arc needs no node: its arc starts, or ends, at the bypass.
    """
    web, flow = net.web, filled.copy()
    left, given = _left(net, filled)
    used = np.flatnonzero(arcs)
    rests = np.concatenate(resting)
    tail, head, room = web.tail[used], web.head[used], net.room[used]
    lines = np.concatenate((tail[tail < web.first_need], head[head < web.first_hub]))
    single = np.bincount(lines, minlength=web.nodes + 1)[: web.first_hub] == 1
    bypass = web.nodes
    short = np.zeros(web.nodes + 1, bool)
    short[: web.first_hub] = single & rests
    room = np.minimum(room, np.where(short[tail], left[tail], room))
    room = np.minimum(room, np.where(short[head], left[head], room))
    tail, head = np.where(short[tail], bypass, tail), np.where(short[head], bypass, head)
    wide = np.flatnonzero(~short[: web.first_hub] & rests)
    offers, needs = wide[wide < web.first_need], wide[wide >= web.first_need]
    fixed = np.flatnonzero(~rests)
    given[fixed] = np.where(fixed < web.first_need, left[fixed], -left[fixed])
    given[bypass] = -int(given.sum())
    tails = np.concatenate((tail, np.full(len(offers), bypass), needs))
    heads = np.concatenate((head, offers, np.full(len(needs), bypass)))
    rooms = np.concatenate((room, left[offers], left[needs]))
    costs = np.concatenate((cost[used], np.zeros(len(wide), np.int64)))
    found = _solved(tails, heads, rooms, costs, given)
    if found is None:
        return None
    flow[used] += found[: len(used)]
    return flow


def _left(net: Fine, filled: IntArray) -> tuple[IntArray, IntArray]:
    """Give what filled arcs leave of each line, and what they bring to each other node."""
    web = net.web
    sold, met = passed(net, filled)
    left = np.zeros(web.nodes + 1, np.int64)
    left[: web.first_hub] = np.concatenate((net.supply, net.demand))
    left[: web.first_hub] -= (sold + met)[: web.first_hub]
    given = np.zeros(web.nodes + 1, np.int64)
    given[web.first_hub : web.nodes] = (met - sold)[web.first_hub :]
    return left, given


def _solved(
    tail: IntArray, head: IntArray, room: IntArray, cost: IntArray, given: IntArray
) -> IntArray | None:
    """Put a network to the solver; nodes that nothing touches are left out."""
    if not len(tail):
        return None if given.any() else np.zeros(0, np.int64)
    touched = np.zeros(len(given), bool)
    touched[tail] = touched[head] = True
    nodes = np.flatnonzero(touched)
    place = np.cumsum(touched, dtype=np.int32) - np.int32(1)
    if int(np.abs(cost).max()) * len(nodes) * 4 > COST_MAX or given.any() > given[nodes].any():
        return None
    network = solver().SimpleMinCostFlow()
    laid = network.add_arcs_with_capacity_and_unit_cost(place[tail], place[head], room, cost)
    network.set_nodes_supplies(np.arange(len(nodes), dtype=np.int32), given[nodes])
    # The status stands before everything: reading flows of an unsolved network ends the process.
    if network.solve() != network.OPTIMAL:
        return None
    found: IntArray = network.flows(laid)
    return found
