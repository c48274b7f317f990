"""Decides where past sayings lie when memory is short: the newest in memory, the rest in a file.

The file is a scratch SQLite database of this process alone: the changelog holds everything, so it
is made empty at every start and never synced. Sayings are read again only for late counts, voids
and repetitions, so what goes to disk is what was put first. Refuses to know what a saying says.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TABLE: Final = (
    "CREATE TABLE said (actor TEXT, device TEXT, sequence INTEGER, value BLOB, "
    "PRIMARY KEY (actor, device, sequence)) WITHOUT ROWID"
)
_ROW_OVERHEAD: Final = 300
"""Bytes that a saying takes in memory besides its value: names, tuple, two dictionary entries."""
Name = tuple[str, str, int]


class SpillShelf:
    """A shelf that holds `budget_bytes` in memory and moves its older half to disk beyond."""

    def __init__(self, path: Path, budget_bytes: int) -> None:
        self._budget: Final = budget_bytes
        self._newest: dict[Name, bytes] = {}
        self._of: dict[str, dict[Name, None]] = {}
        self._bytes = 0
        self._spilled: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        for name in (path, path.with_name(path.name + "-journal")):
            name.unlink(missing_ok=True)
        # Folding a tick happens in another thread, one at a time: the partition's lock sees to it.
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
            self._sql.execute(f"PRAGMA {pragma}")
        self._sql.execute(_TABLE)

    @property
    def in_memory(self) -> int:
        """How many sayings are in memory."""
        return len(self._newest)

    def put(self, actor: str, device: str, sequence: int, value: bytes) -> None:
        """Keep a saying's bytes."""
        name = (actor, device, sequence)
        before = self._newest.get(name)
        self._newest[name] = value
        self._of.setdefault(actor, {})[name] = None
        self._bytes += len(value) + (_ROW_OVERHEAD if before is None else -len(before))
        if self._bytes > self._budget:
            self._spill()

    def get(self, actor: str, device: str, sequence: int) -> bytes | None:
        """A saying's bytes, None when it is not (or no longer) kept."""
        found = self._newest.get((actor, device, sequence))
        if found is not None or actor not in self._spilled:
            return found
        row = self._sql.execute(
            "SELECT value FROM said WHERE actor = ? AND device = ? AND sequence = ?",
            (actor, device, sequence),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def drop(self, actor: str, device: str, sequence: int) -> None:
        """Forget a saying."""
        self._let_go((actor, device, sequence))
        if actor in self._spilled:
            self._sql.execute(
                "DELETE FROM said WHERE actor = ? AND device = ? AND sequence = ?",
                (actor, device, sequence),
            )

    def of(self, actor: str) -> Iterator[tuple[str, int, bytes]]:
        """All sayings of one actor as (device, sequence, bytes), in no order."""
        fresh = self._of.get(actor, {})
        if actor in self._spilled:
            rows = self._sql.execute(
                "SELECT device, sequence, value FROM said WHERE actor = ?", (actor,)
            ).fetchall()
            for device, sequence, value in rows:
                if (actor, device, sequence) not in fresh:
                    yield device, sequence, bytes(value)
        for name in list(fresh):
            yield name[1], name[2], self._newest[name]

    def actors(self) -> Iterator[str]:
        """All actors with a saying kept, in no order."""
        return iter({**self._of, **dict.fromkeys(self._still_spilled())})

    def _still_spilled(self) -> list[str]:
        return [actor for (actor,) in self._sql.execute("SELECT DISTINCT actor FROM said")]

    def _let_go(self, name: Name) -> None:
        value = self._newest.pop(name, None)
        if value is not None:
            self._bytes -= len(value) + _ROW_OVERHEAD
            own = self._of[name[0]]
            del own[name]
            if not own:
                del self._of[name[0]]

    def _spill(self) -> None:
        """Move what was put first to disk, until half the budget is free."""
        moved: list[tuple[str, str, int, bytes]] = []
        for name in list(self._newest):
            if self._bytes <= self._budget // 2:
                break
            moved.append((*name, self._newest[name]))
            self._let_go(name)
            self._spilled.add(name[0])
        self._sql.execute("BEGIN")
        self._sql.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?)", moved)
        self._sql.execute("COMMIT")
