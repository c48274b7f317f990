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


class _Piece(NamedTuple):
    amount: float
    offer: int
    way: tuple[int, ...]


class _Arc(NamedTuple):
    amount: float
    head: int
    tag: int
    gain: float


def parcels(web: Web, flow: IntArray | FloatArray, *, speck: float = 0) -> list[Parcel]:
    """Part a legal flow into parcels, in the order of offer, need and way.

    With `speck` 0 the flow is integers in one measure for the whole network: what enters a node
    leaves it, exactly. Above 0 it is in the measure of each arc's tail, changes by the gains, and
    what is smaller than the speck is dropped.
    """
    arcs: defaultdict[int, list[_Arc]] = defaultdict(list)
    waiting: defaultdict[int, int] = defaultdict(int)
    used = np.flatnonzero(flow > speck)
    gain = web.gain_up[used] / web.gain_down[used] if speck else np.ones(len(used), np.int64)
    columns = (web.tail[used], flow[used], web.head[used], web.tag[used], gain)
    for tail, amount, head, tag, ratio in zip(*(c.tolist() for c in columns), strict=True):
        arcs[tail].append(_Arc(amount, head, tag, ratio))
        waiting[head] += 1
    held: defaultdict[int, list[_Piece]] = defaultdict(list)
    for offer in range(web.first_need):
        if offer in arcs:
            held[offer].append(_Piece(sum(arc.amount for arc in arcs[offer]), offer, ()))
    ready = deque(sorted(node for node in arcs if not waiting[node]))
    while ready:
        node = ready.popleft()
        _part(held.pop(node, []), arcs[node], held, speck)
        for arc in arcs[node]:
            waiting[arc.head] -= 1
            if not waiting[arc.head] and arc.head in arcs:
                ready.append(arc.head)
    total: defaultdict[tuple[int, int, tuple[int, ...]], float] = defaultdict(int)
    for need in range(web.first_need, web.first_hub):
        for piece in held.get(need, ()):
            total[piece.offer, need - web.first_need, piece.way] += piece.amount
    return [Parcel(*at[:2], amount, at[2]) for at, amount in sorted(total.items())]


def _part(
    pieces: list[_Piece], arcs: list[_Arc], held: dict[int, list[_Piece]], speck: float
) -> None:
    """Give the pieces at a node to the arcs that leave it, largest to largest."""
    pieces = sorted(pieces, key=lambda piece: (-piece.amount, piece.offer, piece.way))
    at, left = 0, pieces[0].amount if pieces else 0
    for arc in sorted(arcs, key=lambda arc: (-arc.amount, arc.head, arc.tag)):
        wanted = arc.amount
        while wanted > speck and at < len(pieces):
            moved = min(wanted, left)
            way = pieces[at].way if arc.tag == PLAIN else (*pieces[at].way, arc.tag)
            if moved > speck:
                held[arc.head].append(_Piece(moved * arc.gain, pieces[at].offer, way))
            wanted, left = wanted - moved, left - moved
            if left <= speck:
                at += 1
                left = pieces[at].amount if at < len(pieces) else 0
