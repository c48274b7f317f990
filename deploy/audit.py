"""Who did what by hand, and when: one line of JSON each, appended for ever in the data folder.

Decides that every line holds the digest of the line before it, so that one taken out or changed
is noticed. Names of people stay on this machine: topics hold co-ops and devices only, and what a
repair changed stands in the log of events. Refuses to know what the acts mean.
"""

import fcntl
import getpass
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from deploy.wiring import now_ms

NAME: Final = "audit.ndjson"
_TAIL_BYTES: Final = 65_536


def note(folder: Path, what: str, **facts: Any) -> None:
    """Append one act, on disk before this returns; several processes may do so at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        last = file.read().splitlines()[-1:]
        entry = {"at_ms": now_ms(), "who": getpass.getuser(), "what": what, **facts}
        entry["before"] = _digest(last[0]) if last else ""
        file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def entries(folder: Path) -> list[dict[str, Any]]:
    """Every act, oldest first."""
    return [json.loads(line) for line in _lines(folder)]


def broken_at(folder: Path) -> int:
    """Number of the first line (from 1) that does not follow from the one before; 0: none."""
    before = ""
    for n, line in enumerate(_lines(folder), 1):
        if json.loads(line)["before"] != before:
            return n
        before = _digest(line)
    return 0


def _lines(folder: Path) -> list[bytes]:
    path = folder / NAME
    return path.read_bytes().splitlines() if path.exists() else []


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest()[:32]
