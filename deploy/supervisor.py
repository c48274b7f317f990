"""Starting, watching, restarting and stopping the processes of one installation.

Decides the life of its children and shows it; `backoff` decides when one is started again.
Refuses to know what they do. Every child is tied to this process, so that none is ever orphaned
(`process`), and has a log file of its own, rolled when it is started.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from threading import Event, RLock
from typing import Final

import structlog

from deploy.backoff import GiveUp, Policy, after_exit
from deploy.process import spawn
from schemas.metrics import Meter, Silent

STOP_SECONDS: Final = 4.0
_POLL_SECONDS: Final = 0.05
_LOG_BYTES_MAX: Final = 10_000_000
_TAIL_BYTES: Final = 16_384


class State(StrEnum):
    """Where a child is in its life."""

    RUNNING = "running"
    WAITING = "waiting"  # ended, will be started again
    DONE = "done"  # ended as it should
    FAILED = "failed"  # given up
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Child:
    """What to run: `restart` False means that it is meant to end by itself, with exit code 0."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] | None = None
    restart: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A child as a table shows it; `exit_code` is that of its last end, negative for a signal."""

    name: str
    state: State
    pid: int | None
    restarts: int
    exit_code: int | None
    why: str
    log: Path


@dataclass(slots=True)
class _Run:
    """A child's life so far."""

    child: Child
    log: Path
    state: State = State.STOPPED
    process: subprocess.Popen[bytes] | None = None
    started_ms: int = 0
    next_ms: int = 0
    failures: int = 0
    restarts: int = 0
    exit_code: int | None = None
    why: str = ""

    def shown(self) -> Shown:
        pid = self.process.pid if self.process and self.state is State.RUNNING else None
        return Shown(
            self.child.name, self.state, pid, self.restarts, self.exit_code, self.why, self.log
        )


def lumbung_command(*words: str) -> tuple[str, ...]:
    """The command that runs this very installation with other words."""
    import lumbung  # noqa: PLC0415 - the door imports this room, so not at import time

    return (sys.executable, str(Path(lumbung.__file__).resolve()), *words)


@dataclass(slots=True)
class Supervisor:
    """Runs children until stopped. `poll` must be called often; `run` does so until told."""

    children: Iterable[Child]
    log_dir: Path
    policy: Policy = field(default_factory=Policy)
    meter: Meter = field(default_factory=Silent)
    on_change: Callable[[Shown], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    _runs: dict[str, _Run] = field(init=False)
    _lock: RLock = field(init=False, default_factory=RLock)

    def __post_init__(self) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._runs = {
            child.name: _Run(child, self.log_dir / f"{child.name}.log") for child in self.children
        }

    def start(self) -> None:
        """Start every child that does not run, in the order given."""
        with self._lock:
            for run in self._runs.values():
                if run.state is not State.RUNNING:
                    self._launch(run)

    def add(self, child: Child) -> None:
        """One more child, started now; its name must be new."""
        with self._lock:
            assert child.name not in self._runs, child.name
            run = self._runs[child.name] = _Run(child, self.log_dir / f"{child.name}.log")
            self._launch(run)

    def poll(self) -> tuple[Shown, ...]:
        """Notice who ended, start again who is due; how all are now."""
        with self._lock:
            for run in self._runs.values():
                if run.state is State.RUNNING:
                    self._notice_end(run)
                elif run.state is State.WAITING and self._now_ms() >= run.next_ms:
                    run.restarts += 1
                    self.meter.count("lumbung_restarts_total", process=run.child.name)
                    self._launch(run)
            return self.snapshot()

    def snapshot(self) -> tuple[Shown, ...]:
        """How all children are, as far as noticed."""
        with self._lock:
            return tuple(run.shown() for run in self._runs.values())

    def run(self, until: Event) -> None:
        """Poll until the event is set; then stop all."""
        try:
            while not until.wait(_POLL_SECONDS):
                self.poll()
        finally:
            self.stop()

    def kill(self, name: str, why: str) -> None:
        """Kill a child at once, as the watchdog does; it is started again as after any end."""
        with self._lock:
            run = self._runs[name]
            if run.state is State.RUNNING and run.process is not None:
                structlog.get_logger("supervisor").error("child killed", process=name, why=why)
                run.why = why
                run.process.kill()

    def stop(self, *, seconds: float = STOP_SECONDS) -> None:
        """Ask all children to end at once, kill those that have not after `seconds`."""
        with self._lock:
            running = [run for run in self._runs.values() if run.state is State.RUNNING]
            for run in running:
                assert run.process is not None
                run.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + seconds
            for run in running:
                assert run.process is not None
                self._await_end(run.process, deadline)
                run.exit_code = run.process.returncode
            for run in self._runs.values():
                if run.state in (State.RUNNING, State.WAITING):
                    self._become(run, State.STOPPED, run.why)

    def tail(self, name: str, lines: int = 20) -> str:
        """The last lines of a child's log."""
        path = self._runs[name].log
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = log.read().decode("utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _launch(self, run: _Run) -> None:
        if run.log.exists() and run.log.stat().st_size > _LOG_BYTES_MAX:
            run.log.replace(run.log.with_suffix(".log.1"))
        with run.log.open("ab") as log:
            run.process = spawn(run.child.command, log=log, tied=True, env=run.child.env)
        run.started_ms = self._now_ms()
        self._become(run, State.RUNNING, "")

    def _notice_end(self, run: _Run) -> None:
        assert run.process is not None
        code = run.process.poll()
        if code is None:
            return
        run.exit_code = code
        if code == 0 and not run.child.restart:
            self._become(run, State.DONE, "")
            return
        now = self._now_ms()
        decided = after_exit(
            self.policy if run.child.restart else replace(self.policy, failures_max=0),
            failures=run.failures,
            ran_ms=now - run.started_ms,
            now_ms=now,
            exit_code=code,
        )
        if isinstance(decided, GiveUp):
            self._become(run, State.FAILED, decided.why)
        else:
            run.failures, run.next_ms = decided.failures, decided.at_ms
            self._become(run, State.WAITING, run.why or _ended(code))

    def _become(self, run: _Run, state: State, why: str) -> None:
        run.state, run.why = state, why
        shown = run.shown()
        log = structlog.get_logger("supervisor")
        told = log.warning if state in (State.WAITING, State.FAILED) else log.info
        told(f"child {state}", process=shown.name, pid=shown.pid, why=why or None)
        self.on_change(shown)

    def _now_ms(self) -> int:
        return int(self.clock() * 1_000)

    @staticmethod
    def _await_end(process: subprocess.Popen[bytes], deadline: float) -> None:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ended(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
