"""A way told stretch by stretch: for people, for a page, and for the figures of a leg.

Decides what belongs to a way and whether each figure of it was observed. Refuses to choose ways.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.network import Place
from schemas.network_sailings import Basis, Sailing
from streams.core.interchange.network_land import LandTrips
from streams.core.interchange.network_sea import Label

MODES: Final = ("road", "ferry", "boat", "sea")
"""The modes of a way, the one that names it last."""


class Part(NamedTuple):
    """One stretch: places, rupiah per tonne, the day a ship sails, and whether anybody paid it."""

    mode: str
    origin: Place
    target: Place
    cost_per_tonne_idr: int
    route: str
    departs_day: int | None
    basis: Basis


class Figures(NamedTuple):
    """What a chain amounts to: its heaviest mode, its least room, and whether all was observed."""

    mode: str
    capacity_kg: int | None
    observed: bool


ON_FOOT: Final = Figures("road", None, observed=True)
"""No stretch at all."""


def figures(before: Figures, crossings: tuple[Sailing, ...], *, driven: bool) -> Figures:
    """Add sailings, and whether a truck drove, to what there is so far."""
    room = [s.capacity_kg for s in crossings]
    if before.capacity_kg is not None:
        room.append(before.capacity_kg)
    return Figures(
        mode=max((before.mode, *(s.mode for s in crossings)), key=MODES.index),
        capacity_kg=min(room, default=None),
        observed=before.observed and not driven and all(s.basis == "observed" for s in crossings),
    )


def parts_of(
    land: LandTrips, start: int, end: int, label: Label | None, today: int
) -> tuple[Part, ...]:
    """Tell the way from a place over a chain (None: by truck alone) to another."""
    steps = [*_drive(land, start if label is None else label.target, end)]
    while label is not None:
        if label.sailing is None:
            steps += _drive(land, label.origin, label.target)
        else:
            steps.append(_sailed(label, label.sailing, today))
        label = label.before
    return tuple(reversed(steps))


def _sailed(label: Label, sailing: Sailing, today: int) -> Part:
    cost = label.cost - (0 if label.before is None else label.before.cost)
    ends = sailing.origin, sailing.target
    return Part(sailing.mode, *ends, cost, sailing.route, today + label.departs, sailing.basis)


def _drive(land: LandTrips, origin: int, target: int) -> Iterator[Part]:
    if origin != target:
        crossings = land.crossings(origin, target)
        mode = figures(ON_FOOT, crossings, driven=True).mode
        route = " + ".join(crossing.route for crossing in crossings)
        ends = land.places[origin], land.places[target]
        yield Part(mode, *ends, int(land.cost[origin, target]), route, None, "estimated")
