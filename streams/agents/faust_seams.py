"""All that leans on the inside of Faust 0.15.3, mode 0.7.1 and aiokafka 0.14.0, and nothing else.

Decides how runs of raw records take the place of single events, and how what is committed is what
was done. Refuses to know what is in a record. `tests/unit/test_faust_seams.py` fails when what is
leaned on here changes; file and line numbers are those of the versions above.

Theory of operation. Faust keeps membership, assignment, fetching, recovery, flow control and
shutdown. Two things are ours: *what is delivered*, one event per fetched stretch of a partition,
and *what is committed*, the `done` of a tenure; Faust's own acknowledgements are ignored, for it
also gives them for what an agent never finished. Each partition has a `cursor`, the next offset to
deliver: a stretch from beyond it is fetched again, so that nothing Faust drops can be passed over;
a stretch that reaches the hub out of turn ends the process.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import faust
from aiokafka import TopicPartition
from faust.events import Event
from faust.sensors import Monitor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from schemas.failpoints import failpoint
from streams.agents.barrier import KafkaBarrier
from streams.agents.core_port import Record
from streams.agents.guards import Pulse, WorkerFatal, die, last_resort
from streams.agents.hub import Hub, Span
from streams.agents.options import WorkerOptions
from streams.agents.wire import KafkaWire

_FETCH_SECONDS: Final = 0.25
_FETCH_HELD_SECONDS: Final = 0.02
_WAIT_SECONDS: Final = 0.005
_LITTLE_RECORDS: Final = 500
_SEEKBACKS_MAX: Final = 5


class Fetched(dict[TopicPartition, list[Record]]):
    """Records by partition, with the group generation that the fetch came back under."""

    generation: int = -1


class RawTopic(faust.Topic):
    """A topic whose events carry raw records; the changelog's too, so recovery goes by runs."""

    def _compile_decode(self) -> None:
        """Overrides faust/topics.py:152, which compiles a schema that parses single records."""
        app = self.app

        async def decode(message: Any, **_: Any) -> Event:
            return Event(app, None, message.value, {}, message)

        self.decode = decode

    async def put(self, event: Any) -> None:
        """Overrides topics.py:238, called when the queue is full, which waits however long.

        A rebalance empties the queue; what waits would follow what was thrown away. Of the source
        the stream skips it; of the changelog nobody does (recovery.py:835), and what is fetched
        again before it passes for known (874): state lost without a word.
        """
        consumer, queue = self.app.consumer, self.queue
        while not consumer.is_over(event.message.generation_id):
            if not queue.full():
                queue.put_nowait(event)
                return
            await asyncio.sleep(_WAIT_SECONDS)


class RunThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        """Overrides drivers/aiokafka.py:568, where a fetch may wait 1.5 s, fixed.

        A partition that is resumed or sought is in no fetch until the one in flight is back
        (aiokafka/consumer/fetcher.py:609). AIOKafkaConsumer.start reads the wait set here.
        """
        consumer = super()._create_worker_consumer(transport)
        wait_ms = self.app.options.fetch_wait_ms
        consumer._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - as said above
        return consumer

    async def on_thread_stop(self) -> None:
        """Overrides drivers/aiokafka.py:551, after which a static member is still in the group.

        aiokafka leaves only where there is no static id (group_coordinator.py:374). Who stops
        cleanly has handed over: its partitions must not wait for the end of its session.
        """
        if self._consumer is not None:
            self._consumer._coordinator._group_instance_id = None  # noqa: SLF001 - as said above
        await super().on_thread_stop()

    async def _fetch_records(self, consumer: Any, *args: Any, **kwargs: Any) -> Fetched:
        """Overrides drivers/aiokafka.py:1088: a fetch can wait across a whole rebalance.

        Its records are then of the new assignment, and a stamp from before it would have the
        stream skip them silently (faust/_cython/streams.pyx:183). So the stamp is taken after it.
        """
        fetched = Fetched(await super()._fetch_records(consumer, *args, **kwargs))
        fetched.generation = consumer._coordinator.generation  # noqa: SLF001 - Faust reads it so
        return fetched

    async def begin_at(self, offsets: Mapping[TP, int]) -> None:
        """Fetch from these offsets, in this thread; passes over what is assigned no more."""
        consumer = self._ensure_consumer()
        mine = consumer.assignment()
        for tp, offset in offsets.items():
            if tp in mine:
                consumer.seek(TopicPartition(*tp), offset)

    async def hold(self, hold: Iterable[TP], release: Iterable[TP]) -> None:
        """Pause and resume fetching, in this thread; passes over what is assigned no more."""
        consumer = self._ensure_consumer()
        mine = consumer.assignment()
        consumer.pause(*(TopicPartition(*tp) for tp in hold if tp in mine))
        consumer.resume(*(TopicPartition(*tp) for tp in release if tp in mine))


