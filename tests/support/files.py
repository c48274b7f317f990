"""Decides what a file for a replay holds: a seeded day in a few small hubs, and its variants.

Every flaw of the simulated world is in it at least once, and every sort of breakage. What is left
out: a broken report whose number another report bears as well, for of those two the first to
arrive is kept, so that no order of arrival could give what another gives.
"""

import random
import re
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
_NUMBER: Final = re.compile(rb'"coop":"([^"]+)","device":"([^"]+)","sequence":"?(\d+)')


def day(reports: int, seed: int) -> list[bytes]:
    """The lines of a day: the opening of every co-op awake, then reports over nine hours.

    As many lines as asked for, save what was left out, and every sort of breakage once.
    AssertionError when the seed gives a day without one of the kinds or flaws.
    """
    world = seed_world(seed, HUBS)
    opening = list(world.opening(START_MS))
    assert len(opening) < reports, f"{len(opening)} in the opening alone"
    every_us = HOURS * 3_600_000_000 // (reports - len(opening))
    spoken = [*opening]
    spoken += islice(world.reports(START_MS, every_us), reports - len(opening) - len(SORTS))
    kept = [*_without_rivals(spoken), *_breakages(opening, seed)]
    flaws = {said.flaw.partition(":")[0] for said in kept if said.flaw}
    lines = [said.value for said in kept]
    missing = [kind for kind in KINDS if not any(f'"{kind}"'.encode() in line for line in lines)]
    assert flaws == FLAWS, f"seed {seed} has no {FLAWS - flaws}"
    assert not missing, f"seed {seed} has no {missing}"
    return lines


def _without_rivals(spoken: Sequence[Spoken]) -> list[Spoken]:
    """Leave out broken reports that share their number with another report."""
    sound = {number for said in spoken if not _is_broken(said) for number in _numbers(said)}
    kept, taken = [], set(sound)
    for said in spoken:
        if _is_broken(said):
            numbers = _numbers(said)
            if taken & numbers:
                continue
            taken |= numbers
        kept.append(said)
    return kept


def _breakages(opening: Sequence[Spoken], seed: int) -> Iterator[Spoken]:
    """Every sort of breakage, each on a phone of its own, so that it has no rival."""
    chance = random.Random(seed)
    for number, sort in enumerate(SORTS):
        said = chance.choice(opening)
        other = said.value.replace(b":hp1:", b":rusak%d:" % number)
        other = other.replace(b'"device":"hp1"', b'"device":"rusak%d"' % number)
        other = other.replace(b"/devices/hp1", b"/devices/rusak%d" % number)
        yield Spoken(said.at_ms, said.coop, break_report(other, sort, chance).value, "broken")


def _is_broken(said: Spoken) -> bool:
    return said.flaw is not None and said.flaw.startswith("broken")


def _numbers(said: Spoken) -> set[bytes]:
    """What the report says about its number, as far as it can still be read."""
    found = _NUMBER.search(said.value)
    return {b":".join(found.groups())} if found else {said.value}


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
