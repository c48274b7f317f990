"""Decides how a warehouse is made anew from the topics without anyone seeing half of it.

SQLite: a new file beside the old one, filled, closed, and put in its place at one stroke; who is
reading keeps the old one until it looks again. PostgreSQL: emptied and filled inside one
transaction. The old warehouse may be broken or of another log. No sink may write meanwhile: its
lock is held throughout.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Final

from schemas.metrics import Meter
from sinks.engines import file_of, sole_writer
from sinks.errors import WarehouseError
from sinks.log import Log, LogOptions
from sinks.loop import Pace, Sink
from sinks.schema import upgrade
from sinks.warehouse import LOCK_SECONDS, Warehouse

Progress = Callable[[int, int], None]
_SIDES: Final = ("-wal", "-shm")
_PACE: Final = Pace(batch_records=20_000, gather_ms=500)


def rebuild(
    options: LogOptions,
    url: str,
    *,
    stop: Event | None = None,
    progress: Progress | None = None,
    meter: Meter | None = None,
) -> bool:
    """Make the warehouse anew from the topics as they are now; False when stopped before the end.

    `progress` hears (offsets read, offsets in all). A rebuild that fails or is stopped leaves the
    old warehouse as it was. Raises WarehouseBusy while a sink writes, LogError, WarehouseError.
    """
    path = file_of(url)
    halt = stop or Event()
    with Log(options) as log, sole_writer(url, LOCK_SECONDS):
        if path is None:
            return _emptied_and_filled(log, url, halt, progress, meter)
        beside = path.with_name(path.name + ".new")
        _remove(beside)
        fresh = f"sqlite:///{beside}"
        upgrade(fresh)
        with Warehouse(fresh, wait_seconds=LOCK_SECONDS) as warehouse:
            done = Sink(log, warehouse, pace=_PACE, meter=meter).catch_up(halt, progress)
        if done:
            _put_in_place(beside, path)
        _remove(beside)
        return done


class _Stopped(Exception):
    """Ends the transaction of a rebuild that was stopped."""


def _emptied_and_filled(
    log: Log, url: str, stop: Event, progress: Progress | None, meter: Meter | None
) -> bool:
    upgrade(url)
    with Warehouse(url, wait_seconds=LOCK_SECONDS) as warehouse:
        try:
            with warehouse.replaced():
                if not Sink(log, warehouse, pace=_PACE, meter=meter).catch_up(stop, progress):
                    raise _Stopped
        except _Stopped:
            return False
    return True


def _put_in_place(fresh: Path, path: Path) -> None:
    if Path(f"{fresh}-wal").exists():
        raise WarehouseError("LB-W015", f"{fresh} was not closed whole", "Look at the disk.")
    _settle(path)
    # A log left beside the new file would be read into it.
    for side in _SIDES:
        Path(f"{path}{side}").unlink(missing_ok=True)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _settle(path: Path) -> None:
    """Bring the old file's log into it, so that dropping the log loses nothing if we die here."""
    if not path.exists():
        return
    try:
        old = sqlite3.connect(path, timeout=5.0, isolation_level=None)
        try:
            (blocked, _, _) = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            old.close()
    except sqlite3.DatabaseError:
        return  # it is broken: that is why it is being replaced
    if blocked:
        raise WarehouseError(
            "LB-W016", f"{path} is being read", "End the readers and rebuild again.", passing=True
        )


def _remove(path: Path) -> None:
    for side in ("", *_SIDES, ".lock"):
        Path(f"{path}{side}").unlink(missing_ok=True)
