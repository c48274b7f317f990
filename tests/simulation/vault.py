"""The sink on paper: rows and offsets in one transaction, the highest version wins.

Decides what a crash leaves: all of a transaction or none of it. It reads facts, not SQL; one
schedule in many goes through the real warehouse as well (`tests.simulation.real_sink`).
"""

from collections.abc import Sequence

from tests.simulation.cluster import OUTPUTS, Cluster, Kept, Place
from tests.simulation.facts import Name

Row = tuple[int, str]
Batch = list[tuple[Place, Sequence[Kept]]]


class Vault:
    """A database and the one process that writes to it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.places = [(topic, p) for p in cluster.partitions for topic in OUTPUTS]
        self.rows: dict[Name, Row] = {}
        self.offsets: dict[Place, int] = dict.fromkeys(self.places, 0)
        self.late: Batch = []
        self.diary: list[tuple[str, Batch]] = []
        """Every transaction in order: written, lost, or late."""

    def gather(self, first: int, records: int) -> Batch:
        """Read on from where the database is, over all topics, `first` of them first."""
        batch: Batch = []
        for n in range(len(self.places)):
            place = self.places[(first + n) % len(self.places)]
            log = self._cluster.logs[place]
            at = self.offsets[place]
            if at < log.end and records > 0:
                found = log.read(at, log.end)[:records]
                records -= len(found)
                batch.append((place, found))
        return batch

    def lose(self, batch: Batch) -> None:
        """The process dies in the transaction; the next one reads the same again."""
        self.diary.append(("lost", batch))

    def write(self, batch: Batch, kind: str = "written") -> None:
        """Write a batch whole: a row gives way to a newer one only, an offset never falls."""
        self.diary.append((kind, batch))
        rows = self.rows
        for place, records in batch:
            log = self._cluster.logs[place]
            for record in records:
                for name, version, content, _ in record.facts:
                    held = rows.get(name)
                    if held is None or version >= held[0]:
                        rows[name] = (version, content)
            reached = records[-1].offset + 1 if records else log.end
            self.offsets[place] = max(self.offsets[place], reached)

    @property
    def behind(self) -> bool:
        return any(self.offsets[place] < self._cluster.logs[place].end for place in self.places)
