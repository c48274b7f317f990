"""From a flow in a network to parcels: which offer's goods reach which need, and by what way.

Decides how flow is parted where ways meet: the largest first, so that few and large parcels come
out. Refuses to know lines, money and names.
"""

from collections import defaultdict, deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.interchange.web import PLAIN, Web
from streams.core.lines import IntArray

FloatArray = npt.NDArray[np.float64]


class Parcel(NamedTuple):
    """Offer and need by number, the amount that arrives, tags of the way."""

    offer: int
    need: int
    amount: float
    way: tuple[int, ...]


_Piece = tuple[float, int, tuple[int, ...]]
"""Minus the amount, the offer, the way so far: in their own order, the largest comes first."""
_Arc = tuple[float, int, int, float]
"""Amount, head, tag, gain."""


class _Node(NamedTuple):
    """What leaves a node: its arcs, the largest first, and their heads, as the web has them."""

    arcs: list[_Arc]
    heads: list[int]


def parcels(web: Web, flow: IntArray | FloatArray, *, speck: float = 0) -> list[Parcel]:
    """Part a legal flow into parcels, in the order of offer, need and way.

    With `speck` 0 the flow is integers in one measure for the whole network: what enters a node
    leaves it, exactly. Above 0 it is in the measure of each arc's tail, changes by the gains, and
    what is smaller than the speck is dropped.
    """
    used = np.flatnonzero(flow > speck)
    nodes = _nodes(web, flow, used, change=speck > 0)
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


def _nodes(
    web: Web, flow: IntArray | FloatArray, used: IntArray, *, change: bool
) -> dict[int, _Node]:
    """Give the used arcs by the node they leave, in the order of nodes."""
    given = used[np.argsort(web.tail[used], kind="stable")]
    falling = used[np.lexsort((web.tag[used], web.head[used], -flow[used], web.tail[used]))]
    up, down = web.gain_up[falling], web.gain_down[falling]
    gain = up / down if change else np.ones_like(up)
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
