"""Getting the broker's jars: from the cache, a folder that the user names, or the user's Maven.

Decides where jars may come from and that none unlocked is ever run. Refuses to know how to run
them. Maven is used as the user has set it up (mirrors, proxies, offline copies); what it brings
is then held against our lock, and only a folder that agrees in every byte is moved into the
cache, in one step.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.broker import lock
from deploy.errors import DependencyError
from deploy.process import end, identify, spawn

_POLL_SECONDS: Final = 0.1
_MAVEN_SECONDS_MAX: Final = 1_800.0
_LOG_TAIL_LINES: Final = 15
_PROBLEMS_SHOWN: Final = 5
_DOWNLOADED: Final = re.compile(r"Downloaded from .*/([^/\s]+\.jar)")


def cache_root(override: Path | None = None) -> Path:
    """Where fetched things live: `override`, else LUMBUNG_CACHE, else the user's cache folder."""
    named = override or os.environ.get("LUMBUNG_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lumbung"


def cached_jars(cache: Path | None = None) -> Path:
    """The folder the jars of this version have in the cache, be they there or not."""
    return cache_root(cache) / f"kafka-{lock.kafka_version()}"


def fetch_jars(
    *, jars: Path | None = None, cache: Path | None = None, progress: bool = True
) -> Path:
    """A folder holding exactly the locked jars.

    `jars` names a folder to use instead of the cache. A bar goes to stderr when that is a
    terminal. Raises DependencyError: LB-J001 jars differ from the lock, LB-J002 no Maven,
    LB-J003 Maven failed.
    """
    if jars is not None:
        return _checked(jars.expanduser().resolve())
    folder = cached_jars(cache)
    if lock.is_stamped(folder):
        return folder
    if folder.is_dir() and not lock.problems(folder):
        lock.stamp(folder)
        return folder
    return _fetch_into(folder, progress=progress)


def _checked(folder: Path) -> Path:
    if lock.is_stamped(folder):
        return folder
    wrong = lock.problems(folder)
    if wrong:
        raise DependencyError(
            "LB-J001",
            f"the jars in {folder} are not those of Kafka {lock.kafka_version()} as locked: "
            + "; ".join(wrong[:_PROBLEMS_SHOWN])
            + (f"; and {more} more" if (more := len(wrong) - _PROBLEMS_SHOWN) > 0 else ""),
            "Fetch them anew with `lumbung broker fetch`, or name another folder with --jars DIR.",
        )
    with suppress(OSError):  # a read-only folder is checked in full every time
        lock.stamp(folder)
    return folder


def _fetch_into(folder: Path, *, progress: bool) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise DependencyError(
            "LB-J002",
            f"the jars of Kafka {lock.kafka_version()} are not in {folder}, and there is no `mvn`",
            "Either install Maven (`mvn` on the PATH) and run this again; or copy the jars from a"
            " machine that has them and give --jars DIR; or use a cluster that runs already with"
            " --kafka HOST:PORT.",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as scratch:
        arriving = Path(scratch) / "jars"
        arriving.mkdir()
        _run_maven(maven, arriving, Path(scratch), progress=progress)
        _checked(arriving)
        shutil.rmtree(folder, ignore_errors=True)
        arriving.rename(folder)
    lock.stamp(folder)
    return folder


def _run_maven(maven: str, target: Path, scratch: Path, *, progress: bool) -> None:
    pom = shutil.copy(
        lock.POM, scratch / "pom.xml"
    )  # the shipped one may lie in a read-only place
    goal = [
        "dependency:copy-dependencies",
        f"-DoutputDirectory={target}",
        "-DincludeScope=runtime",
    ]
    log_path = scratch / "maven.log"
    with log_path.open("wb") as log:
        child = spawn([maven, "-B", "-f", str(pom), *goal], log=log, tied=True, cwd=scratch)
        try:
            _watch(child, target, log_path, shown=progress and sys.stderr.isatty())
        finally:
            process = identify(child)
            if process is not None:
                end(process, grace_seconds=2.0)
                child.wait()
    if child.returncode != 0:
        tail = log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        raise DependencyError(
            "LB-J003",
            f"Maven could not bring the broker's jars (exit {child.returncode}):\n  "
            + "\n  ".join(tail[-_LOG_TAIL_LINES:]),
            "Check the network and your Maven settings; or give --jars DIR or --kafka HOST:PORT.",
        )


def _watch(child: subprocess.Popen[bytes], target: Path, log: Path, *, shown: bool) -> None:
    """Show the jars arriving, by bytes, until Maven ends or its time is up."""
    deadline = time.monotonic() + _MAVEN_SECONDS_MAX
    columns = (TextColumn("Kafka"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task("jars", total=lock.total_bytes())
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            bar.update(task, completed=_arrived_bytes(target, log))
        bar.update(task, completed=_arrived_bytes(target, log))


def _arrived_bytes(target: Path, log: Path) -> int:
    """Maven downloads all into its own store, as its log tells, and only then copies."""
    told = _DOWNLOADED.findall(log.read_text(encoding="utf-8", errors="replace"))
    here = {path.name for path in target.glob("*.jar")}.union(told)
    return sum(jar.size_bytes for jar in lock.locked_jars() if jar.name in here)
