"""Decides the figures of a whole warehouse: how much was read, how it was judged, what came of it.

Ticks are the clock's and count as nothing said. Refuses to know where the connection comes from.
"""

from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from sinks.batch import Place, Reached
from sinks.rows import (
    DeadLetterRow,
    FaultRow,
    HeardRow,
    JudgementRow,
    LedgerLineRow,
    MatchRow,
    OrderRow,
    PositionRow,
    Row,
)
from sinks.tables import SINK_OFFSET, TABLES

TICK_TYPE: Final = "lumbung.tick.v1"
VERDICTS: Final = ("accepted", "duplicate", "rejected")
_COUNTED: Final[dict[str, type[Row]]] = {
    "dead_letters": DeadLetterRow,
    "lines": LedgerLineRow,
    "positions": PositionRow,
    "orders": OrderRow,
    "matches": MatchRow,
    "coops_heard": HeardRow,
    "faults": FaultRow,
}


def summary(connection: Connection) -> dict[str, Any]:
    """Count what was judged and what came of it.

    Gives read = accepted + duplicate + rejected, dead_letters, lines, positions, orders, matches,
    matches_by_state, coops_heard, and faults: records this sink could not read.
    """
    verdicts = counts_by(connection, _verdicts())
    found: dict[str, Any] = {"read": sum(verdicts.values())}
    found |= {verdict: verdicts.get(verdict, 0) for verdict in VERDICTS}
    for name, shape in _COUNTED.items():
        counted = select(func.count()).select_from(TABLES[shape])
        found[name] = connection.execute(counted).scalar_one()
    matches = TABLES[MatchRow].c
    by_state = select(matches.state, func.count()).group_by(matches.state).order_by(matches.state)
    found["matches_by_state"] = counts_by(connection, by_state)
    return found


def lines_by_commodity(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """How many positions, and how many orders, there are of each commodity."""
    positions, orders = TABLES[PositionRow].c.commodity, TABLES[OrderRow].c.commodity
    return (
        counts_by(connection, select(positions, func.count()).group_by(positions)),
        counts_by(connection, select(orders, func.count()).group_by(orders)),
    )


def offsets_of(connection: Connection) -> dict[Place, Reached]:
    """How far the database has read every partition."""
    return {
        (row.topic, row.partition): Reached(row.next_offset, row.epoch)
        for row in connection.execute(select(SINK_OFFSET))
    }


def counts_by(connection: Connection, counted: Select[Any]) -> dict[str, int]:
    """Run a count by one column."""
    return {str(word): int(n) for word, n in connection.execute(counted)}


def _verdicts() -> Select[Any]:
    judged = TABLES[JudgementRow].c
    said = judged.event_type != TICK_TYPE
    return select(judged.verdict, func.count()).where(said).group_by(judged.verdict)
