"""Decides the SQL that brings rows in: only what holds by the rule of its kind changes a table.

Statements take rows as plain tuples in the order of the columns, many at a time. Refuses to know a
connection: it writes for the dialect it is given.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Dialect, Table, and_, bindparam, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement, ColumnElement

from sinks.rows import (
    LOWEST_BY,
    SHAPES,
    DemandHeadRow,
    HubDemandRow,
    MatchHistoryRow,
    MatchRow,
    Row,
    Rule,
    WhyNotHeadRow,
    WhyNotRow,
)
from sinks.tables import SINK_OFFSET, TABLES

_INSERTS: Final[Mapping[str, Callable[[Table], Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
GROUPS: Final[Mapping[type[Row], type[Row]]] = {
    HubDemandRow: DemandHeadRow,
    MatchHistoryRow: MatchRow,
    WhyNotRow: WhyNotHeadRow,
}
"""Rows that stand and fall together, and the head whose version says which of them stand."""


def upsert_sql(shape: type[Row], dialect: Dialect) -> str:
    """Insert a row, or change the one of its name where the new one wins."""
    table = TABLES[shape]
    return _upsert(table, _wins(shape), dialect, rule=SHAPES[shape].rule)


def offset_sql(dialect: Dialect) -> str:
    """Note how far a partition is read; an offset never falls."""

    def ahead(new: Any, held: Any) -> ColumnElement[bool]:
        return new.next_offset >= held.next_offset  # type: ignore[no-any-return] # SQL, not a bool

    return _upsert(SINK_OFFSET, ahead, dialect)


def prune_sql(shape: type[Row], dialect: Dialect) -> str:
    """Delete the rows of a group below their head's version; takes the head's key twice."""
    rows, head = TABLES[shape], TABLES[GROUPS[shape]]
    keys = [column.name for column in head.primary_key]
    # The same key bounds both tables, so that each is looked up and not walked.
    of_head = and_(
        *(head.c[key] == bindparam(f"head_{key}", type_=head.c[key].type) for key in keys)
    )
    newest = select(head.c.version).where(of_head).scalar_subquery()
    of_rows = and_(
        *(rows.c[key] == bindparam(f"row_{key}", type_=rows.c[key].type) for key in keys)
    )
    return _sql(delete(rows).where(of_rows, rows.c.version < newest), dialect)


Wins = Callable[[Any, Any], ColumnElement[bool]]


def _wins(shape: type[Row]) -> Wins | None:
    match SHAPES[shape].rule:
        case Rule.NEWEST:
            return lambda new, held: new.version >= held.version
        case Rule.JUDGED:
            return lambda new, held: or_(
                new.version > held.version,
                and_(new.version == held.version, new.verdict < held.verdict),
            )
        case Rule.LOWEST:
            name = LOWEST_BY[shape]
            return lambda new, held: new[name] < held[name]
        case Rule.LATEST:
            return None


def _upsert(table: Table, wins: Wins | None, dialect: Dialect, *, rule: Rule = Rule.NEWEST) -> str:
    keys = [column.name for column in table.primary_key]
    statement = _INSERTS[dialect.name](table)
    new, held = statement.excluded, table.c
    rest = [column.name for column in table.columns if column.name not in keys]
    changes = {name: new[name] for name in rest}
    if rule is Rule.LATEST:
        for name in ("occurred_ms", "recorded_ms"):
            changes[name] = case((new[name] > held[name], new[name]), else_=held[name])
    where = wins(new, held) if wins else None
    return _sql(
        statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where), dialect
    )


def _sql(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))
