"""Decides hub demand: what a hub's co-ops hold, plan and want of a commodity, within four horizons.

A fold of positions, plans and needs, kept up to date by differences and built anew from the state on
assignment. Horizons are cumulative: `now` holds what is overdue or has no day, `today` what is needed
by today, `7d` within seven days, `season` everything. Supply is the sum of levels as they are, negative
ones too, so that it always equals the sum of the positions shown. Refuses to know who gets what.
"""

from dataclasses import dataclass, field
from typing import Final

BUCKETS: Final = 4
_WEEK: Final = 7


@dataclass(slots=True)
class Cell:
    """One grade and market: micro base units; the dated ones by the first horizon they count in."""

    supply: int = 0
    planned: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    demand: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    matched: list[int] = field(default_factory=lambda: [0] * BUCKETS)


@dataclass(slots=True)
class Total:
    """A commodity in a hub: its cells, who was heard when, and the version of its newest change."""

    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    freshest: int = -1
    stalest: int = -1
    version: int = 0

    def cell(self, grade: str, market: str) -> Cell:
        """The cell of a grade and market, made when it is new."""
        found = self.cells.get((grade, market))
        if found is None:
            found = self.cells[grade, market] = Cell()
        return found

    def hear(self, name: str, at_ms: int) -> None:
        """A position or order was reported on; keeps the oldest and the newest such time."""
        before = self.heard.get(name)
        self.heard[name] = at_ms
        self.freshest = max(self.freshest, at_ms)
        if before is None:
            self.stalest = at_ms if self.stalest < 0 else min(self.stalest, at_ms)
        elif before != at_ms and (before == self.stalest or at_ms < self.stalest):
            self.stalest = min(self.heard.values())


@dataclass(frozen=True, slots=True)
class Want:
    """What one open need contributes: cell, bucket, open and matched micro base units."""

    hub: str
    commodity: str
    grade: str
    market: str
    bucket: int
    open: int
    matched: int


class Totals:
    """Totals of one partition's hubs by (hub, commodity)."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, str], Total] = {}
        self.wants: dict[str, Want] = {}
        self.plans: dict[str, tuple[tuple[str, str], str, int, int]] = {}

    def total(self, hub: str, commodity: str) -> Total:
        """The total of a commodity in a hub, made when it is new."""
        found = self.by_key.get((hub, commodity))
        if found is None:
            found = self.by_key[hub, commodity] = Total()
        return found

    def plan(
        self, name: str, where: tuple[str, str], grade: str, bucket: int, quantity: int
    ) -> None:
        """A plan stands at `quantity`; bucket -1 means its day is past and it counts no more."""
        before = self.plans.pop(name, None)
        if before is not None:
            key, old_grade, old_bucket, old = before
            self.total(*key).cell(old_grade, "domestic").planned[old_bucket] -= old
        if bucket >= 0 and quantity:
            self.plans[name] = (where, grade, bucket, quantity)
            self.total(*where).cell(grade, "domestic").planned[bucket] += quantity

    def want(self, name: str, now: Want | None) -> None:
        """A need stands at `now`; None when it is closed."""
        before = self.wants.get(name)
        if before is not None:
            cell = self.total(before.hub, before.commodity).cell(before.grade, before.market)
            cell.demand[before.bucket] -= before.open
            cell.matched[before.bucket] -= before.matched
        if now is None:
            self.wants.pop(name, None)
            return
        self.wants[name] = now
        cell = self.total(now.hub, now.commodity).cell(now.grade, now.market)
        cell.demand[now.bucket] += now.open
        cell.matched[now.bucket] += now.matched


def bucket_of(day: int, today: int) -> int:
    """The first horizon that a needed-by day counts in; -1 means no day was said."""
    if day < today:
        return 0
    if day == today:
        return 1
    return 2 if day <= today + _WEEK else 3


def plan_bucket(day: int, today: int) -> int:
    """The same for a day of readiness; a day that is past counts no more."""
    return -1 if day < today else bucket_of(day, today)
