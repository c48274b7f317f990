"""The reservation protocol from the command line: seeded interleavings until a number is reached.

Prints how often each thing happened and how fast it went; a breach is told with its seed and ends
with exit code 1. `--planted` plants every known bug in turn and tells how soon each was found.
"""

import argparse
import json
import sys
import time
from collections import Counter
from multiprocessing import get_context

from tests.protocol.interleaving import run
from tests.protocol.sabotage import BUGS, planted
from tests.protocol.several import share

LONG = 30_000
SEEN_MIN = 100
"""How often each thing has to happen in a long run, or the run says too little."""
TRIES_MAX = 5_000


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def first_found(name: str) -> int:
    """How many interleavings it takes until a planted bug is noticed; 0 when it is not."""
    with planted(name):
        return next((n for n in range(1, TRIES_MAX) if run(n - 1).breach), 0)


def _planted() -> int:
    missed = 0
    for name in BUGS:
        found = first_found(name)
        missed += not found
        say(f"{found or 'never':>7} {name}")
    return 1 if missed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol", description=__doc__)
    parser.add_argument("--interleavings", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes of this machine")
    parser.add_argument("--planted", action="store_true", help="plant bugs instead")
    parser.add_argument("--json", action="store_true", help="figures as JSON, for a program")
    asked = parser.parse_args()
    if asked.planted:
        return _planted()
    began = time.monotonic()
    size = -(-asked.interleavings // (asked.jobs * 8))
    end = asked.seed + asked.interleavings
    parts = [(n, min(size, end - n)) for n in range(asked.seed, end, size)]
    if asked.jobs == 1:
        results = [share(part) for part in parts]
    else:
        with get_context("spawn").Pool(asked.jobs) as pool:
            results = pool.map(share, parts, chunksize=1)
    counts = sum((found for _, found, _ in results), Counter[str]())
    done, seconds = sum(number for number, _, _ in results), time.monotonic() - began
    breaches = [breach for _, _, found in results for breach in found]
    figures = {"interleavings": done, "first_seed": asked.seed, "seconds": round(seconds, 1)}
    figures["per_second"] = round(done / seconds)
    return _show({**figures, "breaches": breaches}, counts, as_json=asked.json)


def _show(figures: dict[str, object], counts: Counter[str], *, as_json: bool) -> int:
    if as_json:
        say(json.dumps({**figures, "counts": counts}))
    else:
        for name, number in counts.most_common():
            say(f"  {number:11,} {name}")
        for name, value in figures.items():
            say(f"{name}: {value}")
    rare = sorted(name for name in counts if counts[name] < SEEN_MIN)
    if figures["breaches"]:
        return 1
    if int(str(figures["interleavings"])) >= LONG and rare:
        sys.stderr.write(f"too rare to prove anything: {', '.join(rare)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
