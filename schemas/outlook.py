"""Decides the form of what the market tells a hub that its lines are better used for elsewhere.

Refuses to know how that is found, who is told and what a hub makes of it
(`streams.core.interchange`).
"""

from typing import Annotated, Final

import msgspec

from schemas.events import Closed
from schemas.quantity import QUANTITY_MAX_MICRO

SPARED_MAX: Final = 1_000
"""Most lines of a record; the largest amounts come first."""
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Spared(Closed, frozen=True, kw_only=True):
    """So much of a line, micro base units, other hubs make more of."""

    line: str
    quantity: Annotated[int, msgspec.Meta(ge=1, lt=QUANTITY_MAX_MICRO)]


class Outlook(Closed, frozen=True, kw_only=True):
    """What of a hub's lines is better left for others, by the market's last round of a family.

    It is advice, and the newest holds; without `spared` the hub may match all of it inside. `tick`
    is that of the round and `at_ms` its time; `version` of the record that began it.
    """

    hub: str
    family: str
    version: _Count
    tick: _Count
    at_ms: _Count
    generation: _Count = 0
    spared: Annotated[tuple[Spared, ...], msgspec.Meta(max_length=SPARED_MAX)] = ()
