"""Failpoints: nothing unless asked for, and then at exactly the passing that was asked for."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import ConfigError
from deploy.failing import arm_from, counting
from schemas import failpoints
from schemas.failpoints import NAMES, POINTS, PRODUCER, SINK, WORKER, Trigger, parse

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r'failpoint\("(\w+)"\)')
ROOMS = {"streams/agents": WORKER, "sinks": SINK, "producers": PRODUCER}


@pytest.mark.parametrize("room", ROOMS)
def test_every_point_of_the_table_lies_in_its_room_and_no_other_does(room: str) -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / room).rglob("*.py"))
    assert set(CALL.findall(text)) == set(ROOMS[room])


def test_the_names_are_distinct_and_each_says_where_it_lies() -> None:
    assert len(NAMES) == len(WORKER) + len(SINK) + len(PRODUCER)
    assert all(POINTS.values())


def test_a_point_that_nobody_asked_for_is_the_function_that_does_nothing() -> None:
    assert "LUMBUNG_FAILPOINT" not in os.environ
    assert failpoints.failpoint is failpoints._nothing
    assert arm_from({}) is None
    assert failpoints.failpoint is failpoints._nothing


def test_a_request_names_a_point_and_the_passing_or_the_pause() -> None:
    assert parse("folded") == Trigger("folded", 1)
    assert parse("folded:7") == Trigger("folded", 7)
    assert parse("before_commit:pause=2.5") == Trigger("before_commit", 1, 2.5)


@pytest.mark.parametrize(
    "asked", ["", "foldet", "folded:0", "folded:x", "folded:pause=-1", "folded:pause=nan"]
)
def test_a_request_that_cannot_be_is_refused(asked: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(asked)


def test_a_point_that_is_none_is_told_as_a_setting_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match="no failpoint") as told:
        arm_from({"LUMBUNG_FAILPOINT": "foldet"})
    assert told.value.code == "LB-C003"


def test_only_the_asked_passing_of_the_asked_point_ends_the_process() -> None:
    ended: list[int] = []
    passed: list[int] = []
    reached = counting(Trigger("folded", 3), end=lambda: ended.append(len(passed)))
    for number in range(5):
        reached("state_acked")
        reached("folded")
        passed.append(number)
    assert ended == [2]


def test_a_pause_holds_the_first_passing_alone() -> None:
    held: list[float] = []
    reached = counting(Trigger("folded", 1, 2.5), pause=held.append)
    reached("folded")
    reached("folded")
    assert held == [2.5]


def test_a_process_dies_by_kill_at_its_point_and_lives_without_one() -> None:
    code = (
        "import os; from deploy.failing import arm_from; arm_from(os.environ);"
        "from schemas.failpoints import failpoint;"
        "[failpoint('folded') or print(n, flush=True) for n in (1, 2, 3)]"
    )
    command = [sys.executable, "-c", code]
    asked = {**os.environ, "LUMBUNG_FAILPOINT": "folded:2"}
    shot = subprocess.run(command, cwd=ROOT, env=asked, check=False, capture_output=True)
    assert (shot.returncode, shot.stdout) == (-signal.SIGKILL, b"1\n")
    free = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert (free.returncode, free.stdout) == (0, b"1\n2\n3\n")
