"""Decides which hubs are told of the prices of a round, and whether its matches begin at once.

Theory of operation. A match between hubs holds still once it is begun, and hubs that hear prices
match otherwise inside. So a round whose prices are news is tried out first: hubs are told what it
would come to, nothing begins but what fills emergencies, and the next round has their answer. At
most `TRIALS_MAX` rounds on end are tried out, and none that is much work. When matches begin,
hubs are told what is left: prices that lines pay, or ask, for which nothing has been found.

A hub is told when a price of its moved, once more at the next round, and again before it would
hold what it keeps for too old. Whom a record has no
room for the next round tells. All of it follows from the log and is state, said again when it may
never have left. Refuses to know prices (`quoting`) and what hubs make of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from schemas.outlook import Outlook
from streams.core.interchange.hub_prices import HEEDED_MS
from streams.core.interchange.market_lines import rest_of
from streams.core.interchange.market_round import (
    WORK_A_TICK,
    Begun,
    Price,
    Problem,
)
from streams.core.interchange.market_state import Told, encode
from streams.core.interchange.market_store import MarketStore
from streams.core.interchange.outlook import Goods, Quote, Quotes
from streams.core.interchange.price_words import is_news, worded
from streams.core.interchange.terms import Shipment

BYTES_MAX: Final = 64 * 1024
"""What prices may take of the state batch of one record."""
REPEAT_MS: Final = HEEDED_MS // 2
TIMES: Final = 2
"""How often prices are told that do not move, until they are due again."""


TRIALS_MAX: Final = 2
"""After two hearings of the drawn markets of ADR 0012 a third one gained nothing more."""
TRIAL_WORK: Final = 3 * WORK_A_TICK
"""A round that takes longer than three ticks is not done twice."""


class Prices:
    """Who was told what; `price` is none where nobody is told."""

    def __init__(self, store: MarketStore, price: Price | None) -> None:
        self._store, self._price = store, price
        self._say: dict[str, None] = {}
        self._spent = (0, 0)

    def begun(self, problem: Problem, taken: Sequence[Shipment], tried: int, tick: int) -> Begun:
        """A round is solved: what of it begins, when hubs have heard of it."""
        if self._price is None:
            return Begun(taken)
        if taken and tried < TRIALS_MAX and problem.work <= TRIAL_WORK:
            told = self._told(problem, self._price(problem, taken), tick)
            if any(one.times == 1 for one in told):
                self._tell(told)
                return Begun(_urgent(problem, taken), tried + 1, again=True)
        offers, needs = rest_of(problem.offers, problem.needs, taken)
        rest = problem._replace(offers=offers, needs=needs)
        told = self._told(problem, self._price(rest, ()), tick)
        return Begun(taken, again=self._tell(told))

    def _told(self, problem: Problem, quotes: Quotes, tick: int) -> list[Told]:
        """What hubs are to be told, who waited longest first."""
        hubs = sorted(problem.hubs, key=lambda hub: self._turn(hub, problem.family))
        found = (self._news(h, problem.family, quotes.get(h, {}), tick) for h in hubs)
        return [one for one in found if one is not None]

    def _tell(self, told: Sequence[Told]) -> bool:
        """Tell as many as there is room for; True when some have to wait."""
        version, cut = self._store.now.version, False
        if self._spent[0] != version:
            self._spent = version, 0
        for one in told:
            size = self._spent[1] + len(encode(one))
            if size > BYTES_MAX:
                cut = True
                continue
            self._spent = version, size
            name = f"{one.hub}|{one.family}"
            self._store.put("price", name, one)
            self._say[name] = None
        return cut

    def _turn(self, hub: str, family: str) -> tuple[int, str]:
        """Who was told longest ago comes first."""
        held = self._store.prices.get(f"{hub}|{family}")
        return (0 if held is None else held.version, hub)

    def _news(
        self, hub: str, family: str, quotes: Mapping[Goods, Quote], tick: int
    ) -> Told | None:
        """What a hub is to be told, None when it knows."""
        goods, now_ms = worded(quotes), self._store.now.as_of_ms
        held = self._store.prices.get(f"{hub}|{family}")
        if held is None and not goods:
            return None
        times = 1
        if held is not None and not is_news(held.goods, goods):
            old = bool(goods) and now_ms - held.at_ms > REPEAT_MS
            if held.times >= TIMES and not old:
                return None
            times = TIMES
        return Told(0, hub, family, tick, now_ms, goods, times)

    # -------------------------------------------------------------- what leaves
    def announce(self, version: int) -> None:
        """Say everything again that changed at or above a version: it may never have left."""
        told = self._store.prices
        self._say |= dict.fromkeys(n for n in sorted(told) if told[n].version >= version)

    def drain(self, generation: int) -> Iterator[Outlook]:
        """What to tell; nothing afterwards."""
        for name in self._say:
            told = self._store.prices[name]
            yield Outlook(
                hub=told.hub,
                family=told.family,
                version=told.version,
                tick=told.tick,
                at_ms=told.at_ms,
                generation=generation,
                goods=told.goods,
            )
        self._say = {}


def _urgent(problem: Problem, taken: Sequence[Shipment]) -> list[Shipment]:
    """What fills emergencies, with all of the deals that it is of."""
    urgent = {need.line for need in problem.needs if need.priority == "emergency"}
    deals = {one.deal for one in taken if one.need in urgent} - {None}
    return [one for one in taken if one.need in urgent or one.deal in deals]
