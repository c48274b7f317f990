"""A real day's log: the rounds of its matches run again, and what was told wrongly is named."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import EXIT_CHECK, EXIT_DEPENDENCY, EXIT_DONE
from tests.support.door import lumbung


@pytest.fixture(scope="module")
def granary(baseline, tmp_path_factory: pytest.TempPathFactory):
    """A copy of a replayed day, with its Kafka running."""
    folder = tmp_path_factory.mktemp("rerun") / "data"
    shutil.copytree(baseline.folder, folder)
    lumbung("broker", "start", "--data", folder)
    yield folder
    lumbung("broker", "stop", "--data", folder)


def rerun(folder: Path, match: str, code: int = EXIT_DONE) -> dict[str, Any]:
    answer = lumbung("trace", match, "--rerun", "-o", "json", "--data", folder)
    assert answer.code == code, answer
    found: dict[str, Any] = json.loads(answer.out)
    return found


def matches(folder: Path, tier: int) -> list[tuple[str, int]]:
    """Ids and micro amounts, those of the busiest rounds first."""
    asked = """SELECT m.match_id, m.quantity_micro FROM match_ m JOIN
        (SELECT round, COUNT(*) AS many FROM match_ GROUP BY round) r ON r.round = m.round
        WHERE m.tier = ? ORDER BY r.many DESC, m.match_id"""
    with closing(sqlite3.connect(folder / "warehouse.db")) as warehouse:
        return list(warehouse.execute(asked, (tier,)))


@pytest.mark.parametrize("tier", [1, 2])
def test_a_match_of_a_real_log_is_confirmed_by_another_solver(granary: Path, tier: int):
    name, _ = matches(granary, tier)[0]
    found = rerun(granary, name)
    assert found["verdict"] == "confirmed"
    answer = found["answer"]
    assert (answer["gap"], answer["second_gap"], answer["certified"]) == (0, 0, True)
    whole = answer["told_worth"] + answer["rounding"]  # what whole pieces and grams took off it
    assert abs(whole - answer["second_worth"]) <= 2
    assert found["lines"]["matches"] >= 1
    assert found["read"]["records"] > found["began"]["offset"]
    assert found["read"]["topic"].startswith("lumbung.events" if tier == 1 else "lumbung.market")


def test_an_auditor_reads_one_page_in_indonesian_or_english(granary: Path):
    name, _ = matches(granary, 2)[0]
    asked = ("trace", name, "--rerun", "--data", granary)
    assert "PUTUSAN: COCOK" in lumbung(*asked).out
    assert "VERDICT: CONFIRMED" in lumbung(*asked, "--lang", "en").out


@pytest.mark.parametrize("tier", [1, 2])
def test_an_amount_that_was_altered_in_the_warehouse_is_named(granary: Path, tier: int):
    name, micro = matches(granary, tier)[1]
    with closing(sqlite3.connect(granary / "warehouse.db")) as warehouse:
        changed = "UPDATE match_ SET quantity_micro = ? WHERE match_id = ?"
        warehouse.execute(changed, (micro + 5_000_000, name))
        warehouse.commit()
    found = rerun(granary, name, EXIT_CHECK)
    assert found["verdict"] == "differs"
    (difference,) = found["differences"]
    assert (difference["field"], difference["told"]) == ("quantity", micro / 1_000_000 + 5)


def test_what_is_unknown_and_where_no_log_is_end_otherwise(granary: Path, tmp_path: Path):
    unknown = lumbung("trace", "AAAA", "--rerun", "--data", granary)
    assert (unknown.code, unknown.out) == (EXIT_CHECK, "")
    assert "no match is called AAAA" in unknown.err
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(granary / "warehouse.db", folder)
    name, _ = matches(granary, 1)[0]
    nowhere = lumbung("trace", name, "--rerun", "--data", folder)
    assert nowhere.code == EXIT_DEPENDENCY
    assert "LB-K020" in nowhere.err
