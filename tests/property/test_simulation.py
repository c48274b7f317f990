"""The simulated world: schedules of faults under one seed, and that it would notice a bug."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.agents.tenure import Tenure
from streams.core import outputs
from streams.core.holdings import Holdings
from streams.core.interchange.hub_asking import Questions
from tests.simulation.schedules import Checks, run
from tests.simulation.shrinking import shrunk, told, told_again
from tests.simulation.teller import HUBS, story
from tests.simulation.truth import BreachError, Truth
from tests.simulation.worker import on_one_thread

ROOT = Path(__file__).resolve().parents[2]
KEPT = sorted((ROOT / "tests" / "simulation" / "regressions").glob("*.json"))
SCHEDULES = 400
LONG = 60
ACTIONS_MAX = 20
HASHED = (
    "from tests.simulation.schedules import Checks, run\n"
    "from tests.simulation.worker import on_one_thread\n"
    "with on_one_thread():\n"
    "    print(*(run(seed, checks=Checks(traced=True)).trace for seed in (3, 30, 77, 140)))\n"
)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with on_one_thread():
        yield


def test_every_law_holds_under_a_few_hundred_schedules() -> None:
    for seed in range(SCHEDULES):
        found = run(seed)
        assert not found.breach, told(shrunk(found), seed)


def test_the_laws_of_drafts_hold_in_long_stories_of_hubs_with_cut_offs() -> None:
    """Few of the short stories above come to a cut-off, to an answer, or to none."""
    for n in range(LONG):
        long = story(f"long {n}", sorted(HUBS)[n % len(HUBS)], 60, "injected", (7 * 60, 14 * 60))
        Truth(long, "injected")


@pytest.mark.parametrize(
    ("name", "bug"),
    [
        ("doubt", lambda *_: ""),
        ("is_open", lambda *_: False),
        ("is_counted", lambda *_: False),
        ("lapse", lambda *_: 0),
    ],
)
def test_an_owner_who_is_not_asked_or_not_heard_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, bug: object
) -> None:
    monkeypatch.setattr(Questions, name, bug)
    with pytest.raises(BreachError):
        test_the_laws_of_drafts_hold_in_long_stories_of_hubs_with_cut_offs()


def test_the_real_matcher_under_a_few_schedules() -> None:
    for seed in range(0, 240, 24):
        found = run(seed, "real")
        assert not found.breach, told(found, seed)


def test_the_real_sink_comes_to_what_a_rebuild_comes_to() -> None:
    found = run(5, checks=Checks(real_sink=True))
    assert not found.breach, found.breach


def test_a_seed_tells_the_same_story_whatever_python_hashes_by() -> None:
    traces = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }
    assert len(traces) == 1
    assert len(set(traces.pop().split())) == 4


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found_once_is_found_no_more(path: Path) -> None:
    found = told_again(path)
    assert not found.breach, found.breach


async def _reads_nothing(*_: object) -> None:
    """Recovery is all there is."""


@pytest.mark.parametrize(
    ("kept", "of", "name", "planted"),
    [
        ("read-into-a-batch", Tenure, "_read_up_to", _reads_nothing),
        ("the-forgotten-came-back", Holdings, "_is_gone", lambda *_: False),
        ("new-before-smaller", outputs, "_place", lambda _: 0),
    ],
)
def test_what_was_found_once_would_be_found_again(
    monkeypatch: pytest.MonkeyPatch, kept: str, of: object, name: str, planted: object
) -> None:
    monkeypatch.setattr(of, name, planted)
    path = next(path for path in KEPT if path.stem == kept)
    law = json.loads(path.read_text("utf-8"))["breach"].partition(":")[0]
    assert told_again(path).breach.startswith(f"{law}:")


def test_a_planted_bug_is_found_and_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit before flush: what is done is called so before its outputs are acknowledged."""
    say = Tenure._say

    async def hasty(tenure: Tenure, outputs: list[tuple[str, list[tuple[bytes, bytes]]]]) -> None:
        tenure.done = max(tenure.done, tenure.holding.fold.applied + 1)
        await say(tenure, outputs)

    monkeypatch.setattr(Tenure, "_say", hasty)
    found = next(found for found in map(run, range(SCHEDULES)) if found.breach)
    short = shrunk(found)
    assert short.breach
    assert len(short.actions) <= ACTIONS_MAX
    assert {action.name for action in short.actions} & {"kill", "pause"}
