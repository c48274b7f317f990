"""Decides what a match moves: goods off one co-op's position, onto another's, towards an order.

A movement has its place among the sayings of its co-op: a newer count contains it already, a late
count is folded anew with it. It cannot be taken back. Refuses to know matches and decisions.
"""

from typing import Final

from schemas.errors import Reason, Unacceptable
from streams.core import orders, position
from streams.core.sayings import ENTRIES_MAX, Touched
from streams.core.state import Coop, Key, Level

MOVES_MAX: Final = 4 * ENTRIES_MAX
"""Most movements of one co-op that a late count may still have to be folded with."""


def move(coop: Coop, name: str, key: Key, micro: int, version: int) -> Touched:
    """Move signed micro base units onto a position, made when it is new; what was touched.

    Raises `Unacceptable` when the co-op has no room for it, and then nothing has changed.
    """
    level, touched = coop.levels.get(name), Touched()
    full = level is None and len(coop.levels) >= ENTRIES_MAX
    if full or sum(map(len, coop.moves.values())) >= MOVES_MAX:
        raise Unacceptable(Reason.STATE_TOO_LARGE, "data.match")
    touched.levels[name] = None if level is None else level.on_hand
    if level is None:
        level = coop.levels[name] = Level()
    position.shift(level, micro, key)
    coop.moves.setdefault(name, []).append((key, micro))
    level.last_ms = max(level.last_ms, key[0])
    level.version = coop.version = version
    return touched


def fill(coop: Coop, number: str, commodity: str, micro: int, version: int) -> Touched:
    """So many micro base units of a commodity were received for an order; what was touched."""
    touched, order = Touched(), coop.orders.get(number)
    if order is not None:
        name = _filled(number, commodity)
        coop.filled[name] = coop.filled.get(name, 0) + micro
        order.version = coop.version = version
        touched.orders[number] = orders.goods_of(order)
    return touched


def received_for(coop: Coop, number: str, commodity: str) -> int:
    """Micro base units of a commodity received for an order."""
    return coop.filled.get(_filled(number, commodity), 0)


def has_fills(coop: Coop, number: str) -> bool:
    """True when anything was received for an order: should it be placed again, it counts."""
    return any(name.partition("|")[0] == number for name in coop.filled)


def forget_fills(coop: Coop, number: str) -> None:
    """An order is forgotten, and what was received for it."""
    for name in [n for n in coop.filled if n.partition("|")[0] == number]:
        del coop.filled[name]


def due(coop: Coop, before_ms: int) -> dict[str, list[position.Entry]]:
    """Take out the movements older than a time, by position: they go into what stays of lines."""
    found: dict[str, list[position.Entry]] = {}
    for name, moves in list(coop.moves.items()):
        old = [one for one in moves if one[0][0] < before_ms]
        if old:
            found[name] = [*old]
            coop.moves[name] = [one for one in moves if one[0][0] >= before_ms]
            if not coop.moves[name]:
                del coop.moves[name]
    return found


def _filled(number: str, commodity: str) -> str:
    return f"{number}|{commodity}"
