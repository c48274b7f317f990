"""Proof that a flow in a network is the most valuable one, from the numbers alone.

Decides whether a flow is legal and optimal, and bounds how far from optimal it can be. Refuses to
know the solver: it reads a network and a flow.

Theory of operation. Give every node a price: what one more unit there is worth. An offer's price
is at least 0, a need's at most 0 (minus what its place is worth), and where an arc has room its
tail is worth at least its head plus the arc. At such prices no flow is worth more than supplies
and demands at their prices, plus rooms at what their arcs gain. The prices are the least that
satisfy the residual graph, by relaxation of all arcs at a time; when a need's price would have to
rise above 0, or an offer with goods left above 0, the flow was not optimal.
"""

from operator import mul
from typing import Final, NamedTuple

import numpy as np

from streams.core.interchange.fine import Fine
from streams.core.lines import BoolArray, IntArray

FAR: Final = -(1 << 60)


class Proof(NamedTuple):
    """Price per node in rupiah x scale a fine unit; worth and bound in the same x fine units.

    No flow of the network is worth more than `bound`. An illegal flow counts as worth nothing.
    """

    price: IntArray
    worth: int
    bound: int
    legal: bool

    @property
    def proven(self) -> bool:
        """Whether the flow is legal and no flow is worth more."""
        return self.legal and self.bound == self.worth


def certify(net: Fine, flow: IntArray) -> Proof:
    """Judge a flow; all final sums are Python integers."""
    legal = is_legal(net, flow)
    worth = dot(flow, net.worth) if legal else 0
    price = least_prices(net, flow, np.ones(len(flow), bool)) if legal else None
    if price is not None:
        bound = bound_of(net, price)
        if bound == worth:
            return Proof(price, worth, bound, legal)
    price = _plain_prices(net)
    return Proof(price, worth, bound_of(net, price), legal)


def is_legal(net: Fine, flow: IntArray) -> bool:
    """Whether a flow keeps rooms, supplies, demands, and loses nothing on the way."""
    web = net.web
    if (flow < 0).any() or (flow > net.room).any():
        return False
    sold, met = passed(net, flow)
    left = sold - met
    offers, needs = left[: web.first_need], left[web.first_need : web.first_hub]
    inside = (offers >= 0).all() and (offers <= net.supply).all()
    inside &= bool((needs <= 0).all() and (-needs <= net.demand).all())
    return bool(inside) and not left[web.first_hub :].any()


def passed(net: Fine, flow: IntArray) -> tuple[IntArray, IntArray]:
    """Give what leaves each node and what comes to it; most arcs carry nothing."""
    sold, met = np.zeros((2, net.web.nodes), np.int64)
    used = np.flatnonzero(flow)
    np.add.at(sold, net.web.tail[used], flow[used])
    np.add.at(met, net.web.head[used], flow[used])
    return sold, met


def bound_of(net: Fine, price: IntArray) -> int:
    """Give what no flow exceeds at legal prices: offers at least 0, needs at most 0."""
    web = net.web
    offers, needs = price[: web.first_need], price[web.first_need : web.first_hub]
    gain = net.worth + price[web.head] - price[web.tail]
    at = np.flatnonzero(gain > 0)
    return dot(net.supply, offers) + dot(net.demand, -needs) + dot(net.room[at], gain[at])


def dot(a: IntArray, b: IntArray) -> int:
    """Sum products beyond 64 bits; most arcs carry nothing."""
    at = np.flatnonzero(a)
    return sum(map(mul, a[at].tolist(), b[at].tolist()))


def least_prices(net: Fine, flow: IntArray, arcs: BoolArray) -> IntArray | None:
    """Give the least prices that prove a legal flow the best over some arcs; None when it is not.

    They are the same for every best flow.
    """
    web = net.web
    sold, met = passed(net, flow)
    price = np.full(web.nodes, FAR, np.int64)
    price[: web.first_need] = 0
    price[web.first_need : web.first_hub][met[web.first_need : web.first_hub] < net.demand] = 0
    resting = np.flatnonzero(sold[: web.first_need] < net.supply)
    forward = _Relaxing(net, np.flatnonzero(arcs & (flow < net.room)))
    used = np.flatnonzero(flow)
    near = _Relaxing(net, used[flow[used] < net.room[used]])
    tail, head, worth = web.tail[used], web.head[used], net.worth[used]
    for _ in range(web.nodes + 1):
        before = price
        price = forward.raised(price)
        price = _spread(price, near, (tail, head, worth), web.nodes)
        if (price[resting] > 0).any() or (price[web.first_need : web.first_hub] > 0).any():
            return None
        if (price == before).all():
            return price
    return None


def _spread(
    price: IntArray, near: "_Relaxing", back: tuple[IntArray, IntArray, IntArray], nodes: int
) -> IntArray:
    """Relax the few arcs that carry something until nothing moves."""
    tail, head, worth = back
    for _ in range(nodes + 1):
        before, price = price, price.copy()
        np.maximum.at(price, head, _plus(price[tail], -worth))
        price = near.raised(price)
        if (price == before).all():
            break
    return price


class _Relaxing:
    """Arcs sorted by tail, so that one pass raises all tails."""

    def __init__(self, net: Fine, arcs: IntArray) -> None:
        order = arcs[np.argsort(net.web.tail[arcs], kind="stable")]
        tail = net.web.tail[order]
        self._head, self._worth = net.web.head[order], net.worth[order]
        first = np.ones(len(tail), bool)
        np.not_equal(tail[1:], tail[:-1], out=first[1:])
        self._starts = np.flatnonzero(first)
        self._tails = tail[self._starts]

    def raised(self, price: IntArray) -> IntArray:
        """Give prices at which no tail is worth less than a head plus its arc."""
        if not len(self._tails):
            return price
        reach = np.maximum.reduceat(_plus(price[self._head], self._worth), self._starts)
        price = price.copy()
        price[self._tails] = np.maximum(price[self._tails], reach)
        return price


def _plus(price: IntArray, worth: IntArray) -> IntArray:
    """Add, where there is a price to add to."""
    return np.where(price == FAR, FAR, price + worth)


def _plain_prices(net: Fine) -> IntArray:
    """Give legal prices that prove little: needs for nothing, everything else by its best way."""
    web = net.web
    price = np.full(web.nodes, FAR, np.int64)
    price[: web.first_hub] = 0
    every = _Relaxing(net, np.arange(len(net.worth)))
    for _ in range(web.nodes + 1):
        before, price = price, every.raised(price)
        if (price == before).all():
            break
    return price
