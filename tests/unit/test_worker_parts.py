"""The parts of the worker that need no broker: inbox, hub, preflight, guards, figures."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.metrics import BY_NAME, Silent
from streams.agents.figures import parsed, tell
from streams.agents.guards import EXIT_FATAL, Pulse, WorkerFatal
from streams.agents.hub import Hub, Span
from streams.agents.inbox import Bounds, Inbox
from streams.agents.options import WorkerOptions
from streams.agents.preflight import judge
from tests.support.counting import CountingFold, Topics
from tests.support.paper_wire import PaperBroker, PaperRecord, PaperWire

TOPICS = Topics.of("paper")


def options(folder: Path) -> WorkerOptions:
    return WorkerOptions(
        bootstrap="nowhere:0",
        worker="w0",
        state_dir=folder,
        status_file=folder / "status.json",
        app_id="paper",
        source=TOPICS.source,
        outputs=(TOPICS.ledger, TOPICS.totals, TOPICS.dead),
        compacted=(TOPICS.totals,),
        away=(TOPICS.away,),
        stranger_check_seconds=0.05,
    )


def records(first: int, count: int, size: int = 1) -> list[PaperRecord]:
    return [PaperRecord(first + n, b"k", b"x" * size) for n in range(count)]


def offsets(run: Sequence[object] | None) -> list[int]:
    assert run is not None
    return [record.offset for record in run if isinstance(record, PaperRecord)]


# The inbox


def test_what_gathers_goes_as_one_run() -> None:
    async def story() -> None:
        inbox = Inbox(5, Bounds(10, 1_000, 100, 10_000))
        inbox.put(records(5, 2))
        inbox.put(records(7, 3))
        assert offsets(await inbox.take(1.0)) == [5, 6, 7, 8, 9]
        assert await inbox.take(0.01) == ()

    asyncio.run(story())


@pytest.mark.parametrize("bounds", [Bounds(4, 1_000, 9, 9_000), Bounds(9, 30, 9, 9_000)])
def test_a_run_keeps_its_bounds(bounds: Bounds) -> None:
    async def story() -> None:
        inbox = Inbox(0, bounds)
        for first in (0, 2, 4):
            inbox.put(records(first, 2, size=10))
        assert offsets(await inbox.take(1.0)) == [0, 1, 2, 3]
        assert offsets(await inbox.take(1.0)) == [4, 5]

    asyncio.run(story())


def test_a_hole_in_what_arrives_is_fatal() -> None:
    inbox = Inbox(5, Bounds(10, 1_000, 100, 10_000))
    with pytest.raises(WorkerFatal, match="records from 6 came where 5 was due"):
        inbox.put(records(6, 1))


@pytest.mark.parametrize("bounds", [Bounds(4, 99, 4, 9_000), Bounds(4, 99, 99, 40)])
def test_a_full_inbox_asks_for_a_pause_and_has_room_when_half_is_done(bounds: Bounds) -> None:
    async def story() -> None:
        inbox = Inbox(0, bounds)
        inbox.put(records(0, 3, size=10))
        assert (inbox.is_full, inbox.has_room) == (False, False)
        inbox.put(records(3, 1, size=10))
        assert (inbox.is_full, inbox.has_room) == (True, False)
        await inbox.take(1.0)
        assert inbox.has_room

    asyncio.run(story())


def test_a_closed_inbox_forgets_and_says_so() -> None:
    async def story() -> None:
        inbox = Inbox(0, Bounds(4, 99, 4, 99))
        waiting = asyncio.create_task(inbox.take(60.0))
        await asyncio.sleep(0)
        inbox.close()
        assert await waiting is None
        inbox.put(records(9, 1))
        assert await inbox.take(1.0) is None

    asyncio.run(story())


# The hub


@pytest.mark.parametrize(
    ("applied", "span", "said"),
    [
        (4, Span(1, 3, 9), "begins at 3, 1 is due: records are gone"),
        (-1, Span(None, 3, 9), "begins at 3, 0 is due: records are gone"),
        (4, Span(5, 0, 4), "ends at 4, 5 is due: it was made anew"),
        (9, Span(5, 0, 9), "the state holds 9: it was made anew"),
        (3, Span(5, 0, 9), "committed to 5, the state holds 3: state was lost"),
    ],
)
def test_a_log_and_a_state_that_disagree_are_fatal(
    applied: int, span: Span, said: str, tmp_path: Path
) -> None:
    hub = hub_of(PaperBroker(), tmp_path)
    if applied >= 0:
        hub.restore(0, [PaperRecord(0, b"applied", b"%d" % applied)])
    with pytest.raises(WorkerFatal, match=said):
        hub.open({0: span})


def restored(folder: Path, *, changelog_records: int) -> Hub:
    """A hub that has read up to offset 5 of a changelog of so many records."""
    broker = PaperBroker()
    broker.append("paper-state-changelog", [(b"applied", b"2")] * changelog_records)
    hub = hub_of(broker, folder)
    hub.restore(0, [PaperRecord(5, b"applied", b"2")])
    assert hub.known(0) == 5
    return hub


def test_a_recovery_that_is_short_of_its_log_is_fatal(tmp_path: Path) -> None:
    hub = restored(tmp_path, changelog_records=7)
    asyncio.run(hub.check_recovered({0: 5}))
    with pytest.raises(WorkerFatal, match="ended at 5 of 6"):
        asyncio.run(hub.check_recovered({0: 6}))


def test_a_state_beyond_the_end_of_its_log_is_fatal(tmp_path: Path) -> None:
    hub = restored(tmp_path, changelog_records=5)
    with pytest.raises(WorkerFatal, match="ends at 5, known was 5"):
        asyncio.run(hub.check_recovered({0: 4}))


def test_what_a_stranger_writes_while_we_recover_is_no_fault(tmp_path: Path) -> None:
    """The end of the log is asked for first; an owner that slept may write until we have read."""
    hub = restored(tmp_path, changelog_records=6)
    asyncio.run(hub.check_recovered({0: 3}))


def test_a_hub_is_ready_when_all_is_taken_over_and_hands_over_what_is_done(tmp_path: Path) -> None:
    broker = PaperBroker()

    async def story() -> None:
        hub = hub_of(broker, tmp_path)
        hub.open({0: Span(None, 0, 3), 1: Span(None, 0, 0)})
        hub.rebalanced()
        hub.accept(0, [PaperRecord(n, b"k", b"k 1") for n in range(3)])
        await asyncio.sleep(0.2)
        serving = {"worker": "w0", "ready": True, "partitions": [0, 1], "halted": []}
        assert status(tmp_path) == serving
        await hub.finish()
        assert status(tmp_path)["ready"] is False
        assert hub.committable() == {0: 3, 1: 0}
        hub.close()
        assert hub.committable() == {}
        hub.accept(0, records(9, 1))  # late, of an assignment that is over

    asyncio.run(story())
    assert broker.log("paper-state-changelog")[-1].value == b"2"


def test_every_tenure_is_told_of_its_reign_once_before_anything_else(tmp_path: Path) -> None:
    folds: list[CountingFold] = []

    def new_partition(_: int) -> CountingFold:
        folds.append(CountingFold(TOPICS))
        return folds[-1]

    async def story() -> None:
        hub = Hub(options(tmp_path), new_partition, Silent(), PaperWire(PaperBroker()))
        for generation, end in ((7, 3), (9, 5)):
            hub.open({0: Span(0, 0, end)}, generation)
            hub.accept(0, [PaperRecord(n, b"k", b"k 1") for n in range(end)])
            await asyncio.sleep(0.05)
            await hub.finish()
            hub.close()

    asyncio.run(story())
    assert [fold.reigns for fold in folds] == [[7, 9]]
    assert folds[0].counts[b"k"][1] == 5


def test_a_partition_that_was_away_is_recovered_from_nothing(tmp_path: Path) -> None:
    hub = hub_of(PaperBroker(), tmp_path)
    hub.restore(0, [PaperRecord(5, b"applied", b"2")])
    hub.forget([0])
    assert hub.known(0) == -1


def hub_of(broker: PaperBroker, folder: Path) -> Hub:
    return Hub(options(folder), lambda _: CountingFold(TOPICS), Silent(), PaperWire(broker))


def status(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "status.json").read_text())
    return found


# Preflight, guards, figures


def counted(told: WorkerOptions, partitions: int) -> dict[str, int]:
    return dict.fromkeys((told.source, told.changelog, *told.outputs, *told.away), partitions)


def test_all_topics_with_the_same_partitions_are_good(tmp_path: Path) -> None:
    told = options(tmp_path)
    judge(told, counted(told, 8))


def test_an_output_that_workers_of_two_kinds_share_has_room_for_both(tmp_path: Path) -> None:
    one, counts = options(tmp_path), counted(options(tmp_path), 8) | {TOPICS.totals: 16}
    other = replace(one, first_partition={TOPICS.totals: 8})
    judge(one, counts)
    judge(other, counts)
    for wrong in (8, 15, 20):
        with pytest.raises(WorkerFatal, match=rf"but {TOPICS.totals} has {wrong}\."):
            judge(other, counts | {TOPICS.totals: wrong})


@pytest.mark.parametrize("topic", ["paper-away", "paper-state-changelog"])
def test_state_and_logs_of_others_have_exactly_the_partitions_of_the_source(
    topic: str, tmp_path: Path
) -> None:
    told = options(tmp_path)
    with pytest.raises(WorkerFatal, match=rf"but {topic} has 16\."):
        judge(told, counted(told, 8) | {topic: 16})


def test_a_missing_topic_and_an_odd_count_are_named(tmp_path: Path) -> None:
    told = options(tmp_path)
    counts = counted(told, 8)
    with pytest.raises(WorkerFatal, match=rf"{TOPICS.totals} has 4\. Give all"):
        judge(told, {**counts, TOPICS.totals: 4})
    del counts[told.changelog]
    with pytest.raises(WorkerFatal, match=r"no topic paper-state-changelog .* Provision"):
        judge(told, counts)


def test_a_pulse_that_stood_still_forbids_to_send() -> None:
    pulse = Pulse(limit_seconds=0.05)
    pulse.check()
    time.sleep(0.1)
    with pytest.raises(WorkerFatal, match="its session is over"):
        pulse.check()


def test_a_beating_pulse_does_not_mind_a_busy_loop() -> None:
    pulse = Pulse(limit_seconds=2.0)
    pulse.start()
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        sum(range(1_000))
    pulse.stop()  # it would end the whole test run whenever that is held up for two seconds
    pulse.check()


@pytest.mark.parametrize(
    ("fault", "said"),
    [("WorkerFatal('a hole', 'Rebuild.')", "a hole. Rebuild."), ("ValueError('x')", "Traceback")],
)
def test_the_last_resort_ends_the_process_with_70_and_says_why(fault: str, said: str) -> None:
    code = (
        "from streams.agents.guards import WorkerFatal, last_resort\n"
        f"with last_resort('trying'):\n    raise {fault}\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == EXIT_FATAL
    assert "worker ends while trying" in done.stderr
    assert said in done.stderr


def test_a_count_of_the_core_may_carry_labels() -> None:
    assert parsed("lumbung_coops") == ("lumbung_coops", {})
    assert parsed("lumbung_lines_total{kind=a,verdict=b}") == (
        "lumbung_lines_total",
        {"kind": "a", "verdict": "b"},
    )


def test_every_figure_of_a_stretch_is_in_the_catalogue() -> None:
    class Strict(Silent):
        told: set[str]

        def count(self, name: str, n: float = 1, /, **labels: str) -> None:
            assert set(labels) == set(BY_NAME[name].labels)
            told.add(name)

        def observe(self, name: str, value: float, /, **labels: str) -> None:
            assert set(labels) == set(BY_NAME[name].labels)
            told.add(name)

    told: set[str] = set()
    tell(Strict(), {"lumbung_records_total{verdict=accepted}": 3}, 3, (0.0, 0.1, 0.2, 0.3))
    assert len(told) == 4
