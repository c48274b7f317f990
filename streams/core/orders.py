"""Decides what an order amounts to: its revisions folded by number, whatever order they came in.

Revision 1 is the placing; a later revision replaces the fields it names; the highest cancellation
holds unless a higher revision speaks again; a cancellation without a revision is final. Of two
sayings of one revision the newest, by time, then device, sequence and line, holds. An amendment in
a unit that does not fit the goods changes nothing at all.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from schemas.commodity import UNGRADED
from schemas.judged import OrderLine
from streams.core.state import Key, Order, Revision

FINAL: Final = 1_000_000
Amount = Callable[[str, str, int], int | None]
"""(commodity, unit, stated micro) -> micro base units, None when the unit does not fit."""


class OrderView(msgspec.Struct, gc=False):
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
    delivered: int = 0
    """What was received for it of the goods it asks for."""

    @property
    def wanted(self) -> int:
        """What it still asks for."""
        return max(0, self.quantity - self.delivered)


def number_of(line: OrderLine) -> int:
    """The revision that a line speaks of; a cancellation for good is above all others."""
    return line.revision or FINAL


def revision_of(line: OrderLine, key: Key) -> Revision:
    """What a line says, to be kept with its order."""
    return Revision(
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


def add(order: Order, line: OrderLine, key: Key) -> bool:
    """Take one saying in; False when a newer saying of that revision holds already."""
    number = number_of(line)
    known = order.revisions.get(number)
    if known is not None and known.key >= key:
        return False
    order.revisions[number] = revision_of(line, key)
    return True


def goods_of(order: Order) -> str:
    """The commodity an order asks for, "" while its placing is not known."""
    placed = order.revisions.get(1)
    return "" if placed is None else placed.commodity


def latest_ms(order: Order) -> int:
    """When an order was last spoken of, -1 when nothing of it holds."""
    return max((said.key[0] for said in order.revisions.values()), default=-1)


def fits(said: Revision | OrderLine, commodity: str, amount: Amount) -> bool:
    """True when what an amendment says of quantity can be said of the goods."""
    most = max(said.quantity, said.min_lot)
    return not said.unit or amount(commodity, said.unit, most) is not None


def view(order: Order, amount: Amount) -> OrderView | None:
    """The order as it stands; None before its placing is known."""
    placed = order.revisions.get(1)
    if placed is None:
        return None
    seen = OrderView(
        placed.commodity,
        placed.grade,
        placed.quantity,
        placed.ceiling,
        placed.needed_day,
        placed.priority,
        placed.market,
        placed.min_lot,
        cancelled=False,
        revision=1,
    )
    if len(order.revisions) > 1:
        for number in sorted(order.revisions):
            if number > 1:
                _amend(seen, number, order.revisions[number], amount)
    seen.grade = seen.grade or UNGRADED
    return seen


def _amend(seen: OrderView, number: int, said: Revision, amount: Amount) -> None:
    if not fits(said, seen.commodity, amount):
        return
    seen.cancelled = said.kind == "x"
    seen.revision = number if number != FINAL else seen.revision
    if seen.cancelled:
        return
    seen.grade = said.grade or seen.grade
    seen.priority, seen.market = said.priority or seen.priority, said.market or seen.market
    seen.ceiling = said.ceiling if said.ceiling >= 0 else seen.ceiling
    seen.needed_day = said.needed_day if said.needed_day >= 0 else seen.needed_day
    if said.quantity >= 0:
        seen.quantity = amount(seen.commodity, said.unit, said.quantity) or seen.quantity
    if said.min_lot >= 0:
        seen.min_lot = amount(seen.commodity, said.unit, said.min_lot) or 0
