"""The topics as a desk left them, for the checker; a test may change a row."""

from collections.abc import Iterator
from typing import Any

from deploy.verify.checker import Names, check_log
from deploy.verify.findings import Report
from deploy.verify.log import LogRecord
from schemas.topics import EVENTS
from tests.support.core_desk import NUMBER, PARTITIONS, Desk
from tests.support.core_logs import Logged

Row = tuple[bytes | None, bytes | None, int]


class Written:
    """Topics as rows: those of the log, those that left, and the state."""

    def __init__(self, desk: Desk, log: list[Logged]) -> None:
        self.topics: dict[str, list[Row]] = {EVENTS: [(r.key, r.value, r.timestamp) for r in log]}
        for topic, key, value in desk.outputs:
            self.topics.setdefault(topic, []).append((key, value, 0))
        rows = [(key, value, 0) for batch in desk.batches for key, value in batch]
        self.topics[Names().changelog] = [*rows]

    def partitions(self, topic: str) -> int:
        return 0 if "market" in topic else PARTITIONS

    def end(self, topic: str, partition: int) -> int:
        return len(self.topics.get(topic, ())) if partition == NUMBER else 0

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        rows: list[Any] = self.topics.get(topic, []) if partition == NUMBER else []
        for offset, (key, value, at) in enumerate(rows):
            if offset >= start:
                yield LogRecord(partition, offset, at, key, value)


def found(written: Written) -> Report:
    """What the checker finds."""
    report = Report()
    check_log(written, None, Names(), report)
    return report
