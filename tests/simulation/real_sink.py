"""A schedule's transactions once more, through the real sink: its batches, its SQL, SQLite.

Decides where the real sink dies: at one of its own failpoints, by turns. What it comes to must be
what one reader of all topics, who never failed, writes in one go.
"""

import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

from sinks import warehouse as real
from sinks.batch import Batch as RealBatch
from sinks.compare import digests
from sinks.warehouse import Warehouse, open_warehouse
from tests.simulation.cluster import OUTPUTS, Cluster, Kept
from tests.simulation.truth import law
from tests.simulation.vault import Batch, Vault
from tests.support.derived import Record
from tests.support.warehouses import fresh

CRASHES = ("in_transaction", "rows_written", "before_offsets", "before_commit", "after_commit")
LATE = 3
"""So many of the first transactions are written once more at the end, by a sink long dead."""


class CrashError(Exception):
    """The sink is gone."""


def told_again(cluster: Cluster, vault: Vault) -> None:
    """Write a quiet world's transactions with the real sink; I8 when the tables differ."""
    with tempfile.TemporaryDirectory() as folder:
        live, rebuilt = (fresh(Path(folder), name) for name in ("live.db", "rebuilt.db"))
        crashes = cycle(CRASHES)
        for kind, batch in vault.diary:
            _transaction(live, kind, batch, crashes)
        _transaction(live, "written", _all_of(cluster), crashes)
        if all(kind != "lost" for kind, _ in vault.diary):  # else it would mend what was lost
            for _, batch in vault.diary[:LATE]:
                _transaction(live, "late", batch, crashes)
        _transaction(rebuilt, "written", _all_of(cluster), crashes)
        one, other = digests(live), digests(rebuilt)
        wrong = [table for table in one if one[table] != other[table]]
        law("I8", not wrong, f"the real warehouse differs from its rebuild in {wrong}")


def _transaction(url: str, kind: str, batch: Batch, crashes: Iterator[str]) -> None:
    """One life of a sink: it opens the warehouse, writes a batch, and may die of it.

    A late sink knows the offsets of before; it writes what it read then.
    """
    with open_warehouse(url) as warehouse:
        known = {} if kind == "late" else warehouse.reached
        gathered = RealBatch()
        for (topic, partition), records in batch:
            gathered.take(_received(topic, partition, records), known)
        if kind == "lost":
            _dies(warehouse, gathered, next(crashes))
        else:
            warehouse.apply(gathered)


def _dies(warehouse: Warehouse, batch: RealBatch, where: str) -> None:
    def failpoint(name: str) -> None:
        if name == where:
            raise CrashError(name)

    before, vars(real)["failpoint"] = vars(real)["failpoint"], failpoint
    try:
        warehouse.apply(batch)
    except CrashError:
        pass
    finally:
        vars(real)["failpoint"] = before


def _received(topic: str, partition: int, records: Iterable[Kept]) -> list[Record]:
    return [Record(topic, partition, r.offset, r.key, r.value) for r in records]


def _all_of(cluster: Cluster) -> Batch:
    return [(place, log.records) for place, log in cluster.logs.items() if place[0] in OUTPUTS]
