"""The verbs as scripts rely on them: data on stdout, words on stderr, exit codes that hold."""

import csv
import io
import json
import logging
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from deploy.broker.kit import Kit
from deploy.cli import VERBS, app, loaded
from deploy.errors import EXIT_CHECK, EXIT_CONFIG, EXIT_DEPENDENCY, EXIT_DONE, EXIT_USAGE
from tests.support.door import DOOR, Answer, environment, lumbung
from tests.support.dump import dumped
from tests.support.files import NOW

NOBODY = "127.0.0.1:1"
VILLAGE = "19.02.01.2003"
PROBLEM = {
    "now": "2026-11-22T07:00:00+07:00",
    "offers": [
        {"line": "offer", "coop": "19.02.01.2001", "hub": "19.02", "commodity": "LADA-PUTIH",
         "quantity": "120", "unit": "KG", "floor_price": "110000"},
    ],
    "needs": [
        {"line": "need", "coop": VILLAGE, "hub": "19.02", "commodity": "LADA-PUTIH",
         "quantity": "100", "unit": "KG", "ceiling_price": "120000"},
    ],
    "local_leg": "150",
}  # fmt: skip
HEAVY = {"aiokafka", "alembic", "faust", "kafka", "numpy", "openpyxl", "ortools", "pydantic",
         "sqlalchemy"}  # fmt: skip


def asked(baseline, *words: object) -> Answer:
    return lumbung(*words, "--data", baseline.folder)


