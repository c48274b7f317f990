"""A block whose needs are cut into tenths, solved as a network: an arc a tenth, not a column.

Decides how such a block goes to the network solver of rounds between hubs and what comes back.
Refuses to solve and to prove: `streams.core.interchange.flows` and `.proof` do. As columns a
hundred orders are a thousand, and take four times as long; the answer is the same.
"""

from typing import NamedTuple

import numpy as np

from streams.core.fairness import Steps
from streams.core.flow import Block, cells
from streams.core.interchange.fine import fine
from streams.core.interchange.flows import best_flow, settled_flow
from streams.core.interchange.proof import certify, dot
from streams.core.interchange.tenths import cut_web
from streams.core.interchange.web import PLAIN, UNLIMITED, Web
from streams.core.lines import IntArray


class Proven(NamedTuple):
    """An optimal flow `[offer, need]`, settled, and its worth, which is its bound."""

    flow: IntArray
    bound: int


def stepped_flow(block: Block, steps: Steps) -> Proven | None:
    """Give the proven best; None when the numbers are too large for this way."""
    rows, columns = cells(block.open)
    none, one = np.zeros(len(rows), np.int64), np.ones(len(rows), np.int64)
    offers = len(block.supply)
    web = Web(
        supply=block.supply,
        demand=block.demand,
        nodes=offers + len(block.demand),
        tail=rows,
        head=columns + offers,
        worth=block.worth[rows, columns],
        room=none + UNLIMITED,
        tag=none + PLAIN,
        grams=none,
        gain_up=one,
        gain_down=one,
    )
    shown, tie = cut_web(web, block.tie[rows, columns], steps)
    net = fine(shown)
    found = None if net is None else best_flow(net)
    if net is None or found is None:
        return None
    proof = certify(net, found)
    if not proof.proven:
        return None
    settled = settled_flow(net, proof, tie)
    # A tie-break may only choose among optimal flows; whatever else it did is not used.
    if settled is None or dot(settled, net.worth) != proof.worth:
        return None
    flow = np.zeros_like(block.worth)
    flow[rows, columns] = settled[: len(rows)] * net.unit
    return Proven(flow, proof.bound * net.unit)
