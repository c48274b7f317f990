"""Kills workers and sink of a replay, again and again: `python -m tests.support.kills_driver`.

Replays one day undisturbed, then in rounds in which each is killed (SIGKILL) so many times in the
middle of its work, then in rounds in which the whole replay is killed and run again. Prints what
each kill hit. Exit code 1 when any result differs, or `lumbung verify` finds a breach.
"""

import argparse
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.support.door import lumbung
from tests.support.dump import Dump, dumped
from tests.support.files import day, written
from tests.support.replays import ended_whole, replayed, under_fire

TARGETS = ("streams 0", "market 0", "sink")


def main() -> int:
    """Run all rounds; 0 when each leaves what the undisturbed run left, and is clean."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=4)
    asked.add_argument("--kills", type=int, default=3, help="of each, in a round")
    asked.add_argument("--whole", type=int, default=3, help="rounds in which all is killed")
    asked.add_argument("--reports", type=int, default=1_500)
    asked.add_argument("--seed", type=int, default=5)
    words = asked.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="lumbung-kills-") as scratch:
        root = Path(scratch)
        file = written(root / "day.ndjson", day(words.reports, words.seed))
        replayed(file, root / "undisturbed")
        whole = dumped(root / "undisturbed")
        for number in range(words.rounds):
            folder = root / f"round-{number}"
            _, shots = under_fire(file, folder, TARGETS, words.kills, seed=number)
            hits = ", ".join(f"{shot.whom} at {shot.done}" for shot in shots)
            faults += _told(f"round {number}", hits, folder, whole)
        for number in range(words.whole):
            folder = root / f"whole-{number}"
            goal = random.Random(number).randrange(20, words.reports // 2)
            done = ended_whole(file, folder, goal, signal.SIGKILL)
            replayed(file, folder)
            faults += _told(f"whole {number}", f"everything at {done}", folder, whole)
    sys.stdout.write(f"{words.rounds + words.whole} rounds, {faults} differ\n")
    return int(faults > 0)


def _told(name: str, hits: str, folder: Path, whole: Dump) -> bool:
    found = dumped(folder)
    checked = lumbung("verify", "--data", folder)
    verdict = "clean" if checked.code == 0 else f"EXIT {checked.code} {checked.err[:200]}"
    differences = whole.differences(found)
    sys.stdout.write(f"{name}: {hits}: {found.sha256[:16]} verify {verdict}\n")
    sys.stdout.writelines(f"  {difference}\n" for difference in differences)
    sys.stdout.flush()
    return bool(differences) or checked.code != 0


if __name__ == "__main__":
    sys.exit(main())
