"""A tenure on paper stays exact: cut the power after any step, or let two owners write at once."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.metrics import Silent
from streams.agents.guards import WorkerFatal
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from tests.support.counting import CountingFold, Topics, place_of
from tests.support.paper_wire import PaperBroker, PaperRecord, PaperWire, PowerCutError

TOPICS = Topics.of("paper")
OPTIONS = WorkerOptions(
    bootstrap="nowhere:0",
    worker="w0",
    state_dir=Path("unused"),
    app_id="paper",
    source=TOPICS.source,
    outputs=(TOPICS.ledger, TOPICS.totals, TOPICS.dead),
    compacted=(TOPICS.totals,),
)
AWAY_PARTITIONS = 3
BOUNDS = Bounds(100, 100_000, 1_000, 1_000_000)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Turns are taken on the event loop alone, so that a seed tells the same story each time."""

    async def inline(call: Any, *args: Any) -> Any:
        return call(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "to_thread", inline)
        yield


class Owner:
    """One process that owns the partition, from recovery on."""

    def __init__(
        self,
        broker: PaperBroker,
        committed: int,
        chance: random.Random | None = None,
        patience: int = 3,
        cut_after: int | None = None,
    ) -> None:
        fold = CountingFold(TOPICS, away_partitions=AWAY_PARTITIONS)
        self.holding = Holding(0, fold)
        self.holding.restore(broker.log(OPTIONS.changelog))
        wire = PaperWire(broker, chance, batch_rows_max=12, patience=patience, cut_after=cut_after)
        inbox = Inbox(committed, BOUNDS)
        self.tenure = Tenure(self.holding, wire, inbox, OPTIONS, Silent())

    async def work(self, source: list[PaperRecord], run_records: int) -> None:
        await self.tenure._take_over()
        while self.tenure.done < len(source):
            at = self.tenure.done
            await self.tenure._work(source[at : at + run_records])

    async def rest(self) -> None:
        await self.tenure._look_for_strangers()


def source_of(keys: list[int]) -> list[PaperRecord]:
    return [PaperRecord(n, b"k", b"k%d %d" % (key, n + 1)) for n, key in enumerate(keys)]


def expected(source: list[PaperRecord]) -> dict[bytes, bytes]:
    """The state after all of it, by the plainest arithmetic."""
    held: dict[bytes, tuple[int, int]] = {}
    for record in source:
        assert record.value is not None
        key, delta = record.value.split()
        held[key] = (record.offset + 1, held.get(key, (0, 0))[1] + int(delta))
    return {key: b"%d %d" % state for key, state in held.items()}


def last_of(log: list[PaperRecord]) -> dict[bytes, bytes | None]:
    """What compaction would keep."""
    return {r.key: r.value for r in log if r.key not in (None, b"applied")}


def newest_of(log: list[PaperRecord]) -> dict[bytes, bytes | None]:
    """What readers keep."""
    return last_of(sorted(log, key=lambda record: int((record.value or b"0").split()[0])))


def newest_told_away(broker: PaperBroker) -> dict[bytes, bytes]:
    """What readers of the logs of others keep, without the generation it was told under."""
    newest: dict[bytes, tuple[int, int]] = {}
    for place in range(AWAY_PARTITIONS):
        for record in broker.log(TOPICS.away, place):
            assert record.key is not None
            assert place_of(record.key, AWAY_PARTITIONS) == place
            version, count, _ = map(int, (record.value or b"").split())
            newest[record.key] = max(newest.get(record.key, (0, 0)), (version, count))
    return {key: b"%d %d" % state for key, state in newest.items()}


def assert_exact(
    broker: PaperBroker, source: list[PaperRecord], *, outputs_compact: bool = True
) -> None:
    assert last_of(broker.log(OPTIONS.changelog)) == expected(source)
    assert newest_of(broker.log(TOPICS.totals)) == expected(source)
    if outputs_compact:
        assert last_of(broker.log(TOPICS.totals)) == expected(source)
    assert newest_told_away(broker) == expected(source)
    judged = {int(r.key) for r in broker.log(TOPICS.ledger) if r.key is not None}
    assert judged == set(range(len(source)))


KEYS = st.lists(st.integers(0, 4), min_size=1, max_size=30)


@given(KEYS, st.integers(1, 10), st.lists(st.integers(0, 35), max_size=6), st.booleans())
def test_a_power_cut_after_any_step_changes_nothing(
    keys: list[int], run_records: int, cuts: list[int], commits: bool
) -> None:
    source, broker, committed = source_of(keys), PaperBroker(), 0
    for cut in [*cuts, None]:
        owner = Owner(broker, committed, cut_after=cut)
        try:
            asyncio.run(owner.work(source, run_records))
        except PowerCutError:
            committed = owner.tenure.done if commits else committed
    assert_exact(broker, source)