class RunConsumer(driver.Consumer):
    """Delivers runs; commits what the hub has done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._options: Final[WorkerOptions] = self.app.options
        self._hub: Final[Hub] = self.app.hub
        self._held: set[int] = set()
        self._seekbacks: dict[int, int] = {}

    def _new_consumer_thread(self) -> RunThread:
        """Overrides drivers/aiokafka.py:237, to put our thread in."""
        return RunThread(self, loop=self.loop, beacon=self.beacon)

    def on_buffer_full(self, tp: TP) -> None:
        """Overrides consumer.py:547: Faust sleeps a second when all its buffers are full (808)."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Overrides consumer.py:554, the other half of it."""

    async def verify_all_partitions_active(self) -> None:
        """Overrides consumer.py:925, which judges progress by acks that are not ours."""

    # What is committed

    def _filter_tps_with_pending_acks(self, *_: Any) -> list[TP]:
        """Overrides consumer.py:1084: what has a tenure, not what Faust saw acknowledged."""
        return [TP(self._options.source, partition) for partition in self._hub.committable()]

    def _new_offset(self, tp: TP) -> int | None:
        """Overrides consumer.py:1097, which counts acknowledgements; those are dropped here."""
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        failpoint("committing")
        return self._hub.committable().get(tp.partition)

    async def perform_seek(self) -> None:
        """Overrides consumer.py:565, called once all is recovered: the tenures begin here.

        A fetch that waits out the rebalance may take records that nobody has a tenure for yet;
        seeking brings them back. aiokafka seeks only where something was committed
        (consumer.py:901), and the first record of a partition would wait for the second.
        """
        state = (self.app.rebalancing_count, self.app.consumer_generation_id)
        with last_resort("seeking the committed offsets"):
            await super().perform_seek()
            mine = [tp for tp in self.assignment() if tp.topic == self._options.source]
            first = await self._thread.earliest_offsets(*mine) if mine else {}
            ends = await self._thread.highwaters(*mine) if mine else {}
            logs = [tp for tp in self.assignment() if tp.topic == self._options.changelog]
            # Who owns a changelog knows what is in it; aiokafka would fetch it for nobody.
            await self._thread.call_thread(self._thread.hold, logs, ())
            said = self._committed_offset
            fresh = {tp: 0 for tp in mine if not said.get(tp)}
            await self._thread.call_thread(self._thread.begin_at, fresh)
            if state != (self.app.rebalancing_count, self.app.consumer_generation_id):
                return  # another rebalance has begun; it will seek again
            self._held.clear()
            self._seekbacks.clear()
            spans = {tp.partition: Span(said.get(tp), first[tp], ends[tp]) for tp in mine}
            self._hub.open(spans, known_generation(state[1]))

    # What is delivered

    async def _drain_messages(self, fetcher: Any) -> None:
        """Overrides consumer.py:1170, the loop between fetching and the streams."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                if self.flow_active:
                    await self._drain_once()
                else:
                    await self.wait(self.can_resume_flow)
        except self.consumer_stopped_errors as fault:
            if not self.app.should_stop:
                die("fetching", fault)
        except asyncio.CancelledError:
            raise
        except BaseException as fault:  # noqa: BLE001 - Faust would go on, past a hole
            die("delivering", fault)

    async def _drain_once(self) -> None:
        """In place of consumer.py:693 and 776, which sleeps a second while nothing is active."""
        active = self._get_active_partitions()
        if not active:
            await asyncio.sleep(_WAIT_SECONDS)
            return
        begun = self.loop.time()
        seconds = _FETCH_HELD_SECONDS if self._held else _FETCH_SECONDS
        fetched: Fetched = await self._thread.getmany(active, seconds)
        for tp, run in fetched.items():
            if not await self._deliver(TP(*tp), run, fetched.generation):
                break
        await self._hold_back()
        little = 0 < sum(map(len, fetched.values())) < _LITTLE_RECORDS
        pause = begun + self._options.gather_ms / 1000 - self.loop.time()
        await asyncio.sleep(pause if little and pause > 0 else 0)

    async def _deliver(self, tp: TP, run: list[Record], generation: int) -> bool:
        """Hand a stretch to its stream; False: it was fetched for an assignment that is over."""
        tenure = None
        if tp.topic == self._options.source:
            await self._settled(generation)
            tenure = self._hub.tenures.get(tp.partition)
            if tenure is None:
                return False  # yet another rebalance has begun since the last one ended
        if self.is_over(generation):
            return False
        if tenure is not None:
            run = await self._from_cursor(tp, run, tenure.cursor)
        size = self._options.run_records_max
        for start in range(0, len(run), size):
            piece = run[start : start + size]
            # Faust races this against the flow's suspension, in two tasks; it need not: what waits
            # here until the flow resumes is of an older generation, and the stream skips it.
            await self.callback(_as_message(tp, piece, generation))
            if self.is_over(generation):
                return False
            if tenure is not None:
                tenure.cursor = piece[-1].offset + 1
        return True

    async def _settled(self, generation: int) -> None:
        """Wait until a rebalance is through.

        Recovery resumes the flow after the partitions (tables/recovery.py:659), and to resume it
        empties all queues (mode/utils/queues.py:97), with what was delivered in between.
        """
        while self.app.rebalancing and not self.is_over(generation):  # noqa: ASYNC110 - no event
            await asyncio.sleep(_WAIT_SECONDS)

    def is_over(self, generation: int) -> bool:
        """Whether what was fetched under `generation` is not to be delivered any more."""
        return not self.flow_active or generation != self.app.consumer_generation_id

    async def _from_cursor(self, tp: TP, run: list[Record], at: int) -> list[Record]:
        """The part of a stretch from `at`; goes back when records before it are missing."""
        first = run[0].offset
        if first <= at:
            self._seekbacks.pop(tp.partition, None)
            return run if first == at else [record for record in run if record.offset >= at]
        tries = self._seekbacks[tp.partition] = self._seekbacks.get(tp.partition, 0) + 1
        self.log.warning("%s/%s: fetched from %s, %s is due", *tp, first, at)
        if tries > _SEEKBACKS_MAX:
            raise WorkerFatal(f"{tp.topic}/{tp.partition}: no record at {at}, the next is {first}")
        await self._thread.seek_wait({tp: at})
        return []

    async def _hold_back(self) -> None:
        """Fetch no more for partitions with much undone; go on for those that have caught up."""
        tenures = self._hub.tenures.items()
        full = {p for p, tenure in tenures if p not in self._held and tenure.inbox.is_full}
        free = {p for p, tenure in tenures if p in self._held and tenure.inbox.has_room}
        if full or free:
            self._held = (self._held | full) - free
            hold, release = ([TP(self._options.source, p) for p in some] for some in (full, free))
            await self._thread.call_thread(self._thread.hold, hold, release)


def known_generation(said: int) -> int:
    """The group's generation as it was when partitions were assigned (drivers/aiokafka.py:215).

    The coordinator has -1 while it is in no generation (group_coordinator.py:261); here that is 0.
    """
    return max(0, said)


def _as_message(tp: TP, piece: Sequence[Record], generation: int) -> ConsumerMessage:
    """A stretch in the clothes of a message; its offset is that of the last record."""
    last: Any = piece[-1]
    when = (last.timestamp / 1000, last.timestamp_type)
    rest = ((), None, piece, None, None, None)
    return ConsumerMessage(*tp, last.offset, *when, *rest, tp, generation_id=generation)


class RunTransport(driver.Transport):
    """The aiokafka transport with our consumer."""

    Consumer = RunConsumer


class QuietMonitor(Monitor):
    """Faust's monitor without what it does for every event; the figures come from the hub."""

    def _nothing(self, *_: Any, **__: Any) -> None:
        """Overrides sensors/monitor.py:445, 455, 486 and 510."""

    on_message_in = on_stream_event_in = on_stream_event_out = on_message_out = _nothing


