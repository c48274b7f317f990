"""A sink killed at any moment leaves rows and offsets that agree, and goes on from there."""

import random
import subprocess
import sys
import time
from pathlib import Path

from schemas.topics import DEMAND, LEDGER
from sinks.compare import compare
from sinks.warehouse import open_warehouse
from tests.support.derived import write
from tests.support.sink_child import story
from tests.support.warehouses import ask, fresh

ROOT = Path(__file__).parents[2]
KILLS = 10
RECORDS = 24_000


def start(url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.sink_child", url, str(RECORDS)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def reached(url: str) -> dict[str, int]:
    found = ask(url, "SELECT topic, next_offset FROM sink_offset")
    return {row["topic"]: row["next_offset"] for row in found}


def check_that_rows_and_offsets_agree(url: str) -> None:
    at = reached(url)
    (judged,) = ask(url, 'SELECT COUNT(*) AS n, MAX("offset") AS top FROM judgement')
    assert judged["n"] == at.get(LEDGER, 0)
    assert (judged["top"] or -1) < at.get(LEDGER, 0)
    (newest,) = ask(url, "SELECT MAX(version) AS v FROM hub_demand")
    assert (newest["v"] or 0) == at.get(DEMAND, 0)


def test_ten_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    url = fresh(tmp_path)
    stops = []
    for _ in range(KILLS):
        with start(url) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.15))
            child.kill()
        check_that_rows_and_offsets_agree(url)
        stops.append(sum(reached(url).values()))
    assert stops == sorted(stops)
    assert len(set(stops)) > KILLS // 2, "most kills fell into the middle of the work"
    with start(url) as child:
        child.communicate()
    assert child.returncode == 0
    check_that_rows_and_offsets_agree(url)
    assert sum(reached(url).values()) == RECORDS

    straight = fresh(tmp_path, "straight.db")
    with open_warehouse(straight) as warehouse:
        write(warehouse, story(RECORDS))
    assert compare(url, straight) == []
    assert [row["quick_check"] for row in ask(url, "PRAGMA quick_check")] == ["ok"]
