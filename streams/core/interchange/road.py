"""What weaving asks of legs: arrivals, costs, which legs leave or reach a hub, levels of days.

Decides how days fall into levels and where a leg ties on to the goods of a hub. Refuses to know
what lines are worth.

Theory of operation. Goods of a hub are chained by the days they may still travel: what may travel
nine days may travel three. A leg of three days ties on to the lowest link that may travel three or
more, so one arc a leg serves every shelf life. Needs are chained the same way by the days until
goods must be there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.legs import GONE, LegBook
from streams.core.interchange.terms import Terms
from streams.core.interchange.web import Loom
from streams.core.lines import IntArray

_SPAN: Final = 1 << 24  # more than any number of days, SHELF_FOREVER included
_NOBODY: Final = -(1 << 60)


class Ends(NamedTuple):
    """The links of one kind of goods: `keys` = hub x span + days, rising; nodes from `first`."""

    keys: IntArray
    first: int
    best: IntArray

    def find(self, hub: IntArray, days: IntArray) -> IntArray:
        """Give the place of the link of a hub with so many days or more; -1 for none.

        Hubs and days are 0 or more. Where there are fewer of them than is asked, each is looked
        for once.
        """
        if not len(self.keys):
            return np.full(len(hub), -1, np.int64)
        wide = int(days.max(initial=0)) + 1
        every = (int(hub.max(initial=0)) + 1) * wide
        if every < len(hub):
            found = self._sought(*np.divmod(np.arange(every), wide))
            return found.take(hub * wide + days)
        return self._sought(hub, days)

    def _sought(self, hub: IntArray, days: IntArray) -> IntArray:
        least = hub * _SPAN + days
        at = np.minimum(np.searchsorted(self.keys, least), len(self.keys) - 1)
        found = self.keys[at]
        return np.where((found >= least) & (found < (hub + 1) * _SPAN), at, -1)


@dataclass(frozen=True)
class Road:
    """A book of legs at one day under given terms."""

    terms: Terms
    today: int
    hubs: Mapping[str, int]

    @property
    def book(self) -> LegBook:
        """The legs."""
        return self.terms.legs

    @cached_property
    def arrival(self) -> IntArray:
        """Days from today to arrival, for goods that are ready now."""
        return self.book.arrival(self.today)

    @cached_property
    def inner(self) -> Mapping[int, int]:
        """Hub -> its cheapest leg to itself that goes any day."""
        found: dict[int, int] = {}
        for leg in np.flatnonzero(self.book.origin == self.book.target).tolist():
            found.setdefault(int(self.book.origin[leg]), leg)
        return found

    @cached_property
    def levels(self) -> IntArray:
        """Every number of days after which anything could arrive, rising, from 0."""
        found = [np.zeros(1, np.int64), self.arrival[self.arrival != GONE]]
        for process in self.terms.processes:
            for ready in self.ready_days(process.hub, process.days).tolist():
                out = self.book.arrival_by(self.leaving(process.hub), self.today, ready)
                found += [out[out != GONE], np.array([ready], np.int64)]
        return _distinct(np.concatenate(found))

    def ready_days(self, hub: str, days: int) -> IntArray:
        """Days from today at which a process of so many days could be done."""
        came = self.arrival[self.reaching(hub)]
        return np.unique(np.append(came[came != GONE], 0)) + days

    def leaving(self, hub: str) -> IntArray:
        """The legs from a hub to others."""
        return self._apart(hub, *self._by_origin)

    def reaching(self, hub: str) -> IntArray:
        """The legs from others to a hub."""
        return self._apart(hub, *self._by_target)

    def _apart(self, hub: str, places: IntArray, ends: IntArray) -> IntArray:
        """Among legs ordered by one of their ends, those of a hub that are no way inside it."""
        at = self.hubs[hub]
        first, last = np.searchsorted(ends, (at, at + 1))
        found = places[first:last]
        away: IntArray = found[self.book.origin[found] != self.book.target[found]]
        return away

    @cached_property
    def _by_origin(self) -> tuple[IntArray, IntArray]:
        return _ordered(self.book.origin)

    @cached_property
    def _by_target(self) -> tuple[IntArray, IntArray]:
        return _ordered(self.book.target)

    @cached_property
    def _costs(self) -> dict[str, IntArray]:
        return {}

    def cost(self, commodity: str) -> IntArray:
        """Rupiah per base unit, by leg; worked out once a commodity."""
        found = self._costs.get(commodity)
        if found is None:
            factor = self.terms.freight_micro.get(commodity, MICRO)
            found = self.book.unit_cost(self.terms.weight(commodity), factor)
            self._costs[commodity] = found
        return found

    def level(self, days: IntArray) -> IntArray:
        """Lower days to the level that lets the same legs through; -1 for none."""
        at = np.searchsorted(self.levels, days, "right") - 1
        return np.where(at < 0, -1, self.levels[np.maximum(at, 0)])


def _distinct(days: IntArray) -> IntArray:
    """Give every number of days once, rising: few are as many as there are legs."""
    most = int(days.max())
    return np.unique(days) if most > len(days) else np.flatnonzero(np.bincount(days, minlength=1))


def _ordered(ends: IntArray) -> tuple[IntArray, IntArray]:
    """The places of legs by one of their ends, and that end of each."""
    places = np.argsort(ends, kind="stable")
    return places, ends[places]


def links(
    loom: Loom, hub: IntArray, days: IntArray, worth: IntArray, *, falling: bool
) -> tuple[Ends, IntArray]:
    """Chain the lines of one kind; give the links and the node of each line.

    `falling` for offers (goods pass to links of fewer days), else for needs (to links of more).
    A link's `best` is the best worth of any line that it reaches.
    """
    keys, place = np.unique(hub * _SPAN + days, return_inverse=True)
    first = loom.new_nodes(len(keys))
    best = np.full(len(keys), _NOBODY, np.int64)
    np.maximum.at(best, place, worth)
    same = np.flatnonzero(keys[1:] // _SPAN == keys[:-1] // _SPAN)
    low, high = first + same, first + same + 1
    loom.lay((high, low) if falling else (low, high))
    # A leg tied to a link carries goods of its days or more, and serves needs of its days or more.
    for at in reversed(same.tolist()):
        best[at] = max(best[at], best[at + 1])
    return Ends(keys, first, best), first + place


def hub_numbers(book: LegBook, more: Iterable[str]) -> dict[str, int]:
    """Number the hubs of the legs, then those that no leg touches."""
    numbers = dict(book.hubs)
    for name in sorted(set(more) - numbers.keys()):
        numbers[name] = len(numbers)
    return numbers
