"""Decides what a hub keeps of what the market tells it to spare, and for how long it heeds it.

It is advice: a hub that hears nothing matches as if there were no market. The newest word is
kept. Refuses to know how the market finds it, and how a family is solved.
"""

from typing import Final

from schemas.outlook import Outlook
from streams.core.book import HubFamily
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import Heard
from streams.core.interchange.hub_stock import At

HEEDED_MS: Final = 10 * 60_000
"""How long it is heeded, in the time of ticks. Where goods are traded a round comes every few
ticks, and says within half of this what still holds. Longer silence means that the market is away
or has nothing to trade, and goods must not wait for it."""


class Outlooks:
    """What the hubs of a partition spare; off, they hear nothing."""

    def __init__(self, side: HubSide, *, on: bool) -> None:
        self.on: Final = on
        self._side = side

    def hear(self, said: Outlook, at: At) -> bool:
        """Take a word in; True when what the hub goes by is another. Older ones change nothing."""
        name = f"{said.hub}|{said.family}"
        held = self._side.heard.get(name)
        if not self.on or (held is not None and said.version <= held.said):
            return False
        old = held is None or is_old(held, at.as_of_ms)
        anew = said.spared != (() if held is None or old else held.spared)
        moved = at.version if held is None or anew else held.moved
        self._keep(name, Heard(at.version, said.version, moved, said.at_ms, said.spared))
        return anew

    def lines_kept(self, hub: str, family: str) -> int:
        """How many lines are spared: so large is what is written."""
        held = self._side.heard.get(f"{hub}|{family}")
        return 0 if held is None else len(held.spared)

    def lapse(self, at: At) -> list[HubFamily]:
        """Time went on: let go of what is too old, and give where; call it after the solving."""
        gone = [
            name
            for name, held in sorted(self._side.heard.items())
            if held.spared and is_old(held, at.as_of_ms)
        ]
        for name in gone:
            held = self._side.heard[name]
            self._keep(name, Heard(at.version, held.said, at.version, held.at_ms))
        return [_where(name) for name in gone]

    def spared(self, where: HubFamily, as_of_ms: int) -> dict[str, int]:
        """What a hub spares now, micro by line; nothing when the word of it is old."""
        held = self._side.heard.get("|".join(where))
        if not self.on or held is None or is_old(held, as_of_ms):
            return {}
        return {one.line: one.quantity for one in held.spared}

    def moved(self) -> list[tuple[HubFamily, int]]:
        """Where a word was ever heard, and the version of what last changed it."""
        return [(_where(name), held.moved) for name, held in sorted(self._side.heard.items())]

    def _keep(self, name: str, heard: Heard) -> None:
        self._side.heard[name] = heard
        self._side.changed[f"out/{name}"] = None


def is_old(held: Heard, as_of_ms: int) -> bool:
    """Whether it is heeded no more."""
    return as_of_ms - held.at_ms > HEEDED_MS


def _where(name: str) -> HubFamily:
    hub, _, family = name.partition("|")
    return hub, family
