"""The table's half of what leans on the inside of Faust 0.15.3; `faust_seams` has the other half.

Decides how a changelog is read into the hub, run by run, and that nothing wrong with it passes for
recovered. Refuses to know what is in a record. `tests/unit/test_faust_seams.py` fails when what is
leaned on here changes.
"""

from collections.abc import Iterable
from typing import Any

import faust
from faust.stores import memory
from faust.tables.manager import TableManager
from faust.types import TP

from streams.agents.guards import last_resort


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


class DeclaredTables(TableManager):
    """The tables declared before the start, and no others."""

    async def on_start(self) -> None:
        """Overrides tables/manager.py:138, which first waits a second for more to be declared."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
