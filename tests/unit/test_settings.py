"""What can be set, what wins, and where each value came from."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from deploy.errors import ConfigError
from deploy.settings import load, load_at_once
from deploy.stack import environment


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LUMBUNG_")]:
        monkeypatch.delenv(name)


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lumbung.toml").write_text(
        '[kafka]\nbootstrap = "file:1"\npartitions = 3\n[streams]\nworkers = 3\n'
    )
    monkeypatch.setenv("LUMBUNG_KAFKA__BOOTSTRAP", "environment:2")
    monkeypatch.setenv("LUMBUNG_STREAMS__WORKERS", "4")
    loaded = load({"kafka.bootstrap": "flag:3", "data_dir": None}, folder=tmp_path)
    settings = loaded.settings
    assert settings.kafka.bootstrap == "flag:3"
    assert settings.streams.workers == 4
    assert settings.kafka.partitions == 3
    assert settings.kafka.replication == 1
    origins = {name: origin for name, _, origin in loaded.rows()}
    assert origins["kafka.bootstrap"] == "flag for kafka.bootstrap"
    assert origins["streams.workers"] == "LUMBUNG_STREAMS__WORKERS"
    assert origins["kafka.partitions"] == str(tmp_path / "lumbung.toml")
    assert origins["kafka.replication"] == "default"
    assert origins["data_dir"] == "default"


def test_a_secret_can_be_kept_in_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql+psycopg://lumbung:padi@db.example/lumbung\n")
    monkeypatch.setenv("LUMBUNG_WAREHOUSE__URL_FILE", str(secret))
    loaded = load(folder=tmp_path)
    assert loaded.settings.warehouse_url.endswith("padi@db.example/lumbung")
    (shown,) = [value for name, value, _ in loaded.rows() if name == "warehouse.url"]
    assert shown == "postgresql+psycopg://***@db.example/lumbung"


def test_without_a_url_the_warehouse_lies_in_the_data_folder(tmp_path: Path) -> None:
    loaded = load({"data_dir": tmp_path / "d"}, folder=tmp_path)
    assert loaded.settings.warehouse_url == f"sqlite:///{tmp_path / 'd' / 'warehouse.db'}"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LUMBUNG_KAKFA__PARTITIONS", "3", "Did you mean LUMBUNG_KAFKA__PARTITIONS?"),
        ("LUMBUNG_KAFKA__BOOTSTRAP", "no port", "kafka.bootstrap"),
        ("LUMBUNG_KAFKA__PARTITIONS", "many", "from LUMBUNG_KAFKA__PARTITIONS"),
        ("LUMBUNG_KAFKA__PARTITIONS", "0", "greater than or equal to 1"),
        ("LUMBUNG_STREAMS__HEARTBEAT_SECONDS", "5", "three heartbeats"),
        ("LUMBUNG_WAREHOUSE__URL", "mysql://x", "warehouse.url"),
        ("LUMBUNG_WAREHOUSE__URL_FILE", "/nowhere/at/all", "cannot be read"),
        ("LUMBUNG_LOG__FORMAT", "xml", "'console' or 'json'"),
    ],
)
def test_a_wrong_variable_is_a_clear_complaint_with_exit_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as wrong:
        load(folder=tmp_path)
    assert wrong.value.exit_code == 3
    assert said in wrong.value.what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[kafka\n", "cannot be read"),
        ("[kafka]\npartition = 3\n", "kafka.partition"),
        ("[kafak]\npartitions = 3\n", "kafak"),
        ("kafka = 3\n", "kafka"),
    ],
)
def test_a_wrong_file_is_a_clear_complaint_naming_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "lumbung.toml").write_text(text)
    with pytest.raises(ConfigError) as wrong:
        load(folder=tmp_path)
    assert said in wrong.value.what
    assert str(tmp_path / "lumbung.toml") in wrong.value.what


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load(folder=tmp_path).settings
    with pytest.raises(ValidationError):
        settings.kafka.partitions = 9


def test_cut_offs_are_minutes_of_the_day_in_their_order_once_each(tmp_path: Path) -> None:
    assert load(folder=tmp_path).settings.matching.minutes == (7 * 60, 14 * 60)
    spoken = load({"matching.cut_offs": "21:05,00:00,21:05"}, folder=tmp_path)
    assert spoken.settings.matching.minutes == (0, 21 * 60 + 5)


@pytest.mark.parametrize("text", ["7:00", "24:00", "07:60", "07:00,", "07.00", "pagi"])
def test_a_cut_off_that_no_clock_shows_is_refused_by_name(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"matching\.cut_offs"):
        load({"matching.cut_offs": text}, folder=tmp_path)


def test_what_is_shown_at_once_has_no_cut_offs_unless_some_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_at_once({}).settings.matching.minutes == ()
    monkeypatch.setenv("LUMBUNG_MATCHING__CUT_OFFS", "09:30")
    assert load_at_once({}).settings.matching.minutes == (9 * 60 + 30,)


@pytest.mark.parametrize("text", ["", "09:30"])
def test_a_child_has_the_cut_offs_of_its_parent_even_none(text: str) -> None:
    settings = load({"matching.cut_offs": text}).settings
    assert environment(settings)["LUMBUNG_MATCHING__CUT_OFFS"] == text