class HubApp(faust.App):
    """A Faust application that knows its hub; `create_app` builds it."""

    options: WorkerOptions
    hub: Hub
    pulse: Pulse
    wire: KafkaWire
    barrier: KafkaBarrier

    def _new_transport(self) -> RunTransport:
        """Overrides app/base.py:1932, to put our transport in."""
        return RunTransport(self.conf.broker_consumer, self)

    def begins_anew(self) -> bool:
        """Whether the recovery under way is of an assignment that is over.

        The consumer's thread sets the new generation first (drivers/aiokafka.py:217); the recovery
        notes it last, with the signal to begin anew (recovery.py:247).
        """
        recovery = self.tables.recovery
        noted: int = recovery._generation_id  # noqa: SLF001 - Faust tells it nowhere else
        return recovery.signal_recovery_start.is_set() or noted != self.consumer_generation_id

    def on_rebalance_end(self) -> None:
        """Overrides app/base.py:1773, called when an assignment is recovered and flows."""
        super().on_rebalance_end()
        self.hub.rebalanced()

    async def hand_over(self) -> None:
        """Finish what is in flight, commit what is done; flow has stopped, queues are empty.

        `force_commit` (consumer.py:980), for `commit` does nothing while another one is running.
        """
        with last_resort("handing over"):
            await self.hub.finish()
            if self.hub.tenures:
                await self.consumer.force_commit()
            self.hub.close()

    def raw_producer(self) -> Any:
        """The started aiokafka producer (drivers/aiokafka.py:1378), for whole record batches."""
        return self.producer._ensure_producer()  # noqa: SLF001 - Faust has no batches of its own
