"""A network in one measure: ready-equivalent integers, so that conversion is plain flow.

Decides the measure in which every process keeps the amount, when the yields allow one. Refuses to
solve.

Theory of operation. If 4 nuts make 1 kg of copra everywhere, a nut is a quarter of a kilogram of
copra from the start, and the whole is a network without gains. Nodes joined by arcs that keep the
amount share a measure; a process fixes the ratio of two measures. Where two processes disagree (4
nuts a kg here, 5 there, both serving one need) there is no common measure: None, and the linear
programme of `streams.core.interchange.programme` serves.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Final

import numpy as np

from streams.core.interchange.web import UNLIMITED, Web
from streams.core.lines import IntArray

TOTAL_MAX: Final = 1 << 61
WORTH_MAX: Final = 1 << 58


@dataclass(frozen=True, slots=True)
class Fine:
    """A network whose flows are fine units: `measure` of them are one micro unit at a node.

    `worth` is rupiah x `scale` per fine unit. Amounts are divided by `unit`, their greatest
    common divisor.
    """

    web: Web
    measure: IntArray
    scale: int
    unit: int
    supply: IntArray
    demand: IntArray
    room: IntArray
    worth: IntArray


def fine(web: Web) -> Fine | None:
    """Give the network in one measure; None when there is none, or when 64 bits do not hold it."""
    measure, scale = np.ones(web.nodes, np.int64), 1
    if web.gains.any():
        found = _measures(web)
        if found is None:
            return None
        measure, scale = found
    ends = measure[: web.first_hub].tolist()
    supply = [q * w for q, w in zip(web.supply.tolist(), ends, strict=False)]
    demand = [q * w for q, w in zip(web.demand.tolist(), ends[web.first_need :], strict=True)]
    limited = np.flatnonzero(web.room < UNLIMITED)
    weights = measure[web.tail[limited]].tolist()
    rooms = [q * w for q, w in zip(web.room[limited].tolist(), weights, strict=True)]
    unit = gcd(*supply, *demand, *rooms) or 1
    total = (sum(supply) + sum(demand)) // unit
    factor = scale // measure[web.tail]
    most, least = int(web.worth.max(initial=0)), int(web.worth.min(initial=0))
    dearest = max(most, -least) * int(factor.max(initial=1))
    if total > TOTAL_MAX or dearest * max(1, web.nodes) > WORTH_MAX:
        return None
    room = np.full(len(web.room), total, np.int64)
    room[limited] = [min(q // unit, total) for q in rooms]
    return Fine(
        web=web,
        measure=measure,
        scale=scale,
        unit=unit,
        supply=np.array([q // unit for q in supply], np.int64),
        demand=np.array([q // unit for q in demand], np.int64),
        room=room,
        worth=web.worth * factor,
    )


def _measures(web: Web) -> tuple[IntArray, int] | None:
    """Give fine units per micro at each node, and their common multiple; None on a conflict."""
    label = _labels(web)
    ratios: defaultdict[int, list[tuple[int, Fraction]]] = defaultdict(list)
    for arc in np.flatnonzero(web.gains).tolist():
        tail, head = int(label[web.tail[arc]]), int(label[web.head[arc]])
        ratio = Fraction(int(web.gain_down[arc]), int(web.gain_up[arc]))
        ratios[tail].append((head, ratio))
        ratios[head].append((tail, 1 / ratio))
    found: dict[int, Fraction] = {}
    for start in sorted(ratios):
        if start in found:
            continue
        found[start], waiting = Fraction(1), [start]
        while waiting:
            here = waiting.pop()
            for there, ratio in ratios[here]:
                value = found[here] * ratio
                if there not in found:
                    found[there] = value
                    waiting.append(there)
                elif found[there] != value:
                    return None
    down = lcm(*(value.denominator for value in found.values()))
    whole = {at: int(ratio * down) for at, ratio in found.items()}
    scale = lcm(*whole.values())
    if scale > WORTH_MAX:
        return None
    measure = np.ones(web.nodes, np.int64)
    for at, fine_units in whole.items():
        measure[label == at] = fine_units
    return measure, scale


def _labels(web: Web) -> IntArray:
    """Name each node after the least node that arcs without a gain join it to."""
    label = np.arange(web.nodes)
    tail, head = web.tail[~web.gains], web.head[~web.gains]
    while True:
        least = np.minimum(label[tail], label[head])
        lower = label.copy()
        np.minimum.at(lower, tail, least)
        np.minimum.at(lower, head, least)
        lower = lower[lower]
        if (lower == label).all():
            return label
        label = lower
