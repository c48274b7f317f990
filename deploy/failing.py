"""Arms the failpoint that the environment asks for: LUMBUNG_FAILPOINT=NAME[:N | :pause=SECONDS].

Decides that the process kills itself (SIGKILL, as a power cut would) at the n-th passing of the
point, or holds still at the first. To be called before a room is imported: whoever has bound the
function that does nothing keeps it.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final

from deploy.errors import ConfigError
from schemas.failpoints import Trigger, arm, parse

VARIABLE: Final = "LUMBUNG_FAILPOINT"


def arm_from(environment: Mapping[str, str]) -> Trigger | None:
    """Arm what is asked for, if anything; ConfigError LB-C003 for a point that is none."""
    asked = environment.get(VARIABLE)
    if not asked:
        return None
    try:
        trigger = parse(asked)
    except ValueError as failed:
        raise ConfigError(
            "LB-C003", f"{VARIABLE}: {failed}", "It is for tests: unset it."
        ) from failed
    arm(counting(trigger))
    return trigger


def counting(
    trigger: Trigger,
    *,
    end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL),
    pause: Callable[[float], None] = time.sleep,
) -> Callable[[str], None]:
    """What every point calls: counts the passings of one, and acts at the n-th, once."""
    lock, passed = Lock(), 0

    def reached(name: str) -> None:
        nonlocal passed
        if name != trigger.name:
            return
        with lock:
            passed += 1
            mine = passed == trigger.nth
        if not mine:
            return
        if trigger.pause_seconds is None:
            end()
        else:
            pause(trigger.pause_seconds)

    return reached
