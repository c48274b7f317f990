"""What Faust calls the end of a recovery, and what waits for room, when a rebalance comes between.

A rebalance in the middle of a recovery is legal: an owner of before comes back, a worker joins.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

from schemas.metrics import Silent
from streams.agents.app import create_app
from streams.agents.faust_seams import HubApp, RawTopic, RunConsumer
from streams.agents.faust_tables import FoldStore, Standstill
from streams.agents.hub import Span
from streams.agents.options import WorkerOptions
from tests.support.counting import CountingFold, Topics

TOPICS = Topics.of("seam")
PLACE = TP("seam-state-changelog", 0)
SOURCE = TopicPartition(TOPICS.source, 1)


class HearingHub:
    """Hears what was checked."""

    def __init__(self) -> None:
        self.checked: list[Mapping[int, int]] = []

    async def check_recovered(self, highwaters: Mapping[int, int]) -> None:
        self.checked.append(highwaters)


class OpeningHub:
    """Hears which tenures begin."""

    def __init__(self) -> None:
        self.opened: dict[int, Span] = {}

    def open(self, spans: Mapping[int, Span], _: int) -> None:
        self.opened |= spans


class Piece:
    """As much of an event as a full queue looks at."""

    def __init__(self, generation: int) -> None:
        self.message = self
        self.generation_id = generation


@pytest.fixture
def app(tmp_path: Path) -> HubApp:
    options = WorkerOptions(
        bootstrap="127.0.0.1:9",
        worker="w0",
        state_dir=tmp_path,
        app_id="seam",
        source=TOPICS.source,
        outputs=(TOPICS.ledger, TOPICS.totals, TOPICS.dead),
        compacted=(TOPICS.totals,),
    )
    return create_app(options, lambda _: CountingFold(TOPICS), Silent())


def checked_at_the_end(app: HubApp, *, noted: int, present: int, signalled: bool) -> list[Any]:
    hub: Any = HearingHub()
    app.hub = hub
    recovery = app.tables.recovery
    recovery._generation_id = noted
    recovery.active_highwaters[PLACE] = 676
    app.consumer_generation_id = present
    if signalled:
        recovery.signal_recovery_start.set()
    store = FoldStore("memory://", app, next(iter(app.tables.values())))
    asyncio.run(store.on_recovery_completed({PLACE}, set()))
    checked: list[Any] = hub.checked
    return checked


def test_a_recovery_of_the_present_assignment_is_checked(app: HubApp) -> None:
    assert checked_at_the_end(app, noted=3, present=3, signalled=False) == [{0: 676}]


@pytest.mark.parametrize(
    ("noted", "present", "signalled"),
    [(4, 4, True), (3, 4, False)],
    ids=["a new recovery is due", "a new assignment has come"],
)
def test_a_recovery_that_a_rebalance_cut_short_is_not_taken_for_a_failed_one(
    app: HubApp, noted: int, present: int, *, signalled: bool
) -> None:
    assert checked_at_the_end(app, noted=noted, present=present, signalled=signalled) == []


def test_what_waited_for_room_across_a_rebalance_is_dropped(app: HubApp) -> None:
    async def story(*, moved: bool) -> int:
        queue: asyncio.Queue[Any] = asyncio.Queue(1)
        topic = RawTopic(app, topics=["any"], queue=queue, is_iterator=True)
        consumer = app.consumer
        assert isinstance(consumer, RunConsumer)
        consumer.flow_active, app.consumer_generation_id = True, 7
        queue.put_nowait(Piece(7))
        waiting = asyncio.create_task(topic.put(Piece(7)))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        if moved:
            app.consumer_generation_id = 8
        queue.get_nowait()  # a rebalance empties it; else it was read
        await waiting
        return queue.qsize()

    assert asyncio.run(story(moved=False)) == 1
    assert asyncio.run(story(moved=True)) == 0


def test_a_recovery_that_reads_nothing_is_told_from_one_that_goes_on() -> None:
    standstill = Standstill(20.0)
    assert not standstill.lasts({PLACE: 1}, 0.0)
    assert not standstill.lasts({PLACE: 2}, 19.0)
    assert not standstill.lasts({PLACE: 2}, 39.0)
    assert standstill.lasts({PLACE: 2}, 39.1)


def test_a_worker_that_recovers_nothing_never_stands_still() -> None:
    standstill = Standstill(20.0)
    assert not standstill.lasts(None, 0.0)
    assert not standstill.lasts(None, 100.0)
    assert not standstill.lasts({PLACE: 2}, 100.0)


@pytest.mark.parametrize("committed", [None, 0, 5])
def test_what_was_fetched_before_anybody_had_a_tenure_is_fetched_again(
    app: HubApp, committed: int | None
) -> None:
    async def story() -> tuple[int, dict[int, Span]]:
        inner = AIOKafkaConsumer(TOPICS.source)
        known = inner._subscription
        known.assign_from_subscribed({SOURCE})
        inner._fetcher = SimpleNamespace(seek_to=known.seek, close=lambda: asyncio.sleep(0))
        known.seek(SOURCE, 6)  # where a fetch that nobody was there for had come to
        thread, hub = app.consumer._thread, OpeningHub()

        async def here(work: Any, *args: Any) -> Any:
            found = work(*args)
            return await found if asyncio.iscoroutine(found) else found

        async def said(_: TopicPartition) -> int | None:
            return committed

        async def offsets(*places: TP) -> dict[TP, int]:
            return dict.fromkeys(places, 0 if committed is None else committed)

        inner.committed = said
        thread._consumer, thread.call_thread = inner, here
        thread.earliest_offsets = thread.highwaters = offsets
        app.consumer._hub = hub
        await app.consumer.perform_seek()
        return await inner.position(SOURCE), hub.opened

    position, opened = asyncio.run(story())
    assert position == (committed or 0)
    assert opened == {1: Span(committed or None, committed or 0, committed or 0)}
