"""Proof that a flow is the most valuable one, from the numbers alone.

Decides whether a flow is legal and optimal, and bounds how far from optimal it can be. Refuses to
know the solver: it reads a block and a flow, nothing else.

Theory of operation. Prices u per offer and v per need, none below 0, with u + v >= worth on every
open pair, bound every legal flow: it is worth at most supply x u + demand x v. When a flow reaches
that bound, both are optimal. The prices come from shortest paths on the residual graph
(Bellman-Ford, one relaxation of all arcs at a time): a need with room left has price 0, an offer
must be paid the best that a need it could still reach would give, a need that is served pays no
more than its servers' prices allow. If the flow is not optimal, the walk does not settle; the
prices are then cut to legal ones and the gap tells.
"""

from operator import mul
from typing import Final, NamedTuple

import numpy as np

from streams.core.flow import Block, cells
from streams.core.lines import IntArray

_FAR: Final = -(1 << 60)


class Certificate(NamedTuple):
    """Prices in rupiah per base unit; `worth`, `bound` in rupiah x the unit of quantity.

    No flow of the block is worth more than `bound`. An illegal flow counts as worth nothing.
    """

    offer_prices: IntArray
    need_prices: IntArray
    worth: int
    bound: int
    legal: bool

    @property
    def gap(self) -> int:
        """How much better another flow could be at most; 0 is the proof."""
        return self.bound - self.worth

    @property
    def proven(self) -> bool:
        """Whether the flow is legal and no flow is worth more."""
        return self.legal and self.gap == 0


def certify(block: Block, flow: IntArray) -> Certificate:
    """Judge a flow `[offer, need]` of a block; all final sums are Python integers."""
    legal = is_legal(block, flow)
    offers, needs = _prices(block, flow if legal else np.zeros_like(flow))
    worth = worth_of(block, flow) if legal else 0
    bound = _dot(block.supply, offers) + _dot(block.demand, needs)
    if bound > worth:
        bound = min(bound, _easy_bound(block))
    return Certificate(offers, needs, worth, bound, legal)


def is_legal(block: Block, flow: IntArray) -> bool:
    """Whether a flow stays on open pairs and inside what is offered and needed."""
    if flow.min(initial=0) < 0 or not block.open[cells(flow != 0)].all():
        return False
    # Sums beyond 64 bits are formed of Python integers.
    small = int(flow.max(initial=0)) * max(flow.shape) < -_FAR
    exact = flow if small else flow.astype(object)
    return bool((exact.sum(1) <= block.supply).all() and (exact.sum(0) <= block.demand).all())


def worth_of(block: Block, flow: IntArray) -> int:
    """Give the worth of a flow, exactly."""
    at = cells(flow != 0)
    steered = 0 if block.steps is None else block.steps.worth(flow.sum(0).tolist())
    return _dot(flow[at], block.worth[at]) + steered


def _prices(block: Block, flow: IntArray) -> tuple[IntArray, IntArray]:
    """Give legal prices, and the proving ones when the flow is optimal."""
    usable = block.open & (block.supply > 0)[:, None] & (block.demand > 0)[None]
    worth = np.where(usable, block.worth, _FAR)
    by_need = np.ascontiguousarray(worth.T)
    rows, columns = cells(flow != 0)
    used_worth = block.worth[rows, columns]
    # `credit` is minus the price of a need: it only ever rises, from "as dear as you like".
    credit = np.where(flow.sum(0) < block.demand, 0, _FAR)
    offers = (worth + credit).max(1, initial=0)
    for _ in range(sum(block.worth.shape) + 1):
        raised = credit.copy()
        np.maximum.at(raised, columns, offers[rows] - used_worth)
        risen = np.flatnonzero(raised != credit)
        if not len(risen) or raised.max() > 0:
            break
        credit = raised
        # Only the needs that have risen can pay an offer more than before.
        offers = np.maximum(offers, (by_need[risen] + credit[risen, None]).max(0))
    needs = np.where(credit == _FAR, 0, np.maximum(-credit, 0))
    return (worth - needs).max(1, initial=0), needs


def _easy_bound(block: Block) -> int:
    """Give the bound of prices that lie on one side only."""
    worth = np.where(block.open, block.worth, 0)
    rows, columns = worth.max(1, initial=0), worth.max(0, initial=0)
    return min(_dot(block.supply, rows), _dot(block.demand, columns))


def _dot(a: IntArray, b: IntArray) -> int:
    """Sum products beyond 64 bits."""
    return sum(map(mul, a.tolist(), b.tolist()))
