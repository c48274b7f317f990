"""Decides what is related to an id, both ways, from a match to its reports and back.

A match stands on an offer (a position) and a need (an order); these on ledger lines; these on
reports. From any of them the rest is found by key. Refuses to say more than the newest `LINES_MAX`
lines of a position or order, and says so.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, TableClause, and_, or_, select

from sinks.queries.shown import Shown, everything, rows, view
from sinks.rows import JudgementRow
from sinks.tables import TABLES

LINES_MAX: Final = 200
_LINES: Final = view(
    *("v_ledger", "line_id", "event_id", "kind", "commodity", "grade", "lot", "order_no"),
    "occurred_at",
)
_MATCHES: Final = view("v_match", "match_id", "offer", "need")
_HISTORY: Final = view("v_match_history", "match_id", "step")
_POSITIONS: Final = view("v_position", "coop", "commodity", "grade", "lot")
_ORDERS: Final = view("v_order", "order_id")
_LETTERS: Final = view("v_dead_letter", "identity")
_UNMATCHED: Final = view("v_why_not", "line")
_OFFER_PARTS: Final = 4


@dataclass(slots=True)
class Trace:
    """What was found; `kind` is match, offer, order, line, event, dead letter, or empty.

    The lists hold rows of the public views; `events` are judgements, with topic offsets.
    """

    id: str
    kind: str = ""
    events: list[Shown] = field(default_factory=list)
    lines: list[Shown] = field(default_factory=list)
    positions: list[Shown] = field(default_factory=list)
    orders: list[Shown] = field(default_factory=list)
    matches: list[Shown] = field(default_factory=list)
    history: list[Shown] = field(default_factory=list)
    unmatched: list[Shown] = field(default_factory=list)
    dead_letters: list[Shown] = field(default_factory=list)
    cut: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def trace(connection: Connection, name: str) -> Trace:
    """Find everything related to an id; `kind` is empty when nothing has it."""
    found = Trace(name)
    for kind, start in _STARTS.items():
        offers, needs = start(connection, name, found) if name else (set(), set())
        if found.matches or found.lines or found.positions or found.orders:
            found.kind = kind
        elif name in {letter["identity"] for letter in found.dead_letters}:
            found.kind = "dead letter"
        elif found.events:
            found.kind = kind
        if found.kind:
            _complete(connection, found, offers, needs)
            break
    return found


Ends = tuple[set[str], set[str]]
"""Offers and needs that a trace passes through."""


def _from_match(connection: Connection, name: str, found: Trace) -> Ends:
    found.matches = _where(connection, _MATCHES, _MATCHES.c.match_id == name)
    return {each["offer"] for each in found.matches}, {each["need"] for each in found.matches}


def _from_offer(connection: Connection, name: str, found: Trace) -> Ends:
    parts = name.split("|")
    if len(parts) != _OFFER_PARTS:
        return set(), set()
    found.positions = _positions(connection, [name])
    return ({name} if found.positions else set()), set()


def _from_order(connection: Connection, name: str, found: Trace) -> Ends:
    found.orders = _where(connection, _ORDERS, _ORDERS.c.order_id == name)
    return set(), {each["order_id"] for each in found.orders}


def _from_line(connection: Connection, name: str, found: Trace) -> Ends:
    if "#" not in name:
        return set(), set()
    # Line 4 is also 4.1 and 4.2, the parts of a conversion; it is not line 42.
    parts = and_(_LINES.c.line_id >= f"{name}.", _LINES.c.line_id < f"{name}/")
    found.lines = _where(connection, _LINES, or_(_LINES.c.line_id == name, parts))
    found.dead_letters = _where(connection, _LETTERS, _LETTERS.c.identity == name)
    if found.dead_letters and not found.lines:
        # What else that report said tells what the broken line was about.
        event = name.partition("#")[0]
        found.events = _events(connection, [event])
    return _ends(found.lines)


def _from_event(connection: Connection, name: str, found: Trace) -> Ends:
    found.events = _events(connection, [name])
    found.lines = _where(connection, _LINES, _starts_with(_LINES.c.line_id, f"{name}#"))
    found.dead_letters = _where(
        connection, _LETTERS, _starts_with(_LETTERS.c.identity, f"{name}#")
    )
    return _ends(found.lines)


def _from_letter(connection: Connection, name: str, found: Trace) -> Ends:
    found.dead_letters = _where(connection, _LETTERS, _LETTERS.c.identity == name)
    judged = TABLES[JudgementRow]
    for letter in found.dead_letters:
        here = and_(judged.c.partition == letter["partition"], judged.c.offset == letter["offset"])
        found.events += rows(connection, select(judged).where(here))
    return set(), set()


_STARTS: Final = {
    "match": _from_match,
    "offer": _from_offer,
    "order": _from_order,
    "line": _from_line,
    "event": _from_event,
    "dead letter": _from_letter,
}


def _complete(connection: Connection, found: Trace, offers: set[str], needs: set[str]) -> None:
    """Go from offers and needs down to matches and up to lines and reports."""
    if not found.lines:
        for source in (*map(_of_offer, sorted(offers)), *map(_of_order, sorted(needs))):
            lines = _where(connection, _LINES, source, newest=True)
            found.cut |= len(lines) > LINES_MAX
            found.lines += lines[:LINES_MAX]
    if not found.matches and (offers or needs):
        tied = or_(_MATCHES.c.offer.in_(offers), _MATCHES.c.need.in_(needs))
        found.matches = _where(connection, _MATCHES, tied)
    found.positions = found.positions or _positions(connection, offers)
    found.orders = found.orders or _where(connection, _ORDERS, _ORDERS.c.order_id.in_(needs))
    ids = [each["match_id"] for each in found.matches]
    found.history = _where(connection, _HISTORY, _HISTORY.c.match_id.in_(ids))
    found.unmatched = _where(connection, _UNMATCHED, _UNMATCHED.c.line.in_(offers | needs))
    if not found.events:
        found.events = _events(connection, sorted({each["event_id"] for each in found.lines}))


def _ends(lines: Iterable[Shown]) -> Ends:
    offers, needs = set(), set()
    for line in lines:
        if line["kind"].startswith("stock."):
            offers.add("|".join(line[part] for part in ("coop", "commodity", "grade", "lot")))
        elif line["order_no"]:
            needs.add(f"{line['coop']}|{line['order_no']}")
    return offers, needs


def _of_offer(offer: str) -> ColumnElement[bool]:
    coop, commodity, grade, lot = offer.split("|")
    line = _LINES.c
    same = and_(line.commodity == commodity, line.grade == grade, line.lot == lot)
    return and_(_starts_with(line.line_id, f"{coop}:"), same, line.kind.like("stock.%"))


def _of_order(need: str) -> ColumnElement[bool]:
    coop, _, order = need.partition("|")
    return and_(_starts_with(_LINES.c.line_id, f"{coop}:"), _LINES.c.order_no == order)


def _starts_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """A range, which a key can answer; every id is ASCII, so the next sign ends it."""
    return and_(column >= prefix, column < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def _positions(connection: Connection, offers: Iterable[str]) -> list[Shown]:
    keys = [offer.split("|") for offer in offers]
    at = _POSITIONS.c
    tests = [
        and_(at.coop == coop, at.commodity == commodity, at.grade == grade, at.lot == lot)
        for coop, commodity, grade, lot in keys
    ]
    return _where(connection, _POSITIONS, or_(*tests)) if tests else []


def _events(connection: Connection, ids: list[str]) -> list[Shown]:
    judged = TABLES[JudgementRow]
    asked: Select[Any] = select(judged).where(judged.c.event_id.in_(ids))
    return rows(connection, asked.order_by(judged.c.partition, judged.c.offset))


def _where(
    connection: Connection, of: TableClause, test: ColumnElement[bool], *, newest: bool = False
) -> list[Shown]:
    asked = everything(of).where(test)
    if newest:
        return rows(
            connection, asked.order_by(of.c.occurred_at.desc(), of.c.line_id).limit(LINES_MAX + 1)
        )
    return rows(connection, asked.order_by(*of.c))
