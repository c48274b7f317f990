"""All kept ways between hubs on one day, as columns: the country has half a million.

Decides how the rows of hubs become a table of legs, way by way the same as `Ways.legs` makes of
them one by one. Refuses to choose ways.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from streams.core.interchange.leg_table import ANY_DAY, NO_LIMIT, Columns, LegTable
from streams.core.interchange.network_land import LandTrips
from streams.core.interchange.network_parts import MODES, Figures, chain_figures, figures
from streams.core.interchange.network_rows import Row, unpacked
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
        self._numbers: Final[dict[Figures, int]] = {}

    def of(self, row: Row) -> IntArray:
        """The numbers of a hub's chains, the first of which is none."""
        found = (chain_figures(self._land, chain) for chain in row.chains)
        numbers = self._numbers
        return np.array([numbers.setdefault(one, len(numbers)) for one in found], np.int64)

    def joined(self, chains: IntArray, landed: IntArray, goals: IntArray) -> IntArray:
        """The numbers of whole ways: a chain, and a trip from where it landed, if any."""
        last = np.where(landed == goals, 0, self._land.chains[landed, goals] + 1)
        return chains * self._lasts + last

    def columns(self, told: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Mode, room and whether it is estimated, of whole ways."""
        kinds, each = np.unique(told, return_inverse=True)
        known = list(self._numbers)
        whole = [self._whole(known[kind // self._lasts], kind % self._lasts) for kind in kinds]
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

    def _whole(self, chain: Figures, last: int) -> Figures:
        return figures(chain, self._land.taken[last - 1], driven=True) if last else chain


def whole_table(
    land: LandTrips, hubs: Sequence[str], at: IntArray, rows: Iterable[Row], today: int
) -> LegTable:
    """Give the legs between hubs in canonical order; `hubs` are sorted, `at` are their places."""
    told = _Figures(land)
    each = [_ways(told, at, n, row, today) for n, row in zip(at.tolist(), rows, strict=True)]
    empty = _Ways(*(np.zeros(0, np.int64) for _ in _Ways._fields))
    whole = _Ways(*map(np.concatenate, zip(*(each or [empty]), strict=True)))
    mode, room_kg, estimated = told.columns(whole.told)
    columns = Columns(
        origin=np.repeat(np.arange(len(hubs)), [len(ways.targets) for ways in each]),
        target=whole.targets,
        cost_micro=whole.cost_micro,
        days=whole.days,
        departs=whole.departs,
        mode=mode,
        room_kg=room_kg,
        estimated=estimated.astype(bool),
        back=np.zeros(len(whole.targets), bool),
    )
    return LegTable(hubs, _MODES, columns)


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
