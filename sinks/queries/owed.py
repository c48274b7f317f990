"""Decides which matches leave money open: goods were received, the money is not confirmed.

Amounts are read exactly, from the tables: what a view shows may be a float. Refuses to know what
such a match amounts to in rupiah, and who else owes whom.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, select

from sinks.rows import MatchRow
from sinks.tables import TABLES

UNPAID: Final = ("received", "short", "claimed")
"""States in which something may have been received and the giver has not confirmed the money."""


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A match whose taker owes its giver.

    `price` is whole rupiah per base unit given; `received_micro` of what arrives, of which
    `to_quantity_micro` are agreed on for `quantity_micro` given.
    """

    match_id: str
    tier: int
    state: str
    from_coop: str
    to_coop: str
    price: int
    quantity_micro: int
    to_quantity_micro: int
    received_micro: int


def unpaid(connection: Connection) -> list[Unpaid]:
    """Read every match of which something was received and whose money is not confirmed."""
    match = TABLES[MatchRow].c
    columns = (match[name] for name in Unpaid.__dataclass_fields__)
    open_ = and_(match.state.in_(UNPAID), match.received_micro > 0, match.to_quantity_micro > 0)
    asked = select(*columns).where(open_, match.price > 0).order_by(match.match_id)
    return [Unpaid(*row) for row in connection.execute(asked)]
