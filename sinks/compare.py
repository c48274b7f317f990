"""Decides when two warehouses say the same: table by table, the SHA-256 of one canonical text.

What the log made is compared; offsets, faults and the register are not. Without versions, all that
tells when in the log something was said is left out: what remains must not depend on the order of
arrival.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, Text, select

from sinks.engines import reading
from sinks.rows import FaultRow, JudgementRow, LineVoidRow, RepairRow
from sinks.schema import check_version
from sinks.tables import FROM_THE_LOG, TABLES, WITHOUT_VERSIONS

_ONLY_VERSION: Final = frozenset({"version"})
_NOT_COMPARED: Final = frozenset({TABLES[FaultRow]})
# Which of two voids or repairs came first, and how often a sender repeated itself, is a matter of
# arrival alone.
_NOT_WITHOUT_VERSIONS: Final = frozenset(
    {TABLES[JudgementRow], TABLES[LineVoidRow], TABLES[RepairRow]}
)
_encode: Final = msgspec.json.Encoder().encode
_CHUNK: Final = 5_000


def digests(url: str, *, versions: bool = True) -> dict[str, str]:
    """Give every compared table's SHA-256 by its name; WarehouseError when it cannot be read."""
    with reading(url) as connection:
        check_version(connection, url)
        return {
            table.name: _digest(connection, table, versions=versions)
            for table in _compared(versions=versions)
        }


def compare(url_a: str, url_b: str, *, versions: bool = True) -> list[str]:
    """Name the tables in which two warehouses differ; none when they say the same."""
    a, b = digests(url_a, versions=versions), digests(url_b, versions=versions)
    return [name for name in a if a[name] != b[name]]


def dump(connection: Connection, table: Table, *, versions: bool = True) -> Iterator[bytes]:
    """Give a table's rows as JSON lines, in an order that both databases share."""
    left_out = frozenset() if versions else WITHOUT_VERSIONS.get(table, _ONLY_VERSION)
    columns = [column for column in table.columns if column.name not in left_out]
    # Key texts sort by bytes everywhere, other texts by the database's taste: they come last.
    asked = select(*columns).order_by(*sorted(columns, key=lambda c: isinstance(c.type, Text)))
    with connection.execution_options(yield_per=_CHUNK).execute(asked) as found:
        for row in found:
            yield _encode([_plain(value) for value in row]) + b"\n"


def _compared(*, versions: bool) -> list[Table]:
    left_out = _NOT_COMPARED if versions else _NOT_COMPARED | _NOT_WITHOUT_VERSIONS
    return [table for table in FROM_THE_LOG if table not in left_out]


def _digest(connection: Connection, table: Table, *, versions: bool) -> str:
    running = sha256()
    for line in dump(connection, table, versions=versions):
        running.update(line)
    return running.hexdigest()


def _plain(value: Any) -> Any:
    # PostgreSQL's driver gives bytes as memoryview.
    return bytes(value) if isinstance(value, memoryview) else value
