"""Decides what goes between hubs because of the matches of a market: what rides out, and when.

What both sides have said yes to goes for certain; what is only proposed may go. Goods without a
sailing leave on their last day to ship, and each way of a part begins when the one before has
ended. Where goods become others on the way, the lighter counts. Refuses to know what comes back.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from schemas.quantity import MICRO
from streams.core.interchange.between_days import parts_of, ship_by
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.market_state import Between
from streams.core.interchange.return_legs import Flow
from streams.core.lifecycle_table import State

FLOWS_MAX: Final = 500
"""Most flows that a round looks at, those of the newest matches."""
_GOES: Final = {State.ACCEPTED: True, State.SHIPPED: True, State.PROPOSED: False}
_GOES[State.COUNTERED] = False


def flows_of(matches: Iterable[Between], grams: Mapping[str, int], today: int) -> tuple[Flow, ...]:
    """Give what leaves from today on, or has not arrived yet, in the order of names."""
    newest = sorted(matches, key=lambda match: (-match.tick, match.match))
    return tuple(sorted(islice(_flows(newest, grams, today), FLOWS_MAX)))


def _flows(matches: Iterable[Between], grams: Mapping[str, int], today: int) -> Iterator[Flow]:
    for match in matches:
        firm = None if match.life is None else _GOES.get(match.life.state)
        if firm is None:
            continue
        offer, need = match.ends
        for part in parts_of(match):
            weights = (part.given, offer.commodity), (part.quantity, need.commodity)
            kg = min(_kg(micro, grams.get(code, GRAMS_PER_KG)) for micro, code in weights)
            day = ship_by(match)
            for leg in part.legs:
                departs = day if leg.departs_day is None else leg.departs_day
                day = departs + leg.days
                if kg and day >= today:
                    yield Flow(leg.from_hub, leg.to_hub, departs, leg.days, kg, leg.mode, firm)


def _kg(micro: int, grams: int) -> int:
    return micro * grams // (MICRO * GRAMS_PER_KG)
