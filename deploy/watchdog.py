"""Whether commits stand still while there is work: a worker that lives but does nothing.

Decides from samples of committed and end offsets alone, so that it does not rely on the
worker's own view. Refuses to ask Kafka, to read a clock or to kill: times are milliseconds of
any monotonic clock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: next offset to read as committed, and end of the log, per partition."""

    at_ms: int
    committed: Mapping[Partition, int]
    end: Mapping[Partition, int]

    def lag(self, partition: Partition) -> int:
        """Records between what was committed and the end."""
        return self.end[partition] - self.committed.get(partition, 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a partition was committed, and since when it has not moved while there was work."""

    committed: int
    since_ms: int
    had_work: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """What must be remembered between samples."""

    marks: Mapping[Partition, Mark] = field(default_factory=dict)
    seen_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to remember, and the partitions that stand still: for how many milliseconds each."""

    watch: Watch
    stalled: Mapping[Partition, int]


def judge(watch: Watch, sample: Sample, *, patience_ms: int) -> Verdict:
    """Partitions with lag and no commit for `patience_ms`.

    Time that nobody watched does not count: after a pause of half the patience (this machine
    slept, Kafka was away) every clock starts anew. So does the clock of a partition without lag.
    """
    unseen = watch.seen_ms is None or (sample.at_ms - watch.seen_ms) * 2 > patience_ms
    marks = {
        partition: _mark(None if unseen else watch.marks.get(partition), partition, sample)
        for partition in sample.end
    }
    waited = {
        partition: sample.at_ms - mark.since_ms
        for partition, mark in marks.items()
        if sample.at_ms - mark.since_ms >= patience_ms
    }
    return Verdict(Watch(marks, sample.at_ms), waited)


def forget(watch: Watch, partitions: Collection[Partition] | None = None) -> Watch:
    """After a restart every partition has its full patience again; or only some of them."""
    gone = watch.marks if partitions is None else partitions
    return Watch({at: mark for at, mark in watch.marks.items() if at not in gone}, watch.seen_ms)


def _mark(before: Mark | None, partition: Partition, sample: Sample) -> Mark:
    committed = sample.committed.get(partition, 0)
    has_work = sample.lag(partition) > 0
    if before is not None and before.had_work and has_work and before.committed == committed:
        return before
    return Mark(committed, sample.at_ms, has_work)
