"""The partitions a worker has, from recovery to hand-over.

Decides when a partition's state is kept or forgotten, that a tenure begins only on a log that
agrees with the state, and when the worker is ready. Refuses to know Faust, whose events
`faust_seams` turns into calls.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from schemas.failpoints import failpoint
from schemas.metrics import Meter
from streams.agents.barrier import Barrier
from streams.agents.breaker import Limits
from streams.agents.core_port import PartitionFold, Record
from streams.agents.guards import WorkerFatal, last_resort
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.intake import Intake
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from streams.agents.wire import Wire

_log = logging.getLogger("lumbung.worker")
_REBUILD: Final = "Stop all workers, reset the group's offsets and rebuild from the events."


@dataclass(frozen=True, slots=True)
class Span:
    """What the broker says of a source partition; nothing committed yet is None."""

    committed: int | None
    start: int
    end: int


class Hub:
    """All holdings by partition number, and the tenures of the present assignment."""

    def __init__(
        self,
        options: WorkerOptions,
        new_partition: Callable[[int], PartitionFold],
        meter: Meter,
        wire: Wire,
        barrier: Barrier | None = None,
    ) -> None:
        """Without a `barrier` intake never halts."""
        self.tenures: Final[dict[int, Tenure]] = {}
        self._options: Final = options
        self._new_partition: Final = new_partition
        self._meter: Final = meter
        self._wire: Final = wire
        self._barrier: Final = barrier
        self._limits: Final = Limits(options.halt_ratio, options.halt_window, options.halt_run)
        self._ready = False
        self._holdings: Final[dict[int, Holding]] = {}
        self._assigned_at = monotonic()
        self._readiness: asyncio.Task[None] | None = None

    # Recovery

    def known(self, partition: int) -> int:
        """The last changelog offset that is in the state; -1 when there is none."""
        holding = self._holdings.get(partition)
        return -1 if holding is None else holding.known

    def restore(self, partition: int, records: Sequence[Record]) -> None:
        """Take changelog records of a partition that is being recovered."""
        self._holding(partition).restore(records)
        failpoint("restoring")

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the state of partitions that are ours no more, or were another's since."""
        for partition in partitions:
            self._holdings.pop(partition, None)

    async def check_recovered(self, highwaters: Mapping[int, int]) -> None:
        """WorkerFatal when a state is short of the last offset of its changelog, or beyond it.

        `highwaters` are of before it was read: a stranger may have written since, and been read.
        """
        changelog = self._options.changelog
        known = {partition: self._holding(partition).known for partition in highwaters}
        for partition, last in highwaters.items():
            if known[partition] < last:
                raise WorkerFatal(
                    f"recovery of partition {partition} ended at {known[partition]} of {last}"
                )
        failpoint("recovered")
        for partition in [p for p, last in highwaters.items() if known[p] > last]:
            end = (await self._wire.ends((changelog,), partition))[changelog]
            if known[partition] >= end:
                raise WorkerFatal(
                    f"the changelog of partition {partition} ends at {end}, "
                    f"known was {known[partition]}",
                    "It was truncated or made anew: stop all workers and rebuild the state.",
                )

    # Tenure

    def open(self, spans: Mapping[int, Span], generation: int = 0) -> None:
        """Begin the tenures of an assignment, made in a generation of the group (0: unknown).

        WorkerFatal when a log and a state disagree.
        """
        self._assigned_at = monotonic()
        for partition, span in spans.items():
            holding = self._holding(partition)
            first = _first_due(self._options.source, holding, span)
            inbox = Inbox(first, self._bounds())
            intake = Intake(partition, self._limits, self._barrier, self._meter, self._show)
            parts = (holding, self._wire, inbox, self._options, self._meter)
            self.tenures[partition] = Tenure(*parts, intake=intake, generation=generation)
            self.tenures[partition].begin()

    def accept(self, partition: int, piece: Sequence[Record]) -> None:
        """Take what the agent was handed; WorkerFatal when something before it is missing."""
        tenure = self.tenures.get(partition)
        if tenure is not None:
            tenure.inbox.put(piece)
            failpoint("fetched")

    def committable(self) -> Mapping[int, int]:
        """Next offset to process, by partition."""
        return {partition: tenure.done for partition, tenure in self.tenures.items()}

    async def finish(self) -> None:
        """End all work: runs in flight go through, what is undone is left for the next owner."""
        self._show_ready(ready=False)
        failpoint("revoked")
        await asyncio.gather(*(tenure.end() for tenure in self.tenures.values()))

    def close(self) -> None:
        """Forget the tenures, after what they did was committed."""
        self.tenures.clear()

    # Readiness

    def rebalanced(self) -> None:
        """An assignment is complete; ready is who has taken over all of it."""
        self._meter.count("lumbung_rebalances_total")
        self._readiness = asyncio.create_task(self._await_ready(list(self.tenures.values())))

    async def _await_ready(self, tenures: list[Tenure]) -> None:
        with last_resort("taking over"):
            await asyncio.gather(*(tenure.taken_over.wait() for tenure in tenures))
            if tenures != list(self.tenures.values()):
                return
            self._meter.observe("lumbung_recovery_seconds", monotonic() - self._assigned_at)
            self._show_ready(ready=True)
            _log.info("worker ready: %s with partitions %s", self._options.worker, [*self.tenures])

    def _show_ready(self, *, ready: bool) -> None:
        self._meter.set("lumbung_worker_ready", float(ready))
        self._ready = ready
        self._show()

    def _show(self) -> None:
        file = self._options.status_file
        if file is not None:
            status = {
                "worker": self._options.worker,
                "ready": self._ready,
                "partitions": [*self.tenures],
                "halted": [n for n, tenure in self.tenures.items() if tenure.intake.halted],
            }
            scratch = file.with_name(file.name + ".new")
            scratch.write_text(json.dumps(status) + "\n", encoding="utf-8")
            scratch.replace(file)

    def _holding(self, partition: int) -> Holding:
        if partition not in self._holdings:
            self._holdings[partition] = Holding(partition, self._new_partition(partition))
        return self._holdings[partition]

    def _bounds(self) -> Bounds:
        told = self._options
        return Bounds(
            told.run_records_max, told.run_bytes_max, told.inbox_records_max, told.inbox_bytes_max
        )


def _first_due(source: str, holding: Holding, span: Span) -> int:
    """The offset to begin at; WorkerFatal when log, commits and state cannot belong together."""
    place = f"{source}/{holding.partition}"
    first, applied = span.committed or 0, holding.fold.applied
    if first < span.start:
        raise WorkerFatal(
            f"{place} begins at {span.start}, {first} is due: records are gone", _REBUILD
        )
    if first > span.end:
        raise WorkerFatal(
            f"{place} ends at {span.end}, {first} is due: it was made anew", _REBUILD
        )
    if applied >= span.end:
        raise WorkerFatal(
            f"{place} ends at {span.end}, the state holds {applied}: it was made anew", _REBUILD
        )
    if applied + 1 < first:
        raise WorkerFatal(
            f"{place} is committed to {first}, the state holds {applied}: state was lost", _REBUILD
        )
    return first
