"""Decides how far ahead records are judged before the first of them is folded.

One kind of work at a time keeps the processor's caches warm: judging two hundred records and then
folding them takes about two thirds of the time of taking turns. A verdict depends on the record
and on the packs its co-op has declared, so nothing is judged past a profile before that profile is
folded.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from schemas.errors import Rejection
from schemas.events import Profile
from schemas.judged import Judged
from schemas.market import Request
from schemas.units import Packs
from schemas.validation import Judge
from streams.core.requests import request_of

STRETCH: Final = 256
Verdict = Judged | Rejection | Request


class Record(Protocol):
    """A consumed record."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """The broker's, ms UTC."""

    @property
    def key(self) -> bytes | None:
        """The raw key."""

    @property
    def value(self) -> bytes | None:
        """The raw value; None is a tombstone."""


class Ahead:
    """Judges the records of a run a stretch at a time; what was judged is not judged again."""

    def __init__(
        self,
        judge: Judge,
        partition: int,
        partitions: int,
        packs_of: Callable[[str], Packs],
    ) -> None:
        self._judge, self._packs_of = judge, packs_of
        self._partition, self._partitions = partition, partitions
        self._run: Sequence[Record] = ()
        self._start = 0
        self._found: list[Verdict] = []

    def verdict(self, run: Sequence[Record], at: int) -> Verdict:
        """The verdict on record `at` of a run; records must be asked for in order."""
        if run is not self._run or not self._start <= at < self._start + len(self._found):
            self._look(run, at)
        return self._found[at - self._start]

    def _look(self, run: Sequence[Record], at: int) -> None:
        judge, packs_of = self._judge.judge, self._packs_of
        partition, partitions = self._partition, self._partitions
        self._run, self._start, self._found = run, at, []
        for record in run[at : at + STRETCH]:
            asked = request_of(record.key, record.value, partition, partitions)
            found = asked or judge(
                record.value,
                key=record.key,
                timestamp_ms=record.timestamp,
                partition=partition,
                packs_of=packs_of,
            )
            self._found.append(found)
            if isinstance(found, Judged) and type(found.body) is Profile:
                return

    def forget(self) -> None:
        """Let go of a run that is done."""
        self._run, self._start, self._found = (), 0, []
