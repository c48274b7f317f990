"""Decides what of a warehouse may still be matched: goods and orders nobody has said yes to.

What is only proposed counts as open, for a round that is solved anew would propose it anew; what
a side countered, both accepted or somebody shipped does not. Refuses to know prices and ways.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from sinks.queries.contracts import on_contracts
from sinks.queries.shown import Shown, rows, view

UNANSWERED: Final = ("draft", "proposed")
PROMISED: Final = ("countered", "accepted", "shipped")
SILENT: Final = ("unanswered", "count_wanted")
"""Why goods rest whose owners were asked for word of them: for their own hub, or for another."""
_OFFER: Final = "coop hub commodity grade expires_on floor_price min_lot offer".split()
_NEED: Final = "order_id coop hub commodity grade ceiling_price needed_by priority market".split()


@dataclass(frozen=True, slots=True)
class OpenLines:
    """Rows of v_position and v_order; `open` is what may be matched, in base units, above 0.

    `resting` would be offers, had their owners said that the goods are still there; their column
    `rests` says why not, as one of `SILENT`.
    """

    offers: list[Shown]
    needs: list[Shown]
    resting: list[Shown] = field(default_factory=list)


def open_lines(connection: Connection, today: date) -> OpenLines:
    """Read all goods and orders that may still be matched on a day."""
    bound = on_contracts(connection, today)
    positions = view("v_position", *_OFFER, "available")
    held = _sums(connection, "offer", "held_quantity", UNANSWERED)
    found = rows(connection, select(*(positions.c[name] for name in (*_OFFER, "available"))))
    offers = [row | {"open": row["available"] + held.get(row["offer"], 0)} for row in found]
    orders = view("v_order", *_NEED, "min_lot", "open", "state")
    asked = select(*(orders.c[name] for name in (*_NEED, "min_lot", "open")))
    coming = _sums(connection, "need", "to_quantity", PROMISED)
    came = _sums(connection, "need", "received_quantity", PROMISED)
    needs = [
        row | {"open": row["open"] - coming.get(row["order_id"], 0) + came.get(row["order_id"], 0)}
        for row in rows(connection, asked.where(orders.c.state == "open"))
    ]
    silent = _silent(connection)
    ready = _sorted(bound.may(offers, "offer"), "offer")
    return OpenLines(
        offers=[o for o in ready if o["offer"] not in silent],
        needs=_sorted(bound.may(needs, "order_id"), "order_id"),
        resting=[o | {"rests": silent[o["offer"]]} for o in ready if o["offer"] in silent],
    )


def _silent(connection: Connection) -> dict[str, str]:
    """Goods whose owners were asked whether they are still there, and never said; and why."""
    told = view("v_why_not", "line", "reason")
    asked = select(told.c.line, told.c.reason).where(told.c.reason.in_(SILENT))
    return {row["line"]: row["reason"] for row in rows(connection, asked)}


def _sorted(lines: list[Shown], name: str) -> list[Shown]:
    return sorted((line for line in lines if line["open"] > 0), key=lambda line: str(line[name]))


def _sums(
    connection: Connection, line: str, amount: str, states: tuple[str, ...]
) -> dict[str, Any]:
    matches = view("v_match", line, amount, "state")
    asked = (
        select(matches.c[line], func.sum(matches.c[amount]).label("amount"))
        .where(and_(matches.c.state.in_(states), matches.c[amount] > 0))
        .group_by(matches.c[line])
    )
    return {row[line]: row["amount"] for row in rows(connection, asked)}
