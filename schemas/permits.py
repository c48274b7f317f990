"""Decides how permits are told between hubs and the market.

A contract may ask for permits that the other side must hold; who holds which, a hub knows of its
own co-ops from their profiles. Permits are in small letters, without blanks at the ends, in their
order. Refuses to know who may meet whom: `streams.core.lines.Bond` does.
"""

from schemas.events import Closed, Text

Permits = tuple[Text, ...]


class Asking(Closed, frozen=True, kw_only=True):
    """What a line asks of the other side."""

    asks: Permits = ()


class Bound(Asking, frozen=True, kw_only=True):
    """What binds one end of a match: what it asks for, and what it holds of what is asked of it.

    Of a `Reserve` both are the other side's: it asks this line's owner for `asks`, and of the
    permits that this line asks for it holds `holds`. Of a leg they are its own, as they were when
    it was granted.
    """

    permits: Permits = ()


class Holder(Closed, frozen=True, kw_only=True):
    """Who holds which permits."""

    coop: str
    permits: Permits
