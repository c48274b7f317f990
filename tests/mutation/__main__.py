"""The mutation proof from the command line: every planted bug, and who noticed it.

Ends with exit code 1 when more than one bug goes unnoticed, or when something is noticed where
nothing was planted.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TextIO

from tests.mutation.planted import BUGS
from tests.mutation.planting import Planted
from tests.mutation.proof import Caught, noticed

UNNOTICED_MAX = 1


def say(text: str, where: TextIO = sys.stdout) -> None:
    where.write(f"{text}\n")
    where.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="bugs whose name holds this")
    parser.add_argument("--schedules", type=int, default=40_000, help="at most, for each bug")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="bugs looked for at once")
    asked = parser.parse_args()
    chosen = [bug for bug in BUGS if asked.only is None or asked.only in bug.name]

    def look(bug: Planted | None) -> Caught:
        return noticed(bug, asked.schedules if bug else min(asked.schedules, 500), asked.seed)

    missed, false_alarm = 0, ""
    say(f"{'planted':46} {'law':4} {'noticed by':44} schedules")
    with ThreadPoolExecutor(asked.jobs) as pool:
        bugs = [None, *chosen] if asked.only is None else chosen
        for bug, caught in zip(bugs, pool.map(look, bugs), strict=True):
            name, law = (bug.name, bug.law) if bug else ("(nothing)", "")
            by = caught.by or "NOBODY"
            say(f"{name:46} {law:4} {by:44} {caught.schedules or '-'}")
            if bug is None:
                false_alarm = caught.told if caught.by else ""
            else:
                missed += not caught.by or caught.by == "it does not start"
    say(f"{len(chosen) - missed} of {len(chosen)} noticed")
    if false_alarm:
        say(f"noticed where nothing was planted:\n{false_alarm}", sys.stderr)
    return 1 if false_alarm or missed > UNNOTICED_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
