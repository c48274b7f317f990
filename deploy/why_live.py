"""What `lumbung why` reads of a warehouse: what is open, what is under way, which pairs rest.

Decides which goods and orders a name leads to. Refuses to solve and to tell.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection

from deploy.options import JAKARTA
from schemas.quantity import MICRO
from sinks.queries import listing
from sinks.queries.decided import history_of
from sinks.queries.listing import Filters
from sinks.queries.open_lines import UNANSWERED, OpenLines, open_lines
from sinks.queries.shown import Shown
from sinks.queries.trace import Trace
from streams.core.lifecycle_times import is_held_back

Side = Literal["offer", "need"]
Key = tuple[Side, str]
EVERY: Final = (1 << 31) - 1
"""No listing is cut."""
TAKES: Final = {"offer": "held_quantity", "need": "to_quantity"}
"""Side: the column of a match that says how much of that side it takes."""


class Proposed(NamedTuple):
    """A match that waits for an answer: what it holds of either side, in micro of its goods."""

    offer: str
    need: str
    given: int
    quantity: int


class Live(NamedTuple):
    """One moment of a warehouse; pairs that are `resting` were refused a short while ago."""

    lines: OpenLines
    proposed: list[Proposed]
    resting: list[tuple[str, str]]

    def held(self) -> Mapping[Key, int]:
        """How much of every line waits for an answer, in micro."""
        found: defaultdict[Key, int] = defaultdict(int)
        for each in self.proposed:
            found["offer", each.offer] += each.given
            found["need", each.need] += each.quantity
        return found


class Asked(NamedTuple):
    """What somebody asks about: a row of v_position or v_order, or of goods that have neither."""

    side: Side
    line: str
    row: Shown
    matches: list[Shown]


def read(connection: Connection, as_of_ms: int) -> Live:
    """Read all that is open and under way."""
    today = datetime.fromtimestamp(as_of_ms / 1000, JAKARTA).date()
    lines = open_lines(connection, today)
    offers = {row["offer"] for row in lines.offers}
    needs = {row["order_id"] for row in lines.needs}
    refused = [
        match
        for match in _matches(connection, "rejected")
        if match["offer"] in offers and match["need"] in needs
    ]
    return Live(
        lines=lines,
        proposed=[_proposed(m) for state in UNANSWERED for m in _matches(connection, state)],
        resting=[(m["offer"], m["need"]) for m in refused if _rests(connection, m, as_of_ms)],
    )


def _matches(connection: Connection, state: str) -> list[Shown]:
    return listing.get(connection, "matches", Filters(state=state, limit=EVERY))


def _rests(connection: Connection, match: Shown, as_of_ms: int) -> bool:
    life = history_of(connection, match["match_id"])
    if not life:
        return False
    refused = datetime.fromisoformat(life[-1]["at"])
    return is_held_back(int(refused.timestamp() * 1000), as_of_ms)


def _proposed(match: Shown) -> Proposed:
    given, quantity = (round(match[name] * MICRO) for name in TAKES.values())
    return Proposed(match["offer"], match["need"], given, quantity)


def asked(found: Trace) -> list[Asked]:
    """Give the goods and orders that a name led to, orders first."""
    return [*_orders(found), *_offers(found), *_bare(found)]


def _orders(found: Trace) -> Iterator[Asked]:
    for row in found.orders:
        name = row["order_id"]
        yield Asked("need", name, row, [m for m in found.matches if m["need"] == name])


def _offers(found: Trace) -> Iterator[Asked]:
    for row in found.positions:
        name = row["offer"]
        yield Asked("offer", name, row, [m for m in found.matches if m["offer"] == name])


def _bare(found: Trace) -> Iterator[Asked]:
    """What was said of goods that stand in no position and no order."""
    if found.positions or found.orders:
        return
    for line in found.lines:
        if line["commodity"]:
            row: dict[str, Any] = {**line, "on_hand": line["quantity"], "state": "unplaced"}
            side: Side = "need" if line["order_no"] else "offer"
            yield Asked(side, line["line_id"], row, [])
