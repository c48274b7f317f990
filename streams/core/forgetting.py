"""Decides what a tick forgets of an actor: old lines, spent voids, empty positions, closed orders.

Lines go after 45 days; what they amount to stays as the base of their position, so that late
movements, counts and voids still come out right; what matches moved goes with them. Only what the
tick before this one already found is forgotten: until that tick is committed, a worker that takes
over may have to say it again. A position of nothing, a closed order and a void that met no line
go after 445 days, when no saying old enough to concern them would be accepted any more.
"""

from dataclasses import dataclass, field
from typing import Final

from schemas.judged import JudgedLine, OrderLine, PlanLine, StockLine
from schemas.records import offset_of
from schemas.validation import AGE_MAX_MS
from streams.core import movements, orders, position
from streams.core.book import need_id, offer_id
from streams.core.sayings import Touched, plan_name
from streams.core.shelf import Shelf, glance, opened
from streams.core.state import Coop, Key, Said, line_key, position_key
from streams.core.view import DAY_MS, View
from streams.core.voids import is_void, target_name

KEEP_MS: Final = 45 * DAY_MS
"""How long lines are kept, by their time: thirty days of reach and lateness, and half again."""
FORGET_MS: Final = AGE_MAX_MS + KEEP_MS
"""How long what is closed or empty is kept, by when it was last spoken of."""
Kept = tuple[str, int, Said]


@dataclass(slots=True)
class Gone:
    """What a tick forgot of an actor: names of sayings; whether its own state changed."""

    sayings: list[tuple[str, int]] = field(default_factory=list)
    changed: bool = False


class Forgetting:
    """Forgets the past of one actor at a time."""

    def __init__(self, view: View, shelf: Shelf) -> None:
        self._view, self._shelf = view, shelf

    def sweep(self, actor: str, as_of_ms: int, settled: int, version: int) -> Gone:
        """Forget what is old at `as_of_ms`, of records below the offset `settled`."""
        coop = self._view.book.coops[actor]
        kept = [(device, n, value, glance(value)) for device, n, value in self._shelf.of(actor)]
        horizon = as_of_ms - KEEP_MS
        # A count that must stay needs every later movement beside it, so those stay as well.
        cutoff = min((g.time_ms for *_, g in kept if g.offset >= settled), default=horizon)
        cutoff = min(cutoff, horizon)
        old = [
            (device, n, opened(value))
            for device, n, value, g in kept
            if g.time_ms < cutoff and g.offset < settled
        ]
        moved = movements.due(coop, cutoff) if coop.moves else {}
        if old or moved:
            _settle(coop, old, moved)
        for device, sequence, _ in old:
            self._shelf.drop(actor, device, sequence)
        touched = Touched(less=True)
        oldest = min((g.time_ms for *_, g in kept), default=as_of_ms)
        changed = _tidy_plans(coop, horizon, touched) or bool(old or moved)
        if oldest >= as_of_ms - FORGET_MS or len(old) == len(kept):
            limits = (as_of_ms - FORGET_MS, settled)
            changed = self._tidy(actor, coop, limits, touched) or changed
        if changed:
            coop.version = version
            self._view.follow(actor, touched, version)
        return Gone([(device, sequence) for device, sequence, _ in old], changed)

    def _tidy(self, actor: str, coop: Coop, limits: tuple[int, int], touched: Touched) -> bool:
        """Drop what is empty, closed or spent: untouched since a time and a settled offset."""
        book, (limit, settled) = self._view.book, limits
        spent = [name for name, times in coop.voids.items() if max(times) < limit]
        for name in spent:
            del coop.voids[name]
        for name, level in list(coop.levels.items()):
            if level.on_hand or name in coop.moves or offset_of(level.version) >= settled:
                continue
            latest = max(level.last_ms, level.newest_key[0])
            if latest < limit and offer_id(actor, name) not in book.by_offer:
                touched.levels[name] = coop.levels.pop(name).on_hand
        for number, order in list(coop.orders.items()):
            if orders.latest_ms(order) >= limit or offset_of(order.version) >= settled:
                continue
            if need_id(actor, number) not in book.by_need:
                seen = self._view.seen(actor, number)
                gone = seen is None and not movements.has_fills(coop, number)
                if gone or (seen is not None and seen.cancelled):
                    touched.orders[number] = orders.goods_of(coop.orders.pop(number))
                    movements.forget_fills(coop, number)
        return bool(spent or touched.levels or touched.orders)


def _tidy_plans(coop: Coop, horizon: int, touched: Touched) -> bool:
    """Drop plans whose day is long past and whose lines are gone: they count nowhere."""
    for name, plan in list(coop.plans.items()):
        day_ms = int(name.rpartition("|")[2]) * DAY_MS
        if day_ms < horizon and plan.key[0] < horizon:
            del coop.plans[name]
            touched.plans[name] = None
    return bool(touched.plans)


def _settle(coop: Coop, old: list[Kept], stock: dict[str, list[position.Entry]]) -> None:
    """Fold lines, and movements by position, that are about to go into what stays of them."""
    for device, sequence, said in old:
        for line in said.lines:
            if is_void(coop, device, sequence, line.n, said.time_ms):
                continue
            part = line.part if type(line) is StockLine else 0
            key = line_key(said.time_ms, device, sequence, line.n, part)
            if type(line) is StockLine:
                name = position_key(line.commodity, line.grade, line.lot)
                stock.setdefault(name, []).append((key, line))
            else:
                _lay_under(coop, line, key)
    for name, lines in stock.items():
        position.settle_base(coop.levels[name], lines)
    for device, sequence, said in old:
        for line in said.lines:
            coop.voids.pop(target_name(device, sequence, line.n), None)


def _lay_under(coop: Coop, line: JudgedLine, key: Key) -> None:
    """Keep a saying that a newer one covers, for the day when that one is taken back."""
    if type(line) is PlanLine:
        plan = coop.plans.get(plan_name(line))
        if plan is not None and plan.key > key and (plan.under is None or plan.under[1] < key):
            plan.under = (line.quantity, key)
    elif type(line) is OrderLine:
        order = coop.orders.get(line.order)
        number = orders.number_of(line)
        holds = None if order is None else order.revisions.get(number)
        if order is not None and holds is not None and holds.key > key:
            under = order.under.get(number)
            if under is None or under.key < key:
                order.under[number] = orders.revision_of(line, key)
