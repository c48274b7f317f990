"""Whether the records of one partition are taken in.

Decides that intake stands once the breaker finds too much refused, from the very next record on,
and goes on only when an operator has taken the barrier away, whoever owns the partition by then.
The barrier is put before what was done is told, so no restart can slip past it. Refuses to know
what is refused and how a run is done.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from schemas.metrics import Meter
from streams.agents.barrier import Barrier
from streams.agents.breaker import Breaker, Limits
from streams.agents.core_port import Effects, Record

_WARY_RECORDS: Final = 100
_log = logging.getLogger("lumbung.worker")


class Intake:
    """The intake of one partition; without a barrier or limits it never stands."""

    def __init__(
        self,
        partition: int,
        limits: Limits,
        barrier: Barrier | None,
        meter: Meter,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called when intake halts or goes on."""
        self.halted = False
        self._partition: Final = partition
        self._barrier: Final = None if limits.off else barrier
        self._breaker: Final = Breaker(limits)
        self._meter: Final = meter
        self._changed: Final = changed

    def pieces(self, run: Sequence[Record]) -> Iterator[Sequence[Record]]:
        """A run in the pieces in which it is to be folded: small ones while trouble is near."""
        at = 0
        while at < len(run):
            size = _WARY_RECORDS if self._breaker.uneasy else len(run)
            yield run if size >= len(run) else run[at : at + size]
            at += size

    async def begin(self, committed: int) -> None:
        """Take over, with everything below `committed` done: a barrier of before still stands."""
        if self._barrier is None:
            return
        at = await self._barrier.at(self._partition)
        if at and at >= committed:
            self._show(halted=True, why="it was halted before and nobody has resumed it")

    async def look_at(self, effects: Effects, records: int, done: int) -> None:
        """Look at what so many records came to, before they are called done.

        `done` is the offset that is due next.
        """
        if self._barrier is None:
            return
        why = self._breaker.see(effects.judged, effects.refused, records - effects.judged)
        if why:
            await self._barrier.put(self._partition, done, why)
            self._meter.count("lumbung_halts_total")
            self._show(halted=True, why=why)

    async def ask(self) -> None:
        """While intake stands: see whether an operator has resumed it."""
        assert self._barrier is not None, "nothing else halts"
        if not await self._barrier.at(self._partition):
            self._breaker.forget()
            self._show(halted=False, why="an operator has resumed it")

    def _show(self, *, halted: bool, why: str) -> None:
        self.halted = halted
        self._meter.set("lumbung_intake_halted", float(halted), partition=str(self._partition))
        if halted:
            _log.critical(
                "intake of partition %d stands: %s. Nothing is lost or dropped: see `lumbung dlq"
                " list`, mend the cause, then `lumbung dlq resume`",
                self._partition,
                why,
            )
        else:
            _log.warning("intake of partition %d goes on: %s", self._partition, why)
        self._changed()
