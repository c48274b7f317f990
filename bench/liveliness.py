"""A whole system under load, watched over as `lumbung run all` does, for those who break it.

Decides how processes are found, hurt and waited for. The supervisor is the real one, with one
difference: here every death counts as the first (waits of 0.1 s), for the installation's own
supervisor waits longer when a process dies often within a minute, and gives up after ten.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from bench.observer import Look, Observer
from bench.stage import stage
from deploy.backoff import Policy
from deploy.process import spawn
from deploy.stack import Stack
from deploy.supervisor import Child, Supervisor
from deploy.wiring import market_name, status_file, worker_name
from schemas.topics import EVENTS, MARKET

TRIED: Final = Policy(healthy_ms=1_000, failures_max=1_000)
CALM_SECONDS: Final = 300.0
LEVEL_RECORDS: Final = 400
_POLL_SECONDS: Final = 0.05


@dataclass(slots=True)
class Alive:
    """A system at work."""

    stack: Stack
    observer: Observer
    traffic: "subprocess.Popen[bytes] | None" = None
    clock: Supervisor | None = None
    _clock_end: ExitStack = field(default_factory=ExitStack)

    def pid(self, name: str) -> int | None:
        """The pid of a process, or of the broker; None when it does not run."""
        if name == "broker":
            assert self.stack.keeper is not None
            return self.stack.keeper.broker.pid
        watchers = (self.stack.supervisor, self.clock)
        shown = [one for each in watchers if each for one in each.snapshot()]
        return next((one.pid for one in shown if one.name == name), None)

    def send(self, name: str, number: signal.Signals) -> None:
        """Signal a process that runs."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, number)

    def speak(self, lines_per_second: float, *, seed: int = 1, run: int = 1) -> None:
        """Begin the traffic."""
        words = ["--lines-per-second", str(lines_per_second), "--seed", str(seed)]
        words += ["--run", str(run)]
        command = [sys.executable, "-m", "bench.traffic", self.stack.bootstrap, *words]
        with self._said.open("wb") as log:
            self.traffic = spawn(command, log=log, tied=True)

    def fall_silent(self) -> dict[str, int]:
        """End the traffic; what it said."""
        assert self.traffic is not None, "it never spoke"
        self.traffic.send_signal(signal.SIGTERM)
        self.traffic.wait(CALM_SECONDS)
        self.traffic = None
        said: dict[str, int] = json.loads(self._said.read_text().splitlines()[-1])
        return said

    @property
    def _said(self) -> Path:
        return self.stack.settings.data_dir / "logs" / "traffic.log"

    def calm(self, seconds: float = CALM_SECONDS) -> Look:
        """Wait until workers and sink keep up; the look at that moment."""
        deadline = time.monotonic() + seconds
        while True:
            looks = self.observer.look_at(EVENTS, MARKET)
            level = all(look.lag < LEVEL_RECORDS for look in looks.values())
            if level and self.observer.unstored() < 2 * LEVEL_RECORDS:
                return looks[EVENTS]
            self.stack.require_all()
            assert time.monotonic() < deadline, f"never level again: {looks}"
            time.sleep(_POLL_SECONDS)

    def wait_ready(self, *names: str, seconds: float = CALM_SECONDS) -> None:
        """Wait until these workers are ready and hold everything together."""
        deadline = time.monotonic() + seconds
        every = list(range(self.stack.settings.kafka.partitions))
        while True:
            told = [self.status(name) for name in names]
            held = sorted(p for one in told if one.get("ready") for p in one["partitions"])
            if held == every and all(one.get("partitions") for one in told):
                return
            assert time.monotonic() < deadline, f"{names} did not become ready: {told}"
            time.sleep(0.02)

    def status(self, name: str) -> dict[str, Any]:
        """A worker's own word; empty before it has any."""
        try:
            text = status_file(self.stack.settings, name).read_text()
            told: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return {}
        return told

    def start_clock(self) -> None:
        """Have ticks."""
        watched = _alone(self.stack, self.stack.child("clock", "clock"))
        self.clock = self._clock_end.enter_context(watched)

    def stop_clock(self) -> None:
        """No more ticks; nothing when there were none."""
        self._clock_end.close()
        self.clock = None

    @contextmanager
    def second(self, number: int) -> Iterator[str]:
        """One more worker, that goes cleanly at the end."""
        name = worker_name(number)
        status_file(self.stack.settings, name).unlink(missing_ok=True)
        child = self.stack.child(name, "streams", "--worker", str(number))
        with _alone(self.stack, child):
            yield name


@contextmanager
def _alone(stack: Stack, child: Child) -> Iterator[Supervisor]:
    supervisor = Supervisor([child], stack.settings.data_dir / "logs", policy=TRIED)
    stop = Event()
    supervisor.start()
    watching = Thread(target=supervisor.run, args=(stop,), daemon=True)
    watching.start()
    try:
        yield supervisor
    finally:
        stop.set()
        watching.join()


@contextmanager
def alive(
    partitions: int, *, sink: bool = True, clock: bool = True, **more: object
) -> Iterator[Alive]:
    """Broker, one worker, sink, clock, market and fan-out, all watched over; all ended afterwards.

    Without a clock there is neither market nor fan-out: nothing is matched between ticks. `more`
    is as in `stage`.
    """
    with stage(partitions, **more) as stack:
        assert stack.keeper is not None, "the broker is ours here"
        stack.keeper.policy = stack.supervisor.policy = TRIED
        stop = Event()
        for child in stack.workers() if clock else stack.hub_workers():
            stack.supervisor.add(child)
        if clock:  # the watchdog looks after it too, and matches are read as they leave
            stack.supervisor.add(stack.fan_out())
        if sink:
            stack.supervisor.add(stack.sink())
        watching = Thread(target=stack.watch, args=(stop,), daemon=True)
        watching.start()
        found = Alive(stack, Observer(stack))
        try:
            if clock:
                found.start_clock()
                found.wait_ready(market_name(0))
            found.wait_ready(worker_name(0))
            yield found
        finally:
            if found.traffic is not None:
                found.traffic.kill()
                found.traffic.wait()
            found.observer.close()
            found.stop_clock()
            stop.set()
            watching.join()
