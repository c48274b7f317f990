"""Lines that insist on a lot: who on the other side could ever carry it.

Decides which lines can trade with nobody, and which pairs never, because of a smallest lot.
Refuses to know ways, rooms and prices: whoever could carry a lot may still not.

Theory of operation. A network sees hubs and not pairs, so it would bring a buyer of a ship's load
together with a hundred sacks, and its bound would count what no pair may do. What is too small as
such is taken out before anything is solved: lines by the largest they could meet, which costs one
look at each line, and pairs where few lines insist.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from streams.core.interchange.sides import Sides
from streams.core.interchange.terms import Process
from streams.core.lines import NeedLine, OfferLine

PAIRS_MAX: Final = 200_000
"""Most pairs that are looked at one by one."""
_Lines = tuple[list[OfferLine], list[NeedLine]]


def in_reach(
    offers: Sequence[OfferLine], needs: Sequence[NeedLine], processes: Sequence[Process]
) -> _Lines:
    """Give the lines of which somebody on the other side could carry the lot."""
    able = list(offers), list(needs)
    while any(line.min_lot for side in able for line in side):
        given, asked = able
        most = _largest(given)
        wanted = [n for n in asked if not n.min_lot or _reaches(n, most, processes)]
        room = _largest(wanted)
        left = [o for o in given if not o.min_lot or _takes(o, room, processes)]
        if (len(left), len(wanted)) == (len(given), len(asked)):
            return able
        able = left, wanted
    return able


def too_small(sides: Sides, processes: Sequence[Process]) -> Iterator[tuple[int, int]]:
    """Give pairs, by their places, of which one insists on more than the other has or wants."""
    columns = [j for j, need in enumerate(sides.needs) if need.min_lot]
    rows = [i for i, offer in enumerate(sides.offers) if offer.min_lot]
    if len(columns) * len(sides.offers) + len(rows) * len(sides.needs) > PAIRS_MAX:
        return
    pairs = {(i, j) for j in columns for i in range(len(sides.offers))}
    pairs |= {(i, j) for i in rows for j in range(len(sides.needs))}
    made: defaultdict[tuple[str, str], list[Process]] = defaultdict(list)
    for process in processes:
        made[process.input, process.output].append(process)
    for i, j in sorted(pairs):
        offer, need = sides.offers[i], sides.needs[j]
        ways = made.get((offer.commodity, need.commodity), [])
        could = bool(ways) or offer.commodity == need.commodity
        if could and not _carries(offer, need, ways):
            yield i, j


def _carries(offer: OfferLine, need: NeedLine, ways: Sequence[Process]) -> bool:
    """Whether a pair could carry the lots of both, as it is or made, by several mills perhaps."""
    if offer.commodity == need.commodity:
        return min(offer.quantity, need.quantity) >= max(offer.min_lot, need.min_lot)
    most = [min(need.quantity, way.made_from(offer.quantity)) for way in ways]
    takes = [way.takes(much) for way, much in zip(ways, most, strict=True)]
    return max(most, default=-1) >= need.min_lot and max(takes, default=-1) >= offer.min_lot


def _largest(lines: Iterable[OfferLine | NeedLine]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.commodity] = max(found.get(line.commodity, 0), line.quantity)
    return found


def _reaches(need: NeedLine, most: dict[str, int], processes: Sequence[Process]) -> bool:
    ways = [most.get(need.commodity, 0)]
    ways += [p.made_from(most.get(p.input, 0)) for p in processes if p.output == need.commodity]
    return min(need.quantity, max(ways)) >= need.min_lot


def _takes(offer: OfferLine, room: dict[str, int], processes: Sequence[Process]) -> bool:
    ways = [room.get(offer.commodity, 0)]
    ways += [p.takes(room.get(p.output, 0)) for p in processes if p.input == offer.commodity]
    return min(offer.quantity, max(ways)) >= offer.min_lot
