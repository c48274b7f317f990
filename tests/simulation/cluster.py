"""A broker of lists: logs of whole batches, compaction that keeps the last, one consumer group.

Decides what is lasting: what was appended, what was committed, who is a member. The market's
partitions are written to by the owners of all others and are never compacted. A compaction never
reaches past what an owner has looked through and mended, which on a real broker is what
`min.compaction.lag.ms` gives it the time for.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import count, repeat
from typing import Final, NamedTuple

from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MARKET, MATCHES
from tests.simulation.craft import MARKETS
from tests.simulation.facts import Fact

CHANGELOG: Final = "changelog"
OUTPUTS: Final = (LEDGER, DEMAND, MATCHES, DEAD_LETTER)
COMPACTED: Final = (CHANGELOG, DEMAND, MATCHES)
Rows = Iterable[tuple[bytes, bytes | None]]
Place = tuple[str, int]


class Kept(NamedTuple):
    """A record of a log."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = 0
    facts: tuple[Fact, ...] = ()
    """What an output says, read when it landed."""


_kept = partial(tuple.__new__, Kept)
"""A record of all its fields; a NamedTuple's own way of being made takes three times as long."""


class PaperTopic:
    """One partition of a topic."""

    __slots__ = ("blind", "end", "mended", "records", "strange")

    def __init__(self) -> None:
        self.records: list[Kept] = []
        self.end = 0
        self.mended = 0
        """Below this, the last record of every key is its newest."""
        self.strange = 0
        """The end of the last batch that came from no owner."""
        self.blind = False
        """An owner began after a stranger whom nobody saw: it is never compacted any more."""

    def append(self, rows: Rows, facts: Iterable[tuple[Fact, ...]] = repeat(())) -> int:
        """A whole batch and what each of its rows says; gives its base offset."""
        base = self.end
        keys, values = zip(*rows, strict=True)
        self.records += map(_kept, zip(count(base), keys, values, repeat(0), facts))
        self.end = base + len(keys)
        return base

    def read(self, start: int, end: int) -> Sequence[Kept]:
        """What is left from `start` up to and without `end`."""
        if start >= self.end:
            return []
        if len(self.records) == self.end:  # nothing was ever compacted away
            return self.records[start:end]
        return [record for record in self.records if start <= record.offset < end]

    def compact(self) -> int:
        """Keep the last of each key below the mended offset; gives how many went."""
        limit = 0 if self.blind else self.mended
        last = {r.key: r.offset for r in self.records if r.offset < limit}
        before = len(self.records)
        self.records = [r for r in self.records if r.offset >= limit or last[r.key] == r.offset]
        return before - len(self.records)


class Cluster:
    """Logs by topic and partition, committed offsets, and the members of the group."""

    def __init__(self, partitions: tuple[int, ...]) -> None:
        self.partitions = partitions
        self.logs = {
            (topic, p): PaperTopic() for p in partitions for topic in (CHANGELOG, *OUTPUTS)
        }
        self.logs |= {(MARKET, place): PaperTopic() for place in MARKETS}
        self.committed = dict.fromkeys(partitions, 0)
        self.produced = dict.fromkeys(partitions, 0)
