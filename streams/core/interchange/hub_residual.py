"""Decides what a hub tells the market that it has left over, and when it tells it again.

Lines, never averages; the largest when there are too many. They are told when they changed, and
once more when the market asks, because it knows less than was told. Refuses to know how a hub
matches inside.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from schemas.market import WIRE_MAX_MICRO, LeftNeed, LeftOffer, Residual
from schemas.permits import Holder
from streams.core.grain import matchable
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import LeftOver
from streams.core.interchange.hub_stock import At
from streams.core.interchange.tally import Tally
from streams.core.lines import FREE, Bond, NeedLine, OfferLine

LINES_MAX: Final = 500
"""Most offers, and most needs, of a hub and family."""
PERMITS_BYTES_MAX: Final = 32 * 1024
"""Most that permits take: those that offers ask for, those of needs, and those that are held."""
NO_BONDS: Final[Mapping[str, Bond]] = {}
_Left = TypeVar("_Left", LeftOffer, LeftNeed)
_Line = TypeVar("_Line", OfferLine, NeedLine)


def left_offers(
    offers: Sequence[OfferLine],
    proposed: Mapping[str, int],
    contracts: Collection[str] = (),
    counted: Collection[str] = (),
    bonds: Mapping[str, Bond] = NO_BONDS,
) -> tuple[LeftOffer, ...]:
    """Offers less what the hub's own proposals take of them; `proposed` is micro by line."""
    left = [
        LeftOffer(
            line=o.line,
            coop=o.coop,
            commodity=o.commodity,
            grade=o.grade,
            quantity=min(free, WIRE_MAX_MICRO),
            floor=o.floor,
            expires_day=-1 if o.expires_day is None else o.expires_day,
            min_lot=o.min_lot,
            contract=o.line in contracts,
            counted=o.line in counted,
            asks=bonds.get(o.line, FREE).asks,
        )
        for o in offers
        if (free := matchable(o.quantity - proposed.get(o.line, 0), o.quantity))
    ]
    return _largest(left)


def left_needs(
    needs: Sequence[NeedLine],
    proposed: Mapping[str, int],
    contracts: Collection[str] = (),
    bonds: Mapping[str, Bond] = NO_BONDS,
    *,
    inside: bool = False,
) -> tuple[LeftNeed, ...]:
    """Needs less what the hub's own proposals bring them; `proposed` is micro by line.

    Of a need that is matched `inside` in part the smallest lot is that of all of it.
    """
    left = [
        LeftNeed(
            line=n.line,
            coop=n.coop,
            commodity=n.commodity,
            quantity=min(open_, WIRE_MAX_MICRO),
            ceiling=n.ceiling,
            grade=n.grade or "",
            grades=None if n.grades is None else tuple(sorted(n.grades)),
            needed_day=-1 if n.needed_by_day is None else n.needed_by_day,
            priority=n.priority,
            min_lot=n.min_lot if inside else min(n.min_lot, open_),
            market=n.market,
            contract=n.line in contracts,
            asks=bonds.get(n.line, FREE).asks,
        )
        for n in needs
        if (open_ := matchable(n.quantity - proposed.get(n.line, 0), n.quantity))
    ]
    return _largest(left)


def matched_inside(
    lines: Sequence[_Line], proposed: Mapping[str, int], bound: Collection[str] = ()
) -> tuple[list[_Line], dict[str, int]]:
    """Give the lines that the hub's own proposals take of, and what they do not take, micro.

    Not those that are `bound` to the hub: other hubs may make nothing of them.
    """
    taken = [one for one in lines if proposed.get(one.line) and one.line not in bound]
    return taken, {one.line: one.quantity - proposed[one.line] for one in taken}


def _largest(lines: list[_Left]) -> tuple[_Left, ...]:
    kept = sorted(lines, key=lambda one: (-one.quantity, one.line))[:LINES_MAX]
    left = PERMITS_BYTES_MAX
    told = []
    for one in sorted(kept, key=attrgetter("line")):
        left -= _size(one.asks)
        if not one.asks or left >= 0:
            told.append(one)
    return tuple(told)


def held_by(coops: Mapping[str, Sequence[str]]) -> tuple[Holder, ...]:
    """Who holds which permits, of actors and theirs; the longest lists are left out."""
    found, left = list[Holder](), PERMITS_BYTES_MAX
    for size, coop in sorted((_size(permits), coop) for coop, permits in coops.items()):
        left -= size
        if coops[coop] and left >= 0:
            found.append(Holder(coop=coop, permits=tuple(coops[coop])))
    return tuple(sorted(found, key=attrgetter("coop")))


def _size(permits: Sequence[str]) -> int:
    return sum(4 + 4 * len(permit) for permit in permits)


class Residuals:
    """What the hubs of a partition last told; `home` is the market partition of a family."""

    def __init__(self, side: HubSide, home: Callable[[str], int] = lambda _family: 0) -> None:
        self._side, self._home = side, home
        self._tally = Tally()

    def settle(self) -> None:
        """Recovery is over: add up what was told."""
        self._tally = Tally()
        for name, left in self._side.left.items():
            if left.digest:
                self._told(name, left.version)

    def again(self, place: int, at: At) -> None:
        """One partition of the market knows less than was told: tell it all at the next ticks."""
        for name, left in self._side.left.items():
            if left.digest and self._home(name.partition("|")[2]) == place:
                self._side.tell_anew(name, at)

    def due(self) -> set[str]:
        """Names `hub|family` that are to be told whether or not their lines have changed."""
        return {name for name, left in self._side.left.items() if not left.digest}

    def sum(self, place: int) -> int:
        """What stands for all that was told a partition of the market."""
        return self._tally.sum(place)

    def _told(self, name: str, version: int) -> None:
        self._tally.put(name, self._home(name.partition("|")[2]), version)

    def renew(self, residual: Residual, at: At) -> Residual | None:
        """Give what to tell; None when it was told and is the same. Its version is set here.

        Nothing is told of a family that never had anything to tell.
        """
        name = f"{residual.hub}|{residual.family}"
        # As tuples: what is left out as a default depends on which object says it.
        lines: list[object] = [
            msgspec.structs.astuple(line) for line in (*residual.offers, *residual.needs)
        ]
        inside = *residual.inside_offers, *residual.inside_needs
        lines += [("inside", *msgspec.structs.astuple(line)) for line in inside]
        lines += [msgspec.structs.astuple(one) for one in residual.holders]
        digest = blake2b(msgspec.msgpack.encode(lines), digest_size=16).digest()
        held = self._side.left.get(name)
        if held is None and not lines:
            return None
        if held is not None and held.digest == digest:
            return None
        self._side.left[name] = LeftOver(at.version, digest)
        self._side.changed[f"left/{name}"] = None
        self._told(name, at.version)
        return msgspec.structs.replace(residual, version=at.version)
