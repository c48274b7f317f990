"""A hub with cut-offs, replayed: drafts, masih ada, a look, and what is frozen; and verified."""

from pathlib import Path
from typing import Any, Final

import pytest

from schemas.identity import match_id
from tests.support.core_logs import DAY, HOUR, Line, counted, decision, placed, report, tick
from tests.support.door import lumbung
from tests.support.files import START_MS, written

CUT_OFFS: Final = {"LUMBUNG_MATCHING__CUT_OFFS": "07:00,14:00"}
GIVER, SILENT, TAKER = "19.02.01.2003", "19.02.01.2004", "19.02.01.2007"
OPENS, DECIDES = START_MS + HOUR, START_MS + 7 * HOUR
"""Eight hours and fourteen hours in Belitung."""
FISH: Final[dict[str, Any]] = {"commodity": "IKAN-TONGKOL"}
MACKEREL: Final[dict[str, Any]] = {"commodity": "IKAN-KEMBUNG"}
PEPPER: Final[dict[str, Any]] = {"commodity": "LADA-PUTIH"}


def name(coop: str, commodity: str, order: str) -> str:
    return str(match_id(1, f"{coop}|{commodity}|UNGRADED|", f"{TAKER}|{order}", 0))


WHOLE = name(GIVER, "LADA-PUTIH", "PO-1")
COUNTED = name(GIVER, "IKAN-TONGKOL", "PO-2")
ASKED = name(SILENT, "IKAN-KEMBUNG", "PO-3")


class Clerks:
    """What the villages and their officers say, each with numbers of its own."""

    def __init__(self) -> None:
        self._reports: dict[str, int] = {}
        self._decisions: dict[str, int] = {}

    def said(self, coop: str, line: Line, at: int) -> bytes:
        self._reports[coop] = self._reports.get(coop, 0) + 1
        return report(coop, self._reports[coop], line, at=at).value

    def decided(self, coop: str, what: str, at: int) -> bytes:
        self._decisions[coop] = self._decisions.get(coop, 0) + 1
        return decision(coop, self._decisions[coop], WHOLE, what, at).value

    def in_the_morning(self) -> list[bytes]:
        return [
            self.said(GIVER, counted(100, **PEPPER), START_MS),
            self.said(GIVER, counted(40, **FISH), START_MS - 2 * DAY),
            self.said(SILENT, counted(30, **MACKEREL), START_MS - 3 * DAY),
            self.said(TAKER, placed("PO-1", 60, **PEPPER), START_MS),
            self.said(TAKER, placed("PO-2", 40, **FISH), START_MS),
            self.said(TAKER, placed("PO-3", 30, **MACKEREL), START_MS),
            tick(1, OPENS).value,
            self.decided(TAKER, "accept", OPENS),
            self.decided(GIVER, "open", OPENS),
        ]

    def at_the_cut_off(self) -> list[bytes]:
        return [
            tick(1_000, DECIDES).value,
            self.said(GIVER, counted(45, **FISH), DECIDES),
            self.said(TAKER, placed("PO-1", 90, **PEPPER), DECIDES),
            tick(1_001, DECIDES).value,
            self.decided(TAKER, "accept", DECIDES),
            self.decided(GIVER, "accept", DECIDES),
        ]


@pytest.fixture(scope="module")
def granary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The morning of a hub, then its cut-off."""
    folder, clerks = tmp_path_factory.mktemp("drafts"), Clerks()
    parts = {"08:00": clerks.in_the_morning(), "14:00": clerks.at_the_cut_off()}
    for hour, lines in parts.items():
        file = written(folder / f"{hour[:2]}.ndjson", lines)
        now = f"2026-11-22T{hour}:00+07:00"
        asked = ("replay", file, "--data", folder / "data", "--now", now)
        assert lumbung(*asked, more=CUT_OFFS).json()["faults"] == 0
    return folder / "data"


@pytest.fixture(scope="module")
def matches(granary: Path) -> dict[str, dict[str, Any]]:
    found = lumbung("get", "matches", "-o", "json", "--data", granary).json()
    return {match["match_id"]: match for match in found}


def test_what_is_frozen_keeps_its_terms_though_its_order_grew(matches):
    match = matches[WHOLE]
    assert (match["state"], match["quantity"]) == ("accepted", 60)
    assert match["opened_at"] == "2026-11-22T01:00:00.000Z"
    rest = [m for m in matches.values() if m["order_no"] == "PO-1" and m["match_id"] != WHOLE]
    assert [(m["state"], m["quantity"]) for m in rest] == [("draft", 30)]


def test_a_draft_is_not_accepted_and_whoever_tried_is_told(granary: Path):
    (letter,) = lumbung("dlq", "list", "-o", "json", "--data", granary).json()
    assert letter["reason"] == "match_is_draft"


def test_a_count_answers_and_what_is_not_counted_waits_for_its_owner(matches):
    assert (matches[COUNTED]["state"], matches[COUNTED]["quantity"]) == ("proposed", 40)
    assert matches[ASKED]["state"] == "draft"
    assert matches[ASKED]["awaits"] == f"count {SILENT}"
    assert matches[ASKED]["freezes_at"] == "2026-11-23T00:00:00.000Z"


def test_the_round_of_a_frozen_match_is_rebuilt(granary: Path):
    answer = lumbung("trace", COUNTED, "--rerun", "-o", "json", "--data", granary, more=CUT_OFFS)
    assert answer.json()["verdict"] == "confirmed"


def test_the_checker_finds_nothing_wrong(granary: Path):
    answer = lumbung("verify", "--data", granary)
    assert answer.code == 0, answer
