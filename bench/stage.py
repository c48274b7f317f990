"""The stage of a benchmark: a real broker in a scratch folder, one worker, its CPU time."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from deploy.settings import load
from deploy.stack import Stack, opened
from deploy.wiring import hub_app_id, status_file, worker_name
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Outgoing, Publisher, PublisherOptions
from schemas.topics import EVENTS

_TICK = os.sysconf("SC_CLK_TCK")
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Use:
    """What a worker used between ready and all committed."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


@contextmanager
def stage(partitions: int, **more: object) -> Iterator[Stack]:
    """A broker with the topics, and nothing else yet; `more` are settings, a dot written `__`."""
    told = {name.replace("__", "."): value for name, value in more.items()}
    with tempfile.TemporaryDirectory(prefix="lumbung-bench-") as folder:
        flags = {"data_dir": Path(folder), "kafka.partitions": partitions, "metrics.port": 0}
        with opened(load(flags | told).settings) as stack:
            yield stack


def publish(stack: Stack, records: Iterable[Outgoing]) -> int:
    """Send everything and wait for every ack; how many records that were."""
    options = PublisherOptions(stack.bootstrap, EVENTS, linger_ms=20)
    sent, source = 0, iter(records)
    with Publisher(options) as publisher:
        while batch := list(islice(source, BATCH)):
            publisher.publish_all(batch)
            sent += len(batch)
    return sent


def start_worker(stack: Stack) -> int:
    """Start the hub worker, without a market, and wait until it is ready; its pid."""
    for child in stack.hub_workers():
        stack.supervisor.add(child)
    path = status_file(stack.settings, worker_name(0))
    deadline = time.monotonic() + 60
    while not (path.exists() and '"ready":true' in path.read_text().replace(" ", "")):
        assert time.monotonic() < deadline, "the worker did not become ready"
        time.sleep(0.02)
    pid = stack.supervisor.snapshot()[0].pid
    assert pid is not None, "a ready worker runs"
    return pid


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def peak_mib(pid: int) -> float:
    """Highest resident set of a process so far."""
    return _status_mib(pid, "VmHWM:")


def resident_mib(pid: int) -> float:
    """Resident set of a process now; 0 when it is gone."""
    return _status_mib(pid, "VmRSS:")


def _status_mib(pid: int, field: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def work(stack: Stack, end: int) -> Use:
    """Start the worker on a full log and measure it until all of it is committed."""
    options = PublisherOptions(stack.bootstrap, EVENTS)
    with KafkaTicks(options, [Track(EVENTS, hub_app_id(stack.settings))]) as wire:
        pid = start_worker(stack)
        cpu, began = cpu_seconds(pid), time.monotonic()
        while sum(wire.committed().values()) < end:
            time.sleep(0.1)
        return Use(cpu_seconds(pid) - cpu, time.monotonic() - began, peak_mib(pid))
