"""The short cut for plain sayings comes to what the long way comes to, byte for byte."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core import plain
from tests.support.core_desk import Desk
from tests.support.core_logs import Line, records
from tests.support.core_village import Village


class Shop(Village):
    """Mostly stock, said in order, and nothing is taken back."""

    def line(self, coop: str, at: int) -> Line:
        if self.chance.random() < 0.85:
            return self._stock(coop, at)
        return self.chance.choice((self._order, self._plan))(coop, at)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_the_short_cut_changes_nothing(seed: int) -> None:
    chance = Random(seed)
    log = records(Shop(chance).life(60, 6))
    runs = [log[at : at + 9] for at in range(0, len(log), 9)]
    taken: list[bool] = []
    steps = plain.steps

    def counted(*given: object) -> object:
        found = steps(*given)  # type: ignore[arg-type]  # passed on as it came
        taken.append(found is not None)
        return found

    short, long = Desk(), Desk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "steps", counted)
        for run in runs:
            short.run(run)
        patch.setattr(plain, "steps", lambda *_: None)
        for run in runs:
            long.run(run)
    assert any(taken)
    assert short.batches == long.batches
    assert sorted(short.outputs) == sorted(long.outputs)
    assert short.counts == long.counts
