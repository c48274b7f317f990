"""Both logs, outputs and state of a paper market, as the checker and a sink would read them.

All folds are real; only the broker is paper. A test may change any record before it is read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from deploy.verify.checker import Names, check_log
from deploy.verify.findings import Report
from deploy.verify.log import LogRecord
from deploy.verify.warehouse import opened
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MARKET, MATCHES
from sinks.warehouse import open_warehouse
from streams.core.interchange.market_hours import Hours
from tests.support.core_desk import PARTITIONS
from tests.support.derived import Record, write
from tests.support.paper_market import PaperMarket, Part
from tests.support.warehouses import fresh

Place = tuple[str, int]
Row = tuple[bytes | None, bytes | None, int]
Tree = dict[str, Any]
STATE = {EVENTS: Names().changelog, MARKET: Names().market_changelog}
OUTPUTS = (LEDGER, DEMAND, MATCHES, DEAD_LETTER)


class WrittenMarket(PaperMarket):
    """A paper market that keeps where everything was written."""

    def __init__(
        self,
        seed: int = 0,
        deadly: float = 0.0,
        hours: Hours | None = None,
        *,
        outlook: bool = False,
        asking: bool = False,
    ) -> None:
        self.rows: dict[Place, list[Row]] = defaultdict(list)
        self._at: Place = (EVENTS, 0)
        super().__init__(seed, deadly, hours, outlook=outlook, asking=asking)

    def work(self, place: Place, most: int) -> None:
        self._at = place
        super().work(place, most)

    def keep(self, part: Part, rows: list[tuple[bytes, bytes | None]]) -> None:
        topic, number = self._at
        self.rows[STATE[topic], number] += [(key, value, self.now) for key, value in rows]
        super().keep(part, rows)

    def leave(self, outputs: Any, away: Any) -> None:
        source, number = self._at
        for topic, rows in outputs:
            behind = PARTITIONS if (source, topic) == (MARKET, MATCHES) else 0
            self.rows[topic, behind + number] += [(key, value, self.now) for key, value in rows]
        super().leave(outputs, away)

    def written(self) -> "WrittenLog":
        """Everything as it stands, to be read and changed."""
        rows = {place: list(held) for place, held in self.rows.items()}
        for place, part in self.parts.items():
            rows[place] = [(r.key, r.value, r.timestamp) for r in part.log]
        return WrittenLog(rows)


class WrittenLog:
    """Topics as rows by place."""

    def __init__(self, rows: dict[Place, list[Row]]) -> None:
        self.rows = rows

    def copy(self) -> "WrittenLog":
        return WrittenLog({place: list(rows) for place, rows in self.rows.items()})

    def partitions(self, topic: str) -> int:
        return PARTITIONS * (2 if topic == MATCHES else 1)

    def end(self, topic: str, partition: int) -> int:
        return len(self.rows.get((topic, partition), ()))

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        for offset, (key, value, at) in enumerate(self.rows.get((topic, partition), ())):
            if offset >= start:
                yield LogRecord(partition, offset, at, key, value)

    # -------------------------------------------------------------- wounds
    def change(
        self, topic: str, kind: str, change: Callable[[Tree], object], **which: Any
    ) -> "WrittenLog":
        """Change the bodies of all records of a type whose fields are as told; one at least."""
        changed = 0
        for (name, _), rows in self.rows.items():
            for n, (key, value, at) in enumerate(rows if name == topic else ()):
                tree = _tree(value)
                if tree.get("type") != kind or not which.items() <= tree["data"].items():
                    continue
                change(tree["data"])
                tree["id"] = _id(tree)
                rows[n] = (key, msgspec.json.encode(tree), at)
                changed += 1
        assert changed, f"no {kind} with {which} in {topic}"
        return self

    def between(self) -> tuple[int, list[Row]]:
        """The one partition that holds matches between hubs, and its rows."""
        held = [(at, rows) for at, rows in self.rows.items() if at[0] == MATCHES and rows]
        ((at, rows),) = ((at, rows) for at, rows in held if at[1] >= PARTITIONS)
        return at[1] - PARTITIONS, rows


def _id(tree: Tree) -> str:
    """What an id must be after a change: the names of messages hold their versions."""
    data, kind = tree["data"], tree["type"].split(".")[1]
    if "side" in data:
        return f"{kind}:{data['match']}:{data['side']}:{data['version']}"
    if kind == "residual" and data:
        return f"{kind}:{data['hub']}:{data['family']}:{data['version']}"
    return str(tree.get("id", ""))


def _tree(value: bytes | None) -> Tree:
    try:
        tree = msgspec.json.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return tree if isinstance(tree, dict) else {}


def sunk(log: WrittenLog, folder: Path) -> str:
    """The URL of a warehouse that a real sink made of the outputs."""
    url = fresh(folder)
    with open_warehouse(url) as warehouse:
        for (topic, partition), rows in sorted(log.rows.items()):
            if topic in OUTPUTS:
                read = enumerate(rows)
                write(warehouse, [Record(topic, partition, n, k, v) for n, (k, v, _) in read])
    return url


def checked(log: WrittenLog, url: str | None = None) -> Report:
    """What the checker says of a log and, when there is one, of a warehouse."""
    report = Report()
    if url is None:
        check_log(log, None, Names(), report)
        return report
    with opened(url, report) as store:
        check_log(log, store, Names(), report)
    return report
