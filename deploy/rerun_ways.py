"""A round between hubs for its second judge: every way of every pair, over legs and recipes.

Decides which ways there are and what each is worth, pair by pair; the matcher never looks at
pairs, its lines meet in a network. Refuses to solve.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Final, NamedTuple

from deploy import rerun_rules as rules
from deploy.rerun_model import Ride, Way
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT, Leg
from streams.core.interchange.legs import GRAMS_PER_KG
from streams.core.interchange.terms import Process, Terms
from streams.core.lines import NeedLine, OfferLine, Options

KG: Final = GRAMS_PER_KG * MICRO
"""A kilogram in micrograms, the unit of a leg's room."""


class Run(NamedTuple):
    """A stretch of a way: the leg, if any, and after how many days goods are there."""

    leg: Leg | None
    days: int


def key_of(legs: tuple[Leg, ...], process: Process | None) -> Hashable:
    """The name of a way; what a mill has left by then is no part of it."""
    return legs, process and process._replace(capacity=None)


@dataclass
class Country:
    """The legs and recipes of a round's terms on its day."""

    terms: Terms
    options: Options
    today: int
    _between: dict[tuple[str, str], list[Leg]] = field(init=False)
    _inner: dict[str, Leg] = field(init=False, default_factory=dict)
    _makes: dict[tuple[str, str], list[Process]] = field(init=False)
    _costs: dict[tuple[Leg, str], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        between, makes = (
            defaultdict[tuple[str, str], list[Leg]](list),
            defaultdict[tuple[str, str], list[Process]](list),
        )
        for leg in self.terms.legs.legs:
            between[leg.from_hub, leg.to_hub].append(leg)
            if leg.from_hub == leg.to_hub:
                known = self._inner.setdefault(leg.from_hub, leg)
                if leg.cost_micro < known.cost_micro:
                    self._inner[leg.from_hub] = leg
        for process in self.terms.processes:
            makes[process.input, process.output].append(process)
        self._between, self._makes = dict(between), dict(makes)

    # -------------------------------------------------------------- pairs
    def ways(self, offer: OfferLine, need: NeedLine) -> Iterator[Way]:
        """Every way that rules and dates allow between two lines."""
        options = self.options
        if not (rules.may_trade(offer, options) and rules.may_trade(need, options)):
            return
        holders = self.terms.permits.get(need.commodity)
        if not rules.may_meet(offer, need, options):
            return
        if holders is not None and need.coop not in holders:
            return
        if rules.serves(offer.commodity, offer.grade, need, options):
            yield from self._direct(offer, need)
        for process in self._makes.get((offer.commodity, need.commodity), ()):
            if self._is_made_for(process, need):
                yield from self._made(offer, need, process)

    def _is_made_for(self, process: Process, need: NeedLine) -> bool:
        if process.output in self.options.goods.barred:
            return False  # what is made stands on no contract
        return rules.serves(process.output, process.grade, need, self.options)

    def _direct(self, offer: OfferLine, need: NeedLine) -> Iterator[Way]:
        if offer.hub == need.hub and not self.terms.within:
            return
        bonus = rules.kept(offer, need, self.options)
        if offer.hub == need.hub and self.options.bonuses:
            bonus += self.terms.local_idr.get(offer.commodity, 0)
        steer = rules.spoils(offer, self.today, self.options)
        for leg in self._between.get((offer.hub, need.hub), ()):
            days = self._arrival(leg, 0)
            if days is None or not rules.keeps(offer, days, self.today):
                continue
            if rules.in_time(need, days, self.today):
                money = need.ceiling - self.cost(leg, offer.commodity)
                yield Way(
                    key_of((leg,), None),
                    gain=money + bonus,
                    loss=offer.floor - steer,
                    money_gain=money,
                    money_loss=offer.floor,
                    rides=tuple(self._rides([(leg, offer.commodity, True)])),
                )

    # -------------------------------------------------------------- recipes
    def _made(self, offer: OfferLine, need: NeedLine, process: Process) -> Iterator[Way]:
        steer = rules.spoils(offer, self.today, self.options)
        same = gcd(MICRO, process.yield_micro)
        mill: tuple[Ride, ...] = ()
        if process.capacity is not None:
            mill = (Ride(process, 1, 0),)
        for into in self._runs(offer.hub, process.hub, 0):
            if not rules.keeps(offer, into.days, self.today):
                continue
            ready = into.days + process.days
            for onto in self._runs(process.hub, need.hub, ready):
                if not self._in_time(process, need, ready, onto.days):
                    continue
                legs = [(into.leg, offer.commodity, True), (onto.leg, need.commodity, False)]
                ridden = [(leg, goods, raw) for leg, goods, raw in legs if leg is not None]
                costs = {raw: self.cost(leg, goods) for leg, goods, raw in ridden}
                money = need.ceiling - process.cost - costs.get(False, 0)
                loss = offer.floor + costs.get(True, 0)
                yield Way(
                    key_of(tuple(leg for leg, _, _ in ridden), process),
                    gain=money,
                    loss=loss - steer,
                    money_gain=money,
                    money_loss=loss,
                    up=MICRO // same,
                    down=process.yield_micro // same,
                    rides=mill + tuple(self._rides(ridden)),
                )

    def _in_time(self, process: Process, need: NeedLine, ready: int, there: int) -> bool:
        shelf = process.shelf_days
        keeps = shelf is None or 10 * (there - ready) <= rules.SHELF_TENTHS * shelf
        return keeps and rules.in_time(need, there, self.today)

    def _runs(self, origin: str, target: str, ready: int) -> Iterable[Run]:
        """The ways to a mill or from it; inside its hub the cheapest there is, or none at all."""
        if origin == target:
            inner = self._inner.get(origin)
            days = None if inner is None else self._arrival(inner, 0)
            return [Run(None, ready) if days is None else Run(inner, ready + days)]
        legs = self._between.get((origin, target), ())
        found = ((leg, self._arrival(leg, ready)) for leg in legs)
        return [Run(leg, days) for leg, days in found if days is not None]

    # -------------------------------------------------------------- legs
    def _arrival(self, leg: Leg, ready: int) -> int | None:
        """Days from today to arrival; None when it has left before."""
        leaves = ready if leg.departs_day is None else leg.departs_day - self.today
        return None if leaves < ready else leaves + leg.days

    def cost(self, leg: Leg, commodity: str) -> int:
        """Rupiah per base unit, rounded up twice: for its storage, and for its weight."""
        found = self._costs.get((leg, commodity))
        if found is None:
            factor = self.terms.freight_micro.get(commodity, MICRO)
            per_kg = -(-leg.cost_micro * factor // MICRO)
            found = -(-per_kg * self._grams(commodity) // (GRAMS_PER_KG * MICRO))
            self._costs[leg, commodity] = found
        return found

    def _grams(self, commodity: str) -> int:
        return self.terms.grams.get(commodity, GRAMS_PER_KG)

    def _rides(self, ridden: Sequence[tuple[Leg, str, bool]]) -> Iterator[Ride]:
        for leg, goods, raw in ridden:
            if leg.capacity_kg is not None:
                grams = self._grams(goods)
                yield Ride(leg, grams if raw else 0, 0 if raw else grams)

    def rooms(self) -> tuple[Mapping[Hashable, int], Mapping[Hashable, int]]:
        """The room of every leg and mill that has a limit, and to what it is rounded down."""
        book = self.terms.legs
        # What a round before has used of a leg is taken off the column, not off the leg.
        left = zip(book.legs, book.room_kg.tolist(), strict=True)
        rooms: dict[Hashable, int] = {leg: kg * KG for leg, kg in left if kg != NO_LIMIT}
        steps: dict[Hashable, int] = dict.fromkeys(rooms, KG)
        for process in self.terms.processes:
            if process.capacity is not None:
                rooms[process] = process.capacity
        return rooms, steps
