"""How two answers to nearly the same problem differ.

Decides what counts as gained, lost and changed. Refuses to know why they differ.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from schemas.changes import parse_changes
from schemas.problem import Problem, parse_problem
from streams.core.answer import Answer, LeftLine, MatchLine, answered
from streams.core.interchange.telling import ShipmentLine
from streams.core.supposed import changed


class Deal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A match in short; quantities in the base unit, prices whole rupiah per base unit."""

    offer: str
    need: str
    commodity: str
    quantity: str
    unit: str
    price: int
    buyer_price: int
    days: int


class DealChange(msgspec.Struct, frozen=True):
    """One pair of lines that trades otherwise than before."""

    offer: str
    need: str
    before: Deal
    after: Deal


class Rest(msgspec.Struct, frozen=True):
    """What is left of a line and why."""

    quantity: str
    reason: str


class RestChange(msgspec.Struct, frozen=True):
    """A line of which another amount is left, or for another reason; nothing left is null."""

    line: str
    side: str
    before: Rest | None
    after: Rest | None


class Difference(msgspec.Struct, frozen=True):
    """Everything by pairs of lines; `objective` is after less before, in whole rupiah."""

    objective: int
    certified: bool
    gained: list[Deal]
    lost: list[Deal]
    changed: list[DealChange]
    reasons: list[RestChange]
    cycles_gained: list[str]
    cycles_lost: list[str]
    cleared: int


class Supposed(msgspec.Struct, frozen=True):
    """Both answers and what lies between them."""

    before: Answer
    after: Answer
    difference: Difference


def what_if(problem: bytes, changes: bytes) -> bytes:
    """Solve a problem as it is and as it would be; gives JSON.

    ProblemError of either file as it stands; of the second its `path` opens with `$[`.
    """
    return msgspec.json.encode(supposed(parse_problem(problem), changes))


def supposed(problem: Problem, changes: bytes) -> Supposed:
    """Solve twice; the problem itself stays as it is."""
    other = changed(problem, parse_changes(changes))
    before, after = answered(problem), answered(other)
    return Supposed(before, after, difference(before, after))


def difference(before: Answer, after: Answer) -> Difference:
    """Compare two answers."""
    old, new = _deals(before), _deals(after)
    had, has = _rings(before), _rings(after)
    return Difference(
        objective=after.objective - before.objective,
        certified=before.certified and after.certified,
        gained=[new[pair] for pair in sorted(new.keys() - old.keys())],
        lost=[old[pair] for pair in sorted(old.keys() - new.keys())],
        changed=[
            DealChange(*pair, old[pair], new[pair])
            for pair in sorted(old.keys() & new.keys())
            if old[pair] != new[pair]
        ],
        reasons=list(_rests(before.unmatched, after.unmatched)),
        cycles_gained=sorted(has - had),
        cycles_lost=sorted(had - has),
        cleared=_cleared(after) - _cleared(before),
    )


class _Pair(NamedTuple):
    offer: str
    need: str


def _deals(answer: Answer) -> Mapping[_Pair, Deal]:
    found: list[MatchLine] | list[ShipmentLine] = answer.proposals
    return {
        _Pair(line.offer, line.need): Deal(
            line.offer,
            line.need,
            line.commodity,
            line.quantity,
            line.unit,
            line.price,
            line.buyer_price,
            line.days,
        )
        for line in found
    }


def _rests(before: Iterable[LeftLine], after: Iterable[LeftLine]) -> Iterable[RestChange]:
    old = {(r.side, r.line): Rest(r.quantity, r.reason) for r in before}
    new = {(r.side, r.line): Rest(r.quantity, r.reason) for r in after}
    for side, line in sorted(old.keys() | new.keys()):
        was, now = old.get((side, line)), new.get((side, line))
        if was != now:
            yield RestChange(line, side, was, now)


def _rings(answer: Answer) -> set[str]:
    return set() if answer.cycles is None else {ring.swap for ring in answer.cycles.proposals}


def _cleared(answer: Answer) -> int:
    return 0 if answer.cleared is None else answer.cleared.total
