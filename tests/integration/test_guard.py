"""The watchdog on a real group: a worker that lives, owns partitions and commits nothing."""

import os
import sys
import time
import uuid
from pathlib import Path
from threading import Event, Thread

from kafka import KafkaProducer

from deploy.guard import Guard, look
from deploy.provision import admin, provision
from deploy.supervisor import Child, State, Supervisor
from deploy.watchdog import Partition
from schemas.topics import FOREVER, Topic

ROOT = Path(__file__).parents[2]

# Polls, and so stays a member of its group; commits only what it is told to.
WORKER = """
import sys
from kafka import KafkaConsumer
bootstrap, topic, group, name, commits = sys.argv[1:]
consumer = KafkaConsumer(
    topic, bootstrap_servers=bootstrap, group_id=group, client_id=name, group_instance_id=name,
    enable_auto_commit=False, auto_offset_reset="earliest", session_timeout_ms=6000,
)
while True:
    if consumer.poll(timeout_ms=100) and commits == "yes":
        consumer.commit()
"""


def watched(kafka: str, tmp_path: Path, commits: str) -> tuple[Supervisor, Guard]:
    """A worker on a topic of its own with ten records, and the guard over it."""
    topic, group = f"guarded.{uuid.uuid4().hex}", f"guarded-{uuid.uuid4().hex}"
    provision(kafka, [Topic(topic, "", "", "forever", "test", FOREVER)], partitions=1)
    producer = KafkaProducer(bootstrap_servers=kafka)
    for _ in range(10):
        producer.send(topic, b"padi", partition=0)
    producer.flush()
    producer.close()
    command = (sys.executable, "-c", WORKER, kafka, topic, group, "worker-0", commits)
    worker = Child("worker-0", command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    supervisor = Supervisor([worker], tmp_path)
    guard = Guard(kafka, group, {topic: 1}, ("worker-0",), supervisor.kill, patience_seconds=6)
    return supervisor, guard


def watch_for(supervisor: Supervisor, guard: Guard, seconds: float) -> int:
    """Supervise and guard, until the first restart or for `seconds`; restarts seen."""
    told = Event()
    threads = [Thread(target=each.run, args=(told,)) for each in (supervisor, guard)]
    supervisor.start()
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    while supervisor.snapshot()[0].restarts == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    told.set()
    for thread in threads:
        thread.join()
    assert supervisor.snapshot()[0].state is State.STOPPED
    return supervisor.snapshot()[0].restarts


def test_a_worker_that_lives_but_commits_nothing_is_killed_and_started_again(
    kafka: str, tmp_path: Path
) -> None:
    supervisor, guard = watched(kafka, tmp_path, commits="no")
    assert watch_for(supervisor, guard, seconds=40) == 1
    assert supervisor.snapshot()[0].exit_code in (-9, -15)


def test_a_worker_that_keeps_up_is_left_alone(kafka: str, tmp_path: Path) -> None:
    supervisor, guard = watched(kafka, tmp_path, commits="yes")
    assert watch_for(supervisor, guard, seconds=12) == 0
    (topic,) = guard.topics
    with admin(kafka) as client:
        seen = look(client, guard.group, guard.topics, 0)
    assert seen.sample.committed == {Partition(topic, 0): 10}
    assert seen.sample.lag(Partition(topic, 0)) == 0
