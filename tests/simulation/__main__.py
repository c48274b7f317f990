"""The simulation from the command line: seeded schedules until a number or a time is reached.

Prints how often each action happened and how fast it went; a breach is shrunk, told and ends with
exit code 1.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any, TextIO

from tests.simulation.schedules import TELLINGS, run
from tests.simulation.shares import Share, simulate
from tests.simulation.shrinking import shrunk, told, written
from tests.simulation.worker import on_one_thread

SEEN_MIN = 100
"""How often each action has to happen in a long run, or the run says too little."""
LONG = 30_000


def say(text: str, where: TextIO = sys.stdout) -> None:
    where.write(f"{text}\n")
    where.flush()


def _shares(asked: argparse.Namespace) -> Iterator[Share]:
    """Seeds in whole tales, so that no two processes tell the same one."""
    tales = -(-asked.schedules // TELLINGS)
    first, left = asked.seed, asked.schedules
    for n in range(asked.jobs):
        mine = (tales * (n + 1) // asked.jobs - tales * n // asked.jobs) * TELLINGS
        number = min(mine, left)
        rest = (asked.matcher, asked.workers, asked.real_sink_each, not asked.no_shrink)
        yield Share(first, number, asked.seconds, *rest)
        first, left = first + number, left - number


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one schedule, shrunk and told")
    parser.add_argument("--matcher", choices=("injected", "real"), default="injected")
    parser.add_argument("--workers", type=int, choices=(1, 2, 3), default=3, help="most at once")
    parser.add_argument("--jobs", type=int, default=1, help="processes of this machine")
    parser.add_argument("--real-sink-each", type=int, default=0, metavar="N")
    parser.add_argument("--no-shrink", action="store_true", help="tell a breach as it was found")
    parser.add_argument("--json", action="store_true", help="figures as JSON, for a program")
    return parser.parse_args()


def _replay(asked: argparse.Namespace) -> int:
    with on_one_thread():
        found = run(asked.replay, asked.matcher, asked.workers)
        if not found.breach:
            say(f"seed {asked.replay}: every law held over {len(found.actions)} actions")
            return 0
        short = shrunk(found)
    say(told(short, asked.replay))
    say("as a regression:")
    say(written(short, "..."))
    return 1


def main() -> int:
    asked = _arguments()
    if asked.replay is not None:
        return _replay(asked)
    began = time.monotonic()
    shares = list(_shares(asked))
    if asked.jobs == 1:
        results = [simulate(shares[0])]
    else:
        with get_context("spawn").Pool(asked.jobs) as pool:
            results = pool.map(simulate, shares)
    counts: Counter[str] = sum((found.counts for found in results), Counter())
    figures: dict[str, Any] = {
        "schedules": sum(found.done for found in results),
        "first_seed": asked.seed,
        "matcher": asked.matcher,
        "seconds": round(time.monotonic() - began, 1),
        "per_core_second": round(
            sum(found.done for found in results) / sum(found.cpu_seconds for found in results)
        ),
        "breaches": [found.breach for found in results if found.breach],
    }
    return _show(figures, counts, as_json=asked.json)


def _show(figures: dict[str, Any], counts: Counter[str], *, as_json: bool) -> int:
    rare = sorted(name for name in counts if counts[name] < SEEN_MIN)
    if as_json:
        say(json.dumps({**figures, "counts": counts}))
    else:
        for name, number in counts.most_common():
            say(f"  {number:9,} {name}")
        for name, value in figures.items():
            if name != "breaches":
                say(f"{name}: {value}")
        for breach in figures["breaches"]:
            say(breach)
    if figures["breaches"]:
        return 1
    if figures["schedules"] >= LONG and rare:
        say(f"too rare to prove anything: {', '.join(rare)}", sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
