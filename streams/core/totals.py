"""Decides hub demand: what co-ops hold, plan and want of a commodity, within four horizons.

A fold of positions, plans and needs, kept up to date by differences and built anew from the state
on assignment. Horizons are cumulative: `now` holds what is overdue or has no day, `today` what is
needed by today, `7d` within seven days, `season` everything. Supply is the sum of levels as they
are, negative ones too, so that it always equals the sum of the positions shown. Refuses to know
who gets what.
"""

from dataclasses import dataclass, field
from typing import Final

BUCKETS: Final = 4
_WEEK: Final = 7
DOMESTIC: Final = "domestic"
"""Where supply and plans are shown: a co-op does not say where its goods are to go."""


@dataclass(slots=True)
class Cell:
    """One grade and market: micro base units; the dated ones by the first horizon they count in.

    `lines` is how many positions, plans and needs count here; a cell of none is not shown.
    """

    lines: int = 0
    supply: int = 0
    planned: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    demand: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    matched: list[int] = field(default_factory=lambda: [0] * BUCKETS)


@dataclass(slots=True)
class Total:
    """A commodity in a hub: its cells, who was heard when, the version of its newest change."""

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

    def leave(self, grade: str, market: str) -> None:
        """A line counts here no more; the last one closes the cell."""
        cell = self.cells[grade, market]
        cell.lines -= 1
        if not cell.lines:
            del self.cells[grade, market]

    def hear(self, name: str, at_ms: int) -> None:
        """A co-op spoke of the goods; keeps the oldest and the newest of what each said last."""
        before = self.heard.get(name)
        if before is not None and at_ms <= before:
            return
        self.heard[name] = at_ms
        self.freshest = max(self.freshest, at_ms)
        if before is None:
            self.stalest = at_ms if self.stalest < 0 else min(self.stalest, at_ms)
        elif before == self.stalest:
            self.stalest = min(self.heard.values())

    def hear_anew(self, name: str, at_ms: int) -> None:
        """Something a co-op said counts no more: `at_ms` is what it said last, -1 for nothing."""
        self.heard.pop(name, None)
        if at_ms >= 0:
            self.heard[name] = at_ms
        self.freshest = max(self.heard.values(), default=-1)
        self.stalest = min(self.heard.values(), default=-1)


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

    def level(self, where: tuple[str, str], grade: str, more: int, lines: int) -> None:
        """A position stands `more` higher; `lines` is 1 when it is new, -1 when it is dropped."""
        total = self.total(*where)
        cell = total.cell(grade, DOMESTIC)
        cell.supply += more
        if lines > 0:
            cell.lines += 1
        elif lines:
            total.leave(grade, DOMESTIC)

    def plan(
        self, name: str, where: tuple[str, str], grade: str, bucket: int, quantity: int
    ) -> None:
        """A plan stands at `quantity`; bucket -1 means its day is past and it counts no more."""
        before = self.plans.pop(name, None)
        if before is not None:
            key, old_grade, old_bucket, old = before
            total = self.total(*key)
            total.cell(old_grade, DOMESTIC).planned[old_bucket] -= old
            total.leave(old_grade, DOMESTIC)
        if bucket >= 0 and quantity:
            self.plans[name] = (where, grade, bucket, quantity)
            cell = self.total(*where).cell(grade, DOMESTIC)
            cell.planned[bucket] += quantity
            cell.lines += 1

    def want(self, name: str, now: Want | None) -> None:
        """A need stands at `now`; None when it is closed."""
        before = self.wants.pop(name, None)
        if before is not None:
            total = self.total(before.hub, before.commodity)
            cell = total.cell(before.grade, before.market)
            cell.demand[before.bucket] -= before.open
            cell.matched[before.bucket] -= before.matched
            total.leave(before.grade, before.market)
        if now is not None:
            self.wants[name] = now
            cell = self.total(now.hub, now.commodity).cell(now.grade, now.market)
            cell.demand[now.bucket] += now.open
            cell.matched[now.bucket] += now.matched
            cell.lines += 1


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
