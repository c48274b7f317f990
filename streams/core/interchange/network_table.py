"""Kept ways between hubs on one day, as columns: the country has half a million.

Decides how the rows of hubs become a table of legs. Refuses to choose ways.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from streams.core.interchange.leg_table import ANY_DAY, NO_LIMIT, Columns, LegList
from streams.core.interchange.network_land import LandTrips
from streams.core.interchange.network_parts import MODES, ON_FOOT, Figures, figures
from streams.core.interchange.network_rows import Row, unpacked
from streams.core.interchange.network_sea import Label
from streams.core.lines import IntArray

MICRO_PER_KG: Final = 1_000
"""Micro rupiah per kg in one rupiah per tonne."""
_MODES: Final = tuple(sorted(MODES))


class _Ways(NamedTuple):
    """The kept ways of one hub: columns, and for each what its figures are, as one number."""

    targets: IntArray
    cost_micro: IntArray
    days: IntArray
    departs: IntArray
    told: IntArray


class _Figures:
    """Figures of ways, each kind by a number: those of a chain, and of the last truck trip."""

    def __init__(self, land: LandTrips) -> None:
        self._land: Final = land
        self._lasts: Final = len(land.taken) + 1
        self._numbers: Final[dict[Figures, int]] = {ON_FOOT: 0}
        self._known: Final[list[Figures]] = [ON_FOOT]
        self._steps: Final[dict[tuple[int, int, int], int]] = {}

    def of(self, row: Row) -> IntArray:
        """The numbers of a hub's chains, the first of which is none."""
        found: dict[int, int] = {}
        return np.array([self._chain(chain, found) for chain in row.chains], np.int64)

    def _chain(self, label: Label | None, found: dict[int, int]) -> int:
        """The number of a chain, step after step; `found` is by the identity of a row's labels."""
        if label is None:
            return 0
        number = found.get(id(label))
        if number is None:
            number = found[id(label)] = self._after(self._chain(label.before, found), label)
        return number

    def _after(self, before: int, label: Label) -> int:
        if label.sailing is not None:
            step = before, id(label.sailing), -1
        elif label.origin != label.target:
            step = before, 0, int(self._land.chains[label.origin, label.target])
        else:
            return before
        number = self._steps.get(step)
        if number is None:
            number = self._steps[step] = self._number(self._joined(before, label))
        return number

    def _joined(self, before: int, label: Label) -> Figures:
        if label.sailing is not None:
            return figures(self._known[before], (label.sailing,), driven=False)
        crossings = self._land.crossings(label.origin, label.target)
        return figures(self._known[before], crossings, driven=True)

    def _number(self, one: Figures) -> int:
        number = self._numbers.setdefault(one, len(self._known))
        if number == len(self._known):
            self._known.append(one)
        return number

    def joined(self, chains: IntArray, landed: IntArray, goals: IntArray) -> IntArray:
        """The numbers of whole ways: a chain, and a trip from where it landed, if any."""
        last = np.where(landed == goals, 0, self._land.chains[landed, goals] + 1)
        return chains * self._lasts + last

    def columns(self, told: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Mode, room and whether it is estimated, of whole ways."""
        kinds, each = np.unique(told, return_inverse=True)
        whole = [self._whole(*divmod(kind, self._lasts)) for kind in kinds.tolist()]
        facts = [
            (
                _MODES.index(one.mode),
                NO_LIMIT if one.capacity_kg is None else one.capacity_kg,
                not one.observed,
            )
            for one in whole
        ]
        table = np.array(facts, np.int64).reshape(-1, 3)[each]
        return table[:, 0], table[:, 1], table[:, 2]

    def _whole(self, chain: int, last: int) -> Figures:
        told = self._known[chain]
        return figures(told, self._land.taken[last - 1], driven=True) if last else told


def whole_table(
    land: LandTrips,
    hubs: Sequence[str],
    at: IntArray,
    rows: Iterable[tuple[int, Row]],
    today: int,
) -> LegList:
    """Give the legs to hubs, which are sorted, from those whose rows are given.

    `at` are the places of the hubs, and a row comes with its hub's number; rows in their order
    give legs in canonical order.
    """
    told, given = _Figures(land), list(rows)
    each = [_ways(told, at, int(at[number]), row, today) for number, row in given]
    empty = _Ways(*(np.zeros(0, np.int64) for _ in _Ways._fields))
    whole = _Ways(*map(np.concatenate, zip(*(each or [empty]), strict=True)))
    mode, room_kg, estimated = told.columns(whole.told)
    origins = np.array([number for number, _ in given], np.int64)
    columns = Columns(
        origin=np.repeat(origins, [len(ways.targets) for ways in each]),
        target=whole.targets,
        cost_micro=whole.cost_micro,
        days=whole.days,
        departs=whole.departs,
        mode=mode,
        room_kg=room_kg,
        estimated=estimated.astype(bool),
        back=np.zeros(len(whole.targets), bool),
    )
    return LegList(hubs, _MODES, columns)


def _ways(told: _Figures, at: IntArray, start: int, row: Row, today: int) -> _Ways:
    keys, targets = row.kept(at)
    cost, days, entry = unpacked(keys)
    chains = [chain for chain in row.chains if chain is not None]
    spare = np.array([0, *(chain.spare for chain in chains)], np.int64)
    departs = np.array([ANY_DAY, *(today + chain.spare for chain in chains)], np.int64)
    landed = np.array([start, *(chain.target for chain in chains)], np.int64)
    return _Ways(
        targets=targets,
        cost_micro=cost * MICRO_PER_KG,
        days=days - spare[entry],
        departs=departs[entry],
        told=told.joined(told.of(row)[entry], landed[entry], at[targets]),
    )
