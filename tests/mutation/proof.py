"""One planted bug in a copy of the tree, and whoever has to notice it.

Decides where the copy lies and what counts as noticed: a broken law of the simulation, named, or a
failed test. A copy in which nothing is planted must pass, or the proof proves nothing.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.mutation.planting import REAL_SINK, SIMULATION, Planted, planted_in

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("schemas", "streams", "sinks", "producers", "deploy", "tests", "pyproject.toml")
SECONDS_MAX = 900
REAL_SINK_SCHEDULES = 40


class Caught(NamedTuple):
    """By which law or test (empty: by none), after how many schedules (0: it was a test)."""

    by: str
    schedules: int
    told: str


def copied(folder: Path) -> Path:
    """A copy of the tree to plant something in."""
    tree = folder / "tree"
    tree.mkdir()
    left_out = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=left_out)
        else:
            shutil.copy(source, tree / name)
    return tree


def noticed(bug: Planted | None, schedules: int, seed: int = 0) -> Caught:
    """Plant a bug (None: nothing) and look who notices it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        if bug is not None:
            planted_in(bug, tree)
        finder = SIMULATION if bug is None else bug.finder
        if finder in (SIMULATION, REAL_SINK):
            return _by_simulation(tree, schedules, seed, real_sink=finder == REAL_SINK)
        return _by_test(tree, finder)


def _run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=tree, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
    )


def _by_simulation(tree: Path, schedules: int, seed: int, *, real_sink: bool) -> Caught:
    words = ["-m", "tests.simulation", "--seed", str(seed), "--json", "--no-shrink"]
    if real_sink:
        schedules = min(schedules, REAL_SINK_SCHEDULES)
        words += ["--real-sink-each", "1"]
    done = _run(tree, *words, "--schedules", str(schedules))
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        return Caught("it does not start", 0, done.stderr[-2_000:])
    breach = "".join(figures["breaches"])
    named = re.match(r"breach: (\S+?):", breach)
    return Caught(named[1] if named else "", figures["schedules"], breach)


def _by_test(tree: Path, test: str) -> Caught:
    done = _run(tree, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test)
    failed = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    if done.returncode and failed is None:
        return Caught("it does not start", 0, done.stdout[-2_000:] + done.stderr[-2_000:])
    name = failed[1].rpartition("::")[2] if failed else ""
    return Caught(name, 0, done.stdout[-2_000:])
