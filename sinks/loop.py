"""The sink's work: read the topics from where the database is, write whole batches, stop cleanly.

Decides when a batch is full (records or time) and how patiently a failing database is tried again.
Refuses to know SQL and the form of records. It may be killed at any moment: what was not committed
is read again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final

from schemas.metrics import Meter, Silent
from sinks.batch import Batch
from sinks.engines import reading
from sinks.errors import SinkError
from sinks.log import Log, LogOptions, behind, resume_from
from sinks.queries.summary import offsets_of
from sinks.warehouse import Warehouse, Written

_log: Final = logging.getLogger("lumbung.sink")


@dataclass(frozen=True, slots=True)
class Pace:
    """How a batch ends, and how long a failing database or broker is tried: waits double."""

    batch_records: int = 5_000
    gather_ms: int = 50
    poll_ms: int = 200
    attempts: int = 8
    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 15.0

    def wait_seconds(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        return float(min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (failures - 1)))


class Sink:
    """Topics into one open warehouse. `run` until `stop` is set, or `catch_up` to the present end.

    Raises RebuildNeeded when the log is not the one the warehouse was made from, LogError or
    WarehouseError when trying again did not help.
    """

    def __init__(
        self,
        log: Log,
        warehouse: Warehouse,
        *,
        pace: Pace | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._log: Final = log
        self._warehouse: Final = warehouse
        self._pace: Final = pace or Pace()
        self._meter: Final = meter or Silent()
        ids = log.ids()
        log.seek(resume_from(log, warehouse.reached, made=ids, known=warehouse.logs))
        warehouse.name_logs(ids)

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; what was gathered by then is written."""
        while not stop.is_set():
            self._step(stop)

    def catch_up(self, stop: Event, progress: Callable[[int, int], None] | None = None) -> bool:
        """Work up to the ends of this moment; False when stopped before.

        `progress` hears (offsets read, offsets in all).
        """
        ends = self._log.ends()
        starts = self._log.starts()
        total = sum(end - starts[place] for place, end in ends.items())
        while True:
            reached = self._warehouse.reached
            read = {p: reached[p].next_offset if p in reached else starts[p] for p in ends}
            left = sum(max(0, end - read[place]) for place, end in ends.items())
            if progress is not None:
                progress(total - left, total)
            if not left or stop.is_set():
                return not left
            self._step(stop)

    def _step(self, stop: Event) -> None:
        batch = self._gather()
        if not batch.records:
            return
        began = time.monotonic()
        written = self._persist(batch, stop)
        if written is not None:
            self._tell(batch, written, time.monotonic() - began)

    def _gather(self) -> Batch:
        """Read until the batch is full or its time is over; an idle log gives an empty one."""
        pace, batch = self._pace, Batch()
        timeout_ms, deadline = pace.poll_ms, None
        while True:
            for received in self._log.poll(timeout_ms, pace.batch_records - batch.records):
                batch.take(received, self._warehouse.reached)
            now = time.monotonic()
            if deadline is None:
                if not batch.records:
                    return batch
                deadline = now + pace.gather_ms / 1000
            timeout_ms = int((deadline - now) * 1000)
            if timeout_ms <= 0 or batch.records >= pace.batch_records:
                return batch

    def _persist(self, batch: Batch, stop: Event) -> Written | None:
        """Write a batch, again while the failure may pass; None when stopped meanwhile."""
        failures = 0
        while True:
            try:
                if failures:
                    self._warehouse.reopen()
                return self._warehouse.apply(batch)
            except SinkError as failed:
                failures += 1
                if not failed.passing or failures >= self._pace.attempts:
                    raise
                wait_seconds = self._pace.wait_seconds(failures)
                _log.warning("%s; attempt %d in %.1f s", failed.what, failures + 1, wait_seconds)
                if stop.wait(wait_seconds):
                    return None

    def _tell(self, batch: Batch, written: Written, seconds: float) -> None:
        meter = self._meter
        meter.count("lumbung_sink_transactions_total")
        meter.observe("lumbung_sink_batch_seconds", seconds)
        for table, rows in written.rows.items():
            meter.count("lumbung_sink_rows_total", rows, table=table)
        for (topic, partition), at in batch.reached.items():
            offset = float(at.next_offset)
            meter.set("lumbung_sink_offset", offset, topic=topic, partition=str(partition))
        if batch.faults:
            _log.error("%d records could not be read; they lie whole in sink_fault", batch.faults)


def caught_up(options: LogOptions, url: str) -> bool:
    """Whether the database of this moment has read up to the topics' ends of this moment."""
    with Log(options) as log:
        return is_caught_up(log, url)


def is_caught_up(log: Log, url: str) -> bool:
    """As `caught_up`, over an open log, for those who ask again and again."""
    with reading(url) as connection:
        reached = offsets_of(connection)
    return not behind(log, reached)
