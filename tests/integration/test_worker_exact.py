"""The worker on a real broker: whatever befalls its processes, what is left equals the oracle."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata

from tests.support.worker_rig import Rig, Story, Worker, story

FATAL = 70
QUICK = {"session_seconds": 3.0, "heartbeat_seconds": 1.0}
STOP_SECONDS = 10.0
"""What a stop may take before the worker ends without Faust, and says so (`WorkerOptions`)."""


@pytest.fixture
def rig(kafka: str, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(kafka, tmp_path)
    rig.make_topics()
    yield rig
    rig.close()


def told(records: int, seed: int) -> Story:
    return story(records, seed, partitions=4)


def assert_exact(rig: Rig, what: Story) -> None:
    assert rig.wait_quiet(), logs(rig)
    for worker in rig.workers:
        worker.end()
    assert rig.faults(what) == [], logs(rig)


def logs(rig: Rig) -> str:
    """What a failure is judged by: the ends of all logs."""
    return "\n".join(f"--- {worker.name}\n{worker.log_text()[-3000:]}" for worker in rig.workers)


def assert_stops(worker: Worker) -> None:
    """Cleanly, and not because it was tired of waiting for Faust."""
    code, seconds = worker.stop(2 * STOP_SECONDS)
    assert (code, seconds < STOP_SECONDS) == (0, True), worker.log_text()[-3000:]
    assert "ending without it" not in worker.log_text()


def test_a_straight_run_is_exact_and_a_clean_stop_is_quick(rig: Rig) -> None:
    what = told(30_000, seed=1)
    rig.feed(what.rows)
    worker = rig.start("w0")
    rig.wait_ready(1)
    assert rig.wait_quiet()
    assert_stops(worker)
    assert_exact(rig, what)


def test_a_stop_in_the_middle_leaves_nothing_undone_for_the_next(rig: Rig) -> None:
    what = told(40_000, seed=2)
    rig.feed(what.rows)
    first = rig.start("w0")
    rig.wait_ready(1)
    assert_stops(first)
    rig.workers.clear()
    rig.start("w0")
    assert_exact(rig, what)


@pytest.mark.parametrize("workers", [1, 2])
def test_five_kills_at_random_moments_change_nothing(rig: Rig, workers: int) -> None:
    what, chance = told(20_000, seed=workers), random.Random(workers)
    for number in range(workers):
        rig.start(f"w{number}", **QUICK)
    rig.wait_ready(workers)
    kills = [1.0 + 2.6 * number + chance.uniform(0, 2) for number in range(5)]
    for gone in rig.feed_slowly(what.rows, seconds=15.0):
        rig.tend()
        if kills and gone > kills[0]:
            kills.pop(0)
            chance.choice(rig.workers).signal(signal.SIGKILL)
    assert kills == []
    assert_exact(rig, what)


def test_an_owner_that_slept_through_its_session_does_no_harm(rig: Rig) -> None:
    what = told(20_000, seed=5)
    sleeper, heir = rig.start("w0", **QUICK), rig.start("w1", **QUICK)
    rig.wait_ready(2)
    plan = [(2.0, signal.SIGSTOP), (8.0, signal.SIGCONT)]
    for gone in rig.feed_slowly(what.rows, seconds=13.0):
        if plan and gone > plan[0][0]:
            sleeper.signal(plan.pop(0)[1])
        rig.tend()
    assert plan == []
    time.sleep(6.0)  # an idle owner looks for strangers every five seconds
    assert_exact(rig, what)
    assert sleeper.exits[:1] == [FATAL], logs(rig)
    assert sleeper.unexcused() + heir.unexcused() == [], logs(rig)


def test_a_second_worker_comes_and_goes_under_load(rig: Rig) -> None:
    what = told(20_000, seed=6)
    first = rig.start("w0", **QUICK)
    rig.wait_ready(1)
    second, left = None, False
    for gone in rig.feed_slowly(what.rows, seconds=13.0):
        if second is None and gone > 1.0:
            second = rig.start("w1", **QUICK)
        if second and not left and gone > 8.0 and second.status().get("partitions"):
            left = True
            assert_stops(second)
        rig.tend()
    if not left:  # a machine so slow that it was not ready by then
        rig.wait_ready(2, 60.0)
        assert_stops(rig.workers[1])
    assert_exact(rig, what)
    assert first.unexcused() == [], logs(rig)


def test_who_stops_cleanly_leaves_its_group_and_nobody_waits_for_its_session(rig: Rig) -> None:
    worker = rig.start("w0", session_seconds=30.0)
    rig.wait_ready(1)
    assert members(rig) == ["w0"]
    assert_stops(worker)
    assert members(rig) == []


def members(rig: Rig) -> list[str]:
    admin = KafkaAdminClient(bootstrap_servers=rig.bootstrap)
    try:
        found = admin.describe_groups([rig.app])[rig.app]["members"]
        return [member["group_instance_id"] for member in found]
    finally:
        admin.close()


def test_a_slow_tick_holds_up_no_other_partition_and_no_heartbeat(rig: Rig) -> None:
    tick_seconds = 8.0
    worker = rig.start("w0", tick_seconds=tick_seconds, **QUICK)
    rig.wait_ready(1)
    begun = time.monotonic()
    rig.feed([(0, b"tick", b"1"), (1, b"k", b"k 1")])
    assert any(record.key == b"k" for record in _awaited(rig, rig.topics.totals, tick_seconds))
    assert time.monotonic() - begun < tick_seconds
    assert rig.wait_quiet(60.0), logs(rig)
    assert worker.unexcused() == [], logs(rig)


def _awaited(rig: Rig, topic: str, seconds: float) -> list[Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = list(rig.read(topic))
        if found:
            return found
    return []


def test_a_missing_topic_ends_the_start_and_says_what_to_do(kafka: str, tmp_path: Path) -> None:
    rig = Rig(kafka, tmp_path)
    rig.make_topics(without=rig.changelog)
    assert_ends_fatally(rig, f"no topic {rig.changelog}", "Provision all topics")


def test_a_topic_with_other_partitions_ends_the_start(kafka: str, tmp_path: Path) -> None:
    rig = Rig(kafka, tmp_path)
    rig.make_topics(partitions_of={rig.changelog: 3})
    assert_ends_fatally(rig, f"{rig.topics.source} has 4 partitions", f"{rig.changelog} has 3")


def test_a_log_made_anew_under_old_commits_ends_the_start(rig: Rig) -> None:
    rig.feed([(0, b"k", b"k 1")])
    commit(rig, 5)
    assert_ends_fatally(rig, "ends at 1, 5 is due: it was made anew", "rebuild")


def test_a_log_that_begins_after_the_committed_offset_ends_the_start(rig: Rig) -> None:
    rig.feed([(0, b"k", b"k 1")] * 5)
    commit(rig, 1)
    admin = KafkaAdminClient(bootstrap_servers=rig.bootstrap)
    admin.delete_records({TopicPartition(rig.topics.source, 0): 3})
    admin.close()
    assert_ends_fatally(rig, "begins at 3, 1 is due: records are gone", "rebuild")


def test_a_lost_state_under_old_commits_ends_the_start(rig: Rig) -> None:
    rig.feed([(0, b"k", b"k 1")] * 5)
    commit(rig, 5)
    assert_ends_fatally(rig, "is committed to 5, the state holds -1: state was lost", "rebuild")


def commit(rig: Rig, offset: int) -> None:
    place = TopicPartition(rig.topics.source, 0)
    committer = KafkaConsumer(
        bootstrap_servers=rig.bootstrap, group_id=rig.app, enable_auto_commit=False
    )
    committer.assign([place])
    committer.commit({place: OffsetAndMetadata(offset, "", -1)})
    committer.close()


def assert_ends_fatally(rig: Rig, *said: str) -> None:
    worker = rig.start("w0")
    try:
        assert worker.child.wait(60.0) == FATAL
        assert [words for words in said if words not in worker.log_text()] == []
    finally:
        rig.close()
