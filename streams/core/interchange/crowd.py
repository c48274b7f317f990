"""Who got what of the partners that fit a line, between hubs.

Decides which reason others are: outbid, or all is given or filled by the line itself. Refuses to
know who fits whom.
"""

from collections import Counter, defaultdict
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
    def of_line(self) -> Mapping[tuple[Which, str], Mapping[str, int]]:
        """What each line trades with each of its partners."""
        found: defaultdict[tuple[Which, str], Counter[str]] = defaultdict(Counter)
        for trade in self.every:
            found["offer", trade.offer][trade.need] += trade.quantity
            found["need", trade.need][trade.offer] += trade.quantity
        return found

    @cached_property
    def of_all(self) -> Mapping[tuple[Which, str], int]:
        """What each line trades in all."""
        return {line: sum(by.values()) for line, by in self.of_line.items()}

    def crowd(self, side: Which, line: str, fits: set[str]) -> tuple[str, Figures]:
        """All partners that fit are used up: by others too, or by this line alone."""
        other: Which = "need" if side == "offer" else "offer"
        traded = [(other, name) for name in fits if (other, name) in self.of_line]
        own = self.of_line.get((side, line), {})
        mine = sum(quantity for name, quantity in own.items() if name in fits)
        others = sum(map(self.of_all.__getitem__, traded)) - mine
        if not others:
            return ("filled" if side == "offer" else "sold_out"), {"mine": mine}
        rivals = set[str]().union(*(self.of_line[name] for name in traded)) - {line}
        return "outbid", {"mine": mine, "others": others, "rivals": len(rivals)}
