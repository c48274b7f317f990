"""The writing side of the warehouse: rows and source offsets in one transaction, by one writer.

Decides that a batch is written whole or not at all, that a row only gives way to one that wins by
its rule, and that a partition's offset never falls. Refuses to know Kafka, and why a batch ends
where it does.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import Connection, delete, select

from schemas.failpoints import failpoint
from sinks.batch import Batch, Place, Reached
from sinks.engines import explained, sole_writer, take_advisory_lock, writer_engine
from sinks.rows import SHAPES
from sinks.schema import check_version
from sinks.tables import FROM_THE_LOG, SINK_OFFSET
from sinks.upsert import GROUPS, offset_sql, prune_sql, upsert_sql

LOCK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that a batch changed, by table; what was stale is not among them."""

    rows: Mapping[str, int]


class Warehouse:
    """An open warehouse; `open_warehouse` makes it. Not for two threads at once.

    Every method may raise WarehouseError; where that is `passing`, `reopen` and the same call
    again may succeed, and a batch that was written after all is harmless to write again.
    """

    def __init__(self, url: str, *, wait_seconds: float) -> None:
        self.url: Final = url
        self._wait_seconds: Final = wait_seconds
        self._engine: Final = writer_engine(url)
        dialect = self._engine.dialect
        self._upserts: Final = {shape: upsert_sql(shape, dialect) for shape in SHAPES}
        self._prunes: Final = {shape: prune_sql(shape, dialect) for shape in GROUPS}
        self._offsets_sql: Final = offset_sql(dialect)
        self._logs: dict[str, str] = {}
        self._whole: Connection | None = None
        self.reached: dict[Place, Reached] = {}
        self._connection = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def logs(self) -> Mapping[str, str]:
        """The id that each topic had when it was read; it changes when a topic is made anew."""
        return self._logs

    def close(self) -> None:
        """Let go of the database; on SQLite this writes the log back into the file."""
        self._connection.close()
        self._engine.dispose()

    def reopen(self) -> None:
        """Connect again after a failure, and learn anew how far the database is."""
        with explained(self.url):
            self._connection.close()
        self._connection = self._connect()

    def name_logs(self, logs: Mapping[str, str]) -> None:
        """Tell the ids of the topics that are read from now on."""
        self._logs |= logs

    def apply(self, batch: Batch) -> Written:
        """Write a batch: its rows and the offsets reached, all or nothing."""
        with explained(self.url), self._transaction() as connection:
            failpoint("in_transaction")
            written = self._write(connection, batch)
            failpoint("before_commit")
        failpoint("after_commit")
        for place, reached in batch.reached.items():
            known = self.reached.get(place)
            if known is None or reached.next_offset >= known.next_offset:
                self.reached[place] = reached
        return Written(written)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Empty the warehouse and write all that follows in one transaction, unseen until its end.

        For a server; an SQLite file is replaced by another one (`sinks.rebuild`).
        """
        with explained(self.url), self._connection.begin():
            for table in (*FROM_THE_LOG, SINK_OFFSET):
                self._connection.execute(delete(table))
            self.reached, self._logs = {}, {}
            self._whole = self._connection
            try:
                yield
            finally:
                self._whole = None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._whole is not None:
            yield self._whole
        else:
            with self._connection.begin():
                yield self._connection

    def _write(self, connection: Connection, batch: Batch) -> dict[str, int]:
        written: dict[str, int] = {}
        for shape, rows in batch.rows.items():
            if rows:
                done = connection.exec_driver_sql(self._upserts[shape], list(rows.values()))
                written[SHAPES[shape].table] = max(0, done.rowcount)
                failpoint("rows_written")
        for shape, head in GROUPS.items():
            keys = batch.rows[head]
            if keys:
                connection.exec_driver_sql(self._prunes[shape], [key + key for key in keys])
        reached = [
            (topic, partition, at.next_offset, at.epoch, self._logs.get(topic, ""))
            for (topic, partition), at in batch.reached.items()
        ]
        failpoint("before_offsets")
        if reached:
            connection.exec_driver_sql(self._offsets_sql, reached)
        return written

    def _connect(self) -> Connection:
        with explained(self.url):
            connection = self._engine.connect()
            try:
                take_advisory_lock(connection, self.url, self._wait_seconds)
                with connection.begin():
                    check_version(connection, self.url)
                    found = connection.execute(select(SINK_OFFSET)).all()
            except BaseException:
                connection.close()
                raise
        self.reached = {
            (row.topic, row.partition): Reached(row.next_offset, row.epoch) for row in found
        }
        self._logs = {row.topic: row.log for row in found if row.log} | self._logs
        return connection


@contextmanager
def open_warehouse(url: str, *, wait_seconds: float = LOCK_SECONDS) -> Iterator[Warehouse]:
    """Open a warehouse to write to it; its tables must be there (`sinks.schema.upgrade`).

    WarehouseBusy when another sink still writes after `wait_seconds`, WarehouseError when the
    database cannot be used.
    """
    with ExitStack() as held:
        held.enter_context(sole_writer(url, wait_seconds))
        yield held.enter_context(Warehouse(url, wait_seconds=wait_seconds))
