"""How far the nearest partner is from fitting: a lot too small by 120 kg, a ship a day too late.

Decides which figure tells it for which reason, and which are the line's own. Refuses to find
reasons, and to say anything where the sentence of the reason tells it already.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from deploy.why_solving import Found, Line
from streams.core.interchange.sides import days_left, days_until
from streams.core.interchange.terms import SHELF_FOREVER
from streams.core.lines import NeedLine, OfferLine
from streams.core.reasons import Text, amount


class Miss(NamedTuple):
    """What is short: words, and whether only figures of the line's own side make it."""

    words: Text
    own: bool


def miss(found: Found, own: Line, today: int, unit: Text) -> Miss | None:
    """Say how far a partner is from fitting; None where there is nothing to add."""
    said = _MISSES.get(found.reason)
    partner = found.partner
    if said is None or partner is None or partner.commodity != own.commodity:
        return None
    return said(found, own, today, unit)


def _lot(found: Found, own: Line, _: int, unit: Text) -> Miss | None:
    lot, possible = int(found.figures["lot"]), int(found.figures["possible"])
    less = lot - possible
    if less <= 0:
        return None
    words = Text(
        f"Kurang {amount(less, 'id', unit.id)}.",
        f"Too small by {amount(less, 'en', unit.en)}.",
    )
    return Miss(words, own=(lot, possible) == (own.min_lot, own.quantity))


def _shelf(found: Found, own: Line, _today: int, _unit: Text) -> Miss | None:
    more = int(found.figures["days"]) - int(found.figures["allowed"])
    words = Text(f"Terlalu lama {more} hari.", f"Too long by {_days(more)}.")
    return Miss(words, own=isinstance(own, OfferLine))


def _late(found: Found, own: Line, _today: int, _unit: Text) -> Miss | None:
    late = int(found.figures["arrives_day"]) - int(found.figures["needed_by_day"])
    words = Text(f"Terlambat {late} hari.", f"Too late by {_days(late)}.")
    return Miss(words, own=not isinstance(own, OfferLine))


def _ship(found: Found, own: Line, today: int, _unit: Text) -> Miss | None:
    """A ship that leaves too late: for the goods, or for who needs them, whichever is first."""
    ends = (own, found.partner)
    offer = next(line for line in ends if isinstance(line, OfferLine))
    need = next(line for line in ends if isinstance(line, NeedLine))
    arrives = int(found.figures["arrives_day"]) - today
    travel, due = days_left(offer, today), days_until(need, today)
    if travel <= due and travel < SHELF_FOREVER:
        life = (offer.expires_day or today) - today
        words = Text(
            f"Kapal tiba {arrives} hari lagi, padahal barang hanya tahan {life} hari dan boleh di "
            f"jalan paling lama {travel} hari.",
            f"The ship arrives in {_days(arrives)}, but the goods live {_days(life)} and may "
            f"travel {_days(travel)} at most.",
        )
        return Miss(words, own=offer is own)
    if due < SHELF_FOREVER:
        words = Text(
            f"Kapal tiba {arrives} hari lagi, padahal dibutuhkan dalam {due} hari.",
            f"The ship arrives in {_days(arrives)}, but it is needed within {_days(due)}.",
        )
        return Miss(words, own=need is own)
    return None


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


_MISSES: Final[Mapping[str, Callable[[Found, Line, int, Text], Miss | None]]] = {
    "min_lot": _lot,
    "shelf_life": _shelf,
    "needed_by": _late,
    "sailing": _ship,
}
