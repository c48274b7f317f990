"""However repairs come - twice, torn apart by a crash, told again - each letter is mended once."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_desk import Desk, restored, said_once
from tests.support.core_logs import Saying, records
from tests.support.core_village import Village


class Menders(Village):
    """Every second report mends one of few letters."""

    def _something(self, log: list[Saying], desk: Desk, now: int) -> Saying:
        if self.chance.random() < 0.5:
            return self._mending(self.report(now))
        return super()._something(log, desk, now)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_each_letter_is_mended_by_at_most_one_report_through_any_crash(seed: int) -> None:
    chance = Random(seed)
    log = records(Menders(chance).life(40, 4))
    undisturbed = Desk().run(log)
    desk, at = Desk(), 0
    while at < len(log):
        stop = at + chance.randrange(1, 9)
        desk.run(log[at:stop])
        at = stop
        if chance.random() < 0.4:  # killed; what was not committed is read again
            kept = desk.batches[: len(desk.batches) - chance.randrange(2)]
            desk.core, desk.batches = restored(kept), kept
            applied = desk.core.applied + 1
            # A tick comes only when the one before is committed.
            ticks = [r.offset for r in log[:applied] if r.key == b"tick"]
            least = ticks[-2] + 1 if len(ticks) > 1 else 0
            at = max(least, min(at, applied) - chance.randrange(4))
    mended = {
        (entry["repairs"], entry["event_id"]) for entry in desk.ledger() if entry.get("repairs")
    }
    assert max(Counter(letter for letter, _ in mended).values(), default=0) <= 1
    assert desk.state() == undisturbed.state()
    assert said_once(desk) == said_once(undisturbed)
    told = {letter for letter, _ in mended}
    held = {key.decode().removeprefix("mended/") for key in desk.state() if b"mended/" in key}
    assert held == told
