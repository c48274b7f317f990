import os
import time
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from producers.delivery import deliver
from producers.errors import PublishError
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent, Unsent
from schemas import reference
from schemas.events import Received
from schemas.identity import partition_of

PARTITIONS = 4
COOP = "19.02.01.1005"


@pytest.fixture(scope="module")
def topic(kafka):
    name = "test-publisher"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": 1}})
    admin.close()
    return name


@pytest.fixture
def publisher(kafka, topic):
    with Publisher(PublisherOptions(kafka, topic)) as found:
        yield found


def log(kafka: str, topic: str, partition: int, start: int = 0) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    tp = TopicPartition(topic, partition)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    consumer.seek(tp, start)
    found: list[Any] = []
    while consumer.position(tp) < end:
        found += consumer.poll(timeout_ms=5_000).get(tp, [])
    consumer.close()
    return found


def test_records_lie_where_they_were_sent_with_their_exact_bytes_and_time(kafka, topic, publisher):
    values = [b"\x00\xff not json " + os.urandom(8) for _ in range(200)]
    records = [Outgoing(b"k", value, 3, 1_000 + n) for n, value in enumerate(values)]
    results = publisher.publish(records)
    start = results[0].offset
    assert [(result.partition, result.offset) for result in results] == [
        (3, start + n) for n in range(200)
    ]
    found = log(kafka, topic, 3, start)
    assert [(r.key, r.value, r.timestamp) for r in found] == [
        (b"k", value, 1_000 + n) for n, value in enumerate(values)
    ]


def test_a_record_without_a_key_or_a_moment_is_stamped_when_it_is_sent(kafka, topic, publisher):
    before = time.time_ns() // 1_000_000
    (result,) = publisher.publish_all([Outgoing(None, b"x", 2)])
    (record,) = log(kafka, topic, 2, result.offset)
    assert record.key is None
    assert before <= record.timestamp <= time.time_ns() // 1_000_000


def test_each_record_has_its_own_verdict(publisher):
    results = publisher.publish(
        [
            Outgoing(b"k", b"good", 0),
            Outgoing(b"k", b"no such partition", PARTITIONS),
            Outgoing(b"k", b"x" * 2_000_000, 0),
            Outgoing(b"k", b"good again", 1),
        ]
    )
    assert [type(result) for result in results] == [Sent, Unsent, Unsent, Sent]
    assert "MessageSizeTooLargeError" in results[2].why
    with pytest.raises(PublishError) as failed:
        publisher.publish_all([Outgoing(b"k", b"x", PARTITIONS)])
    assert failed.value.code == "LB-K012"


def test_a_small_budget_slows_the_sender_and_loses_nothing(kafka, topic):
    options = PublisherOptions(kafka, topic, in_flight_bytes_max=4_000)
    with Publisher(options) as publisher:
        results = publisher.publish_all([Outgoing(b"k", b"x" * 900, n % 4) for n in range(300)])
    assert len(results) == 300


def test_a_topic_that_is_not_there_is_told_so(kafka):
    with pytest.raises(PublishError) as failed:
        Publisher(PublisherOptions(kafka, "test-no-such-topic", max_block_ms=1_500))
    assert failed.value.code == "LB-K013"


def test_a_broker_that_is_not_there_is_told_so():
    with pytest.raises(PublishError) as failed:
        Publisher(PublisherOptions("127.0.0.1:1", "any", max_block_ms=1_500))
    assert failed.value.code == "LB-K010"
    assert "127.0.0.1:1" in failed.value.what


def test_the_outbox_is_emptied_by_the_brokers_acks(kafka, topic, publisher, tmp_path):
    partition = partition_of("19.02", PARTITIONS)
    before = len(log(kafka, topic, partition))
    with Outbox(tmp_path / "outbox.db") as outbox:
        drafts = [
            outbox.say(COOP, "hp1", [Received(commodity="TELUR", quantity="1", unit="KG")], n)
            for n in range(1, 40)
        ]
        done = deliver(outbox, publisher, reference.register(), now=lambda: 0)
        assert (done.sent, done.owed) == (39, 0)
        assert deliver(outbox, publisher, reference.register(), now=lambda: 0).sent == 0
    found = log(kafka, topic, partition)[before:]
    assert [(r.key, r.value) for r in found] == [(COOP.encode(), d.value) for d in drafts]
