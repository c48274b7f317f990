"""The breaker: when so much is refused that something else must be wrong."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.breaker import QUIET_RECORDS, Breaker, Limits

SMALL = Limits(ratio=0.5, window=10, run=6)


def trips_at(verdicts: Sequence[bool], limits: Limits, stretch: int) -> int | None:
    """The number of the stretch (from 0) in which it trips; True is a record refused."""
    breaker = Breaker(limits)
    for n, at in enumerate(range(0, len(verdicts), stretch)):
        part = verdicts[at : at + stretch]
        if breaker.see(len(part), [i for i, bad in enumerate(part) if bad]):
            return n
    return None


def plainly(verdicts: Sequence[bool], limits: Limits) -> int | None:
    """The record at which either limit is reached, looked at one by one."""
    for n in range(1, len(verdicts) + 1):
        run = limits.run and n >= limits.run and all(verdicts[n - limits.run : n])
        last = verdicts[max(0, n - limits.window) : n]
        share = limits.ratio and n >= limits.window and sum(last) > limits.ratio * limits.window
        if run or share:
            return n - 1
    return None


def test_the_limits_of_the_house_are_half_of_a_thousand_or_five_hundred_in_a_row() -> None:
    assert trips_at([True] * 499 + [False], Limits(), 1) is None
    assert trips_at([True] * 500, Limits(), 1) == 499
    half = [True, False] * 600
    assert trips_at(half, Limits(), 1) is None
    assert trips_at([*half[:999], True], Limits(), 1) == 999


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_few_bad_co_ops_among_many_never_trip_it(bad: int) -> None:
    assert trips_at(([True] * bad + [False] * 4) * 500, Limits(), 7) is None


def test_few_records_are_no_window_yet() -> None:
    assert trips_at([True] * 5 + [False], SMALL, 1) is None


def test_either_limit_can_be_off() -> None:
    assert trips_at([True] * 50, Limits(ratio=0.0, window=10, run=0), 5) is None
    assert trips_at([True] * 50, Limits(ratio=0.0, window=10, run=20), 1) == 19
    assert trips_at([True] * 50, Limits(ratio=0.5, window=10, run=0), 1) == 9
    assert Limits(ratio=0.0, run=0).off
    assert not Limits().off


def test_it_says_what_is_too_much() -> None:
    assert Breaker(SMALL).see(6, range(6)) == "6 in a row were refused"
    mixed = [0, 1, 2, 4, 5, 7]
    assert Breaker(SMALL).see(10, mixed) == "6 of the last 10 were refused"


def test_what_was_forgiven_counts_no_more() -> None:
    breaker = Breaker(SMALL)
    assert breaker.see(6, range(6))
    breaker.forget()
    assert breaker.see(5, range(5)) == ""
    assert breaker.see(1, [0])


def test_what_is_not_judged_counts_for_nothing() -> None:
    breaker = Breaker(SMALL)
    for _ in range(5):
        assert breaker.see(1, [0], 40) == ""
        assert breaker.see(0, [], 400) == ""
    assert breaker.see(1, [0], 40) == "6 in a row were refused"


def test_a_worker_that_judges_little_is_not_uneasy_for_ever() -> None:
    breaker = Breaker(SMALL)
    breaker.see(1, [0], 99)
    assert breaker.uneasy
    breaker.see(0, [], QUIET_RECORDS - 1)
    assert breaker.uneasy
    breaker.see(0, [], 1)
    assert not breaker.uneasy


def test_a_lone_tick_does_not_end_the_care_after_an_operators_order() -> None:
    breaker = Breaker(SMALL)
    breaker.see(0, [], QUIET_RECORDS)
    breaker.forget()
    breaker.see(0, [], 1)
    assert breaker.uneasy
    breaker.see(3, [], 0)
    assert not breaker.uneasy


@given(st.lists(st.booleans(), max_size=80), st.integers(1, 9))
def test_it_trips_in_the_stretch_that_holds_the_record_that_is_too_much(
    verdicts: list[bool], stretch: int
) -> None:
    due = plainly(verdicts, SMALL)
    assert trips_at(verdicts, SMALL, stretch) == (None if due is None else due // stretch)
