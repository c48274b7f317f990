"""What there is of every line, as the oracle has it: what an offer can give, what a need wants.

Quantities are micro base units; `live` are the matches inside the hub that take of them.
"""

from collections.abc import Sequence

from tests.simulation.craft import FRESH_MS
from tests.simulation.facts import Promise
from tests.support.oracle import Oracle

MICRO = 1_000_000


class Lines:
    """Offers by name, and needs by name with their commodity."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.live: Sequence[Promise] = ()
        levels = {f"{coop}|{place}": has for (coop, place), has in oracle.positions().items()}
        self.free = {
            line: max(0, level["on_hand"] - level["keep"]) * MICRO
            for line, level in levels.items()
        }
        self.said_ms: dict[str, int] = {
            line: level["last_report_ms"] for line, level in levels.items()
        }
        self.wanted = {
            name: (order["commodity"], order["wanted"] * MICRO)
            for name, order in oracle.asked().items()
            if order["state"] == "open"
        }

    def is_old(self, line: str, at_ms: int) -> bool:
        """Whether what was last said of goods was too old at a time."""
        return at_ms - self.said_ms.get(line, at_ms) > FRESH_MS

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """Side, name and commodity of each line."""
        offers = [("offer", line, line.split("|")[1]) for line in self.free]
        return offers + [("need", line, goods) for line, (goods, _) in self.wanted.items()]

    def room(self, side: str, line: str, commodity: str) -> int:
        """What matches inside the hub leave of a line of a commodity."""
        if side == "offer":
            there = self.free.get(line, 0) if line.split("|")[1] == commodity else 0
            taken = sum(p.gives for p in self.live if p.offer == line)
        else:
            goods, wanted = self.wanted.get(line, ("", 0))
            there = wanted if goods == commodity else 0
            taken = sum(p.takes for p in self.live if (p.need, p.commodity) == (line, commodity))
        return max(0, there - taken)
