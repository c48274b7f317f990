"""Decides the form of what the market tells a hub of prices elsewhere.

A price is a stair: the more days goods may be under way, the better it is. Refuses to know where
prices come from, who is told and what a hub makes of them (`streams.core.interchange`).
"""

from typing import Annotated, Final

import msgspec

from schemas.events import Closed

STEPS_MAX: Final = 6
"""Most steps of a stair."""
GOODS_MAX: Final = 48
"""Most commodities and grades of a record."""
_Count = Annotated[int, msgspec.Meta(ge=0)]
Step = tuple[_Count, _Count]
Stair = Annotated[tuple[Step, ...], msgspec.Meta(max_length=STEPS_MAX)]


class Quoted(Closed, frozen=True, kw_only=True):
    """What other hubs pay for a grade, net of freight, and what it costs from them, with freight.

    Each step is days under way and whole rupiah per base unit from that many days on. Without
    steps nobody wants, or has, any.
    """

    commodity: str
    grade: str
    sell: Stair = ()
    buy: Stair = ()


class Outlook(Closed, frozen=True, kw_only=True):
    """Prices at a hub by the market's last round of a family: advice, and the newest holds.

    `tick` is that of the round and `at_ms` its time; `version` of the record that began it.
    """

    hub: str
    family: str
    version: _Count
    tick: _Count
    at_ms: _Count
    generation: _Count = 0
    goods: Annotated[tuple[Quoted, ...], msgspec.Meta(max_length=GOODS_MAX)] = ()
