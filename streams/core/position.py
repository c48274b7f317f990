"""Decides the level of a position: the newest count, plus the movements after it, in any arrival order.

Newest is by time, then device, then sequence and line, never by arrival. A saying that comes in order
changes the level at once; a late count or a void folds the position again from the lines kept. Levels
are not clamped: a co-op that gave out more than it counted has a negative level, and it is shown.
"""

from collections.abc import Iterable
from typing import Final

from schemas.judged import OfferTerms, StockLine
from streams.core.state import NO_KEY, Key, Level

_UNSAID: Final = OfferTerms()


def apply(level: Level, line: StockLine, key: Key) -> bool:
    """Fold a line that comes in order; False when only the kept lines can say the new level."""
    quantity = line.quantity
    if line.kind == "c":
        if key > level.newest_key:
            level.on_hand = quantity
            level.count_key = level.newest_key = key
        elif key > level.count_key:
            return False
    elif key > level.count_key:
        level.on_hand += quantity if line.kind == "i" else -quantity
        if key > level.newest_key:
            level.newest_key = key
    set_terms(level, line, key)
    level.last_ms = max(level.last_ms, key[0])
    return True


def set_terms(level: Level, line: StockLine, key: Key) -> None:
    """The newest count sets the terms, said or not; a receipt sets those it states."""
    terms = line.terms
    if terms is None:
        if line.kind != "c":
            return
        terms = _UNSAID
    if key > level.terms_key:
        level.terms_key = key
        level.floor = terms.floor
        level.expires_day = terms.expires_day
        level.min_lot = terms.min_lot
        level.keep = terms.keep


def count_is_too_late(level: Level, line: StockLine, key: Key, horizon_ms: int) -> bool:
    """True when a count lies before the horizon, beyond which the movements after it are gone."""
    return line.kind == "c" and key[0] < horizon_ms and key > level.base_key


def refold(level: Level, lines: Iterable[tuple[Key, StockLine]]) -> None:
    """Fold the position again: its base, then every kept line, in the order of sayings."""
    level.on_hand, level.count_key = level.base, level.base_key
    level.newest_key = level.base_key
    level.terms_key = NO_KEY
    level.floor, level.expires_day, level.min_lot, level.keep = -1, -1, 0, 0
    for key, line in sorted(lines, key=_by_key):
        apply(level, line, key)


def settle_base(level: Level, gone: Iterable[tuple[Key, StockLine]]) -> None:
    """Fold lines that are about to be forgotten into the base; they are older than all that stay."""
    for key, line in sorted(gone, key=_by_key):
        if line.kind == "c":
            if key > level.base_key:
                level.base, level.base_key = line.quantity, key
        elif key > level.base_key:
            level.base += line.quantity if line.kind == "i" else -line.quantity


def _by_key(entry: tuple[Key, StockLine]) -> Key:
    return entry[0]
