"""The outbox on disk: sequences assigned and bytes kept in one transaction, until acknowledged.

Decides that a sequence and its bytes appear together or not at all (SQLite, WAL,
synchronous=FULL), that only one process has the file open, and that what was acknowledged is kept
as a fact and never sent again. Refuses to know Kafka and the clock: moments are arguments.

Theory of operation. `locking_mode=EXCLUSIVE` holds the file's lock as long as the store is open,
so there is one writer, which alone checkpoints the log (SQLite before 3.51.3 may corrupt a WAL
that two connections checkpoint at once). A killed process loses the lock, never a committed draft.
The last sequence of a device lies in a row of its own, so that it outlives the drafts.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final, Self

from producers.errors import OutboxError
from producers.outbox import Draft, due_after
from producers.speech import report_value
from schemas.events import Line

_BUSY_SECONDS: Final = 5.0
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS device (
        coop TEXT NOT NULL, device TEXT NOT NULL, last_sequence INTEGER NOT NULL,
        PRIMARY KEY (coop, device)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS draft (
        coop TEXT NOT NULL, device TEXT NOT NULL, sequence INTEGER NOT NULL, value BLOB NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL DEFAULT 0,
        acknowledged INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (coop, device, sequence)) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS draft_owed ON draft (due_ms) WHERE acknowledged = 0",
)
_DRAFT: Final = "SELECT coop, device, sequence, value, attempts, due_ms FROM draft "
_BY_KEY: Final = "WHERE coop = ? AND device = ? AND sequence = ?"
_OWED: Final = "WHERE acknowledged = 0 AND due_ms <= ? ORDER BY coop, device, sequence LIMIT ?"
_NEVER: Final = 2**62
_TRIED: Final = "UPDATE draft SET attempts = ?, due_ms = ? "
_SETTLED: Final = "UPDATE draft SET acknowledged = 1 "
_NEXT: Final = (
    "INSERT INTO device VALUES (?, ?, 1) ON CONFLICT (coop, device) "
    "DO UPDATE SET last_sequence = last_sequence + 1 RETURNING last_sequence"
)
_AT_LEAST: Final = (
    "INSERT INTO device VALUES (?, ?, ?) ON CONFLICT (coop, device) "
    "DO UPDATE SET last_sequence = max(last_sequence, excluded.last_sequence)"
)
_INSERT: Final = "INSERT INTO draft (coop, device, sequence, value) VALUES (?, ?, ?, ?)"

_BROKEN: Final = (
    "LB-O002",
    "is damaged",
    "Set the file aside; what it held unsent must be said again.",
)
_FAILURES: Final[dict[int, tuple[str, str, str]]] = {
    sqlite3.SQLITE_BUSY: ("LB-O001", "is in use by another process", "Wait for it, or end it."),
    sqlite3.SQLITE_LOCKED: ("LB-O001", "is in use by another process", "Wait for it, or end it."),
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_FULL: ("LB-O003", "has no room left", "Free disk space; nothing was lost."),
    sqlite3.SQLITE_IOERR: ("LB-O004", "cannot be read or written", "Look at the disk."),
    sqlite3.SQLITE_CANTOPEN: ("LB-O005", "cannot be opened", "Check the folder and its rights."),
    sqlite3.SQLITE_READONLY: ("LB-O005", "may not be written", "Check the folder and its rights."),
}


class Outbox:
    """Drafts in one file; safe to call from several threads, open in one process only."""

    def __init__(self, path: Path, *, busy_seconds: float = _BUSY_SECONDS) -> None:
        self._path: Final = path
        self._lock: Final = RLock()
        with self._explained():
            self._sql = sqlite3.connect(
                path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._sql.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; drafts stay."""
        with self._lock:
            self._sql.close()

    def say(
        self, coop: str, device: str, lines: Sequence[Line], said_ms: int, *, repairs: str = ""
    ) -> Draft:
        """Keep a report under the next sequence of (coop, device)."""

        def report(sequence: int) -> bytes:
            return report_value(coop, device, sequence, lines, said_ms, repairs=repairs)

        return self.keep_next(coop, device, report)

    def keep_next(self, actor: str, device: str, value_of: Callable[[int], bytes]) -> Draft:
        """Assign the next sequence of (actor, device) and keep its bytes, both or neither."""
        (draft,) = self.keep_each([(actor, device, value_of)])
        return draft

    def keep_each(self, said: Iterable[tuple[str, str, Callable[[int], bytes]]]) -> list[Draft]:
        """As `keep_next` for several sayings, all or none."""
        drafts = []
        with self._transaction() as sql:
            for actor, device, value_of in said:
                (sequence,) = sql.execute(_NEXT, (actor, device)).fetchone()
                drafts.append(Draft(actor, device, sequence, value_of(sequence)))
                sql.execute(_INSERT, (actor, device, sequence, drafts[-1].value))
        return drafts

    def keep(self, drafts: Iterable[Draft]) -> list[Draft]:
        """Keep drafts whose sequence comes from what they are (an import), all or none.

        Gives what is kept now: a draft that was there before stays as it was, with its first
        bytes.
        """
        with self._transaction() as sql:
            return [self._kept(sql, draft) for draft in drafts]

    def pending(self, *, now_ms: int | None = None, limit: int = 10_000) -> list[Draft]:
        """List what is owed, each device's in order; with `now_ms` what is due by then."""
        bounds = (_NEVER if now_ms is None else now_ms, limit)
        with self._explained():
            rows = self._sql.execute(_DRAFT + _OWED, bounds).fetchall()
        return [Draft(*row) for row in rows]

    def find(self, coop: str, device: str, sequence: int) -> Draft | None:
        """Give a draft, acknowledged or not; None when that sequence was never assigned."""
        with self._explained():
            row = self._sql.execute(_DRAFT + _BY_KEY, (coop, device, sequence)).fetchone()
        return None if row is None else Draft(*row)

    def tried(self, drafts: Iterable[Draft], now_ms: int) -> None:
        """Note an attempt that was not acknowledged: each is due again after its back-off."""
        rows = [
            (d.attempts + 1, due_after(d.attempts + 1, now_ms), d.coop, d.device, d.sequence)
            for d in drafts
        ]
        with self._transaction() as sql:
            sql.executemany(_TRIED + _BY_KEY, rows)

    def acknowledged(self, drafts: Iterable[Draft]) -> None:
        """Note that the broker has them: they are never sent again."""
        rows = [(d.coop, d.device, d.sequence) for d in drafts]
        with self._transaction() as sql:
            sql.executemany(_SETTLED + _BY_KEY, rows)

    def _kept(self, sql: sqlite3.Connection, draft: Draft) -> Draft:
        key = (draft.coop, draft.device, draft.sequence)
        row = sql.execute(_DRAFT + _BY_KEY, key).fetchone()
        if row is not None:
            return Draft(*row)
        sql.execute(_AT_LEAST, key)
        sql.execute(_INSERT, (*key, draft.value))
        return draft

    def _prepare(self) -> None:
        with self._explained():
            self._sql.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = FULL")
            (found,) = self._sql.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise OutboxError(
                _BROKEN[0], f"the outbox {self._path} {_BROKEN[1]}: {found}", _BROKEN[2]
            )
        with self._transaction() as sql:
            for table in _TABLES:
                sql.execute(table)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._explained():
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
                self._sql.execute("COMMIT")
            except BaseException:
                # SQLite may have rolled back by itself (disk full): a second one would fail.
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as failed:
            code = getattr(failed, "sqlite_errorcode", None) or 0
            name, what, remedy = _FAILURES.get(code & 0xFF, ("LB-O009", "failed", ""))
            raise OutboxError(
                name, f"the outbox {self._path} {what} ({failed})", remedy
            ) from failed
