"""Decides what the commonest saying changes: stock, in the order of its time, promised to nobody.

A short cut through `sayings`, `view` and `promises`, and nothing else: nearly every report comes
from a phone that says one thing after another, about goods nobody is waiting for. For those this
does in one pass what the long way does in five; whatever is not plain is left to the long way. A
property test folds the same logs with and without it: state and outputs must be the same, byte for
byte.
"""

from typing import NamedTuple

from schemas.commodity import UNGRADED
from schemas.judged import Judged, StockLine
from streams.core import sequence
from streams.core.book import offer_id
from streams.core.position import set_terms
from streams.core.sayings import ENTRIES_MAX
from streams.core.state import Coop, Gate, Key, Level, line_key, position_key
from streams.core.totals import DOMESTIC
from streams.core.view import View


class Step(NamedTuple):
    """One line of stock, the name of its position, and its place in the order of sayings."""

    line: StockLine
    name: str
    key: Key


def steps(said: Judged, coop: Coop, gate: Gate | None, view: View) -> list[Step] | None:
    """The lines of a plain saying; None when it must go the long way."""
    if gate is None or not _may_be_plain(said, coop, gate):
        return None
    actor, levels, promised = said.actor, coop.levels, view.book.by_offer
    time_ms, device, number = said.time_ms, said.device, said.sequence
    found = []
    for line in said.lines:
        if type(line) is not StockLine or line.part:
            return None
        name = position_key(line.commodity, line.grade, line.lot)
        key = line_key(time_ms, device, number, line.n, 0)
        level = levels.get(name)
        late = level is not None and key <= level.newest_key
        if late or (promised and offer_id(actor, name) in promised):
            return None
        found.append(Step(line, name, key))
    return found


def _may_be_plain(said: Judged, coop: Coop, gate: Gate) -> bool:
    return (
        said.sequence == gate.low + 1
        and not (gate.bits or coop.voids or said.rejections)
        and said.body is None
        and len(coop.levels) + len(said.lines) <= ENTRIES_MAX
    )


def fold(said: Judged, coop: Coop, plain: list[Step], view: View, version: int) -> None:
    """Fold a plain saying into co-op, book and totals."""
    sequence.enter(coop.gates[said.device], said.sequence, said.digest)
    coop.version = version
    at_ms, actor, hub = said.time_ms, said.actor, said.hub
    coop.last_ms = max(coop.last_ms, at_ms)
    book, goods, totals, marks = view.book, view.goods, view.totals, coop.marks
    for line, name, key in plain:
        commodity = line.commodity
        where = (hub, commodity)
        family = (hub, goods[commodity].family)
        total = totals.by_key.get(where) or totals.total(hub, commodity)
        grade = line.grade or UNGRADED
        cell = total.cells.get((grade, DOMESTIC)) or total.cell(grade, DOMESTIC)
        level = coop.levels.get(name)
        if level is None:
            level = coop.levels[name] = Level()
            book.mark(family).offers[offer_id(actor, name)] = (actor, name)
            cell.lines += 1
        if line.kind == "c":
            cell.supply += line.quantity - level.on_hand
            level.on_hand = line.quantity
            level.count_key = key
            set_terms(level, line, key)
        else:
            more = line.quantity if line.kind == "i" else -line.quantity
            cell.supply += more
            level.on_hand += more
            if line.terms is not None:
                set_terms(level, line, key)
        level.newest_key = key
        level.last_ms = max(level.last_ms, at_ms)
        level.version = total.version = marks[commodity] = version
        total.hear(actor, level.last_ms)
        view.touched[where] = None
        book.dirty[family] = None
