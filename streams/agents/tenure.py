"""One partition from its assignment to its revocation, in one task.

Decides the order that makes a worker exact: fold a stretch, have its state acknowledged as one
batch, have its outputs acknowledged, and only then call the stretch done; what is done may be
committed. On taking over it says again what its predecessor may have left unsaid. Refuses to know
Faust, and what a fold does.

Theory of operation. The owner is the only writer of its changelog partition and of its partition
of the compacted outputs, and every acknowledgement gives a base offset. A base above the one
expected means that a stranger, an owner of before, wrote in between. Versions make that harmless
to readers, who keep the highest; it would harm only compaction, which keeps the last. So the owner
reads the hole in its changelog, adopts what is newer, and writes again what the stranger made
older. Outputs cannot be read back into the fold; after a hole in one of them the owner announces
everything it holds there. What goes away, into logs that others write to as well, has no base to
expect: it is acknowledged like any output, and whoever else wrote there is no stranger.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from time import monotonic
from typing import Final

from schemas.failpoints import failpoint
from schemas.market import DONE_KEY
from schemas.metrics import Meter
from streams.agents.breaker import Limits
from streams.agents.core_port import TICK, Away, Effects, Outputs, Record, StateRows
from streams.agents.figures import tell
from streams.agents.guards import WorkerFatal, last_resort
from streams.agents.holding import Holding
from streams.agents.inbox import Inbox
from streams.agents.intake import Intake
from streams.agents.options import WorkerOptions
from streams.agents.wire import Sent, Wire

_EVERYTHING: Final = -1
_key_of = attrgetter("key")
_log = logging.getLogger("lumbung.worker")


class Tenure:
    """The duty for one partition; `done` is the next offset to process, safe to commit."""

    def __init__(  # noqa: PLR0913 - the parts of a tenure, each made by its caller
        self,
        holding: Holding,
        wire: Wire,
        inbox: Inbox,
        options: WorkerOptions,
        meter: Meter,
        *,
        intake: Intake | None = None,
        generation: int = 0,
    ) -> None:
        """Without an `intake` of its own everything is taken in.

        `generation` is that of the consumer group under which the tenure began; 0: not known.
        """
        self.holding: Final = holding
        self.intake: Final = intake or Intake(holding.partition, Limits(), None, meter)
        self.inbox: Final = inbox
        self.cursor = inbox.due
        """Next offset to hand to the agent; the consumer moves it."""
        self.done = inbox.due
        self.taken_over: Final = asyncio.Event()
        self._committed: Final = inbox.due
        self._generation: Final = generation
        self._wire: Final = wire
        self._options: Final = options
        self._meter: Final = meter
        self._due_outputs: dict[str, int] = {}
        self._adopted = False
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the task."""
        name = f"partition-{self.holding.partition}"
        self._task = asyncio.create_task(self._live(), name=name)

    async def end(self) -> None:
        """Let the run in flight finish, forget the rest; at once when there is none."""
        self.inbox.close()
        if self._task is not None:
            await self._task

    async def _live(self) -> None:
        with last_resort(f"working on partition {self.holding.partition}"):
            await self._take_over()
            failpoint("taken_over")
            await self.intake.begin(self._committed)
            self.taken_over.set()
            await self._stand()
            idle = self._options.stranger_check_seconds
            while (run := await self.inbox.take(idle)) is not None:
                if run:
                    failpoint("run_taken")
                    for piece in self.intake.pieces(run):
                        if not await self._work(piece):
                            break
                else:
                    await self._look_for_strangers()

    async def _take_over(self) -> None:
        changelog = self._options.changelog
        ends = await self._ends((changelog, *self._options.compacted))
        await self._read_up_to(ends.pop(changelog))
        await asyncio.to_thread(self.holding.settle)
        self.holding.fold.reign(self._generation)
        self._due_outputs = ends
        await self._log_rows(self.holding.outdated(), whole=False)
        self._adopted = False
        # A version is one above the offset of its record, and the committed offset is the next to
        # process: what is above it changed by records that the predecessor did not call done.
        await self._say(self.holding.fold.announce(self._committed))
        await self._say_away(self.holding.fold.announce_away(self._committed))

    async def _read_up_to(self, end: int) -> None:
        """Read what recovery left, up to an end that lies between two batches.

        Recovery ends at the end of when it began, or a piece further on: in the middle of a batch,
        when a stranger wrote one meanwhile, and so with positions of records that `applied`, its
        last row, does not cover yet.
        """
        start = self.holding.known + 1
        if end > start:
            await self._restore(range(start, end))

    async def _work(self, run: Sequence[Record]) -> bool:
        """Do a run, or a piece of it; False when the tenure ended while intake stood."""
        slow = _is_slow(run)
        fold: Callable[[Sequence[Record], int], Effects] = self.holding.fold.fold
        start = 0
        while start < len(run):
            begun = monotonic()
            # What solves is slow; heartbeats and the other partitions must not wait for it.
            effects = await asyncio.to_thread(fold, run, start) if slow else fold(run, start)
            failpoint("folded")
            folded = monotonic()
            if effects.next <= start:
                raise WorkerFatal(f"the fold stands still at offset {run[start].offset}")
            await self._log_rows(effects.state, whole=True)
            failpoint("state_acked")
            kept = monotonic()
            await self._say(effects.outputs)
            await self._say_away(effects.away)
            await self._say_adopted()
            failpoint("outputs_acked")
            times = (begun, folded, kept, monotonic())
            tell(self._meter, effects.counts, effects.next - start, times)
            records, start = effects.next - start, effects.next
            done = run[start - 1].offset + 1
            await self.intake.look_at(effects, records, done)
            self.done = done
            if not await self._stand():
                return False
        return True

    async def _stand(self) -> bool:
        """While intake is halted, take nothing in; False when the tenure ends meanwhile."""
        while self.intake.halted:
            if await self.inbox.closed_within(self._options.halt_check_seconds):
                return False
            await self._look_for_strangers()
            await self.intake.ask()
        return True

    async def _log_rows(self, rows: StateRows, *, whole: bool) -> None:
        """Write changelog records; mend what strangers wrote before them, until nobody did."""
        while rows:
            topic, partition = self._options.changelog, self.holding.partition
            sent = await self._wire.send(topic, partition, rows, whole=whole)
            failpoint("state_sent")
            holes = [self.holding.landed(await batch.landed(), batch.records) for batch in sent]
            rows, whole = await self._mended([hole for hole in holes if hole], rows), False

    async def _mended(self, holes: list[range], written: StateRows) -> StateRows:
        """Adopt what strangers wrote in `holes`; the rows that must be written again."""
        if not holes:
            return []
        for hole in holes:
            await self._adopt(hole)
        again = self.holding.outdated(written)
        _log.warning(
            "partition %d: a stranger wrote at %s of the changelog; %d keys written again",
            self.holding.partition,
            ", ".join(f"{hole.start}..{hole.stop - 1}" for hole in holes),
            len(again),
        )
        self._meter.count("lumbung_repairs_total", len(again))
        return again

    async def _adopt(self, hole: range) -> None:
        await self._restore(hole)
        self._adopted = True
        await asyncio.to_thread(self.holding.settle)

    async def _restore(self, part: range) -> None:
        """Take a part of the changelog into the state."""
        topic, partition = self._options.changelog, self.holding.partition
        read = self._wire.read(topic, partition, part.start, part.stop)
        self.holding.restore([record async for record in read])
        self.holding.known = max(self.holding.known, part.stop - 1)

    async def _say_adopted(self) -> None:
        """Say what a stranger's state changed: he may have died before he said it himself."""
        if self._adopted:
            self._adopted = False
            await self._say(self.holding.fold.announce(self.done))
            await self._say_away(self.holding.fold.announce_away(self.done))

    async def _say(self, outputs: Outputs) -> None:
        """Send rows, have them acknowledged; announce again where a stranger spoke in between."""
        while outputs:
            sent: list[Sent] = []
            for topic, rows in outputs:
                sent += await self._wire.send(topic, self._place(topic), rows)
            failpoint("outputs_sent")
            torn = {batch.topic for batch in sent if await self._spoke_before(batch)}
            outputs = await self._everything(torn) if torn else []

    async def _say_away(self, away: Away) -> None:
        """Send rows into logs of others and have them acknowledged, wherever there they land."""
        sent: list[Sent] = []
        for topic, partition, rows in away:
            sent += await self._wire.send(topic, partition, rows)
        for batch in sent:
            await batch.landed()

    async def _spoke_before(self, batch: Sent) -> bool:
        base = await batch.landed()
        due = self._due_outputs.get(batch.topic)
        if due is None:
            return False
        if base < due:
            raise WorkerFatal(
                f"{batch.topic}/{self._place(batch.topic)} gave offset {base} where {due} was due",
                "It was truncated or made anew: stop all workers and rebuild.",
            )
        self._due_outputs[batch.topic] = base + batch.records
        return base > due

    async def _everything(self, topics: set[str]) -> Outputs:
        partition = self.holding.partition
        _log.warning("partition %d: a stranger wrote to %s; saying all again", partition, topics)
        held = await asyncio.to_thread(self.holding.fold.announce, _EVERYTHING)
        return [(topic, rows) for topic, rows in held if topic in topics]

    async def _look_for_strangers(self) -> None:
        """While nothing is written, a stranger shows only by an end offset."""
        ends = await self._ends((self._options.changelog, *self._due_outputs))
        due = self.holding.known + 1
        end = ends[self._options.changelog]
        if end > due:
            self.holding.known = end - 1
            await self._log_rows(await self._mended([range(due, end)], []), whole=False)
            await self._say_adopted()
        torn = {topic for topic, due in self._due_outputs.items() if ends[topic] > due}
        if torn:
            self._due_outputs.update({topic: ends[topic] for topic in torn})
            await self._say(await self._everything(torn))

    async def _ends(self, topics: Iterable[str]) -> dict[str, int]:
        """End offsets by topic, each of the partition that is ours."""
        places: dict[int, list[str]] = {}
        for topic in topics:
            places.setdefault(self._place(topic), []).append(topic)
        found: dict[str, int] = {}
        for partition, there in places.items():
            found |= await self._wire.ends(there, partition)
        return found

    def _place(self, topic: str) -> int:
        """The partition of a topic that this tenure writes to."""
        return self._options.partition_in(topic, self.holding.partition)


def _is_slow(run: Sequence[Record]) -> bool:
    """Whether something in a run may be solved; a key that only looks so costs a thread."""
    keys = b"\n".join(filter(None, map(_key_of, run)))
    return TICK in keys or DONE_KEY in keys
