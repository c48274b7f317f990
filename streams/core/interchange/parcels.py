"""From a flow in a network to parcels: which offer's goods reach which need, and by what way.

Decides how flow is parted where ways meet: the largest first, so that few and large parcels come
out. Refuses to know lines, money and names.

Theory of operation. What comes to a node and what leaves it are two partings of one amount, each
put in order, the largest first; laid on one another, their cuts are the pieces that go on. Where
amounts are exact all nodes that nothing is awaited at are parted at once, in columns: their
amounts stand end to end. A programme's amounts are not, and are parted node by node.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.interchange.web import PLAIN, Web
from streams.core.lines import BoolArray, IntArray

FloatArray = npt.NDArray[np.float64]


class Parcel(NamedTuple):
    """Offer and need by number, the amount that arrives, tags of the way."""

    offer: int
    need: int
    amount: float
    way: tuple[int, ...]


_TAGS_MAX: Final = 3
"""A leg, a process and a leg."""
_NONE: Final = int(np.iinfo(np.int64).min)
_Piece = tuple[float, int, tuple[int, ...]]
"""Minus the amount, the offer, the way so far: in their own order, the largest comes first."""
_Arc = tuple[float, int, int, float]
"""Amount, head, tag, gain."""


class _Node(NamedTuple):
    """What leaves a node: its arcs, the largest first, and their heads, as the web has them."""

    arcs: list[_Arc]
    heads: list[int]


class _Pieces(NamedTuple):
    """Columns of pieces: the node they are at, the amount, the offer, tags of the way so far."""

    node: IntArray
    amount: IntArray
    offer: IntArray
    way: IntArray  # [tag, piece], _NONE where there is none, which comes before every tag

    def some(self, which: IntArray | BoolArray) -> "_Pieces":
        """Give some of them."""
        return _Pieces(self.node[which], self.amount[which], self.offer[which], self.way[:, which])

    def gone_on(self, node: IntArray, amount: IntArray, tag: IntArray) -> "_Pieces":
        """Give them where they are after an arc each, the amount being what is left of each."""
        way = self.way.copy()
        tagged = np.flatnonzero(tag != PLAIN)
        free = (way[:, tagged] != _NONE).sum(0)
        way[free, tagged] = tag[tagged]
        return _Pieces(node, amount, self.offer, way)


def parcels(web: Web, flow: IntArray) -> list[Parcel]:
    """Part a legal flow in one measure into parcels, in the order of offer, need and way."""
    used = np.flatnonzero(flow)
    arcs = used[np.lexsort((web.tag[used], web.head[used], -flow[used], web.tail[used]))]
    waiting = np.bincount(web.head[arcs], minlength=web.nodes)
    sold = np.zeros(web.nodes, np.int64)
    np.add.at(sold, web.tail[arcs], flow[arcs])
    offers = np.flatnonzero(sold[: web.first_need])
    way = np.full((_TAGS_MAX, len(offers)), _NONE, np.int64)
    pieces, met = _Pieces(offers, sold[offers], offers, way), []
    while len(arcs):
        ready = waiting[web.tail[arcs]] == 0
        here = waiting[pieces.node] == 0
        parted = _parted(web, flow, arcs[ready], pieces.some(here))
        waiting -= np.bincount(web.head[arcs[ready]], minlength=web.nodes)
        arcs = arcs[~ready]
        done = (parted.node >= web.first_need) & (parted.node < web.first_hub)
        met.append(parted.some(done))
        pieces = _joined((pieces.some(~here), parted.some(~done)))
    return _told(_joined(met), web.first_need) if met else []


def _parted(web: Web, flow: IntArray, arcs: IntArray, pieces: _Pieces) -> _Pieces:
    """Part pieces at some nodes among the arcs that leave these, the largest to the largest."""
    given = pieces.some(np.lexsort((*pieces.way[::-1], pieces.offer, -pieces.amount, pieces.node)))
    come, gone = np.cumsum(given.amount), np.cumsum(flow[arcs])
    cuts = np.union1d(come, gone)
    arc = arcs[np.searchsorted(gone, cuts)]
    moved = given.some(np.searchsorted(come, cuts))
    return moved.gone_on(web.head[arc], np.diff(cuts, prepend=0), web.tag[arc])


def _joined(parts: Sequence[_Pieces]) -> _Pieces:
    return _Pieces(*(np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)))


def _told(met: _Pieces, first_need: int) -> list[Parcel]:
    """Add up what comes to a need from an offer by one way."""
    order = np.lexsort((*met.way[::-1], met.node, met.offer))
    offer, need, way = met.offer[order], met.node[order] - first_need, met.way[:, order]
    table = np.vstack((offer, need, way))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (table[:, 1:] != table[:, :-1]).any(0)
    first = np.flatnonzero(fresh)
    amount = np.add.reduceat(met.amount[order], first).tolist()
    ways = _Ways()
    tags = [ways[row] for row in zip(*way[:, first].tolist(), strict=True)]
    return list(map(Parcel, offer[first].tolist(), need[first].tolist(), amount, tags))


class _Ways(dict[tuple[int, ...], tuple[int, ...]]):
    """Rows of tags without what stands for none; many parcels share one."""

    def __missing__(self, row: tuple[int, ...]) -> tuple[int, ...]:
        return self.setdefault(row, tuple(tag for tag in row if tag != _NONE))


def rough_parcels(web: Web, flow: FloatArray, speck: float) -> list[Parcel]:
    """Part a programme's flow into parcels, in the order of offer, need and way.

    It is in the measure of each arc's tail, changes by the gains, and what is smaller than the
    speck is dropped.
    """
    used = np.flatnonzero(flow > speck)
    nodes = _nodes(web, flow, used)
    waiting = np.bincount(web.head[used], minlength=web.nodes).tolist()
    supplied = np.zeros(web.nodes, flow.dtype)
    np.add.at(supplied, web.tail[used], flow[used])
    held: defaultdict[int, list[_Piece]] = defaultdict(list)
    for offer, amount in enumerate(supplied[: web.first_need].tolist()):
        if amount:
            held[offer].append((-amount, offer, ()))
    ready = deque(node for node in nodes if not waiting[node])
    while ready:
        node = ready.popleft()
        arcs, heads = nodes[node]
        _part(held.pop(node, []), arcs, held, speck)
        for head in heads:
            waiting[head] -= 1
            if not waiting[head] and head in nodes:
                ready.append(head)
    total: defaultdict[tuple[int, int, tuple[int, ...]], float] = defaultdict(int)
    for need in range(web.first_need, web.first_hub):
        for less, offer, way in held.get(need, ()):
            total[offer, need - web.first_need, way] -= less
    return [Parcel(*at[:2], amount, at[2]) for at, amount in sorted(total.items())]


def _nodes(web: Web, flow: FloatArray, used: IntArray) -> dict[int, _Node]:
    """Give the used arcs by the node they leave, in the order of nodes."""
    given = used[np.argsort(web.tail[used], kind="stable")]
    falling = used[np.lexsort((web.tag[used], web.head[used], -flow[used], web.tail[used]))]
    gain = web.gain_up[falling] / web.gain_down[falling]
    columns = flow[falling], web.head[falling], web.tag[falling], gain
    arcs: list[_Arc] = list(zip(*(column.tolist() for column in columns), strict=True))
    heads = web.head[given].tolist()
    tails, first = np.unique(web.tail[given], return_index=True)
    ends = [*first.tolist(), len(used)]
    return {
        node: _Node(arcs[start:end], heads[start:end])
        for node, start, end in zip(tails.tolist(), ends, ends[1:], strict=False)
    }


def _part(
    pieces: list[_Piece], arcs: list[_Arc], held: dict[int, list[_Piece]], speck: float
) -> None:
    """Give the pieces at a node to the arcs that leave it, largest to largest."""
    pieces.sort()
    at, left = 0, -pieces[0][0] if pieces else 0
    for amount, head, tag, gain in arcs:
        wanted = amount
        while wanted > speck and at < len(pieces):
            moved = min(wanted, left)
            _, offer, way = pieces[at]
            if moved > speck:
                held[head].append((-moved * gain, offer, way if tag == PLAIN else (*way, tag)))
            wanted, left = wanted - moved, left - moved
            if left <= speck:
                at += 1
                left = -pieces[at][0] if at < len(pieces) else 0
