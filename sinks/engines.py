"""Decides how a database is opened: who may write, what a reader may do, what a failure means.

Theory of operation, SQLite. WAL, so that readers never wait for the writer. SQLite before 3.51.3
may corrupt a WAL that two connections write or checkpoint at once, so there is one writer, held by
a lock file beside the database, and it alone checkpoints: readers open the file read-only, which
also keeps the last reader to leave from checkpointing. `synchronous=NORMAL` is enough: a power cut
may take the last transactions, rows and offsets together, and the log gives them again; it never
takes a part of one. PostgreSQL: the same lock is an advisory one of the writer's session.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from sinks.errors import SinkError, WarehouseBusy, WarehouseError, WarehouseMissing

BUSY_SECONDS: Final = 5.0
CHECKPOINT_PAGES: Final = 4_000
CACHE_KIB: Final = 65_536
_LOCK_POLL_SECONDS: Final = 0.1
_WRITER_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    f"journal_size_limit = {4 * CHECKPOINT_PAGES * 4096}",
    f"cache_size = -{CACHE_KIB}",
    "temp_store = MEMORY",
)
_READER_PRAGMAS: Final = ("query_only = ON", f"cache_size = -{CACHE_KIB // 4}")

_AGAIN: Final = "It will be tried again."
_DAMAGED: Final = (
    "LB-W004",
    "is damaged",
    "Make it anew from the topics: lumbung rebuild.",
    False,
)
_SQLITE_FAILURES: Final[dict[int, tuple[str, str, str, bool]]] = {
    sqlite3.SQLITE_BUSY: ("LB-W001", "is in use by another process", _AGAIN, True),
    sqlite3.SQLITE_LOCKED: ("LB-W001", "is in use by another process", _AGAIN, True),
    sqlite3.SQLITE_FULL: (
        "LB-W005",
        "has no room left",
        "Free disk space; nothing was lost.",
        True,
    ),
    sqlite3.SQLITE_IOERR: ("LB-W006", "cannot be read or written", "Look at the disk.", True),
    sqlite3.SQLITE_CANTOPEN: (
        "LB-W007",
        "cannot be opened",
        "Check the folder and its rights.",
        True,
    ),
    sqlite3.SQLITE_READONLY: ("LB-W007", "may not be written", "Check the file's rights.", False),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


def file_of(url: str) -> Path | None:
    """Give the file of an SQLite warehouse, None for a server; WarehouseError without one."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise WarehouseError("LB-W008", f"{url} names no file", "Name one: sqlite:///warehouse.db")
    return Path(parsed.database)


def shown(url: str) -> str:
    """Name a warehouse for a person, without its password."""
    return make_url(url).render_as_string(hide_password=True)


def writer_engine(url: str) -> Engine:
    """An engine for the one who writes."""
    path = file_of(url)
    if path is None:
        # Rows go as plain tuples, so parameters must go by place.
        return create_engine(url, poolclass=NullPool, paramstyle="format")
    path.parent.mkdir(parents=True, exist_ok=True)
    return _sqlite(f"file:{_quoted(path)}?mode=rwc", _WRITER_PRAGMAS, begin="BEGIN IMMEDIATE")


def reader_engine(url: str) -> Engine:
    """An engine that can only read."""
    path = file_of(url)
    if path is not None:
        return _sqlite(f"file:{_quoted(path)}?mode=ro", _READER_PRAGMAS, begin="BEGIN")
    engine = create_engine(url, poolclass=NullPool)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn a database's failure into a WarehouseError that says what to do."""
    try:
        yield
    except SQLAlchemyError as failed:
        raise _explain(url, failed) from failed


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """Give a connection that can only read, and sees one moment throughout."""
    path = file_of(url)
    if path is not None and not path.exists():
        remedy = "Name the data folder of a demo or replay with --data, or run a sink first."
        raise WarehouseMissing("LB-W009", f"there is no warehouse at {path}", remedy)
    engine = reader_engine(url)
    try:
        with explained(url), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def sole_writer(url: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lock file of an SQLite warehouse; a server has `take_advisory_lock`.

    WarehouseBusy when another process still holds it after `wait_seconds`. The system frees the
    lock of a process that dies.
    """
    path = file_of(url)
    if path is None:
        yield
        return
    lock = path.with_name(path.name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    # The file stays: removing it would let two processes lock two files of one name.
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _wait_for(lambda: _locked(handle), wait_seconds, lambda: busy(url, _holder(handle)))
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def take_advisory_lock(connection: Connection, url: str, wait_seconds: float) -> None:
    """Take PostgreSQL's lock for the session; WarehouseBusy when another session keeps it."""
    if connection.dialect.name != "postgresql":
        return
    ask = text("SELECT pg_try_advisory_lock(hashtext('lumbung sink'), hashtext(current_schema()))")

    def taken() -> bool:
        with connection.begin():
            return bool(connection.execute(ask).scalar_one())

    _wait_for(taken, wait_seconds, lambda: busy(url, "of another session"))


def busy(url: str, holder: str) -> WarehouseBusy:
    """The failure of a second writer."""
    return WarehouseBusy(
        "LB-W002",
        f"another sink (process {holder}) writes to {shown(url)}",
        "One warehouse has one writer: let it work, or stop it first.",
    )


def _wait_for(done: Callable[[], bool], seconds: float, failure: Callable[[], SinkError]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= deadline:
            raise failure()
        time.sleep(_LOCK_POLL_SECONDS)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: int) -> str:
    return os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _sqlite(uri: str, pragmas: tuple[str, ...], *, begin: str) -> Engine:
    def connect() -> sqlite3.Connection:
        made = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in pragmas:
                made.execute(f"PRAGMA {pragma}")
        except BaseException:
            made.close()
            raise
        return made

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    # Python's sqlite3 would begin late and commit before DDL; with its own hands off, this is the
    # begin.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _explain(url: str, failed: SQLAlchemyError) -> SinkError:
    name = f"the warehouse {shown(url)}"
    cause = failed.orig if isinstance(failed, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        number: Any = getattr(cause, "sqlite_errorcode", None) or 0
        code, what, remedy, passing = _SQLITE_FAILURES.get(
            number & 0xFF, ("LB-W010", "failed", "", False)
        )
        return WarehouseError(code, f"{name} {what} ({cause})", remedy, passing=passing)
    # What a server says in these two classes is about the connection or its resources, not our
    # words.
    passing = isinstance(failed, DBAPIError) and type(cause).__name__ in {
        "OperationalError",
        "InterfaceError",
    }
    return WarehouseError("LB-W010", f"{name} failed ({cause or failed})", passing=passing)
