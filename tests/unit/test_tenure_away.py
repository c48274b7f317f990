"""What a tenure says into logs of others, and outputs that begin at another partition than 0."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.metrics import Silent
from streams.agents.core_port import Record
from streams.agents.guards import WorkerFatal
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from streams.agents.wire import Rows, Sent
from tests.support.counting import CountingFold, Stretch, Topics, place_of
from tests.support.paper_wire import PaperBroker, PaperRecord, PaperWire

TOPICS = Topics.of("paper")
OPTIONS = WorkerOptions(
    bootstrap="nowhere:0",
    worker="w0",
    state_dir=Path("unused"),
    app_id="paper",
    source=TOPICS.source,
    outputs=(TOPICS.ledger, TOPICS.totals, TOPICS.dead),
    compacted=(TOPICS.totals,),
    away=(TOPICS.away,),
)
SHARED = replace(OPTIONS, first_partition={TOPICS.totals: 4})
"""As a worker whose totals lie behind the four partitions of another's."""
AWAY_PARTITIONS = 3
SOURCE = [PaperRecord(n, b"k", b"k%d 1" % n) for n in range(6)]


class Owner:
    """One process that owns partition 1, from recovery on."""

    def __init__(
        self,
        broker: PaperBroker,
        committed: int = 0,
        *,
        options: WorkerOptions = OPTIONS,
        wire: PaperWire | None = None,
        generation: int = 5,
        fold: CountingFold | None = None,
    ) -> None:
        self.fold = fold or CountingFold(TOPICS, away_partitions=AWAY_PARTITIONS)
        holding = Holding(1, self.fold)
        holding.restore(broker.log(options.changelog, 1))
        inbox = Inbox(committed, Bounds(100, 100_000, 1_000, 1_000_000))
        self.tenure = Tenure(
            holding,
            wire or PaperWire(broker),
            inbox,
            options,
            Silent(),
            generation=generation,
        )

    async def work(self, records: Sequence[PaperRecord]) -> None:
        await self.tenure._take_over()
        await self.tenure._work(records)


def away(broker: PaperBroker) -> dict[bytes, list[bytes]]:
    """What was told of each key, in order; every row lies where it belongs."""
    told: dict[bytes, list[bytes]] = {}
    for place in range(AWAY_PARTITIONS):
        for record in broker.log(TOPICS.away, place):
            assert record.key is not None
            assert record.value is not None
            assert place_of(record.key, AWAY_PARTITIONS) == place
            told.setdefault(record.key, []).append(record.value)
    return told


def totals(broker: PaperBroker, partition: int) -> list[bytes | None]:
    return [record.key for record in broker.log(TOPICS.totals, partition)]


class Slow(PaperWire):
    """A wire on which a log of others is not acknowledged until it is told to be."""

    def __init__(self, broker: PaperBroker) -> None:
        super().__init__(broker)
        self.order: list[str] = []
        self._waiting: list[tuple[asyncio.Future[Any], Any]] = []

    async def send(
        self, topic: str, partition: int, rows: Rows, *, whole: bool = False
    ) -> list[Sent]:
        self.order.append(topic)
        sent = await super().send(topic, partition, rows, whole=whole)
        return [self._held_back(batch) for batch in sent] if topic == TOPICS.away else sent

    def _held_back(self, batch: Sent) -> Sent:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, batch.answer.result()))
        return replace(batch, answer=answer)

    @property
    def unanswered(self) -> int:
        return sum(not answer.done() for answer, _ in self._waiting)

    def answer_one(self, fault: Exception | None = None) -> None:
        answer, result = next(pair for pair in self._waiting if not pair[0].done())
        if fault is None:
            answer.set_result(result)
        else:
            answer.set_exception(fault)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


# Away


def test_a_stretch_is_done_only_when_every_log_of_others_has_what_it_says() -> None:
    broker = PaperBroker()

    async def story() -> None:
        wire = Slow(broker)
        owner = Owner(broker, wire=wire)
        await owner.tenure._take_over()
        working = asyncio.create_task(owner.tenure._work(SOURCE[:4]))
        await settled()
        assert wire.unanswered == AWAY_PARTITIONS
        for _ in range(AWAY_PARTITIONS):
            assert owner.tenure.done == 0
            wire.answer_one()
            await settled()
        assert owner.tenure.done == 4
        await working
        first = wire.order.index(TOPICS.away)
        assert {OPTIONS.changelog, TOPICS.totals, TOPICS.ledger} == set(wire.order[:first])
        assert set(wire.order[first:]) == {TOPICS.away}

    asyncio.run(story())
    assert away(broker) == {b"k%d" % n: [b"%d 1 5" % (n + 1)] for n in range(4)}


def test_what_others_logs_did_not_take_is_not_done_and_ends_the_work() -> None:
    broker = PaperBroker()

    async def story() -> None:
        wire = Slow(broker)
        owner = Owner(broker, wire=wire)
        await owner.tenure._take_over()
        working = asyncio.create_task(owner.tenure._work(SOURCE[:4]))
        await settled()
        wire.answer_one(ConnectionError("no answer"))
        with pytest.raises(ConnectionError):
            await working
        assert owner.tenure.done == 0

    asyncio.run(story())


def test_whoever_takes_over_says_again_what_may_never_have_been_said() -> None:
    broker = PaperBroker()
    asyncio.run(Owner(broker).work(SOURCE))
    asyncio.run(Owner(broker, 4, generation=6).tenure._take_over())
    told = away(broker)
    again = [key for key, values in told.items() if len(values) == 2]
    assert sorted(again) == [b"k4", b"k5"]
    assert told[b"k5"] == [b"6 1 5", b"6 1 6"]


