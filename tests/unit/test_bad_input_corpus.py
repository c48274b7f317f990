"""Every named bad (and some surprisingly good) input gets the verdict that is promised for it."""

import tracemalloc
from collections import Counter
from functools import cache

import msgspec
import pytest

from schemas.errors import Reason, Rejection
from schemas.events import LINES_MAX
from schemas.faults import SHOWN_MAX
from schemas.judged import Judged
from schemas.validation import Judge
from tests.support.case import Case
from tests.support.corpus import BY_CATEGORY, CASES
from tests.support.sayings import COUNTED, HOME, KEY, NOW_MS, encoded, judge, report

# What the table of reliability asks for at least; the core's own cases (sequences) lie elsewhere.
LEAST = {
    "syntax": 15,
    "bombs": 10,
    "numbers": 25,
    "sizes": 8,
    "units": 10,
    "text": 12,
    "codes": 8,
    "time": 12,
    "identity": 8,
    "structure": 10,
    "injection": 12,
    "bodies": 20,
}
RECORD_BYTES_MAX = 4 * 1024 * 1024
# Whether a thing exists in the state, or fits it, is the core's to say.
OF_A_LIFE = [*Reason][[*Reason].index(Reason.WRONG_SIDE) : [*Reason].index(Reason.TICK_MALFORMED)]
"""What a match that is further on than today's may be refused for; `streams.core.lifecycle`."""
OF_THE_CORE = {
    Reason.SEQUENCE_TOO_FAR,
    Reason.SEQUENCE_REUSED,
    Reason.VOID_TOO_LATE,
    Reason.COUNT_TOO_LATE,
    Reason.STATE_TOO_LARGE,
    Reason.ALREADY_REPAIRED,
    Reason.NOT_A_PARTY,
    Reason.NO_MANDATE,
    Reason.ILLEGAL_TRANSITION,
    Reason.STOCK_GONE,
    *OF_A_LIFE,
}
NEIGHBOUR = encoded(report(COUNTED))


@cache
def one_judge() -> Judge:
    return judge()


def verdict_on(case: Case, by: Judge | None = None) -> Judged | Rejection:
    stamped = NOW_MS if case.timestamp_ms is None else case.timestamp_ms
    return (by or one_judge()).judge(
        case.value, key=case.key, timestamp_ms=stamped, partition=case.partition
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_input_gets_the_promised_verdict(case: Case) -> None:
    found = verdict_on(case)
    if case.verdict == "rejected":
        assert isinstance(found, Rejection), found
        assert (found.reason, found.field, found.line) == (case.reason, case.field, 0)
        return
    assert isinstance(found, Judged), found
    if case.verdict == "accepted":
        assert found.rejections == ()
    else:
        (fault,) = found.rejections
        assert (fault.reason, fault.field, fault.line) == (case.reason, case.field, 2)
        assert {line.n for line in found.lines} == {1, 3}
        assert len(found.raw_lines) == 3
        assert found.raw_lines[1] in (case.value or b"")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_neighbour_is_judged_the_same_before_and_after(case: Case) -> None:
    by = one_judge()
    before = by.judge(NEIGHBOUR, key=KEY, timestamp_ms=NOW_MS, partition=HOME)
    first = verdict_on(case)
    after = by.judge(NEIGHBOUR, key=KEY, timestamp_ms=NOW_MS, partition=HOME)
    assert isinstance(before, Judged)
    assert before == after
    assert verdict_on(case) == first


def test_what_a_judge_has_seen_does_not_change_its_verdicts() -> None:
    fresh, backwards = judge(), judge()
    there = {case.name: verdict_on(case, fresh) for case in CASES}
    back = {case.name: verdict_on(case, backwards) for case in reversed(CASES)}
    assert there == back


def test_a_record_costs_at_most_4_mib_of_memory() -> None:
    by = judge()
    for case in CASES:  # what is loaded once is not the record's
        verdict_on(case, by)
    peaks = {}
    tracemalloc.start()
    try:
        for case in CASES:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            verdict_on(case, by)
            peaks[case.name] = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert {name: peak for name, peak in peaks.items() if peak > RECORD_BYTES_MAX} == {}


def test_a_rejection_repeats_only_short_printable_words_of_a_stranger() -> None:
    for case in CASES:
        found = verdict_on(case)
        faults = [found] if isinstance(found, Rejection) else found.rejections
        for fault in faults:
            assert fault.field.isascii()
            assert fault.field.isprintable()
            assert len(fault.field) <= 2 * SHOWN_MAX
            assert fault.line <= LINES_MAX
            msgspec.json.encode((fault.reason, fault.field, fault.line, fault.coop))


def test_a_rejection_is_shown_to_nobody_but_the_holder_of_the_key() -> None:
    for case in CASES:
        found = verdict_on(case)
        if isinstance(found, Rejection) and case.key is not None:
            assert found.coop.encode() in {b"", case.key}


def test_the_corpus_is_as_wide_as_promised() -> None:
    counted = {name: len(cases) for name, cases in BY_CATEGORY.items()}
    assert {name for name, least in LEAST.items() if counted[name] < least} == set()
    assert sum(counted.values()) >= 140
    assert [name for name, times in Counter(c.name for c in CASES).items() if times > 1] == []


def test_every_reason_a_judge_may_give_has_a_case() -> None:
    named = {case.reason for case in CASES if case.reason is not None}
    assert set(Reason) - named == OF_THE_CORE
