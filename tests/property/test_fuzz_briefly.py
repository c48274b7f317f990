"""Ten seconds of the fuzz target, with a seed that stays; `python -m tests.fuzz` goes on."""

import pytest

from tests import fuzz as target
from tests.fuzz import cost_ns, memory_of, run, shortest, wrong_with
from tests.support.case import Case
from tests.support.corpus import CASES
from tests.support.two_judges import Record, ours

SECONDS = 10.0


def test_ten_seconds_of_accidents_find_nothing() -> None:
    found = run(SECONDS, seed=20_261_122)
    slow = [what for what, _ in found.findings if what.startswith("takes")]
    assert [finding for finding in found.findings if finding[0] not in slow] == []
    assert slow == []
    assert found.executions > 100
    assert len(found.verdicts) == 3


def test_the_target_goes_the_same_way_with_the_same_seed() -> None:
    first, second = run(60.0, 7, most=60), run(60.0, 7, most=60)
    assert first.verdicts == second.verdicts
    assert first.executions == second.executions == 60


def test_the_target_finds_a_judge_that_errs(monkeypatch: pytest.MonkeyPatch) -> None:
    case: Case = next(case for case in CASES if case.verdict == "line_rejected" and case.value)
    record = Record(case.value, case.key, case.partition)
    assert wrong_with(record) == ""
    monkeypatch.setattr(target, "ours", lambda r: ours(r)._replace(refused=()))
    what = wrong_with(record)
    assert what.startswith("the judges disagree")
    assert len(shortest(record, what).value or b"") < len(record.value or b"")
    assert cost_ns(record) > 0
    assert memory_of(record) > 0
