"""A partition whose intake stands: nothing is lost, nothing goes on, until an operator says so."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from schemas.metrics import Silent
from streams.agents.breaker import QUIET_RECORDS, Limits
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.intake import Intake
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from streams.agents.wire import Rows, Sent
from tests.support.counting import CountingFold, Stretch, Topics
from tests.support.paper_barrier import PaperBarrier
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
    halt_check_seconds=0.01,
    stranger_check_seconds=0.01,
)
LIMITS = Limits(ratio=0.5, window=100, run=5)
GOOD = [b"k%d 1" % n for n in range(4)]
BAD = [b"rubbish"] * 20


class Figures(Silent):
    def __init__(self) -> None:
        self.shown: list[float] = []

    def set(self, name: str, value: float, /, **labels: str) -> None:
        if name == "lumbung_intake_halted":
            self.shown.append(value)


class Owner:
    """A process that owns the partition and is handed the whole log."""

    def __init__(
        self,
        broker: PaperBroker,
        barrier: PaperBarrier,
        committed: int = 0,
        wire: PaperWire | None = None,
    ) -> None:
        self.fold = CountingFold(TOPICS)
        holding = Holding(0, self.fold)
        holding.restore(broker.log(OPTIONS.changelog))
        self.figures = Figures()
        self.told: list[bool] = []
        self.intake = Intake(0, LIMITS, barrier, self.figures, lambda: self.told.append(True))
        inbox = Inbox(committed, Bounds(2, 100_000, 1_000, 1_000_000))
        self.tenure = Tenure(
            holding, wire or PaperWire(broker), inbox, OPTIONS, self.figures, intake=self.intake
        )

    async def __aenter__(self) -> Self:
        self.tenure.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.tenure.end()

    def feed(self, values: list[bytes]) -> None:
        for offset in range(self.tenure.inbox.due, len(values)):
            self.tenure.inbox.put([PaperRecord(offset, b"k", values[offset])])


async def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20.0
    while not happens():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.005)


def dead(broker: PaperBroker) -> list[int]:
    return [int(record.key or b"-1") for record in broker.log(TOPICS.dead)]


def test_intake_stands_once_too_much_was_refused_and_goes_on_when_told() -> None:
    broker, barrier, log = PaperBroker(), PaperBarrier(), [*GOOD, *BAD[:8], *GOOD]

    async def story() -> None:
        async with Owner(broker, barrier) as owner:
            owner.feed(log)
            await until(lambda: owner.intake.halted)
            stopped = owner.tenure.done
            await asyncio.sleep(0.1)
            assert owner.tenure.done == stopped == barrier.noted[0]
            assert 9 <= stopped <= 10  # the fifth in a row, and the rest of its run
            assert dead(broker) == list(range(4, stopped))
            barrier.noted[0] = 0
            await until(lambda: owner.tenure.done == len(log))
            assert not owner.intake.halted
            assert owner.figures.shown == [1.0, 0.0]
            assert len(owner.told) == 2

    asyncio.run(story())
    assert barrier.whys == ["5 in a row were refused"]
    assert dead(broker) == list(range(4, 12))


def test_whoever_takes_a_halted_partition_over_stands_as_well() -> None:
    broker, barrier, log = PaperBroker(), PaperBarrier(), [*BAD[:8], *GOOD]

    async def story() -> None:
        async with Owner(broker, barrier) as first:
            first.feed(log)
            await until(lambda: first.intake.halted)
        stopped = first.tenure.done
        async with Owner(broker, barrier, stopped) as second:
            second.feed(log)
            await until(lambda: second.intake.halted)
            await asyncio.sleep(0.1)
            assert second.tenure.done == stopped
            barrier.noted[0] = 0
            await until(lambda: second.tenure.done == len(log))

    asyncio.run(story())
    assert sorted(set(dead(broker))) == list(range(8))


def test_a_worker_killed_before_it_could_commit_the_halt_is_followed_by_one_that_stands() -> None:
    broker, barrier, log = PaperBroker(), PaperBarrier(), BAD[:8]

    async def story() -> None:
        async with Owner(broker, barrier) as first:
            first.feed(log)
            await until(lambda: first.intake.halted)
        async with Owner(broker, barrier, 0) as second:  # nothing was committed
            second.feed(log)
            await until(lambda: second.intake.halted)
            await asyncio.sleep(0.05)
            assert second.tenure.done == 0

    asyncio.run(story())


def test_the_barrier_is_there_before_what_was_done_may_be_committed() -> None:
    broker = PaperBroker()

    class Witness(PaperBarrier):
        seen: int = -1

        async def put(self, partition: int, offset: int, why: str) -> None:
            self.seen = owner.tenure.done
            await super().put(partition, offset, why)

    barrier = Witness()
    owner = Owner(broker, barrier)

    async def story() -> None:
        async with owner:
            owner.feed(BAD)
            await until(lambda: owner.intake.halted)

    asyncio.run(story())
    assert barrier.seen < barrier.noted[0]


def test_a_barrier_that_was_passed_long_ago_holds_nobody() -> None:
    broker, barrier = PaperBroker(), PaperBarrier()
    barrier.noted[0] = 2

    async def story() -> None:
        async with Owner(broker, barrier, 4) as owner:
            owner.fold.applied = 3
            owner.feed(GOOD * 2)
            await until(lambda: owner.tenure.done == 8)
            assert not owner.intake.halted

    asyncio.run(story())


def test_a_halted_tenure_ends_at_once_when_the_partition_goes_elsewhere() -> None:
    async def story() -> None:
        owner = Owner(PaperBroker(), PaperBarrier())
        owner.tenure.begin()
        owner.feed(BAD)
        await until(lambda: owner.intake.halted)
        await asyncio.wait_for(owner.tenure.end(), 5.0)
        assert owner.tenure.done < len(BAD)

    asyncio.run(story())


def test_who_judges_little_goes_back_to_whole_runs_when_nothing_more_is_refused() -> None:
    intake = Intake(0, LIMITS, PaperBarrier(), Silent())
    run = [PaperRecord(n, b"k", b"k 1") for n in range(250)]

    def sizes() -> list[int]:
        return [len(piece) for piece in intake.pieces(run)]

    async def story() -> None:
        await intake.look_at(Stretch(100, [], [], judged=1, refused=[0]), 100, 100)
        assert sizes() == [100, 100, 50]
        await intake.look_at(Stretch(10, [], []), 10, 110)
        assert sizes() == [100, 100, 50]
        await intake.look_at(Stretch(QUIET_RECORDS, [], []), QUIET_RECORDS, 110 + QUIET_RECORDS)
        assert sizes() == [250]

    asyncio.run(story())


def test_without_limits_nothing_is_ever_too_much() -> None:
    async def story() -> None:
        barrier = PaperBarrier()
        barrier.noted[0] = 1
        intake = Intake(0, Limits(ratio=0.0, run=0), barrier, Silent())
        await intake.begin(0)
        assert not intake.halted

    asyncio.run(story())


class Deaf(PaperWire):
    """A wire on which one topic takes nothing."""

    async def send(
        self, topic: str, partition: int, rows: Rows, *, whole: bool = False
    ) -> list[Sent]:
        if topic == TOPICS.dead:
            raise ConnectionError("the topic of dead letters cannot be reached")
        return await super().send(topic, partition, rows, whole=whole)


def test_dead_letters_that_cannot_leave_stop_intake_and_nothing_is_committed_past_them() -> None:
    broker = PaperBroker()
    log = [*GOOD, b"rubbish", *GOOD]
    source = [PaperRecord(n, b"k", value) for n, value in enumerate(log)]

    async def story() -> int:
        owner = Owner(broker, PaperBarrier(), wire=Deaf(broker))
        await owner.tenure._take_over()
        await owner.tenure._work(source[:4])
        with pytest.raises(ConnectionError):
            await owner.tenure._work(source[4:6])
        return owner.tenure.done

    done = asyncio.run(story())
    assert done == 4

    async def heir() -> None:
        owner = Owner(broker, PaperBarrier(), done)
        await owner.tenure._take_over()
        await owner.tenure._work(source[done:])

    asyncio.run(heir())
    assert dead(broker) == [4]
