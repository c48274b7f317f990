"""What a hub must say of its lines before it grants anything of them.

Refuses to know how it is found out: `streams.core.desk` looks it up in the book.
"""

from typing import NamedTuple, Protocol

from schemas.market import LegSide
from streams.core.interchange.hub_state import Leg
from streams.core.lines import Bond


class At(NamedTuple):
    """The record that something follows from: its version, and the partition's time in ms."""

    version: int
    as_of_ms: int


class Stock(Protocol):
    """What a hub knows of its lines."""

    def room(self, side: LegSide, line: str, commodity: str) -> int:
        """Micro base units of a line that promises inside the hub leave; legs not taken off.

        For an offer max(0, on_hand - keep - promised inside), for a need what it still wants of
        that commodity; 0 for a line that is not there.
        """

    def doubt(self, leg: Leg, at: At) -> str:
        """Why what a leg asks for may not be promised yet though it is free; "" when it may."""

    def bond(self, side: LegSide, line: str) -> Bond:
        """The permits that a line asks for now, and those that its owner holds."""
