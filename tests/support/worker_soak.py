"""A longer trial of the worker: ``python -m tests.support.worker_soak kills|zombies|moves --kafka
H:P``.

Prints one line per run and ends with 1 when one was not exact. The integration tests do each of
these once.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.worker_rig import Rig, Story, story

QUICK = {"session_seconds": 3.0, "heartbeat_seconds": 1.0}


def kills(rig: Rig, feed: Iterator[float], chance: random.Random) -> str:
    for number in range(chance.choice((1, 2))):
        rig.start(f"w{number}", **QUICK)
    due, done = chance.uniform(2, 4), 0
    for gone in feed:
        rig.tend()
        if gone > due and done < 12:
            chance.choice(rig.workers).signal(signal.SIGKILL)
            due, done = gone + chance.uniform(0.3, 3), done + 1
    return f"{done} kills"


def zombies(rig: Rig, feed: Iterator[float], chance: random.Random) -> str:
    sleeper, heir = rig.start("w0", **QUICK), rig.start("w1", **QUICK)
    rig.wait_ready(2)
    asleep = 4 + chance.random() * 2
    awake = asleep + 5 + chance.random()
    killed = awake + 2 if chance.random() < 0.5 else float("inf")
    for gone in feed:
        if asleep < gone:
            sleeper.signal(signal.SIGSTOP)
            asleep = float("inf")
        if awake < gone:
            sleeper.signal(signal.SIGCONT)
            awake = float("inf")
        if killed < gone:
            heir.signal(signal.SIGKILL)
            killed = float("inf")
        rig.tend()
    time.sleep(7)
    return "slept"


def moves(rig: Rig, feed: Iterator[float], chance: random.Random) -> str:
    rig.start("w0", **QUICK)
    rig.wait_ready(1)
    due, count = 3.0, 0
    for gone in feed:
        if gone > due:
            due, count = gone + chance.uniform(1.5, 5), count + 1
            if len(rig.workers) == 1:
                rig.start(f"w{count}", **QUICK)
            else:
                rig.workers.pop(chance.randrange(len(rig.workers))).stop()
        rig.tend()
    return f"{count} moves"


TRIALS: dict[str, Callable[[Rig, Iterator[float], random.Random], str]] = {
    "kills": kills,
    "zombies": zombies,
    "moves": moves,
}


def trial(name: str, args: argparse.Namespace, seed: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(args.kafka, Path(folder))
        try:
            rig.make_topics()
            told: Story = story(args.records, seed, partitions=4)
            feed = rig.feed_slowly(told.rows, args.seconds)
            what = TRIALS[name](rig, feed, random.Random(seed))
            quiet = rig.wait_quiet(90)
            everyone = list(rig.workers)
            for worker in everyone:
                worker.end()
            faults = rig.faults(told)
            logs = "".join(file.read_text() for file in Path(folder).rglob("log"))
            starts = sum(worker.starts for worker in everyone)
            fatal = sum(worker.exits.count(70) for worker in everyone)
            sys.stdout.write(
                f"{'exact' if quiet and not faults else 'WRONG'} {name} seed={seed} {what}"
                f" starts={starts} fatal={fatal} repairs={logs.count('stranger')}"
                f" seekbacks={logs.count('is due')} {faults or ''}\n"
            )
            sys.stdout.flush()
            if faults or not quiet:
                Path(f"{name}-{seed}.log").write_text(logs)
            return quiet and not faults
        finally:
            rig.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    args = parser.parse_args()
    good = [trial(args.trial, args, args.seed + number) for number in range(args.runs)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
