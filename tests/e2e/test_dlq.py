"""Dead letters as an operator works with them: look, mend, say again, see what came of it."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from deploy.broker.kit import Kit
from deploy.cli import app
from deploy.errors import EXIT_CHECK, EXIT_DONE, EXIT_USAGE
from schemas.topics import EVENTS
from tests.support.door import Answer, lumbung
from tests.support.files import written
from tests.support.sayings import COOP, COUNTED, HOME, RECEIVED, encoded, envelope

UNKNOWN = {**RECEIVED, "unit": "PELUKAN"}
OTHER = "19.02.01.2004"
# A repair is judged by the clock of this machine and speaks of the time of its original.
AN_HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
LINE = f"{COOP}:hp1:1#2"
AHEAD = f"{EVENTS}/{HOME}/2"
NEWER = f"{EVENTS}/{HOME}/3"
NOBODYS = f"{EVENTS}/0/0"


def said(coop: str, sequence: int, *lines: Any, **more: Any) -> bytes:
    data = {"coop": coop, "device": "hp1", "sequence": sequence, "lines": list(lines)}
    return encoded(envelope("report", data, **{"time": AN_HOUR_AGO, **more}))


HURT = [
    said(COOP, 1, COUNTED, UNKNOWN),
    said(OTHER, 1, COUNTED),
    said(OTHER, 65_600, COUNTED),
    said(OTHER, 2, RECEIVED, type="lumbung.report.v2"),
    b'{"cut off',
]


@pytest.fixture
def granary(tmp_path: Path, kafka_kit: Kit) -> Iterator[Path]:
    """Five reports of which one line and three records were refused; Kafka runs."""
    assert kafka_kit.jars.exists()
    file, data = written(tmp_path / "hurt.ndjson", HURT), tmp_path / "data"
    assert lumbung("replay", file, "--data", data).json()["rejected"] == 3
    yield data
    lumbung("broker", "stop", "--data", data)


Dlq = Callable[..., Answer]


@pytest.fixture
def dlq(granary: Path) -> Iterator[Dlq]:
    """`lumbung dlq` through the door, but inside this process: it starts at once."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def ask(*words: str, said: bytes = b"") -> Answer:
        done = CliRunner().invoke(app, ["dlq", *words, "--data", str(granary)], input=said)
        failed: Any = done.exception
        if failed is None or isinstance(failed, SystemExit):
            return Answer(done.exit_code, done.stdout, done.stderr)
        return Answer(failed.exit_code, done.stdout, done.stderr + str(failed))

    yield ask
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def listed(dlq: Dlq, *words: str) -> dict[str, dict[str, Any]]:
    return {row["identity"]: row for row in dlq("list", *words, "-o", "json").json()}


def look_around(dlq: Dlq) -> None:
    assert listed(dlq).keys() == {LINE, AHEAD, NEWER, NOBODYS}
    assert listed(dlq, "--hub", "19.02", "--reason", "unknown_type").keys() == {NEWER}
    assert listed(dlq, "--coop", COOP).keys() == {LINE}
    assert listed(dlq, "--since", "1s") == {}

    # What is still wrong is told in words, and nothing is sent.
    wrong = dlq("edit", LINE, "--set", "unit=KARUNG")
    assert (wrong.code, wrong.out) == (EXIT_CHECK, "")
    assert "unit: unknown_unit: satuan tidak dikenal" in wrong.err
    assert "unit unknown" in wrong.err
    away = dlq("edit", NOBODYS, "--set", f"coop={COOP}")
    assert (away.code, "LB-D003" in away.err) == (EXIT_CHECK, True)
    assert dlq("replay").code == EXIT_USAGE
    trial = dlq("replay", "--all", "--dry-run", "-o", "json").json()
    assert {row["identity"]: row["now"] for row in trial} == {
        LINE: "unknown_unit",
        AHEAD: "accepted",
        NEWER: "unknown_type",
        NOBODYS: "json_malformed",
    }


def mend(dlq: Dlq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib; p = pathlib.Path(sys.argv[1]);"
        "p.write_text(p.read_text().replace('PELUKAN', 'KG'))"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    monkeypatch.setenv("VISUAL", "")
    mended = dlq("edit", LINE)
    assert (mended.code, mended.out.strip()) == (EXIT_DONE, f"{COOP}:perbaikan:1"), mended.err
    second = dlq("edit", LINE, "--set", "unit=KG", "--set", "quantity=7")
    assert second.out.strip() == f"{COOP}:perbaikan:2"
    whole = json.dumps({"coop": OTHER, "lines": [{**RECEIVED, "quantity": "9"}]}).encode()
    newer = dlq("edit", NEWER, "--file", "-", said=whole)
    assert newer.out.strip() == f"{OTHER}:perbaikan:1", newer.err
    again = dlq("replay", AHEAD, "--rate", "100").json()
    assert again == {"sent": 1, "accepted": 1}


def see_what_became_of_it(dlq: Dlq) -> None:
    after = listed(dlq)
    assert after[LINE]["repaired_by"] == f"{COOP}:perbaikan:1"
    assert after[NEWER]["repaired_by"] == f"{OTHER}:perbaikan:1"
    refused = f"{COOP}:perbaikan:2#0"
    assert after[refused]["reason"] == "already_repaired"
    assert listed(dlq, "--unrepaired").keys() >= {AHEAD, NOBODYS, refused}
    late = dlq("edit", LINE, "--set", "unit=KG")
    assert (late.code, "LB-D001" in late.err) == (EXIT_CHECK, True)


def test_a_letter_is_found_mended_once_said_again_and_every_act_is_noted(
    granary: Path, dlq: Dlq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--data", granary)
    look_around(dlq)
    kafka = lumbung("broker", "start", *where).out.strip()
    mend(dlq, tmp_path, monkeypatch)
    more = written(tmp_path / "more.ndjson", [said(COOP, 2, RECEIVED)])
    lumbung("replay", more, "--kafka", kafka, *where).json()
    see_what_became_of_it(dlq)
    fish = lumbung(
        "get", "positions", "--coop", COOP, "--commodity", "IKAN-TENGGIRI", "-o", "json", *where
    )
    assert [row["on_hand"] for row in fish.json()] == [160]
    assert lumbung("verify", "--kafka", kafka, *where).json()["ok"]

    acts = dlq("audit", "-o", "json").json()
    told = [(act["what"], act["letter"]) for act in acts]
    assert told == [("edit", LINE), ("edit", LINE), ("edit", NEWER), ("replay", AHEAD)]
    path = granary / "audit.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert dlq("audit").code == EXIT_CHECK
