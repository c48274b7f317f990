"""The order of the checks: one partition after the other, then what only the whole can tell.

Decides what is read when, so that memory is bounded by one partition. Refuses to know the
rules: each has its module. Shares no code with the streams' core, nor with the reading and
judging of `schemas`.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.verify import goods, kafka_log, warehouse
from deploy.verify.changelog import Changelog
from deploy.verify.demand import Demand, compare_orders, compare_positions, wanted
from deploy.verify.derived import read
from deploy.verify.findings import JUDGED, Report
from deploy.verify.ledger import Ledger
from deploy.verify.log import Log, LogRecord
from deploy.verify.matches import Matches
from deploy.verify.promises import Promises
from deploy.verify.rows import Rows
from deploy.verify.walk import Walk
from deploy.verify.warehouse import Warehouse
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MATCHES, changelog_topic

VERDICTS: Final = ("accepted", "duplicate", "rejected")
APP_ID: Final = "lumbung-hub"
_STEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Names:
    """The topics of one deployment."""

    prefix: str = ""
    app_id: str = APP_ID
    outputs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        named = tuple(self.prefix + topic for topic in (LEDGER, DEMAND, MATCHES, DEAD_LETTER))
        object.__setattr__(self, "outputs", named)

    @property
    def events(self) -> str:
        """What everything is derived from."""
        return self.prefix + EVENTS

    @property
    def changelog(self) -> str:
        """The state of the worker."""
        return self.prefix + changelog_topic(self.app_id).name


def check(
    bootstrap: str,
    warehouse_url: str | None,
    *,
    app_id: str = APP_ID,
    prefix: str = "",
    progress: bool | None = None,
) -> Report:
    """Check every invariant of a quiet deployment; without a URL the warehouse is left out.

    `progress` draws a bar on stderr (None: when it is a terminal). Raises DependencyError when
    Kafka or the warehouse cannot be read; a breach is in the report.
    """
    report = Report()
    with ExitStack() as held:
        log: Log = held.enter_context(kafka_log.opened(bootstrap))
        names = Names(prefix, app_id)
        if sys.stderr.isatty() if progress is None else progress:
            log = held.enter_context(_Shown(log, names))
        store = None
        if warehouse_url is not None:
            store = held.enter_context(warehouse.opened(warehouse_url, report))
        check_log(log, store, names, report)
    return report


def check_log(log: Log, store: Warehouse | None, names: Names, report: Report) -> None:
    """The same over any log; the report tells what held."""
    began = perf_counter()
    known = goods.load()
    partitions = log.partitions(names.events)
    if not partitions:
        report.breach(JUDGED, f"there is no topic {names.events}")
    for topic in (*names.outputs, names.changelog):
        if log.partitions(topic) != partitions:
            found = log.partitions(topic)
            report.breach(JUDGED, f"partitions of {topic}", expected=partitions, found=found)
    for partition in range(partitions):
        _Partition(log, names, (partition, partitions), known, report).check(store)
    report.held(JUDGED)
    judged = sum(report.totals[verdict] for verdict in VERDICTS)
    if report.totals["read"] - report.totals["ticks"] != judged:
        report.breach(
            JUDGED,
            "read = accepted + duplicate + rejected",
            expected=report.totals["read"] - report.totals["ticks"],
            found=judged,
        )
    if store is not None:
        ends = {
            (topic, partition): log.end(topic, partition)
            for topic in names.outputs
            for partition in range(log.partitions(topic))
        }
        counted = {verdict: report.totals[verdict] for verdict in VERDICTS}
        store.settle(counted, {place: end for place, end in ends.items() if end})
    report.seconds = perf_counter() - began


class _Partition:
    """One partition of everything."""

    def __init__(
        self,
        log: Log,
        names: Names,
        at: tuple[int, int],
        known: goods.Reference,
        report: Report,
    ) -> None:
        self._log, self._names, self._at = log, names, at
        self._known, self._report = known, report

    def check(self, store: Warehouse | None) -> None:
        """Read the outputs, walk the events, compare."""
        log, names, number, report = self._log, self._names, self._at[0], self._report
        told, sums, deals, letters = names.outputs
        ledger = Ledger(told, number, report)
        for found in read(log, told, number, report, JUDGED):
            ledger.take(found)
        demand = Demand(sums, number, report)
        demand.load(log)
        matches = Matches(deals, number, self._known, report)
        matches.load(log)
        promises = Promises(matches, names.events, self._known, report)
        walk = Walk(names.events, self._at, self._known, ledger, report)
        walk.run(log, promises.folded)
        promises.settle(walk)
        walk.letters.compare(log, letters, number)
        compare_positions(walk, ledger, number, report)
        compare_orders(walk, ledger, number, report)
        expected = wanted(walk, matches, self._known)
        demand.compare(expected, self._known)
        changelog = Changelog(names.changelog, number, report)
        changelog.load(log)
        changelog.compare(walk.last, walk.gates)
        if store is not None:
            Rows(store, self._known).compare(walk, matches, expected, walk.letters.expected)


class _Shown:
    """A log that shows on stderr how far it has been read."""

    def __init__(self, log: Log, names: Names) -> None:
        self._log = log
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        topics = (names.events, *names.outputs, names.changelog)
        total = sum(log.end(t, p) for t in topics for p in range(log.partitions(t)))
        self._task = self._bar.add_task("verify", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def partitions(self, topic: str) -> int:
        return self._log.partitions(topic)

    def end(self, topic: str, partition: int) -> int:
        return self._log.end(topic, partition)

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        n = 0
        for n, record in enumerate(self._log.records(topic, partition, start), 1):
            yield record
            if n % _STEP == 0:
                self._bar.advance(self._task, _STEP)
        self._bar.advance(self._task, n % _STEP)
