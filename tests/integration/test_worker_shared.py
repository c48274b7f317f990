"""A worker on a real broker that shares topics with others, as the market shares them with hubs.

Its totals lie behind the partitions of another writer, and it says things into a log of others.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from tests.support.counting import place_of
from tests.support.worker_rig import Rig, story

PARTITIONS = 2
SHARED = {"first_partition": PARTITIONS, "away": PARTITIONS, "stranger_check_seconds": 0.5}


@pytest.fixture
def rig(kafka: str, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(kafka, tmp_path, partitions=PARTITIONS)
    rig.make_topics(partitions_of={rig.topics.totals: 2 * PARTITIONS})
    yield rig
    rig.close()


def others_speak(rig: Rig) -> None:
    """Another worker's totals in its own partitions, and others' words in the log of others."""
    producer = KafkaProducer(bootstrap_servers=rig.bootstrap, acks="all")
    for place in range(PARTITIONS):
        for topic in (rig.topics.totals, rig.topics.away):
            producer.send(topic, key=b"theirs", value=b"1 1 1", partition=place)
    producer.flush()
    producer.close()


def test_a_worker_among_other_writers_is_exact_and_reigns_under_a_generation(rig: Rig) -> None:
    what = story(2_000, 3, partitions=PARTITIONS, keys=50)
    half = len(what.rows) // 2
    others_speak(rig)
    for rows in (what.rows[:half], what.rows[half:]):
        worker = rig.start("w0", **SHARED)
        rig.wait_ready(1)
        rig.feed(rows[: half // 2])
        others_speak(rig)
        rig.feed(rows[half // 2 :])
        assert rig.wait_quiet(), worker.log_text()[-3_000:]
        time.sleep(1.1)  # idle, it looks for strangers where its own totals are
        code, _ = worker.stop()
        assert code == 0, worker.log_text()[-3_000:]
        rig.workers.clear()
        assert "stranger" not in worker.log_text()

    totals = {
        (record.partition - PARTITIONS, record.key): tuple(map(int, record.value.split()))
        for record in rig.read(rig.topics.totals, 2 * PARTITIONS)
        if record.key != b"theirs"
    }
    assert {name: count for name, (_, count) in totals.items()} == {
        (place, key): count
        for place, counts in enumerate(what.totals)
        for key, count in counts.items()
    }
    told, generations = set(), set()
    for record in rig.read(rig.topics.away):
        if record.key != b"theirs":
            assert record.partition == place_of(record.key, PARTITIONS)
            version, count, generation = map(int, record.value.split())
            told.add((record.key, version, count))
            generations.add(generation)
    assert {(key, *newest) for (_, key), newest in totals.items()} <= told
    assert min(generations) > 0
    assert len(generations) > 1, "a group has a new generation at every join"
