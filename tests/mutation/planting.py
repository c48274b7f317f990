"""A planted bug: one change of one file of a tree, and who must notice it.

Decides what a bug is and how it is put in. `finder` is what must notice: the simulation, or the
quickest test of a law that lies outside of it.
"""

from pathlib import Path
from typing import NamedTuple

SIMULATION = "simulation"
REAL_SINK = "simulation through the real sink"
CORE = "streams/core/"
AGENTS = "streams/agents/"


class Planted(NamedTuple):
    """A bug: `old` stands once in `file` and becomes `new`; so do the pairs of `more`."""

    name: str
    law: str
    breaks: str
    file: str
    old: str
    new: str
    finder: str = SIMULATION
    more: tuple[tuple[str, str], ...] = ()


def planted_in(bug: Planted, tree: Path) -> None:
    """Plant a bug in a tree; ValueError when it no longer fits."""
    path = tree / bug.file
    text = path.read_text("utf-8")
    for old, new in ((bug.old, bug.new), *bug.more):
        if text.count(old) != 1:
            raise ValueError(f"{bug.name!r} does not fit {bug.file}: {text.count(old)} places")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
