"""Decides what a hub keeps of the prices that the market tells, and for how long it heeds them.

Prices are advice: a hub that hears none matches as if there were no market. The last `KEPT` that
were told are kept, and the poorest of them is counted on (`outlook.steady`). Refuses to know what
they mean to a line, and how a family is solved.
"""

from collections.abc import Sequence
from typing import Final

from schemas.outlook import Outlook, Quoted
from streams.core.book import HubFamily
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import Heard
from streams.core.interchange.hub_stock import At
from streams.core.interchange.outlook import Goods, Quote
from streams.core.interchange.price_words import quotes_in

HEEDED_MS: Final = 10 * 60_000
"""How long prices are heeded, in the time of ticks. Where goods are traded a round comes every few
ticks, and says within half of this what still holds. Longer silence means that the market is away
or has nothing to trade, and goods must not wait for it."""
KEPT: Final = 4
"""How many rounds' prices are kept. With two the hubs and the market of the demo chased each other
for ever; with four they come to rest."""
Told = Sequence[Quoted]


class Outlooks:
    """The prices heard by the hubs of a partition; off, they hear nothing."""

    def __init__(self, side: HubSide, *, on: bool) -> None:
        self.on: Final = on
        self._side = side

    def hear(self, said: Outlook, at: At) -> bool:
        """Take prices in; True when what the hub goes by is another. Older ones change nothing."""
        name = f"{said.hub}|{said.family}"
        held = self._side.heard.get(name)
        if not self.on or (held is not None and said.version <= held.said):
            return False
        old = held is not None and is_old(held, at.as_of_ms)
        before = () if held is None or old else held.told
        told = (*before[1 - KEPT :], said.goods)
        anew = set(told) != set(before)
        moved = at.version if held is None or anew else held.moved
        self._keep(name, Heard(at.version, said.version, moved, said.at_ms, told))
        return anew

    def goods_kept(self, hub: str, family: str) -> int:
        """Of how many goods prices are kept, each round's counted: so large is what is written."""
        held = self._side.heard.get(f"{hub}|{family}")
        return 0 if held is None else sum(map(len, held.told))

    def lapse(self, at: At) -> list[HubFamily]:
        """Time went on: let go of what is too old, and give where; call it after the solving."""
        gone = [
            name
            for name, held in sorted(self._side.heard.items())
            if held.told and is_old(held, at.as_of_ms)
        ]
        for name in gone:
            held = self._side.heard[name]
            self._keep(name, Heard(at.version, held.said, at.version, held.at_ms))
        return [_where(name) for name in gone]

    def quotes(self, where: HubFamily, as_of_ms: int) -> list[dict[Goods, Quote]]:
        """The prices that hold at a hub, of each round that counts; none when they are old."""
        held = self._side.heard.get("|".join(where))
        if not self.on or held is None or is_old(held, as_of_ms):
            return []
        return [quotes_in(told) for told in held.told]

    def moved(self) -> list[tuple[HubFamily, int]]:
        """Where prices were ever heard, and the version of what last changed them."""
        return [(_where(name), held.moved) for name, held in sorted(self._side.heard.items())]

    def _keep(self, name: str, heard: Heard) -> None:
        self._side.heard[name] = heard
        self._side.changed[f"out/{name}"] = None


def is_old(held: Heard, as_of_ms: int) -> bool:
    """Whether prices are heeded no more."""
    return as_of_ms - held.at_ms > HEEDED_MS


def _where(name: str) -> HubFamily:
    hub, _, family = name.partition("|")
    return hub, family
