"""A tenure on paper: cut the power after any step, or let two owners write at once, it stays exact."""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.metrics import Silent
from streams.agents.holding import Holding
from streams.agents.inbox import Bounds, Inbox
from streams.agents.options import WorkerOptions
from streams.agents.tenure import Tenure
from tests.support.counting import CountingFold, Topics
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
BOUNDS = Bounds(100, 100_000, 1_000, 1_000_000)


class Owner:
    """One process that owns the partition, from recovery on."""

    def __init__(
        self, broker: PaperBroker, committed: int, chance: random.Random | None = None
    ) -> None:
        fold = CountingFold(TOPICS)
        self.holding = Holding(0, fold)
        self.holding.restore(broker.log(OPTIONS.changelog))
        wire = PaperWire(broker, chance, batch_rows_max=7)
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


def assert_exact(broker: PaperBroker, source: list[PaperRecord]) -> None:
    assert last_of(broker.log(OPTIONS.changelog)) == expected(source)
    assert last_of(broker.log(TOPICS.totals)) == expected(source)
    judged = {int(r.key) for r in broker.log(TOPICS.ledger) if r.key is not None}
    assert judged == set(range(len(source)))


KEYS = st.lists(st.integers(0, 4), min_size=1, max_size=30)


@given(KEYS, st.integers(1, 10), st.lists(st.integers(0, 25), max_size=6), st.booleans())
def test_a_power_cut_after_any_step_changes_nothing(
    keys: list[int], run_records: int, cuts: list[int], commits: bool
) -> None:
    source, broker, committed = source_of(keys), PaperBroker(), 0
    for cut in [*cuts, None]:
        broker.cut_after = cut
        owner = Owner(broker, committed)
        try:
            asyncio.run(owner.work(source, run_records))
        except PowerCutError:
            committed = owner.tenure.done if commits else committed
    assert_exact(broker, source)


@given(KEYS, st.integers(1, 10), st.integers(1, 10), st.integers(0, 40), st.integers(0, 2**32))
def test_an_owner_mends_what_an_owner_of_before_writes_late(
    keys: list[int], slow_run: int, fast_run: int, late: int, seed: int
) -> None:
    source, broker, chance = source_of(keys), PaperBroker(), random.Random(seed)

    async def both() -> None:
        zombie = Owner(broker, 0, chance)
        ghost = asyncio.create_task(zombie.work(source, slow_run))
        for _ in range(chance.randrange(late + 1)):
            await asyncio.sleep(0)
        heir = Owner(broker, 0, chance)
        await heir.work(source, fast_run)
        await ghost
        await heir.rest()

    asyncio.run(both())
    assert_exact(broker, source)


def test_a_state_that_fits_no_batch_is_fatal() -> None:
    source = source_of(list(range(20)))
    with pytest.raises(Exception, match="does not fit"):
        asyncio.run(Owner(PaperBroker(), 0).work(source, 20))


def test_a_record_at_or_below_applied_is_emitted_again_and_changes_nothing() -> None:
    source, broker = source_of([1, 1, 2]), PaperBroker()
    asyncio.run(Owner(broker, 0).work(source, 3))
    before = expected(source)
    asyncio.run(Owner(broker, 1).work(source, 3))
    assert last_of(broker.log(TOPICS.totals)) == before
    assert [r.key for r in broker.log(TOPICS.ledger)] == [b"0", b"1", b"2", b"1", b"2"]
