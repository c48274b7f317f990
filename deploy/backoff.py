"""When a child process that ended is started again, and when it is given up.

Decides from how long it ran and how it ended. Refuses to read a clock or to start anything:
times are milliseconds of any monotonic clock, given by the caller.
"""

from dataclasses import dataclass
from typing import Final

# What another start cannot heal: a wrong command line or setting (see deploy.errors).
HOPELESS_EXITS: Final = frozenset({2, 3})


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient restarts are: waits double from first to longest; a healthy run forgives all."""

    first_wait_ms: int = 100
    longest_wait_ms: int = 10_000
    healthy_ms: int = 60_000
    failures_max: int = 10


@dataclass(frozen=True, slots=True)
class Again:
    """Start again at `at_ms`, after so many failures in a row."""

    at_ms: int
    failures: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not start again, and why."""

    why: str


def after_exit(
    policy: Policy, *, failures: int, ran_ms: int, now_ms: int, exit_code: int
) -> Again | GiveUp:
    """What to do about a child that ended now; `failures` counts those in a row before this one.

    `exit_code` is negative for a signal, as subprocess tells it.
    """
    if exit_code in HOPELESS_EXITS:
        return GiveUp(f"exit {exit_code}: another start cannot heal a wrong command or setting")
    in_a_row = 1 if ran_ms >= policy.healthy_ms else failures + 1
    if in_a_row > policy.failures_max:
        return GiveUp(f"ended {in_a_row} times without a healthy {policy.healthy_ms // 1000} s")
    doubled = policy.first_wait_ms << (in_a_row - 1)
    return Again(now_ms + min(doubled, policy.longest_wait_ms), in_a_row)