@settings(max_examples=400)
@given(
    keys=st.lists(st.integers(0, 9), min_size=5, max_size=40),
    zombie_run=st.integers(1, 8),
    heir_run=st.integers(1, 8),
    patience=st.integers(1, 60),
    zombie_cut=st.integers(0, 30),
    heir_cut=st.none() | st.integers(0, 60),
    seed=st.integers(0, 2**32),
)
def test_owners_mend_what_an_owner_of_before_writes_late(
    *,
    keys: list[int],
    zombie_run: int,
    heir_run: int,
    patience: int,
    zombie_cut: int,
    heir_cut: int | None,
    seed: int,
) -> None:
    source, broker, chance = source_of(keys), PaperBroker(), random.Random(seed)

    async def story() -> None:
        zombie = Owner(broker, 0, chance, patience, zombie_cut)
        ghost = asyncio.create_task(zombie.work(source, zombie_run))
        for _ in range(chance.randrange(patience)):
            await asyncio.sleep(0)
        heir = Owner(broker, 0, chance, cut_after=heir_cut)
        with suppress(PowerCutError):
            await heir.work(source, heir_run)
        with suppress(PowerCutError):
            await ghost
        if heir_cut is not None:
            heir = Owner(broker, heir.tenure.done)
            await heir.work(source, heir_run)
        await heir.rest()

    asyncio.run(story())
    # What was said late is noticed by whoever owned the topic then; when that one dies first, the
    # next cannot know. The state is read anew by everyone, so it is always mended.
    assert_exact(broker, source, outputs_compact=heir_cut is None)


def test_a_state_that_fits_no_batch_is_fatal() -> None:
    source = source_of(list(range(20)))
    with pytest.raises(WorkerFatal, match="does not fit"):
        asyncio.run(Owner(PaperBroker(), 0).work(source, 20))


def test_a_record_at_or_below_applied_is_emitted_again_and_changes_nothing() -> None:
    source, broker = source_of([1, 1, 2]), PaperBroker()
    asyncio.run(Owner(broker, 0).work(source, 3))
    before = expected(source)
    asyncio.run(Owner(broker, 1).work(source, 3))
    assert last_of(broker.log(TOPICS.totals)) == before
    assert [r.key for r in broker.log(TOPICS.ledger)] == [b"0", b"1", b"2", b"1", b"2"]


def test_what_was_left_older_in_the_changelog_is_written_again_on_taking_over() -> None:
    broker = PaperBroker()
    broker.append(OPTIONS.changelog, [(b"k1", b"5 10"), (b"applied", b"4")])
    broker.append(OPTIONS.changelog, [(b"k1", b"3 4"), (b"applied", b"2")])
    asyncio.run(Owner(broker, 5).tenure._take_over())
    assert [(r.key, r.value) for r in broker.log(OPTIONS.changelog)[4:]] == [
        (b"k1", b"5 10"),
        (b"applied", b"4"),
    ]


def test_what_a_stranger_said_is_said_again_as_it_is() -> None:
    source, broker = source_of([1, 2, 2]), PaperBroker()

    async def story() -> None:
        owner = Owner(broker, 0)
        await owner.tenure._take_over()
        await owner.tenure._work(source[:1])
        broker.append(TOPICS.totals, [(b"k1", b"0 0")])
        await owner.tenure._work(source[1:])

    asyncio.run(story())
    assert last_of(broker.log(TOPICS.totals)) == expected(source)


def test_what_we_wrote_after_a_stranger_who_was_ahead_is_written_again_as_he_had_it() -> None:
    source, broker = source_of([1, 1]), PaperBroker()

    async def story() -> None:
        owner = Owner(broker, 0)
        await owner.tenure._take_over()
        broker.append(OPTIONS.changelog, [(b"k1", b"2 3"), (b"applied", b"1")])
        await owner.tenure._work(source[:1])

    asyncio.run(story())
    assert last_of(broker.log(OPTIONS.changelog)) == expected(source)
    assert broker.log(OPTIONS.changelog)[-1] == PaperRecord(5, b"applied", b"1")


def test_a_changelog_that_fell_back_is_fatal() -> None:
    source, broker = source_of([1, 2]), PaperBroker()

    async def story() -> None:
        owner = Owner(broker, 0)
        await owner.tenure._take_over()
        await owner.tenure._work(source[:1])
        broker.log(OPTIONS.changelog).clear()
        await owner.tenure._work(source[1:])

    with pytest.raises(WorkerFatal, match="gave offset 0 where 2 was due"):
        asyncio.run(story())
