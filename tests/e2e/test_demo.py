"""The demo as a stranger meets it: matches soon, a broken report explained, a clean end."""

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from deploy.broken import broken_identity
from tests.support.door import Running, lumbung

# What is promised is 30 s on a machine of its own; here other tests' leftovers run beside it.
FIRST_MATCH_SECONDS = 60.0
STOP_SECONDS = 5.0
SLACK_SECONDS = 3.0
INTERRUPTED = 130
TOLD = re.compile(r"first match after ([0-9.]+) s")


def lines_in(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / 'warehouse.db'}?mode=ro", uri=True)) as found:
        return int(found.execute("SELECT COUNT(*) FROM v_ledger").fetchone()[0])


def heard(running: Running, what: str, seconds: float) -> str:
    """Wait until the demo has said something; all it said."""
    deadline = time.monotonic() + seconds
    while what not in (said := running.err.read_text("utf-8")):
        assert running.process.poll() is None, f"it ended early\n{said}"
        assert time.monotonic() < deadline, f"never said {what!r}\n{said}"
        running.children()
        time.sleep(0.2)
    return said


def test_once_speaks_once_ends_when_all_is_quiet_and_prints_what_came_of_it(tmp_path: Path):
    with Running("demo", "--once", "--data", tmp_path / "data", folder=tmp_path) as running:
        while running.process.poll() is None:
            running.children()
            time.sleep(0.2)
        found = running.ended().json()
    assert running.seen
    assert running.left_behind() == []
    assert found["matches"] > 100
    assert found["lines"] > 1_000
    assert found["dead_letters"] > 0
    assert found["read"] == found["accepted"] + found["duplicate"] + found["rejected"]
    assert found["faults"] == 0
    letters = lumbung("dlq", "list", "-o", "json", "--data", tmp_path / "data").json()
    assert broken_identity(1) in {letter["identity"] for letter in letters}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A demo of 36 s that ended by itself: its data folder, and what it said."""
    folder = tmp_path_factory.mktemp("shown")
    data = folder / "data"
    with Running("demo", "--minutes", "0.6", "--data", data, folder=folder) as running:
        said = heard(running, "first match after", FIRST_MATCH_SECONDS)
        said = heard(running, "a broken report came back", 60.0)
        answer = running.ended()
    assert answer.code == 0, answer.err
    assert answer.out == ""
    roles = {"kafka", "streams 0", "market 0", "sink", "fan-out", "clock", "world"}
    assert roles <= running.roles
    assert running.left_behind() == []
    return data, said


def test_the_first_match_is_seen_soon_and_can_be_traced(shown):
    data, said = shown
    (seconds,) = TOLD.findall(said)
    assert float(seconds) < FIRST_MATCH_SECONDS
    (match,) = re.findall(r"lumbung trace (\S+)", said)
    story = lumbung("trace", match, "-o", "json", "--data", data).json()
    assert story["kind"] == "match"
    assert len(story["events"]) >= 2
    assert story["lines"]


def test_the_broken_report_lies_among_the_dead_letters_with_its_reason(shown):
    data, said = shown
    assert broken_identity(1) in said
    letters = lumbung("dlq", "list", "-o", "json", "--data", data).json()
    found = {letter["identity"]: letter for letter in letters}[broken_identity(1)]
    assert found["reason"] == "unknown_unit"
    assert "PELUKAN" in found["payload"]


def test_a_second_run_goes_on_from_kept_data_and_ctrl_c_ends_it_at_once(shown, tmp_path: Path):
    data, _ = shown
    before = lines_in(data)
    with Running("demo", "--data", data, folder=tmp_path) as running:
        heard(running, "first match after", FIRST_MATCH_SECONDS)
        time.sleep(8.0)
        seconds = running.interrupted(30.0)
        assert running.process.returncode == 0, running.err.read_text("utf-8")
    assert running.left_behind() == []
    assert seconds < STOP_SECONDS + SLACK_SECONDS
    assert lines_in(data) > before
    reused = lumbung("dlq", "list", "--reason", "sequence_reused", "-o", "json", "--data", data)
    assert reused.json() == []


def test_ctrl_c_while_kafka_starts_leaves_nothing_either(tmp_path: Path):
    with Running("demo", "--data", tmp_path / "data", folder=tmp_path) as running:
        heard(running, "kafka ...", 30.0)
        time.sleep(1.0)
        seconds = running.interrupted(30.0)
    assert running.left_behind() == []
    assert running.process.returncode == INTERRUPTED
    assert seconds < STOP_SECONDS + SLACK_SECONDS


def test_ctrl_c_ends_a_demo_that_speaks_once(tmp_path: Path):
    with Running("demo", "--once", "--data", tmp_path / "data", folder=tmp_path) as running:
        heard(running, "warehouse ...", 60.0)
        while "world" not in running.children():
            time.sleep(0.1)
        seconds = running.interrupted(60.0)
    assert running.left_behind() == []
    assert running.process.returncode == INTERRUPTED
    assert seconds < STOP_SECONDS + SLACK_SECONDS
