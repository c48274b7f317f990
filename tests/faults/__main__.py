"""The fault harness: `python -m tests.faults`, with --schedules, --seed, --only, --replay FILE.

Draws schedules of faults, runs each on real processes and a real broker, and judges what is left.
Progress goes to stderr, a JSON summary to stdout. A schedule that fails is kept as JSON, with the
command that runs it again. Exit code 1 when one did.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import structlog

from tests.faults.hearsay import lines_of
from tests.faults.plant import Plant
from tests.faults.schedule import KINDS, Schedule, drawn
from tests.faults.special import SCENARIOS
from tests.faults.trial import Answer, Outcome, Trial
from tests.support.dump import dumped
from tests.support.files import written
from tests.support.replays import replayed

WORLDS: Final = (5, 11)
"""Seeds of days that have every kind of line and flaw; schedules take them in turn."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; 0 when nothing broke."""
    words = _words(argv)
    # Standard output is the summary; what supervisors say is in the folder of the run.
    silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=silent)
    kept = words.keep.absolute()
    kept.mkdir(parents=True, exist_ok=True)
    chosen = tuple(words.only.split(",")) if words.only else (*KINDS, *SCENARIOS)
    unknown = set(chosen) - {*KINDS, *SCENARIOS}
    if unknown:
        sys.stderr.write(f"no such fault: {', '.join(sorted(unknown))}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="lumbung-faults-") as scratch:
        runs = Runs(Path(scratch), kept, words.reports)
        if words.replay:
            runs.schedules([Schedule.read(words.replay)])
        else:
            mixed = tuple(kind for kind in chosen if kind in KINDS)
            if mixed:
                seeds = range(words.seed, words.seed + words.schedules)
                runs.schedules([drawn(seed, mixed) for seed in seeds])
            if words.special or words.only:
                runs.scenarios([name for name in chosen if name in SCENARIOS])
    sys.stdout.write(json.dumps(runs.summary(words.seed), indent=1) + "\n")
    return int(runs.failed > 0)


def _words(argv: Sequence[str] | None) -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("--schedules", type=int, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--replay", type=Path, help="a schedule kept as JSON")
    asked.add_argument("--only", default="", help="these faults, e.g. F7,F13 or F19")
    asked.add_argument("--special", action="store_true", help="also the scenarios of their own")
    asked.add_argument("--reports", type=int, default=2_400)
    asked.add_argument("--keep", type=Path, default=Path("fault-schedules"))
    return asked.parse_args(argv)


class Runs:
    """All that runs in one call, and what came of it."""

    def __init__(self, root: Path, kept: Path, reports: int) -> None:
        self.failed = 0
        self._root, self._kept, self._reports = root, kept, reports
        self._began = time.monotonic()
        self._outcomes: list[tuple[Schedule, Outcome]] = []
        self._scenarios: dict[str, Any] = {}
        self._answers: dict[int, Answer] = {}

    def schedules(self, schedules: Sequence[Schedule]) -> None:
        """Run them one after another on one broker."""
        with Plant(self._root / "kafka") as plant:
            for number, schedule in enumerate(schedules, start=1):
                answer = self.answer(WORLDS[schedule.seed % len(WORLDS)])
                folder = self._root / f"run-{number}-{schedule.seed}"
                outcome = Trial(plant, folder, schedule, answer).run()
                self._outcomes.append((schedule, outcome))
                self._tell(f"{number}/{len(schedules)}", folder, schedule, outcome)

    def scenarios(self, names: Sequence[str]) -> None:
        """Run the faults that do not mix, each in its own way."""
        for name in names:
            began = time.monotonic()
            found = SCENARIOS[name](self._root / name, self.answer(WORLDS[0]))
            breaches = found.pop("breaches")
            self.failed += bool(breaches)
            found |= {"breaches": breaches, "seconds": round(time.monotonic() - began, 1)}
            self._scenarios[name] = found
            sys.stderr.write(f"{name}: {json.dumps(found)}\n")

    def answer(self, world: int) -> Answer:
        """The undisturbed replay of a world, made once."""
        if world not in self._answers:
            lines = lines_of(self._reports, world)
            file = written(self._root / f"day-{world}.ndjson", lines)
            folder = self._root / f"undisturbed-{world}"
            counts = replayed(file, folder)
            self._answers[world] = Answer(lines, dumped(folder), counts["ticks"])
            sys.stderr.write(f"undisturbed: {len(lines)} lines, {json.dumps(counts)}\n")
        return self._answers[world]

    def summary(self, seed: int) -> dict[str, Any]:
        """Everything that was seen."""
        faults = Counter(fault.kind for schedule, _ in self._outcomes for fault in schedule.faults)
        deaths, points = Counter[str](), Counter[str]()
        for _, outcome in self._outcomes:
            deaths += outcome.deaths
            points += outcome.points
        return {
            "seed": seed,
            "schedules": len(self._outcomes),
            "failed": self.failed,
            "faults": {kind: faults[kind] for kind in sorted(faults, key=lambda k: int(k[1:]))},
            "breaches": [b for _, outcome in self._outcomes for b in outcome.breaches],
            "deaths": dict(sorted(deaths.items())),
            "failpoints": dict(sorted(points.items())),
            "missed": [m for _, outcome in self._outcomes for m in outcome.missed],
            "recovery_seconds_alone": self._figures("recoveries"),
            "recovery_seconds_under_other_faults": self._figures("crowded"),
            "scenarios": self._scenarios,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def _figures(self, name: str) -> dict[str, Any]:
        found: dict[str, list[float]] = {}
        for _, outcome in self._outcomes:
            for kind, seconds in getattr(outcome, name).items():
                found.setdefault(kind, []).extend(seconds)
        return {
            kind: {
                "count": len(seconds),
                "median": round(median(seconds), 2),
                "longest": max(seconds),
            }
            for kind, seconds in sorted(found.items())
        }

    def _tell(self, which: str, folder: Path, schedule: Schedule, outcome: Outcome) -> None:
        kinds = " ".join(fault.kind for fault in schedule.faults)
        verdict = "clean" if not outcome.breaches else f"{len(outcome.breaches)} BREACHES"
        sys.stderr.write(
            f"{which} seed {schedule.seed}: {schedule.workers} workers, {kinds}: "
            f"{verdict}, {outcome.seconds:.0f} s\n"
        )
        if outcome.breaches:
            self.failed += 1
            kept = self._kept / f"schedule-{schedule.seed}.json"
            schedule.write(kept, breaches=outcome.breaches, reports=self._reports)
            tails = folder / "tails.txt"
            if tails.exists():
                kept.with_suffix(".log").write_text(tails.read_text())
            again = f"python -m tests.faults --reports {self._reports} --replay {kept}"
            lines = [*outcome.breaches[:8], f"kept; run again: {again}"]
            sys.stderr.writelines(f"    {line}\n" for line in lines)
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
