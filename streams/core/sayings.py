"""Decides what a fresh saying changes: levels, plans, orders, and which ones it takes back.

The hard part is that sayings come in any order. What comes in the order of its time is folded at
once. A count or a void that comes late folds the position again from the lines kept: its base,
then every kept line not taken back, in the order of sayings. Refuses to know offers, deals and
other co-ops.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.errors import Reason, Rejection
from schemas.judged import Judged, JudgedLine, OrderLine, PlanLine, StockLine, VoidLine
from streams.core import orders, position
from streams.core.orders import Amount
from streams.core.sequence import Passage, look
from streams.core.shelf import Shelf, opened
from streams.core.state import Coop, Key, Level, Order, Plan, Revision, line_key, position_key
from streams.core.voids import in_reach, is_void, target_name

ENTRIES_MAX: Final = 400
"""Most positions, and most orders, plans and voids, that one co-op may have at once."""
REVISIONS_MAX: Final = 2 * ENTRIES_MAX
"""Most revisions of all its orders together."""
VOIDS_EACH: Final = 32
"""Most voids that wait for one line which has not come."""


@dataclass(slots=True)
class Touched:
    """What a saying touched, by name, and how that stood before.

    `levels` holds the amounts on hand (None: the position is new), `orders` the goods asked for
    ("": none). `less` says that something was taken back, so the newest saying may be another.
    """

    levels: dict[str, int | None] = field(default_factory=dict)
    plans: dict[str, None] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    lines: list[JudgedLine] = field(default_factory=list)
    refused: list[Rejection] = field(default_factory=list)
    less: bool = False


Spoken = Mapping[str, Touched]
"""What a saying touched, by co-op."""


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
        self._own = (judged.device, judged.sequence)

    def fold(self) -> Touched:
        """Fold every line; a line that cannot be folded is refused with its reason."""
        touched, coop = self.touched, self.coop
        for line in self.judged.lines:
            kind = type(line)
            if coop.voids and kind is not VoidLine and self._is_void(*self._own, line.n):
                touched.lines.append(line)
                self._remember(line)
                continue
            reason = _FOLDS[kind](self, line)
            if reason is None:
                touched.lines.append(line)
            elif self.judged.body is not None:  # the line of a contract is the contract
                touched.refused.append(Rejection(reason, "data", 0, self.judged.actor))
            elif not touched.refused or touched.refused[-1].line != line.n:
                fault = Rejection(reason, f"data.lines.{line.n}", line.n, self.judged.actor)
                touched.refused.append(fault)
        return touched

    def _key(self, line: JudgedLine) -> Key:
        said = self.judged
        part = line.part if type(line) is StockLine else 0
        return line_key(said.time_ms, said.device, said.sequence, line.n, part)

    def _remember(self, line: JudgedLine) -> None:
        """A line that was taken back before it came still shows what it speaks of."""
        if type(line) is StockLine:
            self._level(line)
        elif type(line) is OrderLine:
            self._known_order(line)

    # -------------------------------------------------------------- stock
    def _level(self, line: StockLine) -> Level | None:
        name = position_key(line.commodity, line.grade, line.lot)
        level = self.coop.levels.get(name)
        if level is None:
            if len(self.coop.levels) >= ENTRIES_MAX:
                return None
            level = self.coop.levels[name] = Level()
            self.touched.levels[name] = None
        else:
            self.touched.levels.setdefault(name, level.on_hand)
        level.last_ms = max(level.last_ms, self.judged.time_ms)
        level.version = self.version
        return level

    def _stock(self, line: StockLine) -> Reason | None:
        if line.part and not self._has_room(line.n):
            return Reason.STATE_TOO_LARGE
        name, key = position_key(line.commodity, line.grade, line.lot), self._key(line)
        known = self.coop.levels.get(name)
        if line.kind == "c" and known is not None and position.count_is_too_late(known, key):
            return Reason.COUNT_TOO_LATE
        level = self._level(line)
        if level is None:
            return Reason.STATE_TOO_LARGE
        if not position.apply(level, line, key):
            self._refold(name, level, line)
        return None

    def _has_room(self, n: int) -> bool:
        """A conversion is kept whole or not at all: all its positions must fit."""
        levels = self.coop.levels
        if len(levels) + len(self.judged.lines) <= ENTRIES_MAX:
            return True
        names = {
            position_key(line.commodity, line.grade, line.lot)
            for line in self.judged.lines
            if line.n == n and type(line) is StockLine
        }
        return len(levels) + sum(name not in levels for name in names) <= ENTRIES_MAX

    def _refold(self, name: str, level: Level, also: StockLine | None = None) -> None:
        lines: list[position.Entry] = [
            (key, line)
            for key, line in self._kept_lines(also)
            if type(line) is StockLine
            and position_key(line.commodity, line.grade, line.lot) == name
        ]
        position.refold(level, [*lines, *self.coop.moves.get(name, ())])

    def _kept_lines(self, also: JudgedLine | None = None) -> Iterator[tuple[Key, JudgedLine]]:
        """Every line of the co-op that holds: those kept, then this saying's own so far."""
        for device, sequence, value in self._shelf.of(self.judged.actor):
            said = opened(value)
            for line in said.lines:
                if not self._is_void(device, sequence, line.n, said.time_ms):
                    part = line.part if type(line) is StockLine else 0
                    yield line_key(said.time_ms, device, sequence, line.n, part), line
        for own in self.touched.lines if also is None else (*self.touched.lines, also):
            if not self._is_void(*self._own, own.n):
                yield self._key(own), own

    def _is_kept(self, key: Key) -> bool:
        """True while the line of a key can still be read and taken back."""
        place = key[1], key[2]
        return place == self._own or self._shelf.get(self.judged.actor, *place) is not None

    # -------------------------------------------------------------- plans and orders
    def _plan(self, line: PlanLine) -> Reason | None:
        name, key = plan_name(line), self._key(line)
        known = self.coop.plans.get(name)
        if known is None:
            if len(self.coop.plans) >= ENTRIES_MAX:
                return Reason.STATE_TOO_LARGE
            self.coop.plans[name] = Plan(line.quantity, key, self.version)
        elif key > known.key:
            under = known.under if self._is_kept(known.key) else (known.quantity, known.key)
            self.coop.plans[name] = Plan(line.quantity, key, self.version, under)
        self.touched.plans[name] = None
        return None

    def _known_order(self, line: OrderLine) -> Order | None:
        """The order of a line, made when it is new; None when there is no room for it."""
        order = self.coop.orders.get(line.order)
        if order is None:
            if len(self.coop.orders) >= ENTRIES_MAX:
                return None
            order = self.coop.orders[line.order] = Order()
        self.touched.orders.setdefault(line.order, orders.goods_of(order))
        order.version = self.version
        return order

    def _order(self, line: OrderLine) -> Reason | None:
        known = self.coop.orders.get(line.order)
        commodity = "" if known is None else orders.goods_of(known)
        if line.kind == "a" and commodity and not orders.fits(line, commodity, self._amount):
            return Reason.UNKNOWN_UNIT
        number, key = orders.number_of(line), self._key(line)
        before = None if known is None else known.revisions.get(number)
        if before is None and self._revisions() >= REVISIONS_MAX:
            return Reason.STATE_TOO_LARGE
        order = self._known_order(line)
        if order is None:
            return Reason.STATE_TOO_LARGE
        if before is not None and before.key < key and not self._is_kept(before.key):
            order.under[number] = before
        orders.add(order, line, key)
        return None

    def _revisions(self) -> int:
        own = self.coop.orders
        return sum(len(o.revisions) + len(o.under) for o in own.values()) if own else 0

    # -------------------------------------------------------------- voids
    def _is_void(self, device: str, sequence: int, n: int, time_ms: int | None = None) -> bool:
        said_ms = self.judged.time_ms if time_ms is None else time_ms
        return is_void(self.coop, device, sequence, n, said_ms)

    def _void(self, line: VoidLine) -> Reason | None:
        voids, name = self.coop.voids, target_name(line.device, line.sequence, line.line)
        times = voids.get(name, [])
        if not times and len(voids) >= ENTRIES_MAX:
            return Reason.STATE_TOO_LARGE
        own = (line.device, line.sequence) == self._own
        if own:
            said_ms, lines = self.judged.time_ms, tuple(self.touched.lines)
        else:
            kept = self._shelf.get(self.judged.actor, line.device, line.sequence)
            if kept is None:
                return self._wait(line, name, times)
            target = opened(kept)
            said_ms, lines = target.time_ms, target.lines
        if not in_reach(self.judged.time_ms, said_ms):
            return Reason.VOID_TOO_LATE
        hit = [t for t in lines if t.n == line.line and type(t) is not VoidLine]
        if (hit or own) and not self._is_void(line.device, line.sequence, line.line, said_ms):
            voids[name] = [self.judged.time_ms]
            for said in hit:
                self._take_back(said)
        return None

    def _wait(self, line: VoidLine, name: str, times: list[int]) -> Reason | None:
        """A void whose target has not come; one that came is gone when it cannot be read."""
        gate = self.coop.gates.get(line.device)
        if look(gate, line.sequence, b"") in (Passage.SEEN, Passage.REUSED):
            return Reason.VOID_TOO_LATE
        if self.judged.time_ms not in times:
            if len(times) >= VOIDS_EACH:
                return Reason.STATE_TOO_LARGE
            self.coop.voids[name] = [*times, self.judged.time_ms]
        return None

    def _take_back(self, line: JudgedLine) -> None:
        self.touched.less = True
        if isinstance(line, StockLine):
            name = position_key(line.commodity, line.grade, line.lot)
            level = self.coop.levels.get(name)
            if level is not None:
                self.touched.levels.setdefault(name, level.on_hand)
                level.version = self.version
                self._refold(name, level)
        elif isinstance(line, PlanLine):
            self._replan(plan_name(line))
        elif isinstance(line, OrderLine):
            self._reorder(line.order)

    def _replan(self, name: str) -> None:
        """Find the newest saying of a plan again, among those kept and what lies under them."""
        self.touched.plans[name] = None
        old = self.coop.plans.pop(name, None)
        under = None if old is None else old.under
        if old is not None and not self._is_kept(old.key):
            under = (old.quantity, old.key)
        found = [] if under is None else [(under[1], under[0])]
        for key, line in self._kept_lines():
            if type(line) is PlanLine and plan_name(line) == name:
                found.append((key, line.quantity))
        if found:
            key, quantity = max(found)
            below = None if under is None or under[1] == key else under
            self.coop.plans[name] = Plan(quantity, key, self.version, below)

    def _reorder(self, name: str) -> None:
        """Build an order again: revisions whose lines are gone stay, the others are said again."""
        old = self.coop.orders.get(name, Order())
        self.touched.orders.setdefault(name, orders.goods_of(old))
        gone: dict[int, Revision] = dict(old.under)
        gone.update({n: r for n, r in old.revisions.items() if not self._is_kept(r.key)})
        order = self.coop.orders[name] = Order(dict(gone), self.version)
        for key, line in self._kept_lines():
            if type(line) is OrderLine and line.order == name:
                orders.add(order, line, key)
        order.under = {n: r for n, r in gone.items() if order.revisions[n] is not r}


def plan_name(line: PlanLine) -> str:
    """The name of a plan inside its co-op."""
    return f"{position_key(line.commodity, line.grade, line.lot)}|{line.ready_day}"


_FOLDS: Final[dict[type, Any]] = {
    StockLine: Saying._stock,  # noqa: SLF001 - the table of this class's own folds
    PlanLine: Saying._plan,  # noqa: SLF001
    OrderLine: Saying._order,  # noqa: SLF001
    VoidLine: Saying._void,  # noqa: SLF001
}
