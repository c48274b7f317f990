"""Drives counting workers against a real broker and judges what they left by its own oracle."""

import json
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from tests.support.counting import Topics

SCRIPT = Path(__file__).with_name("counting_worker.py")
COMPACT = {"cleanup.policy": "compact", "min.compaction.lag.ms": "600000"}

Row = tuple[int, bytes, bytes]  # partition, key, value


@dataclass
class Story:
    """Input rows in order, and what must come of them."""

    rows: list[Row] = field(default_factory=list)
    totals: list[Counter[bytes]] = field(default_factory=list)
    dead: int = 0


def story(
    records: int, seed: int, *, partitions: int, keys: int = 200, bad: float = 0.002
) -> Story:
    """A seeded story; `keys` per partition."""
    chance = random.Random(seed)
    told = Story(totals=[Counter() for _ in range(partitions)])
    for number in range(records):
        partition = chance.randrange(partitions)
        if chance.random() < bad:
            told.rows.append((partition, b"x", b"rubbish %d of no sense" % number))
            told.dead += 1
            continue
        key, delta = b"k%d" % chance.randrange(keys), chance.randrange(-50, 100)
        told.rows.append((partition, key, b"%s %d" % (key, delta)))
        told.totals[partition][key] += delta
    return told


@dataclass
class Rig:
    """One application of its own on a broker: its topics, its feed, its workers."""

    bootstrap: str
    folder: Path
    partitions: int = 4
    app: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:8]}")
    workers: list["Worker"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topics = Topics.of(self.app)
        self.changelog = f"{self.app}-state-changelog"
        self._producer: KafkaProducer | None = None
        self._watcher: KafkaConsumer | None = None

    def make_topics(
        self, *, without: str = "", partitions_of: dict[str, int] | None = None
    ) -> None:
        kinds = {
            self.topics.source: {},
            self.topics.ledger: {},
            self.topics.dead: {},
            self.topics.away: {},
            self.topics.totals: COMPACT,
            self.changelog: COMPACT,
        }
        counts = partitions_of or {}
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.create_topics(
            [
                NewTopic(name, counts.get(name, self.partitions), 1, topic_configs=config)
                for name, config in kinds.items()
                if name != without
            ]
        )
        admin.close()

    def start(self, name: str, **settings: float) -> "Worker":
        worker = Worker(self, name, settings)
        self.workers.append(worker)
        return worker

    def feed(self, rows: list[Row]) -> None:
        if self._producer is None:
            self._producer = KafkaProducer(
                bootstrap_servers=self.bootstrap, acks="all", linger_ms=5, batch_size=200_000
            )
        for partition, key, value in rows:
            self._producer.send(self.topics.source, key=key, value=value, partition=partition)
        self._producer.flush()

    def feed_slowly(self, rows: list[Row], seconds: float) -> Iterator[float]:
        """Feed over `seconds`, yielding the time gone by between the pieces."""
        begun, at = time.monotonic(), 0
        while at < len(rows):
            gone = time.monotonic() - begun
            to = min(len(rows), int(len(rows) * gone / seconds) + 1)
            self.feed(rows[at:to])
            at = to
            yield gone
            time.sleep(0.05)

    def progress(self) -> tuple[int, int]:
        """Committed and end offset, summed."""
        if self._watcher is None:
            self._watcher = KafkaConsumer(
                bootstrap_servers=self.bootstrap, group_id=self.app, enable_auto_commit=False
            )
        places = [TopicPartition(self.topics.source, p) for p in range(self.partitions)]
        done = sum(self._watcher.committed(place) or 0 for place in places)
        return done, sum(self._watcher.end_offsets(places).values())

    def tend(self) -> None:
        """Start again whatever ended without being told to."""
        for worker in self.workers:
            worker.tend()

    def wait_quiet(self, seconds: float = 60.0) -> bool:
        """Whether all was committed in time; workers that end are started again."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tend()
            done, end = self.progress()
            if done >= end:
                return True
            time.sleep(0.1)
        return False

    def wait_ready(self, count: int, seconds: float = 30.0) -> None:
        """Until `count` workers are ready and hold all partitions together."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            states = [worker.status() for worker in self.workers]
            ready = [state for state in states if state.get("ready")]
            held = sorted(p for state in ready for p in state["partitions"])
            if len(ready) >= count and held == list(range(self.partitions)):
                return
            time.sleep(0.05)
        raise AssertionError([worker.log_text()[-2000:] for worker in self.workers])

    def close(self) -> None:
        for worker in self.workers:
            worker.end()
        for client in (self._producer, self._watcher):
            if client is not None:
                client.close()

    def read(self, topic: str, partitions: int | None = None) -> Iterator[Any]:
        """All records of a topic; its partitions are those of the source unless told."""
        reader = KafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        places = [TopicPartition(topic, p) for p in range(partitions or self.partitions)]
        reader.assign(places)
        reader.seek_to_beginning(*places)
        ends = reader.end_offsets(places)
        while any(reader.position(place) < ends[place] for place in places):
            for records in reader.poll(timeout_ms=500, max_records=20_000).values():
                yield from records
        reader.close()

    def faults(self, told: Story) -> list[str]:
        """What is wrong with what the workers left; empty when all is exact."""
        found = [] if self.progress()[0] == len(told.rows) else [f"committed {self.progress()}"]
        for topic in (self.topics.totals, self.changelog):
            found += self._faults_of_log(topic, told)
        ledger = {(r.partition, r.key): r.value for r in self.read(self.topics.ledger)}
        if len(ledger) != len(told.rows) - told.dead:
            found.append(f"ledger: {len(ledger)} of {len(told.rows) - told.dead}")
        dead = {(r.partition, r.key) for r in self.read(self.topics.dead)}
        if len(dead) != told.dead:
            found.append(f"dead letters: {len(dead)} of {told.dead}")
        return found

    def _faults_of_log(self, topic: str, told: Story) -> list[str]:
        found: list[str] = []
        best: dict[tuple[int, bytes], tuple[int, int]] = {}
        last: dict[tuple[int, bytes], int] = {}
        for record in self.read(topic):
            if record.key in (b"applied", b"ticks"):
                continue
            place, state = (record.partition, record.key), tuple(map(int, record.value.split()))
            last[place] = state[0]
            held = best.get(place)
            if held is not None and held[0] == state[0] and held[1] != state[1]:
                found.append(f"{topic}: {place} version {state[0]} is {held[1]} and {state[1]}")
            if held is None or state[0] >= held[0]:
                best[place] = (state[0], state[1])
        want = {
            (p, key): count
            for p, totals in enumerate(told.totals)
            for key, count in totals.items()
        }
        got = {place: count for place, (_, count) in best.items()}
        wrong = [place for place in want.keys() | got.keys() if want.get(place) != got.get(place)]
        if wrong:
            found.append(f"{topic}: {len(wrong)} wrong, e.g. {wrong[0]} {got.get(wrong[0])}")
        older = [place for place, version in last.items() if version < best[place][0]]
        if older:
            found.append(f"{topic}: compaction would lose {len(older)} keys, e.g. {older[0]}")
        return found[:10]


class Worker:
    """One supervised child process."""

    def __init__(self, rig: Rig, name: str, settings: dict[str, float]) -> None:
        self.name, self.starts, self.exits = name, 0, list[int]()
        self._rig = rig
        self._wanted = True
        self._folder = rig.folder / rig.app / name
        self._folder.mkdir(parents=True, exist_ok=True)
        more = [f"{key}={value}" for key, value in settings.items()]
        self._command = [rig.bootstrap, rig.app, name, str(self._folder), *more]
        self.child = self._spawn()

    def _spawn(self) -> "subprocess.Popen[bytes]":
        self.starts += 1
        (self._folder / "status.json").unlink(missing_ok=True)
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(SCRIPT), *self._command], stdout=log, stderr=log
            )

    def tend(self) -> None:
        if self._wanted and self.child.poll() is not None:
            self.exits.append(self.child.returncode)
            self.child = self._spawn()

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def stop(self, seconds: float = 20.0) -> tuple[int, float]:
        """Exit code and seconds of a clean stop."""
        self._wanted = False
        begun = time.monotonic()
        self.child.terminate()
        code = self.child.wait(seconds)
        return code, time.monotonic() - begun

    def end(self) -> None:
        self._wanted = False
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def status(self) -> dict[str, Any]:
        file = self._folder / "status.json"
        try:
            return json.loads(file.read_text()) if self.child.poll() is None else {}
        except (FileNotFoundError, ValueError):
            return {}

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def unexcused(self) -> list[str]:
        """Why it ended itself, as its log says; that it or its recovery stood still, as on a busy
        machine, is what it must end for.
        """
        said = [line for line in self.log_text().splitlines() if " CRITICAL " in line]
        wrong = [
            line for line in said if " stood still" not in line and " stands still" not in line
        ]
        silent = [code for code in self.exits if code != -signal.SIGKILL][len(said) :]
        return wrong + [f"exit {code} without a word" for code in silent]

    def log_text(self) -> str:
        return (self._folder / "log").read_text(errors="replace")
