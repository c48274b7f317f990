"""The most valuable flow of a network of many legs: the solver sees few of them.

Decides which legs the solver sees. Refuses to decide anything about the answer by that.

Theory of operation. Of a quarter of a million legs a thousand carry goods. The solver begins with
the best few of every place; the least prices that prove its flow show which of the unseen legs
would gain (`streams.core.interchange.proof`). Those are seen too, and at first those that nearly
would, until no unseen leg gains: then no flow of the whole network is worth more. Every best flow
has the same least prices, and ties are settled by these alone, so the answer is that of the whole
network.
"""

from typing import Final

import numpy as np

from streams.core.interchange.fine import Fine
from streams.core.interchange.flows import COST_MAX, best_flow
from streams.core.interchange.proof import FAR, least_prices
from streams.core.lines import BoolArray, IntArray

LEGS_A_PLACE_MIN: Final = 200
"""With fewer legs at every place the solver is as fast when it sees them all."""
FIRST_A_PLACE: Final = 16
NEXT_A_PLACE: Final = 24
ROUNDS_MAX: Final = 8


def sifted_flow(net: Fine) -> IntArray | None:
    """Give a best flow as `best_flow` does, sooner where places have many legs."""
    web = net.web
    legs = np.flatnonzero(web.tag >= 0)
    ends = web.tail[legs], web.head[legs]
    places = sum(int(np.count_nonzero(np.bincount(at))) for at in ends)
    largest = int(np.abs(net.worth).max(initial=0)) * 4 * (web.nodes + 1)
    if not places or len(legs) < LEGS_A_PLACE_MIN * places or largest > COST_MAX:
        return best_flow(net)
    seen = web.tag < 0
    seen[legs[_most(_promise(net, legs, ends), FIRST_A_PLACE * places)]] = True
    for number in range(ROUNDS_MAX):
        flow = best_flow(net, seen)
        price = None if flow is None else least_prices(net, flow, seen)
        if price is None:
            break
        legs = legs[~seen[legs]]
        gain = net.worth[legs] + price[web.head[legs]] - price[web.tail[legs]]
        if not (gain > 0).any():
            return flow
        seen[legs[gain > 0]] = True
        if number == 0:
            seen[legs[_most(gain, NEXT_A_PLACE * places)]] = True
    return best_flow(net)


def _promise(net: Fine, legs: IntArray, ends: tuple[IntArray, IntArray]) -> IntArray:
    """Give what each leg lacks of the best at one of its ends."""
    worth, lacks = net.worth[legs], []
    for at in ends:
        best = np.full(net.web.nodes, FAR, np.int64)
        np.maximum.at(best, at, worth)
        lacks.append(worth - best[at])
    nearer: IntArray = np.maximum(*lacks)
    return nearer


def _most(score: IntArray, count: int) -> BoolArray:
    """Choose so many of the highest scores, and what equals the last of them."""
    last = max(0, len(score) - count)
    chosen: BoolArray = score >= np.partition(score, last)[last]
    return chosen
