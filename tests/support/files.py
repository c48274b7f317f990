"""Decides what a file for a replay holds: a seeded day in a few small hubs, and its variants.

Every flaw of the simulated world is in it at least once, and every sort of breakage. A report that
is refused whole uses no number up, so each bears the number of a sound one: which of them comes
first must not matter. Two reports with a sound envelope never share a number with different
words: there the first to arrive is kept, and no order could give what another gives.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from producers.simulate import seed_world
from producers.world.flaws import SORTS, break_report
from producers.world.world import Spoken

HUBS: Final = ("19.02", "34.02", "36.72", "65.04", "65.71")
"""Small ones, on four partitions: matches come from few reports."""
START_MS: Final = 1_795_305_600_000
"""Sunday 2026-11-22 00:00 UTC."""
HOURS: Final = 9
NOW: Final = "2026-11-22T16:30:00+07:00"
"""After the last report: the moment of judging."""
KINDS: Final = (
    "order.placed", "order.amended", "order.cancelled", "supply.planned", "line.voided",
    "stock.counted", "stock.received", "stock.issued", "stock.converted",
)  # fmt: skip
FLAWS: Final = {"late", "overtaken", "duplicate", "corrected", "broken"}


def day(reports: int, seed: int) -> list[bytes]:
    """The lines of a day: the opening of every co-op awake, then reports over nine hours.

    The last lines are every sort of breakage once. AssertionError when the seed gives a day
    without one of the kinds or flaws.
    """
    world = seed_world(seed, HUBS)
    opening = list(world.opening(START_MS))
    assert len(opening) < reports, f"{len(opening)} in the opening alone"
    every_us = HOURS * 3_600_000_000 // (reports - len(opening))
    spoken = [*opening]
    spoken += islice(world.reports(START_MS, every_us), reports - len(opening) - len(SORTS))
    spoken += _breakages(opening, seed)
    flaws = {said.flaw.partition(":")[0] for said in spoken if said.flaw}
    lines = [said.value for said in spoken]
    missing = [kind for kind in KINDS if not any(f'"{kind}"'.encode() in line for line in lines)]
    assert flaws == FLAWS, f"seed {seed} has no {FLAWS - flaws}"
    assert not missing, f"seed {seed} has no {missing}"
    return lines


def _breakages(opening: Sequence[Spoken], seed: int) -> Iterator[Spoken]:
    """Every sort of breakage; one that uses its number up has a phone of its own."""
    chance = random.Random(seed)
    for said, sort in zip(chance.sample(opening, len(SORTS)), SORTS, strict=True):
        broken = break_report(said.value, sort, chance)
        if broken.used:
            other = said.value.replace(b":hp1:", b":rusak:").replace(b"/hp1", b"/rusak")
            other = other.replace(b'"device":"hp1"', b'"device":"rusak"')
            broken = break_report(other, sort, chance)
        yield Spoken(said.at_ms, said.coop, broken.value, f"broken:{sort}")


def repeated(lines: Sequence[bytes], seed: int, *, permille: int = 10) -> list[bytes]:
    """The lines with this share of them said once more, at places drawn from the seed."""
    chance = random.Random(seed)
    made = list(lines)
    for line in chance.sample(list(lines), max(1, len(lines) * permille // 1000)):
        made.insert(chance.randrange(len(made) + 1), line)
    return made


def shuffled(lines: Sequence[bytes], seed: int) -> list[bytes]:
    """The lines in another order."""
    made = list(lines)
    random.Random(seed).shuffle(made)
    return made


def written(path: Path, lines: Sequence[bytes]) -> Path:
    """The lines as an NDJSON file."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def orders(lines: Sequence[bytes], count: int) -> Iterator[tuple[int, list[bytes]]]:
    """The first as it was said, the others shuffled with a hundredth said twice."""
    for number in range(count):
        yield number, shuffled(repeated(lines, number), number) if number else list(lines)
