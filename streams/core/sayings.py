"""Decides what a fresh saying changes: levels, plans, orders, and what earlier sayings it takes back.

The hard part is that sayings come in any order. What comes in the order of its time is folded at once.
A count or a void that comes late folds the position again from the lines kept: its base, then every
kept line not taken back, in the order of sayings. Refuses to know offers, deals and other co-ops.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.errors import Reason, Rejection
from schemas.judged import Judged, JudgedLine, OrderLine, PlanLine, StockLine, VoidLine
from streams.core import orders, position
from streams.core.orders import Amount
from streams.core.sequence import Passage, look
from streams.core.shelf import Shelf, opened
from streams.core.state import Coop, Key, Level, Order, Plan, line_key, position_key

REACH_MS: Final = 30 * 86_400_000
"""How far a void reaches, between its own time and that of its target."""
ENTRIES_MAX: Final = 400
"""Most positions, and most orders, plans and voids, that one co-op may have at once."""


@dataclass(slots=True)
class Touched:
    """What a saying touched, by name; `before` holds the levels as they were."""

    levels: dict[str, int] = field(default_factory=dict)
    plans: dict[str, None] = field(default_factory=dict)
    orders: dict[str, None] = field(default_factory=dict)
    voided: list[str] = field(default_factory=list)
    lines: list[JudgedLine] = field(default_factory=list)
    refused: list[Rejection] = field(default_factory=list)


def target_name(device: str, sequence: int, n: int) -> str:
    """The name of a line inside its co-op."""
    return f"{device}:{sequence}#{n}"


def is_void(coop: Coop, device: str, sequence: int, n: int, time_ms: int) -> bool:
    """True when a line said at `time_ms` was taken back by a void within reach."""
    at = coop.voids.get(target_name(device, sequence, n))
    return at is not None and abs(at - time_ms) <= REACH_MS


class Saying:
    """One fresh saying being folded into its co-op."""

    def __init__(
        self, coop: Coop, judged: Judged, shelf: Shelf, amount: Amount, version: int
    ) -> None:
        self.coop = coop
        self.judged = judged
        self.version = version
        self.touched = Touched()
        self._shelf = shelf
        self._amount = amount

    def fold(self) -> Touched:
        """Fold every line; a line that cannot be folded is refused with its reason."""
        touched = self.touched
        for line in self.judged.lines:
            if self.coop.voids and self._is_void(self.judged.device, self.judged.sequence, line.n):
                touched.lines.append(line)
                self._remember(line)
                continue
            reason = _FOLDS[type(line)](self, line)
            if reason is None:
                touched.lines.append(line)
            else:
                fault = Rejection(reason, f"data.lines.{line.n}", line.n, self.judged.actor)
                touched.refused.append(fault)
        return touched

    def _key(self, line: Any) -> Key:
        said = self.judged
        part = line.part if type(line) is StockLine else 0
        return line_key(said.time_ms, said.device, said.sequence, line.n, part)

    def _remember(self, line: JudgedLine) -> None:
        """A line that was taken back before it came still shows what it speaks of."""
        if type(line) is StockLine:
            self._level(line)

    # -------------------------------------------------------------- stock
    def _level(self, line: StockLine) -> Level | None:
        name = position_key(line.commodity, line.grade, line.lot)
        level = self.coop.levels.get(name)
        if level is None:
            if len(self.coop.levels) >= ENTRIES_MAX:
                return None
            level = self.coop.levels[name] = Level()
        self.touched.levels.setdefault(name, level.on_hand)
        level.last_ms = max(level.last_ms, self.judged.time_ms)
        level.version = self.version
        return level

    def _stock(self, line: StockLine) -> Reason | None:
        level = self._level(line)
        if level is None:
            return Reason.STATE_TOO_LARGE
        key = self._key(line)
        if position.apply(level, line, key):
            return None
        if position.count_is_too_late(level, line, key, self.coop.horizon_ms):
            return Reason.COUNT_TOO_LATE
        name = position_key(line.commodity, line.grade, line.lot)
        self._refold(name, level, line)
        return None

    def _refold(self, name: str, level: Level, also: StockLine | None = None) -> None:
        commodity, grade, lot = name.split("|", 2)

        def kept() -> Iterator[tuple[Key, StockLine]]:
            for key, line in self._kept_lines(also):
                if type(line) is StockLine and line.commodity == commodity:
                    if line.grade == grade and line.lot == lot:
                        yield key, line

        position.refold(level, kept())

    def _kept_lines(self, also: JudgedLine | None = None) -> Iterator[tuple[Key, Any]]:
        """Every line of the co-op that holds: those kept, then this saying's own so far."""
        for device, sequence, value in self._shelf.of(self.judged.actor):
            said = opened(value)
            for line in said.lines:
                if not self._is_void(device, sequence, line.n, said.time_ms):
                    part = line.part if type(line) is StockLine else 0
                    yield line_key(said.time_ms, device, sequence, line.n, part), line
        for line in (*self.touched.lines, also):
            if line is not None:
                if not self._is_void(self.judged.device, self.judged.sequence, line.n):
                    yield self._key(line), line

    # -------------------------------------------------------------- plans and orders
    def _plan(self, line: PlanLine) -> Reason | None:
        name = f"{line.commodity}|{line.grade}|{line.lot}|{line.ready_day}"
        key = self._key(line)
        known = self.coop.plans.get(name)
        if known is None and len(self.coop.plans) >= ENTRIES_MAX:
            return Reason.STATE_TOO_LARGE
        self.touched.plans[name] = None
        if known is None or key > known.key:
            self.coop.plans[name] = Plan(line.quantity, key, self.version)
        return None

    def _order(self, line: OrderLine) -> Reason | None:
        order = self.coop.orders.get(line.order)
        if order is None:
            if len(self.coop.orders) >= ENTRIES_MAX:
                return Reason.STATE_TOO_LARGE
            order = self.coop.orders[line.order] = Order()
        elif line.kind == "a" and not self._fits(order, line):
            return Reason.UNKNOWN_UNIT
        self.touched.orders[line.order] = None
        if orders.add(order, line, self._key(line)):
            order.version = self.version
        return None

    def _fits(self, order: Order, line: OrderLine) -> bool:
        placed = order.revisions.get(1)
        if placed is None or not line.unit:
            return True
        return self._amount(placed.commodity, line.unit, max(line.quantity, line.min_lot)) is not None

    # -------------------------------------------------------------- voids
    def _is_void(self, device: str, sequence: int, n: int, time_ms: int | None = None) -> bool:
        said_ms = self.judged.time_ms if time_ms is None else time_ms
        return is_void(self.coop, device, sequence, n, said_ms)

    def _void(self, line: VoidLine) -> Reason | None:
        voids, name = self.coop.voids, target_name(line.device, line.sequence, line.line)
        if name not in voids and len(voids) >= ENTRIES_MAX:
            return Reason.STATE_TOO_LARGE
        own = (line.device, line.sequence) == (self.judged.device, self.judged.sequence)
        kept = None if own else self._shelf.get(self.judged.actor, line.device, line.sequence)
        if not own and kept is None:
            gate = self.coop.gates.get(line.device)
            if look(gate, line.sequence, b"") in (Passage.SEEN, Passage.REUSED):
                return Reason.VOID_TOO_LATE
        voids[name] = min(voids.get(name, self.judged.time_ms), self.judged.time_ms)
        if own:
            targets: tuple[JudgedLine, ...] = tuple(self.touched.lines)
            effective = True
        elif kept is not None:
            said = opened(kept)
            targets = said.lines
            effective = self._is_void(line.device, line.sequence, line.line, said.time_ms)
        else:
            return None
        if effective:
            hit = [t for t in targets if t.n == line.line and type(t) is not VoidLine]
            for target in hit:
                self._take_back(target)
            if hit:
                self.touched.voided.append(f"{self.judged.actor}:{name}")
        return None

    def _take_back(self, line: JudgedLine) -> None:
        if isinstance(line, StockLine):
            level = self._level(line)
            if level is not None:
                self._refold(position_key(line.commodity, line.grade, line.lot), level)
        elif isinstance(line, PlanLine):
            self._replan(f"{line.commodity}|{line.grade}|{line.lot}|{line.ready_day}")
        elif isinstance(line, OrderLine):
            self._reorder(line.order)

    def _replan(self, name: str) -> None:
        self.touched.plans[name] = None
        self.coop.plans.pop(name, None)
        for key, line in self._kept_lines():
            if type(line) is PlanLine:
                if f"{line.commodity}|{line.grade}|{line.lot}|{line.ready_day}" == name:
                    known = self.coop.plans.get(name)
                    if known is None or key > known.key:
                        self.coop.plans[name] = Plan(line.quantity, key, self.version)

    def _reorder(self, name: str) -> None:
        """Build an order again: revisions whose lines are gone stay, the others are said again."""
        self.touched.orders[name] = None
        old = self.coop.orders.get(name, Order())
        gone = {n: r for n, r in old.revisions.items() if r.key[0] < self.coop.horizon_ms}
        order = self.coop.orders[name] = Order(gone, self.version)
        for key, line in self._kept_lines():
            if type(line) is OrderLine and line.order == name:
                orders.add(order, line, key)


_FOLDS: Final[dict[type, Any]] = {
    StockLine: Saying._stock,  # noqa: SLF001 - the table of this class's own folds
    PlanLine: Saying._plan,  # noqa: SLF001
    OrderLine: Saying._order,  # noqa: SLF001
    VoidLine: Saying._void,  # noqa: SLF001
}
