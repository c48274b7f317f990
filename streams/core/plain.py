"""Decides what the commonest saying changes: stock, in the order of its time, promised to nobody.

A short cut through `sayings`, `view` and `promises`, and nothing else: nearly every report comes
from a phone that says one thing after another, about goods nobody is waiting for. For those this
does in one pass what the long way does in five; whatever is not plain is left to the long way. A
property test folds the same logs with and without it: state and outputs must be the same, byte for
byte.
"""

from typing import Final

from schemas.commodity import UNGRADED
from schemas.judged import Judged, StockLine
from schemas.market import LegSide
from streams.core import sequence
from streams.core.book import offer_id
from streams.core.position import set_terms
from streams.core.sayings import ENTRIES_MAX
from streams.core.state import Coop, Gate, Key, Level, position_key
from streams.core.totals import DOMESTIC
from streams.core.view import View

GATES_MAX: Final = 256
"""Most devices of one actor."""

Step = tuple[StockLine, str, Key]
"""One line of stock, the name of its position, and its place in the order of sayings."""


def steps(said: Judged, coop: Coop | None, gate: Gate | None, view: View) -> list[Step] | None:
    """The lines of a plain saying; None when it must go the long way."""
    if not _may_be_plain(said, coop, gate):
        return None
    levels = {} if coop is None else coop.levels
    promised, legs = view.book.by_offer, view.legs.lines
    time_ms, device, number = said.time_ms, said.device, said.sequence
    found: list[Step] = []
    for line in said.lines:
        if type(line) is not StockLine or line.part:
            return None
        name = position_key(line.commodity, line.grade, line.lot)
        key = (time_ms, device, number, line.n << 12)
        level = levels.get(name)
        if level is not None and key <= level.newest_key:
            return None
        if promised and offer_id(said.actor, name) in promised:
            return None
        if legs and (LegSide.OFFER, offer_id(said.actor, name)) in legs:
            return None
        found.append((line, name, key))
    return found


def _may_be_plain(said: Judged, coop: Coop | None, gate: Gate | None) -> bool:
    """The next in its device's sequence, nothing but sound lines, and room for all of them."""
    if said.rejections or said.repairs or said.body is not None:
        return False
    if coop is None:
        return said.sequence == 1
    if gate is None:
        if said.sequence != 1 or len(coop.gates) >= GATES_MAX:
            return False
    elif said.sequence != gate.low + 1 or gate.bits:
        return False
    return not coop.voids and len(coop.levels) + len(said.lines) <= ENTRIES_MAX


def fold(said: Judged, coop: Coop, plain: list[Step], view: View, version: int) -> None:
    """Fold a plain saying into co-op, book and totals."""
    gate = coop.gates.get(said.device)
    if gate is None:
        gate = coop.gates[said.device] = Gate()
    sequence.enter(gate, said.sequence, said.digest)
    at_ms, actor, hub = said.time_ms, said.actor, said.hub
    coop.version = version
    coop.last_ms = max(coop.last_ms, at_ms)
    levels, marks, by_key, touched = coop.levels, coop.marks, view.totals.by_key, view.touched
    goods, dirty = view.goods, view.book.dirty
    for line, name, key in plain:
        commodity, quantity = line.commodity, line.quantity
        where = (hub, commodity)
        total = by_key.get(where) or view.totals.total(hub, commodity)
        grade = line.grade or UNGRADED
        cell = total.cells.get((grade, DOMESTIC)) or total.cell(grade, DOMESTIC)
        level = levels.get(name)
        if level is None:
            level = levels[name] = Level()
            offers = view.book.mark((hub, goods[commodity].family)).offers
            offers[offer_id(actor, name)] = (actor, name)
            cell.lines += 1
        if line.kind == "c":
            cell.supply += quantity - level.on_hand
            level.on_hand = quantity
            level.count_key = key
            set_terms(level, line, key)
        else:
            more = quantity if line.kind == "i" else -quantity
            cell.supply += more
            level.on_hand += more
            if line.terms is not None:
                set_terms(level, line, key)
        level.newest_key = key
        level.last_ms = max(level.last_ms, at_ms)
        level.version = total.version = marks[commodity] = version
        total.hear(actor, level.last_ms)
        touched[where] = dirty[hub, goods[commodity].family] = None
