"""Decides what an order amounts to: its revisions folded by number, whatever order they came in.

Revision 1 is the placing; a later revision replaces the fields it names; the highest cancellation holds
unless a higher revision speaks again; a cancellation without a revision is final. Of two sayings of one
revision the newest, by time, then device, sequence and line, holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schemas.judged import OrderLine
from streams.core.state import Key, Order, Revision

FINAL: Final = 1_000_000
Amount = Callable[[str, str, int], int | None]
"""(commodity, unit, stated micro) -> micro base units, None when the unit does not fit."""


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it stands; quantities in micro base units, -1 and "" when never said."""

    commodity: str
    grade: str
    quantity: int
    ceiling: int
    needed_day: int
    priority: str
    market: str
    min_lot: int
    cancelled: bool
    revision: int


def add(order: Order, line: OrderLine, key: Key) -> bool:
    """Take one saying in; False when a newer saying of that revision holds already."""
    number = line.revision or FINAL
    known = order.revisions.get(number)
    if known is not None and known.key >= key:
        return False
    order.revisions[number] = Revision(
        key,
        line.kind,
        line.commodity,
        line.grade,
        line.quantity,
        line.unit,
        line.ceiling,
        line.needed_day,
        line.priority,
        line.market,
        line.min_lot,
    )
    return True


def view(order: Order, amount: Amount) -> OrderView | None:
    """The order as it stands; None before its placing is known."""
    placed = order.revisions.get(1)
    if placed is None:
        return None
    fields = [placed.grade, placed.quantity, placed.ceiling, placed.needed_day]
    priority, market, min_lot = placed.priority, placed.market, placed.min_lot
    cancelled, highest = False, 1
    for number in sorted(order.revisions):
        said = order.revisions[number]
        if number == 1:
            continue
        highest = number if number != FINAL else highest
        cancelled = said.kind == "x"
        if cancelled:
            continue
        fields = [
            said.grade or fields[0],
            _amended(said.quantity, said.unit, placed.commodity, amount, fields[1]),
            said.ceiling if said.ceiling >= 0 else fields[2],
            said.needed_day if said.needed_day >= 0 else fields[3],
        ]
        priority, market = said.priority or priority, said.market or market
        min_lot = _amended(said.min_lot, said.unit, placed.commodity, amount, min_lot)
    grade, quantity, ceiling, needed_day = fields
    return OrderView(
        placed.commodity,
        str(grade),
        int(quantity),
        int(ceiling),
        int(needed_day),
        priority,
        market,
        min_lot,
        cancelled,
        highest,
    )


def _amended(stated: int, unit: str, commodity: str, amount: Amount, before: int | str) -> int:
    """The amended quantity; one whose unit does not fit the commodity changes nothing."""
    if stated < 0:
        return int(before)
    found = amount(commodity, unit, stated)
    return int(before) if found is None else found
