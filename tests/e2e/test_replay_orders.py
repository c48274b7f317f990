"""A file in any order, partly said twice, by one worker or two: one and the same warehouse."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.dump import dumped
from tests.support.files import orders, written
from tests.support.replays import replayed

ORDERS = int(os.environ.get("LUMBUNG_ORDERS", "3"))


@pytest.fixture(scope="module")
def shuffles(baseline, tmp_path_factory):
    """Files of the same day: 1 to ORDERS shuffled, each with a hundredth of it said twice."""
    folder = tmp_path_factory.mktemp("shuffles")
    made = {n: lines for n, lines in orders(baseline.lines, ORDERS + 1) if n}
    return {n: written(folder / f"{n}.ndjson", lines) for n, lines in made.items()}


def test_the_day_has_something_to_lose(baseline):
    counts = baseline.counts
    assert counts["read"] == len(baseline.lines)
    assert counts["matches"] > 50
    assert counts["orders"] > 100
    assert counts["positions"] > 100
    assert counts["rejected"] >= 9
    assert counts["dead_letters"] >= 15
    assert counts["duplicate"] >= 1


@pytest.mark.parametrize("number", range(1, ORDERS + 1))
def test_any_order_with_repeats_by_one_or_two_workers_gives_the_same_bytes(
    baseline, shuffles, number: int, tmp_path: Path
):
    counts = replayed(shuffles[number], tmp_path / "data", workers=1 + number % 2)
    found = dumped(tmp_path / "data")
    assert baseline.dump.differences(found) == []
    assert found.sha256 == baseline.dump.sha256
    repeats = sum(1 for _ in shuffles[number].open("rb")) - len(baseline.lines)
    assert repeats > 0
    assert counts["accepted"] == baseline.counts["accepted"]
    assert counts["read"] == baseline.counts["read"] + repeats


def test_a_second_replay_of_the_same_file_changes_nothing_but_duplicates(baseline, tmp_path: Path):
    folder = tmp_path / "data"
    shutil.copytree(baseline.folder, folder)
    again = replayed(baseline.file, folder)
    first = baseline.counts
    assert baseline.dump.differences(dumped(folder)) == []
    assert again["accepted"] == first["accepted"]
    assert again["rejected"] == 2 * first["rejected"]
    assert again["read"] == 2 * first["read"]
    for name in ("lines", "positions", "orders", "matches", "matches_by_state", "coops_heard"):
        assert again[name] == first[name], name
