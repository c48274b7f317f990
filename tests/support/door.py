"""Decides how a test goes through the one door: `lumbung` as a process, its children, its end.

Only processes that this door started are ever looked at or killed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
DOOR: Final = ROOT / "lumbung.py"
SECONDS_MAX: Final = 240.0
# A child that may not keep its bytecode compiles the whole house at every start.
_DROPPED: Final = ("PYTHONDONTWRITEBYTECODE",)


def environment(**more: str) -> dict[str, str]:
    """This environment without settings of Lumbung's, save where the jars are kept; and more.

    Hubs propose at once: what is tested here is to be seen at any hour.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED and (not name.startswith("LUMBUNG_") or name == "LUMBUNG_CACHE")
    }
    now = {"LUMBUNG_MATCHING__CUT_OFFS": ""}
    return {**kept, **now, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", **more}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as one JSON document; an AssertionError shows what else came."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return json.loads(self.out)


def lumbung(*words: object, more: dict[str, str] | None = None, said: bytes = b"") -> Answer:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, str(DOOR), *map(str, words)],
        input=said,
        capture_output=True,
        check=False,
        timeout=SECONDS_MAX,
        env=environment(**(more or {})),
        cwd=ROOT,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """A command under way, its output in files; use as a context, which leaves no process."""

    def __init__(self, *words: object, folder: Path, more: dict[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.err = folder / "stdout", folder / "stderr"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process: Final = subprocess.Popen(
                [sys.executable, str(DOOR), *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment(**(more or {})),
                cwd=ROOT,
            )
        self.seen: set[int] = set()
        self.roles: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.children()
            self.process.kill()
            self.process.wait()

    def children(self) -> dict[str, int]:
        """The living children by what they do: "streams 0", "market 0", "sink", "kafka", ..."""
        found = {}
        for pid in children_of(self.process.pid):
            words = _words(pid)
            if words:
                found[_role(words)] = pid
                self.seen.add(pid)
        self.roles |= set(found)
        return found

    def ended(self, seconds: float = SECONDS_MAX) -> Answer:
        """Wait for the end."""
        code = self.process.wait(seconds)
        return Answer(code, self.out.read_text("utf-8"), self.err.read_text("utf-8"))

    def interrupted(self, seconds: float) -> float:
        """Send Ctrl-C; the seconds it took to end."""
        self.children()
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(seconds)
        return time.monotonic() - began

    def left_behind(self) -> list[int]:
        """Which of the children ever seen still live, a moment after the end."""
        deadline = time.monotonic() + 2.0
        while True:
            living = [pid for pid in self.seen if _words(pid)]
            if not living or time.monotonic() > deadline:
                return living
            time.sleep(0.05)


def kill(pid: int) -> None:
    """SIGKILL; one that has just ended is as good as killed."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def children_of(parent: int) -> list[int]:
    """The pids of a process's living children (Linux: from /proc)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name in parentheses, which may hold anything: state, then parent.
            state, ppid, *_ = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(ppid) == parent and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


def _words(pid: int) -> Sequence[str]:
    """The command line; nothing when it has ended (a zombie has none)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return ()


def _role(words: Sequence[str]) -> str:
    if "run" not in words:
        return "kafka" if any(word.startswith("kafka.Kafka") for word in words) else words[0]
    verb = words[words.index("run") + 1]
    return f"{verb} {words[words.index('--worker') + 1]}" if "--worker" in words else verb
