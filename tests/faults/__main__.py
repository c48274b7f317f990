"""The fault harness: `python -m tests.faults`, with --schedules, --seed, --only, --replay FILE.

Draws schedules of faults, runs each on real processes and a real broker, and judges what is left.
Progress goes to stderr, a JSON summary to stdout. A schedule that fails is kept as JSON, with what
its processes said, the warehouse and all records of all topics beside it, and the command that
runs it again. Exit code 1 when one did.
"""

import argparse
import json
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import structlog

from tests.faults.hearsay import lines_of
from tests.faults.plant import Plant
from tests.faults.schedule import KINDS, MARKET, Fault, Schedule, drawn
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
    sys.stdout.flush()
    sys.stderr.writelines(f"{line}\n" for line in runs.broken())
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
        """By world; each has matches between hubs, or nothing would be tried of the market."""

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
            found = self._answers[world] = Answer(lines, dumped(folder), counts["ticks"])
            between = found.between_hubs
            told = f"{len(lines)} lines, {between} matches between hubs, {json.dumps(counts)}"
            sys.stderr.write(f"undisturbed: {told}\n")
            assert between, f"world {world} has no match between hubs: say more --reports"
        return self._answers[world]

    def summary(self, seed: int) -> dict[str, Any]:
        """Everything that was seen."""
        schedules = [schedule for schedule, _ in self._outcomes]
        faults = Counter(f.kind for each in schedules for f in (*each.faults, *each.at_ticks))
        on_market = Counter(
            fault.kind
            for each in schedules
            for fault in (*each.faults, *each.at_ticks)
            if fault.told.get("who") == MARKET
        )
        deaths, points = Counter[str](), Counter[str]()
        for _, outcome in self._outcomes:
            deaths += outcome.deaths
            points += outcome.points
        return {
            "seed": seed,
            "schedules": len(self._outcomes),
            "failed": self.failed,
            "matches_between_hubs": {
                str(world): answer.between_hubs for world, answer in self._answers.items()
            },
            "faults": {kind: faults[kind] for kind in sorted(faults, key=lambda k: int(k[1:]))},
            "of_these_on_the_market": dict(sorted(on_market.items())),
            "breaches": [b for _, outcome in self._outcomes for b in outcome.breaches],
            "deaths": dict(sorted(deaths.items())),
            "failpoints": dict(sorted(points.items())),
            "missed": [m for _, outcome in self._outcomes for m in outcome.missed],
            "recovery_seconds_alone": self._figures("recoveries"),
            "recovery_seconds_under_other_faults": self._figures("crowded"),
            "scenarios": self._scenarios,
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def broken(self) -> Iterator[str]:
        """What broke, said last: the end of a log is all that some readers get to see."""
        for schedule, outcome in self._outcomes:
            if outcome.breaches:
                yield f"BROKEN: seed {schedule.seed}, {_kinds(schedule)}"
                yield from (f"    {breach[:600]}" for breach in outcome.breaches[:8])
                for tail in outcome.tails:
                    name, *said = tail.splitlines()
                    yield from (f"    {line[:300]}" for line in (name, *said[-4:]))
        for name, found in self._scenarios.items():
            yield from (f"BROKEN: {name}: {str(breach)[:600]}" for breach in found["breaches"][:8])

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
        verdict = "clean" if not outcome.breaches else f"{len(outcome.breaches)} BREACHES"
        workers = f"{schedule.workers} workers, {schedule.markets} of the market"
        sys.stderr.write(
            f"{which} seed {schedule.seed}: {workers}, {_kinds(schedule)}: "
            f"{verdict}, {outcome.seconds:.0f} s\n"
        )
        if outcome.breaches:
            self.failed += 1
            kept = self._kept / f"schedule-{schedule.seed}.json"
            schedule.write(kept, breaches=outcome.breaches, reports=self._reports)
            shutil.copytree(folder, kept.with_suffix(""), dirs_exist_ok=True)
            if outcome.tails:
                kept.with_suffix(".log").write_text("\n".join(outcome.tails))
            again = f"python -m tests.faults --reports {self._reports} --replay {kept}"
            lines = [*outcome.breaches[:8], f"kept, with logs and topics; run again: {again}"]
            sys.stderr.writelines(f"    {line}\n" for line in lines)
        sys.stderr.flush()


def _kinds(schedule: Schedule) -> str:
    """The faults of a schedule, in a line."""
    told = " ".join(map(_named, schedule.faults))
    return f"{told} ticks: {' '.join(map(_named, schedule.at_ticks))}"


def _named(fault: Fault) -> str:
    return f"{fault.kind}({MARKET})" if fault.told.get("who") == MARKET else fault.kind


if __name__ == "__main__":
    sys.exit(main())
