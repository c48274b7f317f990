"""F19: the power fails while SQLite writes; its log is cut, or a bit of it is wrong, anywhere."""

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from schemas.topics import DEMAND, LEDGER
from tests.faults.trial import Answer
from tests.support.door import ROOT
from tests.support.warehouses import fresh

CUTS: Final = 1_000
_RECORDS: Final = 24_000
_BATCHES: Final = 25


def torn_database(folder: Path, _: Answer) -> dict[str, Any]:
    """Cut a killed sink's log at 1,000 places; each must open as a prefix: rows as offsets say."""
    folder.mkdir(parents=True)
    whole = folder / "whole.db"
    _killed_sink(fresh(folder, whole.name))
    wal = Path(f"{whole}-wal").read_bytes()
    assert len(wal) > 100_000, "there must be a log to tear"
    chance, breaches, reached = random.Random(19), list[str](), set[int]()
    for number in range(CUTS):
        torn = bytearray(wal)
        if number % 2:
            at = chance.randrange(len(wal))
            del torn[at:]
        else:
            at = chance.randrange(len(wal))
            torn[at] ^= 1 << chance.randrange(8)
        path = folder / "torn.db"
        shutil.copyfile(whole, path)
        Path(f"{path}-shm").unlink(missing_ok=True)
        Path(f"{path}-wal").write_bytes(torn)
        wrong, offset = _judged(path)
        reached.add(offset)
        if wrong:
            breaches.append(f"torn at {at} ({'cut' if number % 2 else 'bit'}): {wrong}")
    return {
        "breaches": breaches[:20],
        "torn": CUTS,
        "wal_bytes": len(wal),
        "different_prefixes": len(reached),
    }


def _killed_sink(url: str) -> None:
    """A sink that wrote many batches and was killed before it could put its log back."""
    command = [sys.executable, "-m", "tests.support.sink_child", url, str(_RECORDS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(_BATCHES):
            child.stdout.readline()
        child.kill()


def _judged(path: Path) -> tuple[str, int]:
    """What is wrong with a database, and how far its ledger had come."""
    try:
        with closing(sqlite3.connect(path)) as found:
            (ok,) = found.execute("PRAGMA quick_check").fetchone()
            at = dict(found.execute("SELECT topic, next_offset FROM sink_offset").fetchall())
            (rows,) = found.execute("SELECT COUNT(*) FROM judgement").fetchone()
            (newest,) = found.execute("SELECT MAX(version) FROM hub_demand").fetchone()
    except sqlite3.Error as failed:
        return f"{type(failed).__name__}: {failed}", -1
    ledger, demand = at.get(LEDGER, 0), at.get(DEMAND, 0)
    if ok != "ok":
        return f"quick_check: {ok}", ledger
    if rows != ledger or (newest or 0) != demand:
        return f"{rows} judgements at offset {ledger}, demand {newest} at {demand}", ledger
    return "", ledger
