"""Legs by the half million: columns, of which one is made a record when somebody asks for it.

Decides the canonical order of legs, in which their columns stand, and how several tables become
one. Refuses to know where legs come from and what they are taken for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from typing import Any, Final, NamedTuple, overload

import msgspec
import numpy as np

from streams.core.lines import BoolArray, IntArray

NO_LIMIT: Final = -1
ANY_DAY: Final = -(1 << 40)
"""Stands where a leg may leave on any day."""


class Leg(NamedTuple):
    """One way from hub to hub: micro rupiah per kg, whole days under way, and how.

    `capacity_kg` is what it still takes, None for no limit. With `departs_day` (a day since 1970)
    it leaves on that day only; without, any day. `estimated` is False for a freight somebody paid.
    `back` says that something goes there anyway, to come home.
    """

    from_hub: str
    to_hub: str
    cost_micro: int
    days: int
    mode: str = "road"
    capacity_kg: int | None = None
    departs_day: int | None = None
    estimated: bool = True
    back: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """One value a leg; `origin`, `target` and `mode` are numbers of names.

    In the order in which legs are sorted.
    """

    origin: IntArray
    target: IntArray
    cost_micro: IntArray
    days: IntArray
    departs: IntArray
    mode: IntArray
    room_kg: IntArray
    estimated: BoolArray
    back: BoolArray

    def each(self) -> "tuple[IntArray | BoolArray, ...]":
        """All of them, the first to sort by first."""
        return tuple(getattr(self, name) for name in _NAMES)


_BITS: Final = 63
_NAMES: Final = tuple(field.name for field in fields(Columns))


class LegList(Sequence[Leg]):
    """Legs between `hubs` by `modes`, names in their order."""

    __slots__ = ("columns", "hubs", "modes")

    def __init__(self, hubs: Sequence[str], modes: Sequence[str], columns: Columns) -> None:
        """`columns` are in canonical order and tell no leg twice, but for tables to be united."""
        self.hubs: Final = tuple(hubs)
        self.modes: Final = tuple(modes)
        self.columns: Final = columns

    def __len__(self) -> int:
        return len(self.columns.origin)

    @overload
    def __getitem__(self, at: int) -> Leg: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Leg, ...]: ...
    def __getitem__(self, at: int | slice) -> Leg | tuple[Leg, ...]:
        """One leg, or some of them."""
        if isinstance(at, slice):
            return tuple(self._made(*(column[at] for column in self.columns.each())))
        origin, target, cost, days, departs, mode, room, estimated, back = (
            column[at].item() for column in self.columns.each()
        )
        ends = self.hubs[origin], self.hubs[target]
        limits = None if room == NO_LIMIT else room, None if departs == ANY_DAY else departs
        return Leg(*ends, cost, days, self.modes[mode], *limits, estimated, back)

    def __iter__(self) -> Iterator[Leg]:
        return self._made(*self.columns.each())

    def some(self, places: IntArray) -> Iterator[Leg]:
        """Give the legs that stand at these places."""
        return self._made(*(column[places] for column in self.columns.each()))

    def _made(self, *columns: IntArray | BoolArray) -> Iterator[Leg]:
        hubs, modes = self.hubs, self.modes
        for origin, target, cost, days, departs, mode, room, estimated, back in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            limits = None if room == NO_LIMIT else room, None if departs == ANY_DAY else departs
            yield Leg(
                hubs[origin], hubs[target], cost, days, modes[mode], *limits, estimated, back
            )

    def taken(self, kept: BoolArray | IntArray) -> "LegList":
        """Give some of the legs, by their places in rising order; names without legs go."""
        return _named_anew(self, _columns(column[kept] for column in self.columns.each()))

    def with_inserted(self, places: Sequence[int], more: Sequence[Leg]) -> "LegList":
        """Give the table with legs more, each before the place given; names may be new."""
        added = table_of(more)
        hubs, modes = _united(self.hubs, added.hubs), _united(self.modes, added.modes)
        ours, theirs = _renamed(self, hubs, modes), _renamed(added, hubs, modes)
        pairs = zip(ours.each(), theirs.each(), strict=True)
        return LegList(
            hubs, modes, _columns(np.insert(one, places, other) for one, other in pairs)
        )

    def digest(self) -> str:
        """What stands for all that the table says."""
        found = blake2b(msgspec.msgpack.encode((self.hubs, self.modes)))
        for column in self.columns.each():
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()


def in_order(leg: Leg) -> tuple[object, ...]:
    """What a leg is sorted by."""
    departs = ANY_DAY if leg.departs_day is None else leg.departs_day
    room = NO_LIMIT if leg.capacity_kg is None else leg.capacity_kg
    ends = leg.from_hub, leg.to_hub
    return *ends, leg.cost_micro, leg.days, departs, leg.mode, room, leg.estimated, leg.back


def table_of(legs: Sequence[Leg]) -> LegList:
    """Put legs into columns, as they stand."""
    hubs = sorted({leg.from_hub for leg in legs} | {leg.to_hub for leg in legs})
    modes = sorted({leg.mode for leg in legs})
    hub, way = ({name: n for n, name in enumerate(names)} for names in (hubs, modes))

    def column(values: Iterable[int]) -> IntArray:
        return np.fromiter(values, np.int64, len(legs))

    def flags(values: Iterable[bool]) -> BoolArray:
        return np.fromiter(values, np.bool_, len(legs))

    columns = Columns(
        origin=column(hub[leg.from_hub] for leg in legs),
        target=column(hub[leg.to_hub] for leg in legs),
        cost_micro=column(leg.cost_micro for leg in legs),
        days=column(leg.days for leg in legs),
        departs=column(ANY_DAY if leg.departs_day is None else leg.departs_day for leg in legs),
        mode=column(way[leg.mode] for leg in legs),
        room_kg=column(NO_LIMIT if leg.capacity_kg is None else leg.capacity_kg for leg in legs),
        estimated=flags(leg.estimated for leg in legs),
        back=flags(leg.back for leg in legs),
    )
    return LegList(hubs, modes, columns)


def united(tables: Iterable[LegList]) -> LegList:
    """Give all legs of some tables, each once, in canonical order; names without legs go."""
    given = list(tables)
    hubs = sorted({name for table in given for name in table.hubs})
    modes = sorted({name for table in given for name in table.modes})
    parts = zip(*(_renamed(table, hubs, modes).each() for table in given), strict=True)
    whole = [np.concatenate(part) for part in parts]
    order = np.lexsort(tuple(reversed(_packed(whole))))
    ordered = [column[order] for column in whole]
    fresh = np.ones(len(order), bool)
    fresh[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
    return LegList(hubs, modes, _columns(ordered)).taken(fresh)


def _packed(columns: Sequence[IntArray | BoolArray]) -> list[IntArray]:
    """As few columns as sort the same: neighbours share one where their spans leave room."""
    packed: list[IntArray] = []
    bits = _BITS
    for column in columns:
        values = column.astype(np.int64)
        low = int(values.min(initial=0))
        needed = (int(values.max(initial=0)) - low).bit_length()
        if bits + needed >= _BITS:
            packed.append(values - low)
            bits = needed
        else:
            packed[-1] = packed[-1] << needed | (values - low)
            bits += needed
    return packed


def _columns(values: Iterable[Any]) -> Columns:
    return Columns(*values)


def _united(some: tuple[str, ...], others: Sequence[str]) -> tuple[str, ...]:
    return some if some == tuple(others) else tuple(sorted({*some, *others}))


def _renamed(table: LegList, hubs: Sequence[str], modes: Sequence[str]) -> Columns:
    """The columns of a table under the numbers of other names, which hold its own."""
    columns = table.columns
    hub, mode = _numbers(table.hubs, hubs), _numbers(table.modes, modes)
    return replace(
        columns,
        origin=hub[columns.origin],
        target=hub[columns.target],
        mode=mode[columns.mode],
    )


def _numbers(names: Sequence[str], among: Sequence[str]) -> IntArray:
    at = {name: n for n, name in enumerate(among)}
    return np.array([at.get(name, -1) for name in names], np.int64)


def _named_anew(table: LegList, columns: Columns) -> LegList:
    """A table of the names that its legs have."""
    ends = np.unique(np.concatenate((columns.origin, columns.target))).tolist()
    hubs = tuple(table.hubs[at] for at in ends)
    modes = tuple(table.modes[at] for at in np.unique(columns.mode).tolist())
    bare = LegList(table.hubs, table.modes, columns)
    return LegList(hubs, modes, _renamed(bare, hubs, modes))
