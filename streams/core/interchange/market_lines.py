"""Decides how what hubs told stands in a round: lines, what binds them, what is matched inside.

Refuses to know when a round begins and what is under way.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from schemas.market import LeftNeed, LeftOffer
from streams.core.interchange.market_state import Lines
from streams.core.lines import FREE, Bond, NeedLine, OfferLine

_Left = TypeVar("_Left", LeftOffer, LeftNeed)
_Line = TypeVar("_Line", OfferLine, NeedLine)


def offer_of(left: LeftOffer, hub: str, family: str, quantity: int) -> OfferLine:
    """Give the line of an offer of which so much, in micro, is free."""
    return OfferLine(
        line=left.line,
        coop=left.coop,
        hub=hub,
        family=family,
        commodity=left.commodity,
        grade=left.grade,
        quantity=quantity,
        floor=left.floor,
        expires_day=None if left.expires_day < 0 else left.expires_day,
        min_lot=left.min_lot,
    )


def need_of(left: LeftNeed, hub: str, family: str, quantity: int) -> NeedLine:
    """Give the line of a need of which so much, in micro, is open."""
    named: dict[str, Any] = {"priority": left.priority}
    return NeedLine(
        line=left.line,
        coop=left.coop,
        hub=hub,
        family=family,
        commodity=left.commodity,
        quantity=quantity,
        ceiling=left.ceiling,
        grades=None if left.grades is None else frozenset(left.grades),
        grade=left.grade or None,
        needed_by_day=None if left.needed_day < 0 else left.needed_day,
        min_lot=min(left.min_lot, quantity),
        market=left.market,
        **named,
    )


def bonds_of(told: Sequence[Lines]) -> dict[str, Bond]:
    """Give the permits that bind lines, by name: those asked for, and who holds one of these.

    What nobody on the other side asks for is left out, so that few lines are told apart.
    """
    asked = {permit for lines in told for offer in lines.offers for permit in offer.asks}
    wanted = {permit for lines in told for need in lines.needs for permit in need.asks}
    if not asked and not wanted:
        return {}  # nearly always
    bonds = {}
    for lines in told:
        held = {one.coop: one.permits for one in lines.holders}
        for side, others in ((lines.offers, wanted), (lines.needs, asked)):
            for line in side:
                holds = tuple(one for one in held.get(line.coop, ()) if one in others)
                bonds[line.line] = Bond(asks=line.asks, holds=holds)
    return {name: bond for name, bond in bonds.items() if bond != FREE}


def with_inside(
    free: Iterable[_Line],
    inside: Iterable[tuple[str, _Left]],
    family: str,
    line_of: Callable[[_Left, str, str, int], _Line],
) -> list[_Line]:
    """Give lines with what hubs matched of them inside, which is told hub by hub.

    `line_of` is `offer_of` or `need_of`.
    """
    found = {line.line: line for line in free}
    for hub, left in inside:
        whole = left.quantity + (found[left.line].quantity if left.line in found else 0)
        found[left.line] = line_of(left, hub, family, whole)
    return [found[name] for name in sorted(found)]
