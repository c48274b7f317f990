"""On a real broker: too much refused halts a partition for all workers, and what cannot leave
stops them; nothing is lost, and what an operator orders reaches whoever owns the partition.
"""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from deploy.halts import Halt, halts, resume
from tests.support.worker_rig import Rig, Row, Worker

FATAL = 70
LOST = 2
QUICK = {"session_seconds": 3.0, "heartbeat_seconds": 1.0, "halt_check_seconds": 0.2,
         "halt_run": 50, "run_records_max": 40}  # fmt: skip
BAD: list[Row] = [(LOST, b"x", b"rubbish %d of no sense" % n) for n in range(300)]
GOOD: list[Row] = [(p, b"k", b"k 1") for p in (0, 1, 2, 3) for _ in range(25)]


@pytest.fixture
def rig(kafka: str, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(kafka, tmp_path)
    rig.make_topics()
    yield rig
    rig.close()


@pytest.fixture
def admin(kafka: str) -> Iterator[Any]:
    client = KafkaAdminClient(bootstrap_servers=kafka)
    yield client
    client.close()


def until(happens: Callable[[], bool], rig: Rig, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "\n".join(w.log_text()[-3000:] for w in rig.workers)
        time.sleep(0.05)


def standing(admin: Any, rig: Rig) -> list[Halt]:
    return halts(admin, rig.app, rig.partitions, topic=rig.topics.source)


def dead(rig: Rig) -> list[int]:
    return sorted({int(r.key) for r in rig.read(rig.topics.dead) if r.partition == LOST})


def halted(worker: Worker) -> list[int]:
    found: list[int] = worker.status().get("halted", [])
    return found


def test_a_flood_of_refusals_halts_its_partition_alone_for_every_worker_until_resumed(
    rig: Rig, admin: Any
) -> None:
    rig.feed([*BAD, *GOOD])
    first = rig.start("w0", **QUICK)
    until(lambda: halted(first) == [LOST], rig)
    (halt,) = standing(admin, rig)
    assert halt.partition == LOST
    assert halt.why == "50 in a row were refused"
    assert 50 <= halt.offset <= 50 + 40  # what was in hand went through
    until(lambda: rig.progress()[0] >= 75 + halt.offset, rig)  # the others are served
    assert dead(rig) == list(range(halt.offset))

    first.signal(signal.SIGKILL)
    first.end()
    heir = rig.start("w1", **QUICK)
    until(lambda: halted(heir) == [LOST], rig)
    time.sleep(1.0)
    assert dead(rig) == list(range(halt.offset))
    assert standing(admin, rig) == [halt]

    for _ in range(len(BAD)):  # each order lets some more in, as long as the cause is there
        if rig.wait_quiet(0.0):
            break
        resume(admin, rig.app, [LOST], topic=rig.topics.source)
        until(lambda: bool(standing(admin, rig)) or rig.wait_quiet(0.2), rig)
    assert rig.wait_quiet()
    assert dead(rig) == list(range(len(BAD)))
    assert halted(heir) == []


def test_dead_letters_that_cannot_leave_stop_the_worker_and_nothing_is_committed_past_them(
    rig: Rig, admin: Any
) -> None:
    rig.feed(GOOD)
    worker = rig.start("w0", **QUICK, send_seconds=2.0)
    assert rig.wait_quiet()
    admin.delete_topics([rig.topics.dead])
    rig.feed(BAD[:3])
    until(lambda: worker.child.poll() is not None, rig)
    assert worker.child.returncode == FATAL
    worker.end()
    done, end = rig.progress()
    assert (done, end) == (len(GOOD), len(GOOD) + 3)

    blind = rig.start("w1", **QUICK)
    until(lambda: blind.child.poll() is not None, rig)
    assert blind.child.returncode == FATAL
    assert f"no topic {rig.topics.dead}" in blind.log_text()
    blind.end()
    assert rig.progress()[0] == len(GOOD)

    admin.create_topics([NewTopic(rig.topics.dead, rig.partitions, 1)])
    rig.start("w2", **QUICK)
    assert rig.wait_quiet()
    assert dead(rig) == [25, 26, 27]
