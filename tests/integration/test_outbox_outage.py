"""The broker dies under a device that goes on speaking; once back, it gets everything."""

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread, Timer

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.producer.sender import Sender

from deploy.broker.kit import Kit
from deploy.broker.node import Broker
from producers.delivery import deliver
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent
from schemas import reference
from schemas.events import Received
from schemas.identity import partition_of

COOP = "19.02.01.1005"
TOPIC = "test-outage"


@pytest.fixture
def broker(kafka_kit: Kit, tmp_path: Path) -> Iterator[Broker]:
    with kafka_kit.broker(tmp_path / "kafka") as found:
        admin = KafkaAdminClient(bootstrap_servers=found.bootstrap)
        admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
        admin.close()
        yield found


def test_what_is_said_while_the_broker_is_dead_is_owed_and_arrives_when_it_is_back(
    broker: Broker, tmp_path: Path
) -> None:
    register, now_ms = reference.register(), 0
    options = PublisherOptions(
        str(broker.bootstrap), TOPIC, request_timeout_ms=1_000, delivery_timeout_ms=3_000
    )
    with Outbox(tmp_path / "outbox.db") as outbox, Publisher(options) as publisher:
        drafts = [outbox.say(COOP, "hp1", [_eggs(n)], n) for n in range(1, 6)]
        assert deliver(outbox, publisher, register, now=lambda: now_ms).sent == 5
        broker.kill()
        drafts += [outbox.say(COOP, "hp1", [_eggs(n)], n) for n in range(6, 11)]
        dead = deliver(outbox, publisher, register, now=lambda: now_ms)
        assert (dead.sent, dead.owed) == (0, 5)
        assert dead.why
        broker.start()
        for _ in range(5):
            if deliver(outbox, publisher, register, now=lambda: now_ms).owed == 0:
                break
        assert outbox.pending() == []
    arrived = _log(str(broker.bootstrap), partition_of("19.02", 2))
    assert set(arrived) == {draft.value for draft in drafts}
    # A record that came although its ack did not is there twice, with the same bytes.
    firsts = list(dict.fromkeys(arrived))
    assert firsts == [draft.value for draft in drafts]


def test_a_publisher_whose_records_ran_out_of_time_goes_on_when_the_broker_is_back(
    broker: Broker,
) -> None:
    options = PublisherOptions(
        str(broker.bootstrap), TOPIC, max_block_ms=2_000, request_timeout_ms=1_000,
        delivery_timeout_ms=3_000,
    )  # fmt: skip
    records = [Outgoing(b"k", b"%d" % n, n % 2) for n in range(20)]
    with Publisher(options) as publisher:
        assert publisher.publish_all(records)
        Timer(0.5, broker.kill).start()
        gone = time.monotonic() + 8.0
        while time.monotonic() < gone:  # it dies while records are under way
            found = publisher.publish(records)
        assert not any(isinstance(each, Sent) for each in found)
        broker.start()
        for _ in range(10):  # its own back-off after an outage is some seconds long
            if all(isinstance(each, Sent) for each in publisher.publish(records)):
                break
        else:
            pytest.fail("nothing leaves though the broker is back")


def test_a_producer_that_is_let_go_with_records_under_way_ends_its_thread_and_is_silent(
    broker: Broker,
) -> None:
    before, options = _senders(), PublisherOptions(str(broker.bootstrap), TOPIC)
    with Publisher(options) as publisher:
        broker.kill()
        publisher._producer.send(TOPIC, b"never", partition=0)
        publisher._spent = True
    del publisher
    gc.collect()
    until = time.monotonic() + 20.0
    while not _senders() <= before and time.monotonic() < until:
        time.sleep(0.05)
    assert _senders() <= before


def _senders() -> set[Thread]:
    return {one for one in threading.enumerate() if isinstance(one, Sender)}


def _eggs(n: int) -> Received:
    return Received(commodity="TELUR", quantity=str(n), unit="KG")


def _log(bootstrap: str, partition: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    tp = TopicPartition(TOPIC, partition)
    consumer.assign([tp])
    end = consumer.end_offsets([tp])[tp]
    consumer.seek_to_beginning(tp)
    found: list[bytes] = []
    while consumer.position(tp) < end:
        found += [record.value for record in consumer.poll(timeout_ms=5_000).get(tp, [])]
    consumer.close()
    return found
