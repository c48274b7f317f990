"""`python -m tests.fuzz [--seconds N] [--seed S] [--keep FOLDER]`: accidents without end.

Every input goes before both judges, which must agree in verdict and meaning; both roads of reading
must give the same; what was read must survive being written again; nothing may raise, take more
than 5 ms of CPU or (looked at now and then) more than 4 MiB. Inputs that were accepted in a new
way join the seeds. The same seed goes the same way as far as it comes; exit code 1 and the
shortened inputs when something was found.
"""

import argparse
import json
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from schemas.decoding import read, read_slowly
from schemas.errors import Unacceptable
from schemas.events import BYTES_MAX as LONGEST
from tests.support.accidents import befallen
from tests.support.corpus import CASES
from tests.support.corpus_generated import generated
from tests.support.two_judges import Record, judged, ours, theirs

CPU_MAX_NS = 5_000_000
BYTES_MAX = 4 * 1024 * 1024
MEMORY_EVERY = 200
SEEDS_MAX = 20_000
SEED_BYTES_MAX = 8_192
TRIES = 3
FINDINGS_MAX = 20
SHORTENINGS_MAX = 400
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Found:
    """What came of a run."""

    executions: int = 0
    seconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    largest_kib: int = 0
    seeds: int = 0
    findings: list[tuple[str, Record]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "executions": self.executions,
            "seconds": round(self.seconds, 1),
            "verdicts": dict(self.verdicts),
            "slowest_ms": round(self.slowest_ms, 2),
            "largest_kib": self.largest_kib,
            "seeds": self.seeds,
            "findings": [[what, repr(record.value)] for what, record in self.findings],
        }


def wrong_with(record: Record) -> str:
    """What is wrong with how a record is taken, empty when nothing is."""
    for look in (_agree, _roads, _again):
        try:
            what = look(record)
        except Exception as raised:  # noqa: BLE001 - that nothing is raised is the point
            return f"{look.__name__[1:]} raised {type(raised).__name__}: {raised}"[:200]
        if what:
            return what
    return ""


def _agree(record: Record) -> str:
    mine, other = ours(record), theirs(record)
    return "" if mine == other else f"the judges disagree: {mine} and {other}"[:600]


def _outcome(road: Callable[[bytes], Any], value: bytes) -> Any:
    try:
        return road(value)
    except Unacceptable as fault:
        return fault.reason, fault.field


def _roads(record: Record) -> str:
    value = record.value
    if not value or len(value) > LONGEST:  # refused before either road is taken
        return ""
    if _outcome(read, value) == _outcome(read_slowly, value):
        return ""
    return "the fast and the slow road of reading differ"


def _again(record: Record) -> str:
    """What was read, written and read again, is the same saying with the same digest."""
    first = _outcome(read, record.value or b"")
    if isinstance(first, tuple) or not first.lines or type(first.body).__name__ != "Report":
        return ""
    tree = {"specversion": "1.0", "type": first.type, "id": first.id, "source": first.source}
    value = _encode({**tree, "time": first.time, "data": first.body})
    second = _outcome(read, value)
    alike = second.lines == first.lines and second.digest == first.digest
    return "" if alike else f"written again it reads otherwise: {value!r}"[:600]


def cost_ns(record: Record) -> int:
    """CPU time of one judgement: the least of a few, so that a busy machine does not count."""
    best = 0
    for n in range(TRIES):
        began = time.thread_time_ns()
        judged(record)
        spent = time.thread_time_ns() - began
        best = spent if n == 0 else min(best, spent)
        if best <= CPU_MAX_NS:
            break
    return best


def memory_of(record: Record) -> int:
    """The most memory of one judgement, bytes."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        judged(record)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def shortest(record: Record, what: str) -> Record:
    """The record with as much left out as leaves the finding."""
    kind, value = what.partition(":")[0], record.value or b""
    step, tries = len(value) // 2, 0
    while step:
        at = 0
        while at < len(value) and tries < SHORTENINGS_MAX:
            tries += 1
            shorter = record._replace(value=value[:at] + value[at + step :])
            if wrong_with(shorter).partition(":")[0] == kind:
                value = shorter.value or b""
            else:
                at += step
        step //= 2
    return record._replace(value=value)


def run(seconds: float, seed: int, *, most: int = 10**12) -> Found:
    """Fuzz for so many seconds of wall time, or `most` executions."""
    chance, found = Random(seed), Found()
    seeds = [
        Record(case.value, case.key, case.partition)
        for case in (*CASES, *generated()[::4])
        if case.value and len(case.value) <= SEED_BYTES_MAX
    ]
    known: set[bytes] = set()
    began = time.monotonic()
    while found.executions < most and time.monotonic() - began < seconds:
        seed_, other = chance.choice(seeds), chance.choice(seeds)
        record = seed_._replace(value=befallen(chance, seed_.value or b"", other.value or b""))
        found.executions += 1
        _look(record, found)
        verdict = ours(record)
        found.verdicts[verdict.word] += 1
        # A new way to be accepted, or a new set of refused lines, is worth going on from.
        mark = blake2b(repr((verdict.word, verdict.lines, verdict.refused)).encode()).digest()
        if verdict.accepted and mark not in known and len(seeds) < SEEDS_MAX:
            known.add(mark)
            if len(record.value or b"") <= SEED_BYTES_MAX:
                seeds.append(record)
        if len(found.findings) >= FINDINGS_MAX:
            break
    found.seconds, found.seeds = time.monotonic() - began, len(seeds)
    return found


def _look(record: Record, found: Found) -> None:
    what = wrong_with(record)
    if what:
        found.findings.append((what, shortest(record, what)))
        return
    spent = cost_ns(record)
    found.slowest_ms = max(found.slowest_ms, spent / 1e6)
    if spent > CPU_MAX_NS:
        found.findings.append((f"takes {spent / 1e6:.1f} ms of CPU", record))
    if found.executions % MEMORY_EVERY == 0:
        held = memory_of(record)
        found.largest_kib = max(found.largest_kib, held // 1024)
        if held > BYTES_MAX:
            found.findings.append((f"takes {held} bytes", record))


def main(argv: list[str] | None = None) -> int:
    """Fuzz, print the outcome as JSON, keep what was found."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that were found")
    asked = parser.parse_args(argv)
    found = run(asked.seconds, asked.seed)
    print(json.dumps(found.summary()))  # noqa: T201 - its outcome is its output
    for n, (what, record) in enumerate(found.findings):
        sys.stderr.write(f"{what}\n  {record.value!r}\n")
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"finding-{n}.bin").write_bytes(record.value or b"")
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
