"""The warehouse, row by row through its public views: it must say just what the topics lead to.

Reads with SQL of its own, by key and never twice; the number of rows tells what is too much.
Decides that a row differs. Refuses to know how the sink writes; of its own tables it reads only
how far it is and how it counted the verdicts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, TextClause, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from deploy.errors import DependencyError
from deploy.verify.findings import WAREHOUSE, Report
from deploy.verify.words import MILLION, moment

VIEWS: Final = ("v_ledger", "v_position", "v_order", "v_hub_demand", "v_match", "v_dead_letter")
Row = tuple[Any, ...]


@contextmanager
def opened(url: str, report: Report) -> Iterator["Warehouse"]:
    """A warehouse to read from, as it stands at one moment; DependencyError when it cannot be."""
    parsed = make_url(url)
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        file = Path(parsed.database or "")
        if not file.is_file():
            raise DependencyError(
                "LB-W009", f"there is no warehouse at {file}", "Run a sink first."
            )
        url = f"sqlite:///file:{quote(str(file.absolute()))}?mode=ro&uri=true"
    else:
        options["isolation_level"] = "REPEATABLE READ"
    engine = create_engine(url, poolclass=NullPool, **options)
    try:
        with engine.connect() as connection:
            yield Warehouse(connection, report)
    except SQLAlchemyError as failed:
        raise DependencyError("LB-W010", f"the warehouse cannot be read: {failed}") from failed
    finally:
        engine.dispose()


class Warehouse:
    """Compares rows; what was expected is counted per view, to find rows too many at the end."""

    def __init__(self, connection: Connection, report: Report) -> None:
        self._connection, self._report = connection, report
        self.expected: Counter[str] = Counter()
        self._statements: dict[tuple[str, str, str], TextClause] = {}

    def rows(
        self, view: str, columns: str, where: str, values: Mapping[str, Any]
    ) -> Iterator[Row]:
        """Rows of a view as tuples; `where` names its parameters with colons."""
        statement = self._statements.get((view, columns, where))
        if statement is None:
            names = ", ".join(f'"{name}"' for name in columns.split())
            # The words of a statement are this package's own; only its values come from outside.
            statement = text(f"SELECT {names} FROM {view} WHERE {where}")  # noqa: S608 - no outside word
            self._statements[view, columns, where] = statement
        return iter(self._connection.execute(statement, values).all())

    def see(self, view: str, rows: int) -> None:
        """So many rows of a view are looked at."""
        self._report.held(WAREHOUSE, rows)
        self.expected[view] += rows

    def differs(self, view: str, of: str, expected: Row, found: Row) -> None:
        """Rows of one key range are not what they must be, and none is told apart."""
        what = f"{view} of {of}: number of rows and sum of their fingerprints"
        self._report.breach(WAREHOUSE, what, expected=expected, found=found)

    def compare(
        self,
        view: str,
        expected: Mapping[Any, Row],
        found: Mapping[Any, Row],
        *,
        of: str,
        anew: bool = True,
    ) -> bool:
        """Hold the rows of one key range against what must be there; whether a row differs."""
        if anew:
            self.see(view, len(expected))
        if expected == found:
            return False
        for name in sorted({*expected, *found}, key=str):
            if expected.get(name) != found.get(name):
                self._report.breach(
                    WAREHOUSE,
                    f"{view} of {of}: the row {_named(name)} is not what the topics lead to",
                    expected=expected.get(name, "no such row"),
                    found=found.get(name, "no such row"),
                )
        return True

    def settle(
        self,
        rows: Mapping[str, int],
        verdicts: Mapping[str, int],
        ends: Mapping[tuple[str, int], int],
    ) -> None:
        """At the end: no row too many, verdicts counted alike, the sink where the topics end."""
        for view in VIEWS:
            condition = f" WHERE {_HOLDS[view]}" if view in _HOLDS else ""
            statement = text(f"SELECT COUNT(*) FROM {view}{condition}")  # noqa: S608 - as above
            self._same(f"rows of {view}", rows.get(view, 0), self._one(statement))
        counted = self._connection.execute(
            text("SELECT verdict, COUNT(*) FROM judgement GROUP BY verdict")
        )
        found = {str(row[0]): int(row[1]) for row in counted}
        self._same("verdicts", {k: n for k, n in verdicts.items() if n}, found)
        reached = {
            (str(topic), int(partition)): int(offset)
            for topic, partition, offset in self.rows(
                "sink_offset", "topic partition next_offset", "1 = 1", {}
            )
        }
        for (topic, partition), end in sorted(ends.items()):
            at = reached.get((topic, partition), 0)
            self._same(f"the sink's offset in {topic}/{partition}", end, at)

    def _one(self, statement: Any) -> int:
        return int(self._connection.execute(statement).scalar_one())

    def _same(self, what: str, expected: object, found: object) -> None:
        self._report.held(WAREHOUSE)
        if expected != found:
            self._report.breach(WAREHOUSE, what, expected=expected, found=found)


_SHOWN: Final = len("2026-11-22T07:00:00.000Z")
_HOLDS: Final = {
    # Cells that hold nothing come and go; whether they are shown means nothing.
    "v_hub_demand": '"supply" <> 0 OR "planned" <> 0 OR "demand" <> 0 OR "matched" <> 0'
}


def amount(value: Any) -> int | None:
    """A view's amount (REAL or NUMERIC) as millionths; exact below nine thousand million units."""
    return None if value is None else round(value * MILLION)


def at_ms(value: Any) -> int | None:
    """A view's time (text or timestamp) as milliseconds."""
    if value is None:
        return None
    if not isinstance(value, str):
        return moment(value.isoformat())
    if len(value) == _SHOWN and value[-1] == "Z" and value[20:23].isdigit():
        second = moment(f"{value[:19]}Z")
        return None if second is None else second + int(value[20:23])
    return moment(value)


def _named(name: Any) -> str:
    return (
        "|".join(map(str, name))
        if isinstance(name, Sequence) and not isinstance(name, str)
        else str(name)
    )
