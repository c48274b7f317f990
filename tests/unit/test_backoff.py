"""When a child that ended is started again."""

import pytest

from deploy.backoff import Again, GiveUp, Policy, after_exit

POLICY = Policy(first_wait_ms=100, longest_wait_ms=1_000, healthy_ms=60_000, failures_max=6)


def test_waits_double_up_to_the_longest() -> None:
    failures, waits = 0, []
    for _ in range(6):
        decided = after_exit(POLICY, failures=failures, ran_ms=10, now_ms=5_000, exit_code=1)
        assert isinstance(decided, Again)
        waits.append(decided.at_ms - 5_000)
        failures = decided.failures
    assert waits == [100, 200, 400, 800, 1_000, 1_000]


def test_a_child_that_never_gets_healthy_is_given_up() -> None:
    decided = after_exit(POLICY, failures=6, ran_ms=59_999, now_ms=0, exit_code=-9)
    assert isinstance(decided, GiveUp)
    assert "7 times" in decided.why


def test_a_healthy_minute_forgives_every_failure_before() -> None:
    decided = after_exit(POLICY, failures=6, ran_ms=60_000, now_ms=0, exit_code=-9)
    assert decided == Again(at_ms=100, failures=1)


@pytest.mark.parametrize("code", [2, 3])
def test_a_wrong_command_or_setting_is_not_tried_again(code: int) -> None:
    decided = after_exit(POLICY, failures=0, ran_ms=90_000, now_ms=0, exit_code=code)
    assert isinstance(decided, GiveUp)


@pytest.mark.parametrize("code", [0, 1, 4, 5, -9, -15])
def test_any_other_end_is_tried_again(code: int) -> None:
    decided = after_exit(POLICY, failures=0, ran_ms=0, now_ms=0, exit_code=code)
    assert decided == Again(at_ms=100, failures=1)
