"""The watchdog's hands: looks at a group's commits, and kills the workers that stand still.

Decides whom a standing partition belongs to. Refuses to judge (`watchdog` does) and to restart
(`supervisor` does). A Kafka that does not answer is no reason to kill anybody.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

import structlog
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError

from deploy.errors import DependencyError
from deploy.provision import admin
from deploy.watchdog import Partition, Sample, Watch, forget, judge
from schemas.metrics import Meter, Silent

_LOOK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """A sample, and which member of the group (by static id, else client id) owns a partition."""

    sample: Sample
    owners: Mapping[Partition, str]


def look(client: Any, group: str, topics: Mapping[str, int], now_ms: int) -> Look:
    """Committed and end offsets of `group` over `topics` (name to number of partitions)."""
    partitions = [TopicPartition(name, n) for name, count in topics.items() for n in range(count)]
    ends = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    committed = client.list_group_offsets({group: partitions})[group]
    sample = Sample(
        now_ms,
        {Partition(*tp): max(0, entry.offset) for tp, entry in committed.items()},
        {Partition(*tp): entry.offset for tp, entry in ends.items()},
    )
    return Look(sample, _owners(client, group))


def _owners(client: Any, group: str) -> dict[Partition, str]:
    described = client.describe_groups([group]).get(group, {})
    owners = {}
    for member in described.get("members", ()):
        name = member.get("group_instance_id") or member.get("client_id") or ""
        assignment = member.get("member_assignment") or {}
        for topic in assignment.get("assigned_partitions", ()):
            for number in topic["partitions"]:
                owners[Partition(topic["topic"], number)] = name
    return owners


@dataclass(slots=True)
class Guard:
    """Looks every two seconds until told to end; `kill(name, why)` is the supervisor's.

    `workers` are the names of the group's processes, which are also their static or client ids;
    when a standing partition has no owner among them, all of them are killed.
    """

    bootstrap: str
    group: str
    topics: Mapping[str, int]
    workers: tuple[str, ...]
    kill: Callable[[str, str], None]
    patience_seconds: float
    meter: Meter = field(default_factory=Silent)
    open_admin: Callable[[str], AbstractContextManager[Any]] = admin

    def run(self, until: Event) -> None:
        """Watch until the event is set."""
        log = structlog.get_logger("guard")
        watch = Watch()
        while not until.is_set():
            try:
                with self.open_admin(self.bootstrap) as client:
                    watch = self._watch(client, watch, until)
            except (DependencyError, KafkaError, OSError) as error:
                log.warning("cannot look at commits", group=self.group, error=str(error))
                until.wait(_LOOK_SECONDS)

    def _watch(self, client: KafkaAdminClient, watch: Watch, until: Event) -> Watch:
        while not until.wait(_LOOK_SECONDS):
            now_ms = time.monotonic_ns() // 1_000_000
            watch = self.judge_once(look(client, self.group, self.topics, now_ms), watch)
        return watch

    def judge_once(self, seen: Look, watch: Watch) -> Watch:
        """Judge one look, kill who must be killed; what to remember."""
        for partition in seen.sample.end:
            labels = {"topic": partition.topic, "partition": str(partition.number)}
            self.meter.set("lumbung_lag_records", seen.sample.lag(partition), **labels)
        verdict = judge(watch, seen.sample, patience_ms=int(self.patience_seconds * 1_000))
        if not verdict.stalled:
            return verdict.watch
        for name in self._guilty(verdict.stalled, seen.owners):
            where = ", ".join(f"{p.topic}/{p.number}" for p in sorted(verdict.stalled)[:5])
            self.meter.count("lumbung_watchdog_kills_total", process=name)
            self.kill(name, f"no commit for {self.patience_seconds:.0f} s on {where}")
        return forget(verdict.watch)

    def _guilty(
        self, stalled: Mapping[Partition, int], owners: Mapping[Partition, str]
    ) -> tuple[str, ...]:
        named = {owners.get(partition, "") for partition in stalled}
        return tuple(sorted(named)) if named <= set(self.workers) else self.workers
