"""Child processes that cannot be orphaned, and pids that cannot be mistaken for another's.

Decides how a child is started, tied to its parent, recognised later, and ended. Refuses to know
what the child does.

Theory of operation. A *tied* child asks the Linux kernel to be killed when its parent dies,
however the parent dies (`tied.py`). The kernel means the parent *thread*, so tied children are
started from one thread that lives as long as this process; a child of a short-lived thread
would die with it. Elsewhere than on Linux a tie does nothing: an orphan is then found by its
pid file. A pid alone names whoever holds it today, so a pid is kept together with the moment
its process started.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_POLL_SECONDS: Final = 0.02
_KILLED_SECONDS: Final = 5.0
_TIED: Final = Path(__file__).with_name("tied.py")
_SPAWNER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A pid and the moment its process started, so that a recycled pid is nobody we know."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return started_at(self.pid) == self.started


def started_at(pid: int) -> str | None:
    """What tells this process from any other that ever has the same pid; None when none runs."""
    return _started_linux(pid) if sys.platform == "linux" else _started_elsewhere(pid)


def _started_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The name in parentheses may hold anything; field 3 is the state, field 22 the start in ticks.
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot}/{rest[18]}"


def _started_elsewhere(pid: int) -> str | None:
    asked = ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def spawn(
    command: Sequence[str],
    *,
    log: IO[bytes],
    tied: bool,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output in `log`; `tied`: never outlives us.

    A session of its own keeps the terminal's Ctrl-C away: the parent stops its children in order.
    A program that cannot be started raises OSError; when tied, it exits with 1 and says so in
    `log`.
    """

    def start(words: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if env is None else dict(env),
            start_new_session=True,
        )

    if not tied:
        return start(command)
    tie = [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), *command]
    return _SPAWNER.submit(start, tie).result()


def identify(child: subprocess.Popen[bytes]) -> ProcessId | None:
    """The lasting identity of a child just started; None when it is gone already."""
    started = started_at(child.pid)
    return None if started is None else ProcessId(child.pid, started)


def end(process: ProcessId, *, grace_seconds: float) -> bool:
    """Ask `process` to stop, then kill it; True when it went by itself. Never signals another."""
    signal_to(process, signal.SIGTERM)
    if wait_gone(process, grace_seconds):
        return True
    kill(process)
    return False


def kill(process: ProcessId) -> None:
    """Kill `process` at once and wait until it is gone."""
    signal_to(process, signal.SIGKILL)
    wait_gone(process, _KILLED_SECONDS)


def wait_gone(process: ProcessId, seconds: float) -> bool:
    """Wait up to `seconds` for the process to end; True when it has."""
    deadline = time.monotonic() + seconds
    while process.alive:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def signal_to(process: ProcessId, number: signal.Signals) -> None:
    """Send a signal to this very process; nothing when it is gone."""
    if process.alive:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
