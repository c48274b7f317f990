"""Decides the SQL of the tables: the row shapes of `sinks.rows`, and four more.

No engine, no dialect: the same metadata serves SQLite and PostgreSQL. Migrations make the tables;
a test holds both together. Key texts compare by bytes in either database, so that both sort alike.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.types import TypeEngine

from sinks.rows import (
    KEY_LENGTH_MAX,
    SHAPES,
    DeadLetterRow,
    JudgementRow,
    LedgerLineRow,
    MatchRow,
    Row,
    Words,
    columns_of,
)

METADATA: Final = MetaData()
KEY_TEXT: Final = String(KEY_LENGTH_MAX).with_variant(
    String(KEY_LENGTH_MAX, collation="C"), "postgresql"
)
_TYPES: Final[Mapping[Any, tuple[TypeEngine[Any], bool]]] = {
    int: (BigInteger(), False),
    int | None: (BigInteger(), True),
    str: (KEY_TEXT, False),
    Words: (Text(), False),
    bytes: (LargeBinary(), False),
}


def _column(name: str, holds: Any, *, key: bool) -> Column[Any]:
    kind, nullable = _TYPES[holds]
    return Column(name, kind, primary_key=key, nullable=nullable, autoincrement=False)


def _table(name: str, columns: Mapping[str, Any], keys: int) -> Table:
    made = [
        _column(column, holds, key=i < keys) for i, (column, holds) in enumerate(columns.items())
    ]
    # Every table is read by its key: without a rowid the key is the table, not an index beside it.
    return Table(name, METADATA, *made, sqlite_with_rowid=False)


TABLES: Final[dict[type[Row], Table]] = {
    shape: _table(said.table, columns_of(shape), said.keys) for shape, said in SHAPES.items()
}

HUB: Final = _table(
    "hub",
    {"hub": str, "name": str, "province": str, "province_name": str, "kind": str, "zone": str},
    keys=1,
)
COOPERATIVE: Final = _table(
    "cooperative",
    {"coop": str, "hub": str, "name": str, "kecamatan": str, "kind": str},
    keys=1,
)
SINK_OFFSET: Final = _table(
    "sink_offset",
    {"topic": str, "partition": int, "next_offset": int, "epoch": int, "log": str},
    keys=2,
)
META: Final = _table("meta", {"name": str, "value": Words}, keys=1)

_JUDGED: Final = TABLES[JudgementRow].c
_OF_CONTRACTS: Final = text("event_type = 'lumbung.contract.v1'")

INDEXES: Final = (
    Index("judgement_by_event", _JUDGED.event_id),
    Index(
        "judgement_of_contracts",
        *(_JUDGED.occurred_ms, _JUDGED.device, _JUDGED.sequence),
        sqlite_where=_OF_CONTRACTS,
        postgresql_where=_OF_CONTRACTS,
    ),
    Index("match_by_offer", TABLES[MatchRow].c.offer),
    Index("match_by_need", TABLES[MatchRow].c.need),
    Index("cooperative_by_hub", COOPERATIVE.c.hub, COOPERATIVE.c.coop),
)
"""What views and lineage look up by; every other lookup is by key."""

FROM_THE_LOG: Final = tuple(TABLES.values())
"""What a rebuild makes anew."""
WITHOUT_VERSIONS: Final[Mapping[Table, frozenset[str]]] = {
    TABLES[JudgementRow]: frozenset({"partition", "offset", "version"}),
    TABLES[LedgerLineRow]: frozenset({"partition", "offset", "version"}),
    TABLES[DeadLetterRow]: frozenset({"identity", "partition", "offset"}),
}
"""Columns that tell when in the log something was said; elsewhere it is `version` alone."""
