"""Small lots of several villages fill one order, coconuts one of copra: replayed, and verified."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.core_logs import Line, counted, placed, report
from tests.support.door import lumbung
from tests.support.files import START_MS, written
from tests.support.replays import replayed

BANTUL, TANGERANG = "34.02.01.2001", "36.71.01.1001"
LOTS = {"19.02.01.2003": 37, "19.02.01.2004": 41, "19.02.02.2001": 29}
NUTS = "19.02.03.2001"
PEPPER = {"commodity": "LADA-PUTIH", "floor_price": "90000"}


def lines() -> list[bytes]:
    said: list[tuple[str, Line]] = [(coop, counted(n, **PEPPER)) for coop, n in LOTS.items()]
    asked = {"commodity": "LADA-PUTIH", "ceiling_price": "130000", "min_lot": "80"}
    said.append((BANTUL, placed("PO-1", 100, **asked)))
    said.append((NUTS, counted(4_000, "KELAPA", floor_price="1000")))
    said.append((BANTUL, placed("PO-2", 1_000, "KOPRA", ceiling_price="30000")))
    numbers: dict[str, int] = {}
    made = []
    for coop, line in said:
        numbers[coop] = numbers.get(coop, 0) + 1
        made.append(report(coop, numbers[coop], line, at=START_MS).value)
    return made


@pytest.fixture(scope="module")
def granary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hubs and the market between them have worked all of it off."""
    folder = tmp_path_factory.mktemp("pools")
    counts = replayed(written(folder / "said.ndjson", lines()), folder / "data")
    assert counts["matches"] == len(LOTS) + 1
    return folder / "data"


def matches(folder: Path, commodity: str) -> list[dict[str, Any]]:
    asked = ("get", "matches", "--commodity", commodity, "-o", "json", "--data", folder)
    found: list[dict[str, Any]] = lumbung(*asked).json()
    return found


def test_small_lots_fill_one_order_in_shares_that_add_up_and_people_are_told(granary: Path):
    found = matches(granary, "LADA-PUTIH")
    assert {m["from_coop"]: m["quantity"] for m in found} == {
        "19.02.01.2003": 35,
        "19.02.01.2004": 38,
        "19.02.02.2001": 27,
    }
    assert {(m["state"], m["pooled"], bool(m["pool"])) for m in found} == {("proposed", 3, True)}
    assert len({m["pool"] for m in found}) == 1
    assert "(pool of 3)" in lumbung("get", "matches", "--data", granary).out
    story = lumbung("trace", found[0]["match_id"], "--data", granary).out
    pool = found[0]["pool"]
    told = f"digabung dengan 2 kecocokan lain karena terlalu kecil sendiri (gabungan {pool})"
    assert told in story


def test_four_thousand_coconuts_of_belitung_are_a_tonne_of_copra(granary: Path):
    (match,) = matches(granary, "KOPRA")
    assert (match["quantity"], match["unit"]) == (4_000, "EA")
    assert (match["to_quantity"], match["to_unit"]) == (1_000, "KGM")
    (part,) = json.loads(match["parts"])
    assert (part["recipe"], part["recipe_hub"], part["given"]) == ("R40", "19.02", "4000")


def test_the_checker_finds_nothing_wrong(granary: Path):
    answer = lumbung("verify", "--data", granary)
    assert answer.code == 0, answer
