"""The table's half of what leans on the inside of Faust 0.15.3; `faust_seams` has the other half.

Decides how a changelog is read into the hub, run by run, and that nothing wrong with it passes for
recovered. Refuses to know what is in a record. `tests/unit/test_faust_seams.py` fails when what is
leaned on here changes.
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Any, Final

import faust
from faust.stores import memory
from faust.tables.manager import TableManager
from faust.types import TP

from streams.agents.guards import WorkerFatal, last_resort

STANDSTILL_SECONDS: Final = 20.0


class FoldStore(memory.Store):
    """Faust's table as a mouth for the changelog: the state itself is with the hub."""

    def persisted_offset(self, tp: TP) -> int:
        """Overrides stores/memory.py:72. After None, Faust goes on from an offset it remembers."""
        known: int = self.app.hub.known(tp.partition)
        return known

    async def on_rebalance(self, _: Any, revoked: set[TP], newly: set[TP], *__: Any) -> None:
        """Overrides stores/base.py:70: what may have been another's is recovered from nothing."""
        log = self.app.options.changelog
        self.app.hub.forget(tp.partition for tp in revoked | newly if tp.topic == log)

    def apply_changelog_batch(self, batch: Iterable[Any], **_: Any) -> None:
        """Overrides stores/memory.py:21. Faust logs what is raised, goes on (recovery.py:916)."""
        with last_resort("restoring state"):
            for event in batch:
                self.app.hub.restore(event.message.partition, event.message.value)

    async def on_recovery_completed(self, active_tps: set[TP], _: Any) -> None:
        """Overrides stores/memory.py:57. Faust drops what is raised here (recovery.py:641).

        It also takes a rebalance during recovery for its end (recovery.py:465) and comes here with
        what was read by then, just before it begins anew.
        """
        if self.app.begins_anew():
            return
        with last_resort("checking the recovered state"):
            last = self.app.tables.recovery.active_highwaters
            highwaters = {tp.partition: last.get(tp, -1) for tp in active_tps}
            await self.app.hub.check_recovered(highwaters)


class FoldTable(faust.Table):
    """The one table of the hub worker."""

    def _new_store(self) -> FoldStore:
        """Overrides tables/base.py:196, to put our store in."""
        return FoldStore("memory://", self.app, self)


class Standstill:
    """Tells a recovery that goes on from one in which nothing is read any more."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit: Final = limit_seconds
        self._seen: dict[TP, int | None] | None = None
        self._since = 0.0

    def lasts(self, offsets: dict[TP, int | None] | None, now: float) -> bool:
        """Whether `offsets` (None: no recovery) have been the same for longer than the limit."""
        if offsets is None or offsets != self._seen:
            self._seen, self._since = offsets, now
            return False
        return now - self._since > self._limit


class DeclaredTables(TableManager):
    """The tables declared before the start, and no others."""

    async def on_start(self) -> None:
        """Overrides tables/manager.py:138, which first waits a second for more to be declared."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
            self.add_future(self._watch())

    async def _watch(self) -> None:
        """End a process whose recovery reads nothing: Faust would warn and wait for ever.

        Seen once in some hundred rebalances, as a kept member took back what a leaver had held.
        """
        standstill, recovery = Standstill(STANDSTILL_SECONDS), self.recovery
        with last_resort("recovering state"):
            while not self.should_stop:
                await asyncio.sleep(1.0)
                offsets = dict(recovery.active_offsets) if recovery.in_recovery else None
                if standstill.lasts(offsets, monotonic()):
                    raise WorkerFatal(
                        f"recovery stands still at {offsets} of {dict(recovery.active_highwaters)}"
                    )
