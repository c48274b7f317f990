"""What a village asks for: orders placed, amended and withdrawn as lines.

Decides goods, amounts, ceilings and days of orders, and keeps which of the village's orders are
open. Refuses to know envelopes, flaws and whether anybody can serve them.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from producers.world.amounts import Now, plainly, share, stated
from producers.world.scene import Village, Want
from producers.world.shares import (
    LOAD_CEILING_PERMILLE,
    LOAD_PERMILLE,
    LOCAL_ORDERS_PERMILLE,
    OPEN_ORDERS_MAX,
    OPENING_ORDERS,
)
from schemas.commodity import Commodity
from schemas.events import Amended, Cancelled, Line, Placed
from schemas.quantity import MICRO

_STAPLES: Final = frozenset({"BERAS-MED", "MINYAK-GORENG", "GULA-PASIR", "TELUR", "GARAM"})


def order(village: Village, now: Now) -> list[Line]:
    """Order one thing; with too many orders open, settle an old one first."""
    if len(village.orders) >= OPEN_ORDERS_MAX:
        return cancel(village, now)
    if _is_load(village, now):
        return [load(village, now)]
    return [_placed(village, _want(village, now), now)]


def load(village: Village, now: Now) -> Line:
    """Order a whole load of what other hubs supply, and no less than that."""
    want = now.chance.choice(village.loads)
    good = want.good
    lot = share(want.micro, now.chance.randrange(600, 1000), 1000) or MICRO
    micro = share(lot, now.chance.randrange(1000, 1500), 1000)
    quantity, unit = plainly(good, micro)
    ceiling = good.price_max_idr * now.chance.randint(*LOAD_CEILING_PERMILLE) // 1000
    return Placed(
        order=_named(village, good, micro),
        commodity=good.code,
        quantity=quantity,
        unit=unit,
        min_lot=plainly(good, lot)[0],
        ceiling_price=str(ceiling),
        needed_by=now.day + timedelta(days=now.chance.randrange(10, 30)),
    )


def _is_load(village: Village, now: Now) -> bool:
    return bool(village.loads) and now.chance.randrange(1000) < LOAD_PERMILLE


def opening_orders(village: Village, now: Now) -> list[Line]:
    """Order a few different things at once."""
    wants = {
        want.good.code: want
        for want in (_want(village, now) for _ in range(now.chance.randint(*OPENING_ORDERS)))
    }
    loads = [load(village, now)] if _is_load(village, now) else []
    return [*(_placed(village, want, now) for want in wants.values()), *loads]


def amend(village: Village, now: Now) -> list[Line]:
    """Change the amount of an open order."""
    if not village.orders:
        return order(village, now)
    at = now.chance.randrange(len(village.orders))
    name, good, micro, revision = village.orders[at]
    changed = share(micro, now.chance.randrange(500, 1600), 1000) or MICRO
    village.orders[at] = (name, good, changed, revision + 1)
    quantity, unit = stated(good, changed)
    return [Amended(order=name, revision=revision + 1, quantity=quantity, unit=unit)]


def cancel(village: Village, now: Now) -> list[Line]:
    """Withdraw the oldest open order."""
    if not village.orders:
        return order(village, now)
    name, *_ = village.orders.pop(0)
    return [Cancelled(order=name, reason="sudah terpenuhi")]


def _want(village: Village, now: Now) -> Want:
    nearby = village.local and now.chance.randrange(1000) < LOCAL_ORDERS_PERMILLE
    return now.chance.choice(village.local if nearby or not village.food else village.food)


def _placed(village: Village, want: Want, now: Now) -> Line:
    good = want.good
    micro = share(want.micro, now.chance.randrange(400, 1600), 1000) or MICRO
    name = _named(village, good, micro)
    span = good.price_max_idr - good.price_min_idr
    asked = good.price_min_idr + span * now.chance.randrange(300, 1000) // 1000
    quantity, unit = stated(good, micro)
    return Placed(
        order=name,
        commodity=good.code,
        quantity=quantity,
        unit=unit,
        grade="B" if not now.chance.randrange(6) else "",
        # Freight inside a hub is paid out of the difference, so buyers go somewhat above the band.
        ceiling_price=str(max(1, asked * now.chance.randrange(1000, 1200) // 1000)),
        needed_by=now.day + timedelta(days=now.chance.randrange(2, 15)),
        priority=_priority(good, now),
    )


def _named(village: Village, good: Commodity, micro: int) -> str:
    """Give the name of a new order, which the village remembers."""
    village.orders_placed += 1
    name = f"PO-{village.orders_placed}"
    village.orders.append((name, good, micro, 1))
    return name


def _priority(good: Commodity, now: Now) -> str:
    if not now.chance.randrange(200):
        return "emergency"
    return "staple" if good.code in _STAPLES else "normal"


WISHES: Final[dict[str, Callable[[Village, Now], Sequence[Line]]]] = {
    "order": order,
    "amend": amend,
    "cancel": cancel,
}
"""By the names of `shares.ACTS`."""
