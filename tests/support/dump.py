"""Decides what two warehouses of the same sayings share, byte for byte, in any order of arrival.

The public views as sorted JSON lines, read by plain SQL, so that nothing of the sink judges
itself. Left out: versions, places in the log, and of a letter refused whole its name, which is its
place.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

VIEWS: Final = (
    "v_position", "v_ledger", "v_order", "v_hub_demand", "v_match", "v_match_history",
    "v_why_not", "v_dead_letter", "v_cooperative",
)  # fmt: skip
PLACES: Final = frozenset({"version", "partition", "offset"})
_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class Dump:
    """Every view's lines, sorted."""

    lines: dict[str, tuple[str, ...]]

    @property
    def sha256(self) -> str:
        """One figure for all of it."""
        running = sha256()
        for view, lines in self.lines.items():
            running.update("\n".join((view, *lines, "")).encode())
        return running.hexdigest()

    def differences(self, other: "Dump") -> list[str]:
        """What one says and the other does not, view by view; the first few lines of each."""
        found = []
        for view, lines in self.lines.items():
            mine, theirs = set(lines), set(other.lines[view])
            for sign, only in (("-", mine - theirs), ("+", theirs - mine)):
                found += [f"{sign} {view} {line}" for line in sorted(only)[:_SHOWN]]
                if len(only) > _SHOWN:
                    found.append(f"{sign} {view} ... {len(only)} lines in all")
            if mine == theirs and lines != other.lines[view]:
                found.append(f"! {view} holds a line more than once")
        return found


def dumped(folder: Path) -> Dump:
    """What the warehouse of a data folder says."""
    with sqlite3.connect(f"file:{folder / 'warehouse.db'}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = {view: tuple(sorted(_lines(connection, view))) for view in VIEWS}
    connection.close()
    assert all(found[view] for view in VIEWS if view != "v_why_not"), "a view that says nothing"
    return Dump(found)


def _lines(connection: sqlite3.Connection, view: str) -> Iterator[str]:
    seen = set()
    heard = " WHERE last_heard_at IS NOT NULL" if view == "v_cooperative" else ""
    for row in connection.execute(f"SELECT * FROM {view}{heard}"):
        values: dict[str, Any] = {name: row[name] for name in row.keys() if name not in PLACES}  # noqa: SIM118 - a Row iterates over values
        if view == "v_dead_letter":
            values = _letter(values)
        line = json.dumps(values, sort_keys=True, default=_text)
        # The same rubbish said twice is two letters, and which lines are said twice is chance.
        if view != "v_dead_letter" or line not in seen:
            yield line
        seen.add(line)


def _letter(values: dict[str, Any]) -> dict[str, Any]:
    whole = values["identity"].startswith(values["topic"])
    return {name: value for name, value in values.items() if name != "identity" or not whole}


def _text(value: bytes) -> str:
    return value.decode("latin-1")
