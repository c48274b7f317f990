"""The state of one partition as it stands between our memory and its changelog.

Decides that the highest version wins, whoever wrote it and in whatever order, and which keys the
log must be told again because compaction, which keeps the last record, would keep an older one.
Refuses to know what a state is: that is the fold's.
"""

from collections.abc import Iterable
from typing import Final

from streams.agents.core_port import PartitionFold, Record, StateRows
from streams.agents.guards import WorkerFatal


class Holding:
    """A fold and how far its changelog is known; kept while the partition stays with us."""

    def __init__(self, partition: int, fold: PartitionFold) -> None:
        self.partition: Final = partition
        self.fold: Final = fold
        self.known = -1
        """The last changelog offset that is in the fold, whoever wrote it."""
        self.unsettled = True
        self._outdated: dict[bytes, None] = {}

    def restore(self, records: Iterable[Record]) -> None:
        """Take changelog records in offset order."""
        restore, outdated = self.fold.restore, self._outdated
        last = -1
        for record in records:
            last, key = record.offset, record.key
            if key is None:
                continue  # none of ours: every key of the state is named
            if restore(key, record.value):
                outdated.pop(key, None)
            else:
                outdated[key] = None
        self.known = max(self.known, last)
        self.unsettled = True

    def settle(self) -> None:
        """Rebuild what is derived, after recovery; takes seconds when the state is large."""
        if self.unsettled:
            self.fold.settle()
            self.unsettled = False

    def landed(self, base: int, records: int) -> range:
        """Note a batch of ours; the offsets before it that a stranger took.

        Raises WorkerFatal when the log fell back.
        """
        due = self.known + 1
        if base < due:
            raise WorkerFatal(
                f"changelog partition {self.partition} gave offset {base} where {due} was due",
                "It was truncated or made anew: stop all workers and rebuild the state.",
            )
        self.known = base + records - 1
        return range(due, base)

    def outdated(self, written: StateRows | None = None) -> StateRows:
        """Rows to write again, once: those the log has older than we hold.

        `written` are rows we wrote before we learned of the hole; what was adopted may be newer.
        """
        encode = self.fold.encode
        rows: StateRows = [(key, encode(key)) for key in self._outdated]
        for key, value in written or ():
            if key not in self._outdated and (now := encode(key)) != value:
                rows.append((key, now))
        self._outdated.clear()
        return rows
