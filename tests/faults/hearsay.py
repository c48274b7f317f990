"""Decides what the villages of a schedule say: the lines of a day, and the order they arrive in.

The same lines in any order, some twice, give the same warehouse; that is what makes an undisturbed
replay of the file the answer to every schedule.
"""

import random
from collections.abc import Sequence
from typing import Final

from tests.support.corpus import BY_CATEGORY
from tests.support.files import day

_BAD_BYTES_MAX: Final = 100_000
DUPLICATES_PERMILLE: Final = 150
WINDOW: Final = 50
DELAYED_PERMILLE: Final = 20


def lines_of(reports: int, seed: int) -> list[bytes]:
    """A day with one bad input among twenty lines: F10, F11 and F14 beside sound neighbours."""
    bad = bad_inputs()
    chance = random.Random(seed)
    lines = day(reports, seed)
    for _ in range(reports // 20):
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(bad))
    return lines


def bad_inputs() -> list[bytes]:
    """What is refused whole wherever it arrives, and fits on one line of a file."""
    cases = [case for name in ("syntax", "bombs", "structure") for case in BY_CATEGORY[name]]
    values = [case.value for case in cases if case.verdict == "rejected" and case.value]
    return [
        value
        for value in values
        if b"\n" not in value and value.strip() and len(value) < _BAD_BYTES_MAX
    ]


def arriving(lines: Sequence[bytes], seed: int) -> list[bytes]:
    """F9: 15 % twice, all within a window of 50 out of order, 2 % arriving at the very end."""
    chance = random.Random(seed)
    keyed: list[tuple[float, bytes]] = []
    for at, line in enumerate(lines):
        late = len(lines) if chance.randrange(1_000) < DELAYED_PERMILLE else 0
        keyed.append((at + chance.uniform(0, WINDOW) + late, line))
        if chance.randrange(1_000) < DUPLICATES_PERMILLE:
            keyed.append((at + chance.uniform(0, 10 * WINDOW), line))
    keyed.sort(key=lambda pair: pair[0])
    return [line for _, line in keyed]
