import threading
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition

from producers.clock import Clock
from producers.clock_state import ClockFile
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Outgoing, Publisher, PublisherOptions
from producers.ticks import Place, tick_of

GROUP = "test-clock-workers"


@pytest.fixture
def topic(kafka, request):
    name = f"test-clock-{request.node.name[:40].replace('_', '-')}"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1}})
    admin.close()
    return name


@pytest.fixture
def wire(kafka, topic):
    with KafkaTicks(PublisherOptions(kafka, topic), [Track(topic, GROUP)]) as found:
        yield found


@pytest.fixture
def group(kafka):
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=GROUP, enable_auto_commit=False)
    yield consumer
    consumer.close()


def commit(group: KafkaConsumer, topic: str, *partitions: int) -> None:
    """Commit everything that lies in these partitions, as a worker does that has done it all."""
    tps = [TopicPartition(topic, partition) for partition in partitions]
    group.assign(tps)
    ends = group.end_offsets(tps)
    group.commit({tp: OffsetAndMetadata(end, "", -1) for tp, end in ends.items()})


def ticks(kafka: str, topic: str, partition: int) -> list[int]:
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    tp = TopicPartition(topic, partition)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    consumer.seek_to_beginning(tp)
    found = []
    while consumer.position(tp) < end:
        found += consumer.poll(timeout_ms=5_000).get(tp, [])
    consumer.close()
    said = [(tick_of(record.key, record.value), record.timestamp) for record in found]
    assert all(tick is None or tick.at_ms == stamp for tick, stamp in said)
    return [tick.tick for tick, _ in said if tick is not None]


def test_ticks_follow_the_commits_of_each_partition(kafka, topic, wire, group, tmp_path):
    clock = Clock(wire, ClockFile(tmp_path / "clock.json"))
    both = (Place(topic, 0), Place(topic, 1))
    assert clock.beat(1_000).sent == both
    assert clock.beat(2_000).held == both
    commit(group, topic, 0)
    assert clock.beat(3_000).sent == both[:1]
    commit(group, topic, 0, 1)
    assert clock.beat(4_000).sent == both
    assert ticks(kafka, topic, 0) == [1, 2, 3]
    assert ticks(kafka, topic, 1) == [1, 3]


def test_two_logs_get_the_same_ticks_and_each_waits_for_its_own_group(
    kafka, topic, group, tmp_path
):
    market, theirs = f"{topic}-market", f"{GROUP}-market"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics({market: {"num_partitions": 2, "replication_factor": 1}})
    admin.wait_for_topics([market])
    admin.close()
    tracks = [Track(topic, GROUP), Track(market, theirs)]
    with KafkaTicks(PublisherOptions(kafka, topic), tracks) as wire:
        clock = Clock(wire, ClockFile(tmp_path / "clock.json"))
        assert clock.beat(1_000).sent == tuple(
            Place(t, p) for t in (topic, market) for p in (0, 1)
        )
        commit(group, topic, 0, 1)
        commit(group, market, 0, 1)  # by the group of the events: the market's has done nothing
        assert clock.beat(2_000).sent == (Place(topic, 0), Place(topic, 1))
        other = KafkaConsumer(bootstrap_servers=kafka, group_id=theirs, enable_auto_commit=False)
        commit(other, market, 0, 1)
        other.close()
        assert clock.beat(3_000).sent == (Place(market, 0), Place(market, 1))
        (tmp_path / "clock.json").unlink()
        assert Clock(wire, ClockFile(tmp_path / "clock.json")).tick == 3
    assert ticks(kafka, topic, 0) == [1, 2]
    assert ticks(kafka, market, 1) == [1, 3]


def test_a_clock_that_lost_its_file_finds_the_number_under_many_reports(
    kafka, topic, wire, group, tmp_path
):
    first = Clock(wire, ClockFile(tmp_path / "clock.json"))
    first.beat(1_000)
    commit(group, topic, 0, 1)
    first.beat(2_000)
    with Publisher(PublisherOptions(kafka, topic)) as publisher:
        publisher.publish_all([Outgoing(b"coop", b"{}", 0) for _ in range(1_300)])
    (tmp_path / "clock.json").unlink()
    second = Clock(wire, ClockFile(tmp_path / "clock.json"))
    assert second.tick == 2
    assert second.beat(3_000).sent == ()
    commit(group, topic, 0, 1)
    assert second.beat(3_000).tick == 3


def test_a_running_clock_ticks_while_its_group_keeps_up(kafka, topic, wire, group, tmp_path):
    stop, heard = threading.Event(), []

    def hear(beat):
        commit(group, topic, 0, 1)
        heard.append(beat.tick)
        if len(heard) == 4:
            stop.set()

    Clock(wire, ClockFile(tmp_path / "clock.json")).run(
        stop, now=lambda: time.time_ns() // 1_000_000, interval_ms=20, heard=hear
    )
    assert heard == [1, 2, 3, 4]
    assert ticks(kafka, topic, 1) == [1, 2, 3, 4]
