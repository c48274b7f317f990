"""Thousands of generated inputs: the verdict known beforehand, and both judges of one mind."""

from collections import Counter
from random import Random

import pytest

from schemas.errors import Rejection
from tests.support.accidents import befallen
from tests.support.corpus import CASES
from tests.support.corpus_generated import EACH, MAKERS, generated
from tests.support.two_judges import Record, judged, ours, theirs

MUTATED = 1_000


def record_of(case: object) -> Record:
    return Record(case.value, case.key, case.partition)  # type: ignore[attr-defined]  # a case


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_generated_input_gets_the_verdict_of_its_category(make: object) -> None:
    name = make.__name__  # type: ignore[attr-defined]  # a function
    cases = [case for case in generated() if case.name.rpartition("-")[0] == name]
    assert len(cases) == EACH
    wrong = {}
    for case in cases:
        found = judged(record_of(case))
        faults = [found] if isinstance(found, Rejection) else list(found.rejections)
        reasons = {fault.reason for fault in faults}
        if ours(record_of(case)).word != case.verdict or (
            case.reason is not None and reasons != {case.reason}
        ):
            wrong[case.name] = (case.verdict, case.reason, reasons, case.value)
    assert wrong == {}


def test_both_judges_come_to_the_same_verdict_and_the_same_meaning() -> None:
    records = {case.name: record_of(case) for case in (*CASES, *generated())}
    apart = {name for name, record in records.items() if ours(record) != theirs(record)}
    assert apart == set()
    assert len(records) >= 2_000 + len(CASES)


def test_both_judges_agree_on_what_accidents_leave() -> None:
    seeds = [
        case for case in (*CASES, *generated()[::5]) if case.value and len(case.value) < 5_000
    ]
    chance, verdicts = Random(20_261_122), Counter[str]()
    for n in range(MUTATED):
        case, other = chance.choice(seeds), chance.choice(seeds)
        assert case.value is not None
        assert other.value is not None
        record = Record(befallen(chance, case.value, other.value), case.key, case.partition)
        verdict = ours(record)
        assert verdict == theirs(record), (n, record)
        verdicts[verdict.word] += 1
    assert (
        min(verdicts[word] for word in ("accepted", "line_rejected", "rejected")) > MUTATED / 200
    )


def test_the_generated_corpus_is_as_wide_as_promised_and_always_the_same() -> None:
    assert len(generated()) >= 2_000
    assert len({case.name for case in generated()}) == len(generated())
    again = generated.__wrapped__()
    assert [case.value for case in again] == [case.value for case in generated()]
