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
from deploy.halts import barriers, halt_group
from deploy.provision import admin
from deploy.watchdog import Partition, Sample, Watch, forget, judge
from schemas.metrics import Meter, Silent

_LOOK_SECONDS: Final = 2.0
_DOUBLINGS_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Look:
    """A sample, and which member of the group (by static id, else client id) owns a partition."""

    sample: Sample
    owners: Mapping[Partition, str]
    halted: frozenset[Partition] = frozenset()
    """Those that stand because the breaker or an operator wants it so."""


def look(client: Any, group: str, topics: Mapping[str, int], now_ms: int) -> Look:
    """Committed and end offsets of `group` over `topics` (name to number of partitions)."""
    partitions = [TopicPartition(name, n) for name, count in topics.items() for n in range(count)]
    ends = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    told = client.list_group_offsets({group: partitions, halt_group(group): partitions})
    committed = told[group]
    standing = {halt.partition for halt in barriers(told.get(halt_group(group), {}), committed)}
    sample = Sample(
        now_ms,
        {Partition(*tp): max(0, entry.offset) for tp, entry in committed.items()},
        {Partition(*tp): entry.offset for tp, entry in ends.items()},
    )
    halted = frozenset(place for place in sample.end if place.number in standing)
    return Look(sample, _owners(client, group), halted)


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
    when a standing partition has no owner among them, all of them are killed. Patience doubles
    with every kill until all that stood has moved: a worker with much state may need longer than
    the patience to recover it all, and must not be killed over that for ever.
    """

    bootstrap: str
    group: str
    topics: Mapping[str, int]
    workers: tuple[str, ...]
    kill: Callable[[str, str], None]
    patience_seconds: float
    meter: Meter = field(default_factory=Silent)
    open_admin: Callable[[str], AbstractContextManager[Any]] = admin
    _in_vain: int = 0
    _at_kill: Mapping[Partition, int] = field(default_factory=dict)

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
        committed = seen.sample.committed
        if all(committed.get(p, 0) > at for p, at in self._at_kill.items()):
            self._in_vain, self._at_kill = 0, {}
        patience = self.patience_seconds * 2 ** min(self._in_vain, _DOUBLINGS_MAX)
        verdict = judge(watch, seen.sample, patience_ms=int(patience * 1_000))
        # What stands on purpose is no fault; once resumed it has its full patience again.
        stalled = {at: ms for at, ms in verdict.stalled.items() if at not in seen.halted}
        if not stalled:
            return forget(verdict.watch, seen.halted)
        for name in self._guilty(stalled, seen.owners):
            where = ", ".join(f"{p.topic}/{p.number}" for p in sorted(stalled)[:5])
            self.meter.count("lumbung_watchdog_kills_total", process=name)
            self.kill(name, f"no commit for {patience:.0f} s on {where}")
        self._in_vain += 1
        self._at_kill = {p: committed.get(p, 0) for p in stalled}
        return forget(verdict.watch)

    def _guilty(
        self, stalled: Mapping[Partition, int], owners: Mapping[Partition, str]
    ) -> tuple[str, ...]:
        named = {owners.get(partition, "") for partition in stalled}
        return tuple(sorted(named)) if named <= set(self.workers) else self.workers