def test_what_a_stranger_had_in_his_state_is_said_for_him() -> None:
    broker = PaperBroker()

    async def story() -> None:
        owner = Owner(broker)
        await owner.tenure._take_over()
        broker.append(OPTIONS.changelog, [(b"k9", b"8 7"), (b"applied", b"7")], 1)
        await owner.tenure._look_for_strangers()

    asyncio.run(story())
    assert away(broker) == {b"k9": [b"8 7 5"]}


def test_what_a_stranger_wrote_before_a_run_of_ours_is_said_for_him_with_it() -> None:
    broker = PaperBroker()

    async def story() -> None:
        owner = Owner(broker)
        await owner.tenure._take_over()
        broker.append(OPTIONS.changelog, [(b"k9", b"8 7"), (b"applied", b"7")], 1)
        await owner.tenure._work(SOURCE[:1])

    asyncio.run(story())
    told = away(broker)
    # Our own is not called done yet, so it is said twice: the same word.
    assert told == {b"k0": [b"1 1 5", b"1 1 5"], b"k9": [b"8 7 5"]}


def test_other_writers_of_a_log_are_no_strangers(caplog: pytest.LogCaptureFixture) -> None:
    broker, others = PaperBroker(), [b"o%d" % n for n in range(AWAY_PARTITIONS)]

    async def story() -> None:
        owner = Owner(broker)
        await owner.tenure._take_over()
        for start in (0, 3):
            for key in others:
                place = place_of(key, AWAY_PARTITIONS)
                broker.append(TOPICS.away, [(key, b"1 1 1")] * (start + 1), place)
            await owner.tenure._work(SOURCE[start : start + 3])
            await owner.tenure._look_for_strangers()

    asyncio.run(story())
    told = away(broker)
    assert [len(told.pop(key)) for key in others] == [5] * AWAY_PARTITIONS
    assert told == {b"k%d" % n: [b"%d 1 5" % (n + 1)] for n in range(6)}
    assert caplog.messages == []


# Outputs that begin at another partition


def test_outputs_lie_from_their_first_partition_on() -> None:
    broker = PaperBroker()
    asyncio.run(Owner(broker, options=SHARED).work(SOURCE))
    assert totals(broker, 5) == [b"k%d" % n for n in range(6)]
    assert len(broker.log(TOPICS.ledger, 1)) == 6
    assert broker.log(OPTIONS.changelog, 1)[-1].key == b"applied"
    assert {place for topic, place in broker.logs if topic == TOPICS.totals} == {5}


def test_a_stranger_is_looked_for_where_the_outputs_are(caplog: pytest.LogCaptureFixture) -> None:
    broker = PaperBroker()
    broker.append(TOPICS.totals, [(b"before", b"0 0")] * 3, 5)

    async def story() -> None:
        owner = Owner(broker, options=SHARED)
        await owner.work(SOURCE[:1])
        broker.append(TOPICS.totals, [(b"theirs", b"9 9")] * 7, 1)
        await owner.tenure._work(SOURCE[1:2])
        await owner.tenure._look_for_strangers()
        assert caplog.messages == []
        broker.append(TOPICS.totals, [(b"k0", b"0 0")], 5)
        await owner.tenure._work(SOURCE[2:3])
        broker.append(TOPICS.totals, [(b"k1", b"0 0")], 5)
        await owner.tenure._look_for_strangers()

    asyncio.run(story())
    assert len(caplog.messages) == 2
    assert totals(broker, 1) == [b"theirs"] * 7
    last = {record.key: record.value for record in broker.log(TOPICS.totals, 5)}
    assert {last[b"k%d" % n] for n in range(3)} == {b"1 1", b"2 1", b"3 1"}


def test_an_output_that_fell_back_is_named_with_its_own_partition() -> None:
    broker = PaperBroker()

    async def story() -> None:
        owner = Owner(broker, options=SHARED)
        await owner.work(SOURCE[:2])
        broker.log(TOPICS.totals, 5).clear()
        await owner.tenure._work(SOURCE[2:3])

    with pytest.raises(WorkerFatal, match=f"{TOPICS.totals}/5 gave offset 0 where 2 was due"):
        asyncio.run(story())


# What is slow


class Threaded(CountingFold):
    """Notes whether it was asked to fold in the thread of the event loop."""

    def __init__(self) -> None:
        super().__init__(TOPICS)
        self.threads: list[int] = []

    def fold(self, run: Sequence[Record], start: int) -> Stretch:
        self.threads.append(threading.get_ident())
        return super().fold(run, start)


@pytest.mark.parametrize(
    ("keys", "aside"),
    [
        ([b"k", b"tick", b"k"], True),
        ([b"k", b"done|3"], True),
        ([b"done|0"], True),
        ([b"19.02|BERAS", None, b"k"], False),
        ([None], False),
    ],
)
def test_only_a_run_that_may_be_solved_is_folded_in_a_thread(
    keys: list[bytes | None], *, aside: bool
) -> None:
    fold = Threaded()
    owner = Owner(PaperBroker(), fold=fold)
    asyncio.run(owner.work([PaperRecord(n, key, b"k 1") for n, key in enumerate(keys)]))
    assert [thread != threading.get_ident() for thread in fold.threads] == [aside]
