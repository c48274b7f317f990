"""Decides by which ways and days a match between hubs goes: parts, last day to ship and to arrive.

Days count since 1970, in Jakarta; -1 is none. Refuses to know how it is told.
"""

from collections.abc import Iterator

from streams.core.interchange.market_state import Between
from streams.core.interchange.terms import Part
from streams.core.lifecycle_times import DAY_MS, WIB_MS


def parts_of(match: Between) -> Iterator[Part]:
    """The ways of what was promised: when hubs granted less, the last ways carry less."""
    left = match.need.agreed
    for part in match.parts:
        quantity = min(part.quantity, left)
        if quantity > 0:
            given = -(-quantity * part.given // part.quantity)
            yield Part(quantity, given, part.legs, part.days, part.process)
        left -= quantity


def arrive_by(match: Between) -> int:
    """The buyer's last day of use; where none was said, the day that was planned."""
    planned = (match.created_ms + WIB_MS) // DAY_MS + match.days
    return planned if match.needed_day < 0 else match.needed_day


def ship_by(match: Between) -> int:
    """The day before which the goods must leave: that of the first sailing, else by days left."""
    sailings = [
        part.legs[0].departs_day
        for part in parts_of(match)
        if part.legs and part.legs[0].departs_day is not None
    ]
    return min(sailings, default=arrive_by(match) - match.days)
