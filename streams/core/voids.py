"""Decides whether a line was taken back: a void reaches thirty days, whichever came first.

A void may come before the line it takes back; then it waits, with its time. Only lines of goods,
plans and orders can be taken back: a void of a void takes nothing back. Refuses to know levels and
orders.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.judged import JudgedLine, VoidLine
from streams.core.shelf import Shelf, opened
from streams.core.state import Coop, Said

REACH_MS: Final = 30 * 86_400_000
"""How far a void reaches, between its own time and that of its target."""


class Target(NamedTuple):
    """A line that was taken back: its id, and what it said."""

    line_id: str
    line: JudgedLine


def target_name(device: str, sequence: int, n: int) -> str:
    """The name of a line inside its co-op."""
    return f"{device}:{sequence}#{n}"


def in_reach(void_ms: int, said_ms: int) -> bool:
    """True when a void said at one time holds for a line said at the other."""
    return abs(void_ms - said_ms) <= REACH_MS


def is_void(coop: Coop, device: str, sequence: int, n: int, time_ms: int) -> bool:
    """True when a line said at `time_ms` was taken back by a void within reach."""
    times = coop.voids.get(target_name(device, sequence, n))
    return times is not None and any(in_reach(at, time_ms) for at in times)


def taken_back(coop: Coop, shelf: Shelf, actor: str, kept: Said) -> list[Target]:
    """What the voids of a kept saying take back, of all that is known by now."""
    found = []
    for void in kept.lines:
        if type(void) is VoidLine:
            value = shelf.get(actor, void.device, void.sequence)
            if value is not None:
                for line in _hit(coop, void, opened(value)):
                    name = target_name(void.device, void.sequence, void.line)
                    found.append(Target(f"{actor}:{name}", line))
    return found


def _hit(coop: Coop, void: VoidLine, said: Said) -> Iterator[JudgedLine]:
    if is_void(coop, void.device, void.sequence, void.line, said.time_ms):
        for line in said.lines:
            if line.n == void.line and type(line) is not VoidLine:
                yield line
