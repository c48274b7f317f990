"""Decides how a row of a public view becomes plain values: what JSON, CSV and a table can hold.

Both databases give the same: whole amounts are ints, others floats. Times are ISO 8601 text in
UTC, bytes are text with what is no UTF-8 shown.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, TableClause, column, literal_column, select, table

Shown = dict[str, Any]


def view(name: str, *columns: str) -> TableClause:
    """A public view, with the columns that a query looks at."""
    return table(name, *(column(each) for each in columns))


def everything(of: TableClause) -> Select[Any]:
    """All columns of a view."""
    return select(literal_column("*")).select_from(of)


def rows(connection: Connection, asked: Select[Any]) -> list[Shown]:
    """Run a query and give its rows by column name, as plain values."""
    found = connection.execute(asked)
    names: Sequence[str] = list(found.keys())
    return [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in found]


def plain(value: Any) -> Any:
    """One value as JSON knows it."""
    match value:
        case float() | Decimal():
            return int(value) if value == int(value) else float(value)
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return bytes(value).decode("utf-8", "backslashreplace")
        case _:
            return value
