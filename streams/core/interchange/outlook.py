"""What of a hub's lines is better left for other hubs: how it is read off a round over all lines.

Decides which part of a solved round goes beyond a hub, line by line, and what a round inside a hub
has of its lines when so much of them is spared. Refuses to know how the round is solved
(`Exchange.whole`), whom the market tells, and how long a hub heeds it.

Theory of operation. One round over all lines, those that hubs matched inside for now among them,
with ways inside hubs and between them, says what both tiers could reach together. What it sends
beyond a hub the hub spares, and matches the rest inside. Then the market finds all of it left
over: so hubs inside and the market between them reach together what the one round did, and asking
again changes nothing, for the round over all lines is the same.

What nobody knows beyond a hub stays there: lines on contracts, and lines that ask for permits. A
hub with an emergency spares nothing of what that needs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from schemas.outlook import SPARED_MAX, Spared
from streams.core.drafts import EMERGENCY
from streams.core.grain import matchable
from streams.core.interchange.terms import Shipment
from streams.core.lines import NeedLine, OfferLine


class Inside(NamedTuple):
    """The lines of a round inside a hub, and how much of which lines is not in it, micro."""

    offers: list[OfferLine]
    needs: list[NeedLine]
    spared: dict[str, int]


_Line = TypeVar("_Line", OfferLine, NeedLine)
Outlooks = Mapping[str, tuple[Spared, ...]]
"""By hub, in the order of the lines' names; a hub that spares nothing is not in it."""


def outlooks(
    offers: Iterable[OfferLine], needs: Iterable[NeedLine], shipments: Iterable[Shipment]
) -> Outlooks:
    """Give what hubs spare where a round over these lines comes to these shipments."""
    hubs = {line.line: line.hub for side in (offers, needs) for line in side}
    found: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in shipments:
        ends = hubs[one.offer], hubs[one.need]
        if ends[0] != ends[1] or any(part.process for part in one.parts):
            found[ends[0]][one.offer] += one.given
            found[ends[1]][one.need] += one.quantity
    return {hub: _largest(lines) for hub, lines in found.items()}


def less(told: Outlooks, shipments: Iterable[Shipment]) -> Outlooks:
    """Give what hubs still spare when these shipments begin: what begins has left its lines."""
    gone: defaultdict[str, int] = defaultdict(int)
    for one in shipments:
        gone[one.offer] += one.given
        gone[one.need] += one.quantity
    rest = {
        hub: tuple(
            Spared(line=one.line, quantity=left)
            for one in spared
            if (left := one.quantity - gone[one.line]) > 0
        )
        for hub, spared in told.items()
    }
    return {hub: spared for hub, spared in rest.items() if spared}


def inside(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    spared: Mapping[str, int],
    bound: Collection[str] = (),
) -> Inside:
    """Give the lines of a round inside a hub that spares so much, micro by line.

    Lines that are `bound` to their hub are there whole.
    """
    urgent = {need.commodity for need in needs if need.priority == EMERGENCY}
    free = {line: much for line, much in spared.items() if line not in bound}
    mine = _rest(offers, free, urgent), _rest(needs, free, urgent)
    had = {line.line: line.quantity for side in mine for line in side}
    every: list[OfferLine | NeedLine] = [*offers, *needs]
    less = {line.line: line.quantity - had.get(line.line, 0) for line in every}
    return Inside(*mine, {line: much for line, much in less.items() if much})


def _rest(lines: Sequence[_Line], spared: Mapping[str, int], urgent: set[str]) -> list[_Line]:
    found = []
    for line in lines:
        much = 0 if line.commodity in urgent else spared.get(line.line, 0)
        left = matchable(line.quantity - much, line.quantity) if much else line.quantity
        if left == line.quantity:
            found.append(line)
        elif left > 0:
            found.append(msgspec.structs.replace(line, quantity=left))
    return found


def _largest(lines: Mapping[str, int]) -> tuple[Spared, ...]:
    kept = sorted(lines.items(), key=lambda one: (-one[1], one[0]))[:SPARED_MAX]
    return tuple(Spared(line=line, quantity=much) for line, much in sorted(kept))
