"""Orders cut into tenths in a network: one more node before each need, and an arc a tenth.

Decides where the tenths of `streams.core.fairness` stand in a network and what trips are worth by
them. Refuses to know pairs. What falls from tenth to tenth is filled in turn by any best flow, so
the proof of the network is the proof of fairness too.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from streams.core.fairness import Steps
from streams.core.interchange.optimum import Trip
from streams.core.interchange.web import PLAIN, Web
from streams.core.lines import IntArray


class Cut(NamedTuple):
    """A network with tenths, and its tie weights: tenths settle no tie."""

    web: Web
    tie: IntArray


def cut_web(web: Web, tie: IntArray, steps: Steps) -> Cut:
    """Let what comes to a need pass its tenths; arcs keep their numbers, new ones follow."""
    stepped = steps.bonus[0] > 0
    gate = web.nodes - 1 + np.cumsum(stepped)
    into = (web.head >= web.first_need) & (web.head < web.first_hub)
    into[into] = stepped[web.head[into] - web.first_need]
    head = web.head.copy()
    head[into] = gate[web.head[into] - web.first_need]
    tenth, need = np.nonzero(steps.rooms * stepped)
    nothing, one = np.zeros(len(need), np.int64), np.ones(len(need), np.int64)
    shown = replace(
        web,
        nodes=web.nodes + int(stepped.sum()),
        tail=np.concatenate((web.tail, gate[need])),
        head=np.concatenate((head, need + web.first_need)),
        worth=np.concatenate((web.worth, steps.bonus[tenth, need])),
        room=np.concatenate((web.room, steps.rooms[tenth, need])),
        tag=np.concatenate((web.tag, nothing + PLAIN)),
        grams=np.concatenate((web.grams, nothing)),
        gain_up=np.concatenate((web.gain_up, one)),
        gain_down=np.concatenate((web.gain_down, one)),
    )
    return Cut(shown, np.concatenate((tie, nothing)))


def stepped_worth(steps: Steps | None, trips: Iterable[Trip]) -> int:
    """Give what trips count more by the tenths of the needs that they reach, micro rupiah."""
    if steps is None:
        return 0
    taken = [0] * steps.rooms.shape[1]
    for trip in trips:
        taken[trip.need] += trip.quantity
    return steps.worth(taken)
