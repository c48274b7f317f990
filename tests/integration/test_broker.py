"""The embedded broker, for real: starts, serves, keeps, stops, and cannot be orphaned."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from deploy.broker.folder import Folder
from deploy.broker.kit import Kit
from deploy.broker.node import Broker, _cluster_id
from deploy.broker.probe import is_ready
from deploy.errors import DependencyError, LumbungError
from deploy.process import ProcessId, kill, started_at, wait_gone

ROOT = Path(__file__).parents[2]

STARTER = """
import sys, threading, time
from pathlib import Path
from deploy.broker.node import Broker
broker = Broker(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
starter = threading.Thread(target=broker.start)
starter.start()
starter.join()
print(broker.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def broker(tmp_path: Path, kafka_kit: Kit) -> Iterator[Broker]:
    """A broker of this test alone, not yet started."""
    alone = kafka_kit.broker(tmp_path / "broker", heap_mb=256)
    yield alone
    alone.kill()


def say(bootstrap: str, topic: str, *words: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    for word in words:
        producer.send(topic, word, partition=0).get(timeout=20)
    producer.close()


def heard(bootstrap: str, topic: str) -> list[bytes]:
    """Everything in partition 0 of the topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    words: list[bytes] = []
    deadline = time.monotonic() + 20
    while len(words) < end and time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=200).values():
            words += [record.value for record in records]
    consumer.close()
    return words


def make_topic(bootstrap: str, name: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    admin.wait_for_topics([name])
    admin.close()


def test_the_session_broker_takes_and_gives_back_what_was_said(kafka: str) -> None:
    topic = f"said.{uuid.uuid4().hex}"
    make_topic(kafka, topic)
    say(kafka, topic, b"padi", b"lada")
    assert heard(kafka, topic) == [b"padi", b"lada"]


def test_a_second_start_keeps_the_data_and_the_port_even_after_a_kill(broker: Broker) -> None:
    first = broker.start()
    make_topic(first, "kept")
    say(first, "kept", b"one")
    assert broker.stop() is True
    assert broker.pid is None

    assert broker.start() == first
    say(first, "kept", b"two")
    broker.kill()

    assert broker.start() == first
    assert heard(first, "kept") == [b"one", b"two"]


def test_stop_leaves_no_process_and_no_pid_file(broker: Broker) -> None:
    bootstrap = broker.start()
    pid = broker.pid
    assert pid is not None
    broker.stop()
    assert started_at(pid) is None
    assert not (broker.folder.root / "broker.pid").exists()
    assert not is_ready(bootstrap)


def test_a_folder_is_never_served_by_two_brokers(broker: Broker) -> None:
    broker.start()
    other = Broker(broker.folder.root, Path("unused"), Path("unused"))
    with pytest.raises(LumbungError) as refused:
        other.start()
    assert refused.value.code == "LB-K002"
    assert other.pid == broker.pid


def test_a_killed_parent_takes_its_broker_along_though_a_thread_started_it(
    tmp_path: Path, kafka_kit: Kit
) -> None:
    if sys.platform != "linux":
        pytest.skip("the kernel of this system ties no child to its parent")
    command = [
        sys.executable,
        "-c",
        STARTER,
        str(tmp_path),
        str(kafka_kit.jars),
        str(kafka_kit.java.path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        started = started_at(pid)
        assert started is not None
        served = ProcessId(pid, started)
        try:
            parent.send_signal(signal.SIGKILL)
            parent.wait()
            assert wait_gone(served, 5.0)
        finally:
            kill(served)
    assert Folder(tmp_path).running() is None


def test_a_broker_that_cannot_start_says_why_with_the_end_of_its_log(broker: Broker) -> None:
    bootstrap = broker.start()
    broker.stop()
    (broker.folder.topics / "meta.properties").write_text("version=1\nnode.id=77\ncluster.id=x\n")
    with pytest.raises(DependencyError) as failed:
        broker.start(ready_seconds=30)
    assert failed.value.code == "LB-K004"
    assert failed.value.exit_code == 4
    assert "77" in failed.value.what
    assert broker.pid is None
    assert not is_ready(bootstrap)


def test_no_cluster_id_looks_like_an_option_of_the_tool_that_reads_it() -> None:
    assert [drawn for drawn in (_cluster_id() for _ in range(2_000)) if drawn[0] == "-"] == []
