"""Decides the level of a position: the newest count plus the movements after it, in any order.

Newest is by time, then device, then sequence and line, never by arrival. A saying that comes in
order changes the level at once; a late count or a void folds the position again from the lines
kept. What a match brings or takes is a movement like any other, given as a signed amount. Levels
are not clamped: a co-op that gave out more than it counted has a negative level, and it is shown.
"""

from collections.abc import Iterable
from typing import Final

from schemas.judged import OfferTerms, StockLine
from streams.core.state import Ground, Key, Level

Entry = tuple[Key, StockLine | int]
"""A line, or what a match brought (or took, below zero), and its place among sayings."""
_UNSAID: Final = OfferTerms()
_FIELDS: Final = Ground.__struct_fields__


def apply(ground: Ground, line: StockLine, key: Key) -> bool:
    """Fold a line that comes in order; False when only the kept lines can say the new level."""
    if line.kind == "c":
        if key > ground.newest_key:
            ground.on_hand = line.quantity
            ground.count_key = ground.newest_key = key
        elif key > ground.count_key:
            return False
    else:
        shift(ground, line.quantity if line.kind == "i" else -line.quantity, key)
    set_terms(ground, line, key)
    return True


def shift(ground: Ground, micro: int, key: Key) -> None:
    """Fold a movement of so many micro base units; a newer count contains it already."""
    if key > ground.count_key:
        ground.on_hand += micro
        ground.newest_key = max(ground.newest_key, key)


def set_terms(ground: Ground, line: StockLine, key: Key) -> None:
    """The newest count sets the terms, said or not; a receipt sets those it states."""
    terms = line.terms
    if terms is None:
        if line.kind != "c":
            return
        terms = _UNSAID
    if key > ground.terms_key:
        ground.terms_key = key
        ground.floor = terms.floor
        ground.expires_day = terms.expires_day
        ground.min_lot = terms.min_lot
        ground.keep = terms.keep


def count_is_too_late(level: Level, key: Key) -> bool:
    """True when movements after a count are gone: nobody can say what it comes to by now."""
    base = level.base
    return base is not None and base.count_key < key < base.newest_key


def refold(level: Level, lines: Iterable[Entry]) -> None:
    """Fold the position again: its base, then every kept line, in the order of sayings."""
    base = level.base or Ground()
    for name in _FIELDS:
        setattr(level, name, getattr(base, name))
    _fold(level, lines)


def settle_base(level: Level, gone: Iterable[Entry]) -> None:
    """Fold lines that are about to be forgotten into the base; no count that stays is older."""
    level.base = level.base or Ground()
    _fold(level.base, gone)


def _fold(ground: Ground, entries: Iterable[Entry]) -> None:
    for key, what in sorted(entries, key=_by_key):
        if isinstance(what, int):
            shift(ground, what, key)
        else:
            apply(ground, what, key)


def _by_key(entry: Entry) -> Key:
    return entry[0]