@pytest.fixture
def runner() -> Iterator[CliRunner]:
    """The door inside this process; the logs it sets up go with it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield CliRunner()
    root.handlers[:], root.level = before
    structlog.reset_defaults()


# ---------------------------------------------------------------- help
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(runner: CliRunner, verb: str):
    shown = runner.invoke(app, [verb, "--help"])
    assert shown.exit_code == EXIT_DONE, shown.output
    assert "Usage:" in shown.output
    for part in getattr(loaded(verb), "commands", {}):
        below = runner.invoke(app, [verb, part, "--help"])
        assert below.exit_code == EXIT_DONE, below.output
        assert len(below.output.splitlines()) > 5


def test_help_lists_every_verb_and_loads_none_of_the_rooms():
    code = (
        "import sys, atexit\n"
        f"sys.argv = ['lumbung', '--help']; sys.path.insert(0, {str(DOOR.parent)!r})\n"
        f"atexit.register(lambda: print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr))\n"
        "import lumbung; lumbung.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=60,
    )
    assert done.returncode == EXIT_DONE, done.stderr
    assert set(re.findall(r"│ ([a-z-]+) ", done.stdout)) >= set(VERBS)
    assert done.stderr.strip() == "[]"


def test_a_misspelt_verb_is_a_usage_error_that_names_the_right_one():
    answer = lumbung("demoo")
    assert answer.code == EXIT_USAGE
    assert "Did you mean 'demo'?" in answer.err
    assert answer.out == ""


# ---------------------------------------------------------------- match
def test_match_solves_a_problem_file_and_prints_one_json_document(tmp_path: Path):
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(PROBLEM), "utf-8")
    found = lumbung("match", file).json()
    # 100 kg at 120,000 - 110,000 - 150 each.
    assert found["objective"] == 985_000
    assert (found["certified"], found["gap"]) == (True, 0)
    (proposal,) = found["proposals"]
    assert (proposal["offer"], proposal["need"]) == ("offer", "need")
    assert (proposal["quantity"], proposal["unit"]) == ("100", "KGM")
    assert [(line["line"], line["quantity"]) for line in found["unmatched"]] == [("offer", "20")]


def test_match_reads_standard_input_and_says_what_is_wrong_with_it():
    answer = lumbung("match", "-", said=json.dumps(PROBLEM).encode())
    assert answer.json()["objective"] == 985_000
    broken = lumbung("match", "-", said=b'{"offers": [')
    assert (broken.code, broken.out) == (EXIT_USAGE, "")
    assert "JSON" in broken.err
    absent = lumbung("match", "/nowhere/problem.json")
    assert (absent.code, absent.out) == (EXIT_USAGE, "")
    assert absent.err.startswith("LB-U001")


# ---------------------------------------------------------------- exit codes
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("replay", "/nowhere/day.ndjson"), EXIT_USAGE, "LB-U001"),
        (("get", "granaries"), EXIT_USAGE, "positions"),
        (("get", "hubs", "-o", "xml"), EXIT_USAGE, "ndjson"),
        (("get", "demand", "--state", "open"), EXIT_USAGE, "Leave that option out"),
        (("report", "stock", "99.99.99.9999", "KELAPA", "10butir"), EXIT_USAGE, "19.02.01.2003"),
        (("report", "stock", VILLAGE, "NAGA", "10kg"), EXIT_CHECK, "NAGA"),
        (("report", "stock", VILLAGE, "KELAPA", "10kg"), EXIT_CHECK, "BUTIR"),
        (("trace", "nobody"), EXIT_CHECK, "nobody"),
        (("dlq", "show", "nothing"), EXIT_CHECK, "nothing"),
        (("run", "sink"), EXIT_CONFIG, "--kafka HOST:PORT"),
        (("broker", "status"), EXIT_DEPENDENCY, ""),
    ],
)
def test_what_cannot_be_done_has_its_exit_code_and_says_what_to_do(
    baseline, words: tuple[str, ...], code: int, says: str
):
    answer = asked(baseline, *words)
    assert answer.code == code, answer.err
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_settings_that_cannot_be_are_refused_by_name():
    misspelt = lumbung("get", "hubs", more={"LUMBUNG_KAFKA__PARTITION": "3"})
    assert misspelt.code == EXIT_CONFIG
    assert "Did you mean LUMBUNG_KAFKA__PARTITIONS?" in misspelt.err
    wrong = lumbung("get", "hubs", more={"LUMBUNG_KAFKA__PARTITIONS": "many"})
    assert wrong.code == EXIT_CONFIG
    assert "kafka.partitions" in wrong.err


def test_a_data_folder_where_nothing_was_said_is_left_as_it_is(tmp_path: Path):
    for words in (("verify",), ("rebuild",), ("get", "hubs"), ("trace", "x")):
        answer = lumbung(*words, "--data", tmp_path / "none")
        assert answer.code not in {EXIT_DONE, EXIT_CHECK}, words
        assert re.match(r"LB-[A-Z]\d{3} ", answer.err), answer.err
    assert not (tmp_path / "none").exists()


def test_a_kafka_that_does_not_answer_is_a_dependency(baseline, tmp_path: Path):
    words = ("replay", baseline.file, "--now", NOW, "--kafka", NOBODY, "--data", tmp_path)
    answer = lumbung(*words)
    assert (answer.code, answer.out) == (EXIT_DEPENDENCY, "")
    assert "lumbung broker start" in answer.err


# ---------------------------------------------------------------- get, trace, dlq
@pytest.mark.parametrize(
    "what",
    "hubs coops demand supply positions orders matches unmatched deadletters".split(),
)
def test_every_listing_is_pure_data(baseline, what: str):
    rows = asked(baseline, "get", what, "--limit", 7, "-o", "json").json()
    assert 1 <= len(rows) <= 7
    assert all(row.keys() == rows[0].keys() for row in rows)


@pytest.mark.parametrize("what", ["matches", "deadletters"])
def test_a_listing_says_the_same_in_every_form(baseline, what: str):
    words = ("get", what, "--limit", 7, "-o")
    rows = asked(baseline, *words, "json").json()
    lines = asked(baseline, *words, "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.DictReader(io.StringIO(asked(baseline, *words, "csv").out)))
    told = [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]
    assert table == told
    shown = asked(baseline, *words, "wide").out.splitlines()
    assert shown[0].split() == list(rows[0])


def test_what_get_shows_can_be_narrowed(baseline):
    rows = asked(baseline, "get", "matches", "--hub", "34.02", "--limit", 500, "-o", "json").json()
    assert rows
    assert all("34.02" in (row["from_hub"], row["to_hub"]) for row in rows)
    everywhere = asked(baseline, "get", "matches", "--limit", 5_000, "-o", "json").json()
    assert len(rows) < len(everywhere) == baseline.counts["matches"]


def test_a_match_is_traced_to_reports_and_a_report_to_its_match(baseline):
    (match,) = asked(baseline, "get", "matches", "--limit", 1, "-o", "json").json()
    story = asked(baseline, "trace", match["match_id"], "-o", "json").json()
    assert story["kind"] == "match"
    events = [event["event_id"] for event in story["events"]]
    assert {event.split(":")[0] for event in events} == {match["from_coop"], match["to_coop"]}
    backwards = [asked(baseline, "trace", event, "-o", "json").json() for event in events]
    assert any(
        match["match_id"] in {found["match_id"] for found in back["matches"]} for back in backwards
    )


def test_a_story_is_told_in_either_language(baseline):
    (match,) = asked(baseline, "get", "matches", "--limit", 1, "-o", "json").json()
    indonesian = asked(baseline, "trace", match["match_id"]).out
    english = asked(baseline, "trace", match["match_id"], "--lang", "en").out
    assert match["why"] in indonesian
    assert match["why_en"] in english
    assert match["why"] != match["why_en"]


def test_a_dead_letter_gives_back_the_very_bytes_that_were_said(baseline):
    letters = asked(baseline, "dlq", "list", "-o", "json").json()
    assert len(letters) == baseline.counts["dead_letters"]
    mangled = next(letter for letter in letters if letter["reason"] == "not_utf8")
    where = ("--data", baseline.folder)
    raw = subprocess.run(
        [sys.executable, DOOR, *("dlq", "show", mangled["identity"], "--raw"), *where],
        capture_output=True,
        check=True,
        env=environment(),
        timeout=60,
    ).stdout
    assert raw in baseline.lines
    shown = asked(baseline, "dlq", "show", mangled["identity"]).json()
    assert shown["reason"] == "not_utf8"
    only = asked(baseline, "dlq", "list", "--reason", "unknown_unit", "-o", "json").json()
    assert only
    assert {letter["reason"] for letter in only} == {"unknown_unit"}


# ---------------------------------------------------------------- why
def test_everything_that_waits_after_a_day_has_a_reason_in_both_languages(baseline):
    rows = asked(baseline, "why", "--all", "--now", NOW[:10], "-o", "json").json()
    waits = [row for row in rows if row["state"] == "unmatched"]
    assert len(waits) > len(rows) // 2
    sides = {"offer": "no_need", "need": "no_offer"}
    assert {row["side"] for row in waits} == set(sides)
    for row in waits:
        for place in ("in_hub", "between"):
            assert row[place] != sides["need" if row["side"] == "offer" else "offer"]
            assert row[f"{place}_why"] != row[f"{place}_why_en"] != ""
    row = next(row for row in waits if row["between_partner"])
    (one,) = asked(baseline, "why", row["line"], "--now", NOW[:10], "-o", "json").json()["lines"]
    assert (one["left"], one["state"]) == (row["left"], "unmatched")
    near, far = one["reasons"]
    assert (near["reason"], far["reason"]) == (row["in_hub"], row["between"])
    assert far["partner"] == row["between_partner"]


# ---------------------------------------------------------------- report, import
def test_what_a_clerk_says_waits_for_kafka_and_then_becomes_stock(baseline, tmp_path: Path):
    data = tmp_path / "data"
    said = ("report", "stock", VILLAGE, "lada putih", "1.500kg", "--lot", "UJI")
    refused = lumbung(*said, "--kafka", NOBODY, "--data", data)
    assert refused.code == EXIT_DEPENDENCY
    assert "report send" in refused.err
    order = ("report", "order", VILLAGE, "KELAPA", "20butir", "--order", "PO-1")
    refused = lumbung(*order, "--kafka", NOBODY, "--data", data)
    assert "not sent yet: 2" in refused.err
    sent = lumbung("report", "send", "--data", data)
    assert sent.code == EXIT_DONE, sent.err
    nothing = tmp_path / "nothing.ndjson"
    nothing.write_bytes(b"")
    now = datetime.now(UTC).isoformat()
    counts = lumbung("replay", nothing, "--now", now, "--data", data).json()
    assert (counts["accepted"], counts["duplicate"]) == (2, 0)
    (stock,) = lumbung("get", "positions", "--coop", VILLAGE, "-o", "json", "--data", data).json()
    assert (stock["commodity"], stock["lot"], stock["on_hand"]) == ("LADA-PUTIH", "UJI", 1500.0)
    (wanted,) = lumbung("get", "orders", "--coop", VILLAGE, "-o", "json", "--data", data).json()
    assert (wanted["commodity"], wanted["quantity"]) == ("KELAPA", 20.0)


def test_an_import_gives_a_verdict_for_every_row_and_sends_all_or_none(tmp_path: Path):
    sheet = tmp_path / "stok.csv"
    head = "koperasi,komoditas,jumlah,satuan\n"
    good = f"{VILLAGE},KELAPA,100,BUTIR\n{VILLAGE},lada putih,12,KG\n"
    sheet.write_text(head + good, "utf-8")
    dry = lumbung("import", sheet, "--dry-run", "--data", tmp_path / "data")
    assert dry.code == EXIT_DONE, dry.err
    assert not (tmp_path / "data").exists()
    sheet.write_text(head + good + f"{VILLAGE},NAGA,1,KG\n", "utf-8")
    answer = lumbung("import", sheet, "--data", tmp_path / "data", "--kafka", NOBODY)
    assert answer.code == EXIT_CHECK
    assert answer.out.count("ok") == 2
    assert "SALAH" in answer.out
    assert "nothing was sent" in answer.err


# ---------------------------------------------------------------- doctor, broker
def test_the_doctor_looks_at_this_machine():
    answer = lumbung("doctor")
    assert answer.code == EXIT_DONE, answer.out + answer.err
    assert {"Python", "Java", "Disk"} <= set(answer.out.split())


def test_the_status_of_a_broker_is_data_for_scripts(baseline):
    answer = asked(baseline, "broker", "status", "-o", "json")
    assert answer.code == EXIT_DEPENDENCY
    told = json.loads(answer.out)
    assert (told["ready"], told["pid"]) == (False, None)


# ---------------------------------------------------------------- verify, rebuild
def test_verify_is_clean_finds_one_altered_row_and_rebuild_mends_it(
    baseline, kafka_kit: Kit, tmp_path: Path
):
    folder = tmp_path / "data"
    shutil.copytree(baseline.folder, folder)
    with kafka_kit.broker(folder / "kafka"):
        clean = lumbung("verify", "--data", folder).json()
        assert clean["ok"] is True
        assert clean["accepted"] == baseline.counts["accepted"]
        assert all(clean["checks"].values()), clean["checks"]

        with closing(sqlite3.connect(folder / "warehouse.db")) as found:
            (coop,) = found.execute(
                "SELECT coop FROM position ORDER BY on_hand_micro DESC"
            ).fetchone()
            with found:
                found.execute(
                    "UPDATE position SET on_hand_micro = on_hand_micro + 1 WHERE coop = ?", (coop,)
                )
        broken = lumbung("verify", "--data", folder)
        assert broken.code == EXIT_CHECK
        assert json.loads(broken.out)["ok"] is False
        assert coop in broken.err

        rebuilt = lumbung("rebuild", "--data", folder)
        assert rebuilt.code == EXIT_DONE, rebuilt.err
        assert lumbung("verify", "--data", folder).json()["ok"] is True
        assert baseline.dump.differences(dumped(folder)) == []
