"""The verbs of `lumbung broker` and `lumbung doctor`, as a person runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker.kit import Kit
from deploy.broker.node import Broker
from deploy.broker.probe import is_ready

ROOT = Path(__file__).parents[2]
DOOR = """
import sys
import typer
from deploy.cli_broker import app
from deploy.doctor import doctor
from deploy.errors import LumbungError
door = typer.Typer()
door.add_typer(app)
door.command()(doctor)
try:
    door()
except LumbungError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LUMBUNG_")}
    cache = {name: os.environ[name] for name in ("LUMBUNG_CACHE",) if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", DOOR, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**kept, **cache, "PYTHONPATH": str(ROOT), **environment},
    )


@pytest.fixture
def data(tmp_path: Path, kafka_kit: Kit) -> Iterator[Path]:
    """A data folder; whatever broker runs on it is ended."""
    assert kafka_kit.jars.exists()
    yield tmp_path / "data"
    Broker(tmp_path / "data" / "kafka", Path(), Path()).kill()


def test_a_broker_started_by_the_command_outlives_it_and_is_stopped_by_another(
    data: Path,
) -> None:
    started = run("broker", "start", "--data", str(data), "--heap-mb", "256")
    assert started.returncode == 0, started.stderr
    bootstrap = started.stdout.strip()
    assert is_ready(bootstrap)

    shown = run("broker", "status", "--data", str(data), "-o", "json")
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["bootstrap"] == bootstrap

    again = run("broker", "start", "--data", str(data))
    assert again.returncode == 1
    assert again.stdout == ""
    assert "LB-K002" in again.stderr

    checked = run("doctor", "--kafka", bootstrap, "--data", str(data), "-o", "json")
    verdicts = {check["name"]: check["verdict"] for check in json.loads(checked.stdout)}
    assert verdicts["Kafka"] == "ok"

    assert run("broker", "stop", "--data", str(data)).returncode == 0
    assert not is_ready(bootstrap)
    assert run("broker", "status", "--data", str(data)).returncode == 4


def test_the_doctor_names_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    checked = run(
        "doctor", "-o", "json", PATH=str(tmp_path), JAVA_HOME="", LUMBUNG_CACHE=str(tmp_path)
    )
    checks = {check["name"]: check for check in json.loads(checked.stdout)}
    assert checked.returncode == 4
    assert checks["Kafka jars"]["verdict"] == "missing"
    assert "--kafka HOST:PORT" in checks["Kafka jars"]["remedy"]
    assert checks["Python"]["verdict"] == "ok"
    assert checks["Clock"]["verdict"] == "ok"


def test_the_doctor_finds_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    broken = tmp_path / "warehouse.db"
    broken.mkdir()
    checked = run("doctor", "--warehouse", f"sqlite:///{broken}", "-o", "json")
    checks = {check["name"]: check for check in json.loads(checked.stdout)}
    assert checked.returncode == 4
    assert checks["Warehouse"]["verdict"] == "missing"


def test_a_doctor_with_everything_shows_a_table_and_exits_0(data: Path) -> None:
    checked = run("doctor", "--data", str(data))
    assert checked.returncode == 0, checked.stdout
    for name in ("Python", "Java", "Kafka jars", "Ports", "Warehouse", "Memory", "Disk", "Clock"):
        assert name in checked.stdout
