"""Who got what of the partners that fit a line, between hubs.

Decides which reason others are: outbid, or all is given or filled by the line itself. Refuses to
know who fits whom.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from streams.core.unmatched import Figures

Which = Literal["offer", "need"]


class Trade(Protocol):
    """What one pair trades, in micro of the need's commodity."""

    @property
    def offer(self) -> str:
        """Its name."""

    @property
    def need(self) -> str:
        """Its name."""

    @property
    def quantity(self) -> int:
        """How much arrives."""


@dataclass(frozen=True)
class Trades:
    """What is traded; few rounds have a line that asks by whom."""

    every: Sequence[Trade]

    @cached_property
    def of_line(self) -> Mapping[tuple[Which, str], list[Trade]]:
        """The trades of each line."""
        found: defaultdict[tuple[Which, str], list[Trade]] = defaultdict(list)
        for trade in self.every:
            found["offer", trade.offer].append(trade)
            found["need", trade.need].append(trade)
        return found

    def crowd(self, side: Which, line: str, fits: set[str]) -> tuple[str, Figures]:
        """All partners that fit are used up: by others too, or by this line alone."""
        other: Which = "need" if side == "offer" else "offer"
        trades = [t for name in fits for t in self.of_line.get((other, name), ())]
        mine = sum(t.quantity for t in trades if (t.offer if side == "offer" else t.need) == line)
        others = sum(t.quantity for t in trades) - mine
        if not others:
            return ("filled" if side == "offer" else "sold_out"), {"mine": mine}
        rivals = {t.offer if side == "offer" else t.need for t in trades} - {line}
        return "outbid", {"mine": mine, "others": others, "rivals": len(rivals)}
