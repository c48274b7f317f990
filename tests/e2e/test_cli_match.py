"""Decisions from a terminal: refused early where it can be known, else sent, folded and told."""

import shutil
from pathlib import Path

import pytest

from deploy.errors import EXIT_CHECK, EXIT_DEPENDENCY, EXIT_DONE, EXIT_USAGE
from tests.support.door import lumbung
from tests.support.files import NOW

NOBODY = "127.0.0.1:1"
STRANGER = "64.02.01.2001"
ANY = "AMBFGHIJ2345KLMN"


@pytest.fixture(scope="module")
def proposed(baseline):
    """A match that waits for both sides."""
    words = ("get", "matches", "--state", "proposed", "--tier", 1, "--limit", 1, "-o", "json")
    (match,) = lumbung(*words, "--data", baseline.folder).json()
    assert match["awaits"] == f"accept {match['from_coop']}, {match['to_coop']}"
    return match


def test_what_cannot_be_decided_is_refused_before_it_is_sent(
    baseline, proposed, tmp_path: Path
) -> None:
    name, giver, taker = (proposed[key] for key in ("match_id", "from_coop", "to_coop"))
    for words, code, says in (
        (("accept", name, "--as", STRANGER), EXIT_USAGE, giver),
        (("ship", name, "--as", taker, "--quantity", 5), EXIT_USAGE, "LB-U022"),
        (("accept", name, "--as", "99.99"), EXIT_USAGE, "LB-U021"),
        (("accept", "PO-17", "--as", giver), EXIT_CHECK, "lumbung get matches"),
        (("ship", name, "--as", giver), EXIT_CHECK, "--quantity"),
        (("acept", name, "--as", giver), EXIT_USAGE, "accept"),
        (("accept", name), EXIT_USAGE, "--as"),
    ):
        answer = lumbung(
            "match",
            *words,
            *(() if code == EXIT_USAGE and words[0] == "acept" else ("--data", baseline.folder)),
        )
        assert (answer.code, answer.out) == (code, ""), answer.err
        assert says in answer.err
    assert not (baseline.folder / "outbox.db").exists()


def test_a_decision_needs_no_warehouse_and_waits_for_kafka(tmp_path: Path) -> None:
    words = ("match", "reject", ANY, "--as", "19.02", "--reason", "truk rusak")
    answer = lumbung(*words, "--data", tmp_path, "--kafka", NOBODY)
    assert answer.code == EXIT_DEPENDENCY
    assert "report send" in answer.err
    assert "19.02:cli:1" in answer.err


def test_a_match_accepted_by_both_sides_is_told_with_its_history(
    baseline, proposed, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(baseline.folder, data)
    name, giver, taker = (proposed[key] for key in ("match_id", "from_coop", "to_coop"))
    where = ("--data", data)
    first = lumbung("match", "accept", name, "--as", giver, *where, "--kafka", NOBODY)
    assert first.code == EXIT_DEPENDENCY
    second = lumbung("match", "accept", name, "--as", taker, *where)
    assert (second.code, second.out) == (EXIT_DONE, f"{taker}:cli:1\n"), second.err
    nothing = tmp_path / "nothing.ndjson"
    nothing.write_bytes(b"")
    lumbung("replay", nothing, "--now", NOW, *where).json()
    (match,) = lumbung("get", "match", name, "-o", "json", *where).json()
    assert (match["state"], match["awaits"]) == ("accepted", f"ship {giver}")
    # What is owed leaves by co-op and number, whoever spoke first.
    assert [step["actor"] for step in match["history"]] == ["lumbung", *sorted((giver, taker))]
    table = lumbung("get", "match", name, *where).out
    assert giver in table
    assert f"ship {giver}" in table
    unknown = lumbung("get", "match", ANY, *where)
    assert (unknown.code, unknown.out) == (EXIT_CHECK, "")
