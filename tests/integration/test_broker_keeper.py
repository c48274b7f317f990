"""The embedded broker is started again when it ends unasked, and not when it is asked to."""

import os
import signal
import time
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from deploy.backoff import Policy
from deploy.broker.keeper import Keeper
from deploy.broker.kit import Kit


def test_a_killed_broker_is_back_at_its_address_with_what_it_acknowledged(
    kafka_kit: Kit, tmp_path: Path
) -> None:
    with kafka_kit.broker(tmp_path / "kafka") as broker, Keeper(broker) as keeper:
        address, pid = broker.bootstrap, broker.pid
        assert pid is not None
        admin = KafkaAdminClient(bootstrap_servers=address)
        admin.create_topics([NewTopic("said", 1, 1)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=address, acks="all")
        producer.send("said", b"before").get(timeout=30)
        os.kill(pid, signal.SIGKILL)
        producer.send("said", b"after").get(timeout=60)
        producer.close()
        assert (broker.bootstrap, keeper.restarts) == (address, 1)
        assert broker.pid not in (None, pid)
        reader = KafkaConsumer(bootstrap_servers=address)
        place = TopicPartition("said", 0)
        assert reader.end_offsets([place])[place] == 2
        reader.close()
    assert broker.pid is None


def test_a_broker_that_dies_too_often_is_given_up(kafka_kit: Kit, tmp_path: Path) -> None:
    policy = Policy(failures_max=0)
    with kafka_kit.broker(tmp_path / "kafka") as broker, Keeper(broker, policy) as keeper:
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while keeper.watching and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (keeper.watching, keeper.restarts) == (False, 0)
        assert broker.folder.running() is None
