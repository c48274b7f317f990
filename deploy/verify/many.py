"""The check of a deployment by several processes, a partition at a time each.

Decides how many processes, what each is told, and how far it is said to be. A process is started
anew (spawn), reads the log and the warehouse by itself, and hands its findings back; they are put
together in the order of the partitions, so that the first breach is the same every time. Refuses
to know any rule.
"""

import gc
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Event, Thread
from time import perf_counter
from typing import Any, Final

from deploy.verify import figures, kafka_log, warehouse
from deploy.verify.checker import (
    APP_ID,
    MARKET_ID,
    Ends,
    Names,
    check_partition,
    ends_of,
    settle,
    show,
)
from deploy.verify.findings import Report
from deploy.verify.log import Log, LogRecord

ALONE_RECORDS: Final = 100_000
"""Below this a second process takes longer to start than it saves."""
TOLD_EVERY_SECONDS: Final = 5.0
_STEP: Final = 2_000
_KIB: Final = 1_024 if sys.platform == "linux" else 1_024 * 1_024


@dataclass(frozen=True, slots=True)
class Asked:
    """What to check: addresses and names; without a URL the warehouse is left out.

    `jobs` None is one a core; `metrics` are addresses or files of figures.
    """

    bootstrap: str
    warehouse_url: str | None = None
    names: Names = Names()  # noqa: RUF009 - frozen
    jobs: int | None = None
    metrics: Sequence[str] = ()
    progress: bool = True


@dataclass(frozen=True, slots=True)
class _Part:
    """What one process is told of one partition."""

    asked: Asked
    ends: Ends
    number: int
    partitions: int


class Counted:
    """A log that tells how many of its records have been read."""

    def __init__(self, log: Log, tell: Callable[[int], None]) -> None:
        self._log, self._tell = log, tell

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return self._log.partitions(topic)

    def end(self, topic: str, partition: int) -> int:
        """The offset after the last record."""
        return self._log.end(topic, partition)

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        """Records from `start`."""
        n = 0
        for n, record in enumerate(self._log.records(topic, partition, start), 1):
            yield record
            if n % _STEP == 0:
                self._tell(_STEP)
        self._tell(n % _STEP)


def check(
    bootstrap: str,
    warehouse_url: str | None,
    *,
    app_id: str = APP_ID,
    market_id: str = MARKET_ID,
    prefix: str = "",
    jobs: int | None = None,
    metrics: Sequence[str] = (),
    progress: bool = True,
) -> Report:
    """Check every invariant of a quiet deployment; without a URL the warehouse is left out.

    `jobs` processes (None: one a core) read a partition each; `metrics` are addresses or files of
    figures; a long check tells how far it is on stderr. Raises DependencyError when Kafka, the
    warehouse or the figures cannot be read; a breach is in the report.
    """
    names = Names(prefix, app_id, market_id)
    asked = Asked(bootstrap, warehouse_url, names, jobs, tuple(metrics), progress)
    began, report = perf_counter(), Report()
    with kafka_log.opened(bootstrap) as log:
        ends = ends_of(log, names, report)
        count = log.partitions(names.events)
        parts = [_Part(asked, ends, number, count) for number in range(count)]
        rows: Counter[str] = Counter()
        for found, seen in _each(asked, parts):
            report.add(found)
            rows.update(seen)
            report.peak_mib = max(report.peak_mib, found.peak_mib)
        with ExitStack() as held:
            store = None
            if warehouse_url is not None:
                store = held.enter_context(warehouse.opened(warehouse_url, report))
            settle(store, rows, ends, names, report)
        if metrics:
            figures.compare(figures.read(metrics), report)
        show(log, report)
    report.seconds = perf_counter() - began
    return report


def jobs_for(asked: Asked, ends: Ends, partitions: int) -> int:
    """How many processes: those asked for, else one a core, and one alone for a short log."""
    if asked.jobs is not None:
        return max(1, min(asked.jobs, partitions))
    if sum(ends.values()) < ALONE_RECORDS:
        return 1
    return max(1, min(os.cpu_count() or 1, partitions))


def records_of(names: Names, ends: Ends, parts: int) -> int:
    """How many records are read in all: every part reads all of the market, for its hubs."""
    again = sum(end for (topic, _), end in ends.items() if topic == names.market)
    return sum(ends.values()) + again * (parts - 1)


def _each(asked: Asked, parts: list[_Part]) -> Iterator[tuple[Report, dict[str, int]]]:
    """Findings and rows compared of every partition, in their order."""
    if not parts:
        return
    jobs = jobs_for(asked, parts[0].ends, len(parts))
    context = get_context("spawn")
    read = context.Value("q", 0)
    with _telling(asked, lambda: read.value, records_of(asked.names, parts[0].ends, len(parts))):
        if jobs == 1:
            _begin(read)
            yield from map(_part, parts)
            return
        with ProcessPoolExecutor(jobs, context, _begin, (read,)) as pool:
            futures = [pool.submit(_part, part) for part in parts]
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                yield future.result()


@contextmanager
def _telling(asked: Asked, read: Callable[[], int], total: int) -> Iterator[None]:
    """Say on stderr, every few seconds, how far the reading is."""
    stop, began = Event(), perf_counter()

    def tell() -> None:
        while not stop.wait(TOLD_EVERY_SECONDS):
            seconds, done = perf_counter() - began, read()
            left = f", about {seconds / done * (total - done):.0f} s left" if done else ""
            line = f"verify: {done:,} of {total:,} records in {seconds:.0f} s{left}"
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    telling = Thread(target=tell, name="telling", daemon=True)
    if asked.progress:
        telling.start()
    try:
        yield
    finally:
        stop.set()


_read: Any = None


def _begin(read: Any) -> None:
    global _read  # noqa: PLW0603 - a process of the pool is given its counter once
    _read = read


def _tell(records: int) -> None:
    with _read.get_lock():
        _read.value += records


def _part(part: _Part) -> tuple[Report, dict[str, int]]:
    """Check one partition with a log and a warehouse of one's own."""
    report, asked = Report(), part.asked
    gc.disable()  # nothing here refers in circles, and there are millions of lines to look at
    try:
        with ExitStack() as held:
            log = Counted(held.enter_context(kafka_log.opened(asked.bootstrap, part.ends)), _tell)
            store = None
            if asked.warehouse_url is not None:
                store = held.enter_context(warehouse.opened(asked.warehouse_url, report))
            check_partition(log, store, asked.names, (part.number, part.partitions), report)
            rows = dict(store.expected) if store else {}
    finally:
        gc.enable()
    report.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB
    return report, rows
