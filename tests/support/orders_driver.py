"""Replays one day in many orders and prints a table: `python -m tests.support.orders_driver`.

The first as it was said, by one worker; the others shuffled, a hundredth of each said twice, by
one and two workers in turn. Each ends with `lumbung verify`. Exit code 1 when any differs.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.door import lumbung
from tests.support.dump import Dump, dumped
from tests.support.files import day, orders, written
from tests.support.replays import replayed

HEAD = "order  workers  read  accepted  duplicate  rejected  matches  seconds  verify  sha256"


def main() -> int:
    """Run all orders; 0 when every dump is the first one's and every check is clean."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--orders", type=int, default=20)
    asked.add_argument("--reports", type=int, default=600)
    asked.add_argument("--seed", type=int, default=5)
    words = asked.parse_args()
    first: Dump | None = None
    faults = 0
    sys.stdout.write(HEAD + "\n")
    lines = day(words.reports, words.seed)
    for number, said in orders(lines, words.orders + 1):
        with tempfile.TemporaryDirectory(prefix="lumbung-order-") as scratch:
            dump, row = _one(Path(scratch), said, workers=1 + number % 2)
        first = first or dump
        differences = first.differences(dump)
        faults += bool(differences) or " clean " not in row
        sys.stdout.write(f"{number:5}  {row}\n" + "".join(f"  {d}\n" for d in differences))
        sys.stdout.flush()
    sys.stdout.write(f"{words.orders} orders, {faults} differ\n")
    return int(faults > 0)


def _one(folder: Path, said: list[bytes], workers: int) -> tuple[Dump, str]:
    began = time.monotonic()
    counts = replayed(written(folder / "day.ndjson", said), folder / "data", workers)
    seconds = time.monotonic() - began
    checked = lumbung("verify", "--data", folder / "data")
    verdict = "clean" if checked.code == 0 else f"EXIT {checked.code} {checked.err[:200]}"
    dump = dumped(folder / "data")
    row = (
        f"{workers:7}  {counts['read']:4}  {counts['accepted']:8}  {counts['duplicate']:9}"
        f"  {counts['rejected']:8}  {counts['matches']:7}  {seconds:7.1f}  {verdict} "
        f"  {dump.sha256[:16]}"
    )
    return dump, row


if __name__ == "__main__":
    sys.exit(main())
