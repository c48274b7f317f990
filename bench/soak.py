"""A long run under load, a random fault every few minutes: what grows, what lags, what breaks.

Faults are drawn from a seed: a worker of hubs or of the market, the sink or the broker killed with
SIGKILL, either worker stopped for twice its session (its partitions go to nobody else; it must end
and come back), a second worker of hubs that comes and goes. At the end all falls silent, and
`lumbung verify` judges. The memory slope is the least-squares slope of resident memory over time
within the lives of a process, each without its first minute: a process that was killed starts
again from nothing.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.liveliness import Alive, alive
from bench.stage import resident_mib
from bench.traffic import MEAN_LINES
from bench.verify import checked
from deploy.quiet import Patience, until_quiet
from deploy.warehouse_view import sink_progress
from deploy.wiring import market_name, worker_name
from schemas.topics import EVENTS, MARKET

PARTITIONS: Final = 8
WORKER: Final = worker_name(0)
OF_THE_MARKET: Final = market_name(0)
SECOND: Final = 1
WATCHED: Final = (WORKER, OF_THE_MARKET, "sink", "clock", "broker")
WARM_SECONDS: Final = 60.0
_SAMPLE_SECONDS: Final = 2.0
_TELL_SECONDS: Final = 30.0
_QUIET_SECONDS: Final = 600.0
_MIB: Final = 1024 * 1024


@dataclass(slots=True)
class Life:
    """Resident memory of one process from its start: (seconds of the soak, MiB)."""

    pid: int
    began: float
    samples: list[tuple[float, float]] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """All that was seen."""

    lives: dict[str, list[Life]] = field(default_factory=lambda: defaultdict(list))
    worker_lag: list[int] = field(default_factory=list)
    market_lag: list[int] = field(default_factory=list)
    sink_lag: list[int] = field(default_factory=list)
    faults: list[tuple[float, str]] = field(default_factory=list)

    def remember(self, name: str, pid: int, at: float) -> None:
        """One sample of a process."""
        lives = self.lives[name]
        if not lives or lives[-1].pid != pid:
            lives.append(Life(pid, at))
        lives[-1].samples.append((at, resident_mib(pid)))


@dataclass(slots=True)
class Soak:
    """One soak: what is asked, and what is under way (an end for each fault that lasts)."""

    system: Alive
    asked: argparse.Namespace
    record: Record = field(default_factory=Record)
    began: float = field(default_factory=time.monotonic)
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def run(self) -> dict[str, int]:
        """Speak, break, look; what the traffic said."""
        chance = random.Random(self.asked.seed)
        self.system.speak(self.asked.rate, seed=self.asked.seed)
        due, tell_at, end = float(self.asked.fault_every), _TELL_SECONDS, self.asked.minutes * 60
        while self.now < end:
            # None in the last period, so that the end sees everything back at work.
            if self.now >= due and self.now < end - self.asked.fault_every / 2:
                self._break(chance.choice(list(self.faults())))
                due += self.asked.fault_every
            for at, finish in [one for one in self.later if one[0] <= self.now]:
                self.later.remove((at, finish))
                finish()
            self._sample()
            if self.now >= tell_at:
                self._tell()
                tell_at += _TELL_SECONDS
            time.sleep(_SAMPLE_SECONDS)
        for _, finish in self.later:
            finish()
        return self.system.fall_silent()

    def faults(self) -> dict[str, Callable[[], None]]:
        """What can happen, by name."""
        kill = {
            f"kill {name}": lambda name=name: self._signal(name, signal.SIGKILL)
            for name in (WORKER, OF_THE_MARKET, "sink", "broker")
        }
        stop = {
            f"stop {name}": lambda name=name: self._stop(name) for name in (WORKER, OF_THE_MARKET)
        }
        return {**kill, **stop, "second worker": self._second}

    def _break(self, name: str) -> None:
        self.record.faults.append((round(self.now, 1), name))
        print(f"{self.now:7.0f} s  fault: {name}", file=sys.stderr, flush=True)
        self.faults()[name]()

    def _signal(self, name: str, number: signal.Signals) -> None:
        if self.system.pid(name) is not None:
            self.system.send(name, number)

    def _stop(self, name: str) -> None:
        seconds = 2 * self.system.stack.settings.streams.session_seconds
        self._signal(name, signal.SIGSTOP)
        self.later.append((self.now + seconds, lambda: self._signal(name, signal.SIGCONT)))

    def _second(self) -> None:
        stack = ExitStack()
        stack.enter_context(self.system.second(SECOND))
        self.later.append((self.now + self.asked.fault_every / 2, stack.close))

    def _sample(self) -> None:
        at = self.now
        for name in WATCHED:
            pid = self.system.pid(name)
            if pid is not None:
                self.record.remember(name, pid, at)
        looks = self.system.observer.look_at(EVENTS, MARKET)
        self.record.worker_lag.append(looks[EVENTS].lag)
        self.record.market_lag.append(looks[MARKET].lag)
        self.record.sink_lag.append(self.system.observer.unstored())

    def _tell(self) -> None:
        resident = {name: round(lives[-1].samples[-1][1]) for name, lives in self.lives()}
        lags = (self.record.worker_lag[-1], self.record.market_lag[-1], self.record.sink_lag[-1])
        print(
            f"{self.now:7.0f} s  lag: worker, market, sink {lags}  MiB: {resident}",
            file=sys.stderr,
            flush=True,
        )

    def lives(self) -> list[tuple[str, list[Life]]]:
        """Processes seen so far."""
        return [(name, lives) for name, lives in self.record.lives.items() if lives]


def slope_mib_per_hour(lives: list[Life]) -> float | None:
    """One slope over all lives, each about its own mean; None without two minutes of samples."""
    top = bottom = span = 0.0
    for life in lives:
        warm = [(at, mib) for at, mib in life.samples if at - life.began >= WARM_SECONDS]
        if len(warm) < 2:  # noqa: PLR2004 - one point has no slope
            continue
        mean_at, mean_mib = (sum(values) / len(warm) for values in zip(*warm, strict=True))
        top += sum((at - mean_at) * (mib - mean_mib) for at, mib in warm)
        bottom += sum((at - mean_at) ** 2 for at, _ in warm)
        span += warm[-1][0] - warm[0][0]
    return round(top / bottom * 3_600, 1) if span >= WARM_SECONDS else None


def shares(values: list[int]) -> dict[str, int]:
    """Median, 99th percentile and maximum."""
    found = sorted(values)
    return {
        "p50": found[len(found) // 2],
        "p99": found[min(len(found) - 1, int(len(found) * 0.99))],
        "max": found[-1],
    }


def memory(lives: list[Life]) -> dict[str, object]:
    """How often a process lived, its highest and last resident memory, its slope."""
    every = [mib for life in lives for _, mib in life.samples]
    return {
        "lives": len(lives),
        "max_mib": round(max(every)),
        "last_mib": round(every[-1]),
        "slope_mib_per_hour": slope_mib_per_hour(lives),
    }


def disk_mib(folder: Path) -> dict[str, int]:
    """What lies where in the data folder, in MiB."""
    sizes: dict[str, int] = defaultdict(int)
    for file in folder.rglob("*"):
        if file.is_file():
            name = file.parent.name if file.suffix in (".log", ".index") else file.name
            sizes[name.rpartition("-")[0] or name] += file.stat().st_blocks * 512
    return {
        name: size // _MIB
        for name, size in sorted(sizes.items(), key=lambda one: -one[1])
        if size >= 10 * _MIB
    }


def soak(asked: argparse.Namespace) -> dict[str, Any]:
    """Run it all; the summary."""
    with alive(PARTITIONS, matching__cut_offs="") as system:
        one = Soak(system, asked)
        said = one.run()
        silent = time.monotonic()
        _until_all_is_done(system)
        quiet = time.monotonic() - silent
        market = {
            "market_records": system.observer.records(MARKET),
            "between_hubs_records": system.observer.shown_between_hubs(),
        }
        system.stack.supervisor.stop()
        disk = disk_mib(system.stack.settings.data_dir)
        verdict = checked(system.stack)
    record = one.record
    return {
        "minutes": asked.minutes,
        "lines_per_second": round(said["lines"] / (asked.minutes * 60)),
        "mean_lines": MEAN_LINES,
        **said,
        "faults": record.faults,
        **market,
        "worker_lag_records": shares(record.worker_lag),
        "market_lag_records": shares(record.market_lag),
        "sink_lag_records": shares(record.sink_lag),
        "quiet_after_seconds": round(quiet, 1),
        "memory": {name: memory(lives) for name, lives in one.lives()},
        "disk_mib": disk,
        "verify": verdict,
    }


def _until_all_is_done(system: Alive) -> None:
    patience = Patience(seconds=_QUIET_SECONDS)
    url = system.stack.settings.warehouse_url
    system.stop_clock()
    while system.observer.lag():
        time.sleep(0.2)
    with sink_progress(system.stack.bootstrap, url) as progress:
        until_quiet(lambda: [progress()], patience=patience)


def main(argv: list[str] | None = None) -> None:
    """Soak and print the summary; exit code 1 when a breach was found."""
    parser = argparse.ArgumentParser(prog="bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=2_000, help="lines a second")
    parser.add_argument("--fault-every", type=float, default=180, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    summary = soak(parser.parse_args(argv))
    print(json.dumps(summary))
    if not summary["verify"]["ok"]:
        sys.exit(1)
