"""What a story is: a partition's log, and what each of its records must come to."""

from dataclasses import dataclass, field

from streams.core.effects import Effects
from tests.support.core_logs import Logged


@dataclass(frozen=True, slots=True)
class Expected:
    """What a record must come to; `letters` by identity, with their bytes, "" for either verdict.

    What is no report has the verdict `tick` or `market`.

    `sound` is the report as the oracle is to read it: without the lines that must be refused.
    """

    verdict: str
    letters: tuple[tuple[str, bytes], ...] = ()
    sound: bytes = b""
    tick: int = 0


@dataclass(slots=True)
class Story:
    """A partition's log, whole, and what each record must come to."""

    number: int
    hub: str
    epoch: int
    cut_offs: tuple[int, ...] = ()
    records: list[Logged] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    effects: list[Effects] = field(default_factory=list)
    """What the teller's own core, which never failed, said to each record."""
