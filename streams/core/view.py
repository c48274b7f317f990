"""Decides what the state implies beyond itself: hub totals, who is promised what, by which names.

A fold over the state, in memory. It follows every change at once and can be built anew at any
moment with the same result; nothing here is written down. Refuses to know records, batches and the
matcher.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from schemas.identity import CoopId
from schemas.market import ActTold, LegSide
from schemas.register import Register
from schemas.units import Packs
from schemas.validation import Judge
from streams.core import contracts, movements, orders
from streams.core.book import Book, Good, HubFamily, need_id, offer_id
from streams.core.deal_life import coming
from streams.core.orders import Amount, OrderView
from streams.core.sayings import Touched
from streams.core.state import Applied, Coop, Deal, Round
from streams.core.totals import Total, Totals, Want, bucket_of, plan_bucket

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
TotalKey = tuple[str, str]
Sparing = Callable[[HubFamily, int], Mapping[str, int]]
"""What of a family's lines a hub spares for others at a time, micro by line."""


class Legs(Protocol):
    """What matches between hubs take of lines, micro base units; `hub_side` knows."""

    @property
    def lines(self) -> Mapping[tuple[LegSide, str], Any]:
        """The lines that anything is promised of."""

    @property
    def legs(self) -> Mapping[str, Any]:
        """All legs, by name."""

    def act(self, name: str, told: ActTold, at: Any) -> None:
        """Somebody does something to a match at one of its ends."""

    def promised(self, side: LegSide, line: str, commodity: str = "") -> int:
        """What nobody else may have of a line, or of one commodity of it."""

    def committed(self, side: LegSide, line: str, commodity: str) -> int:
        """What of it belongs to matches that people have seen."""


class _NoLegs:
    """Where no market is."""

    lines: Final[Mapping[tuple[LegSide, str], Any]] = MappingProxyType({})
    legs: Final[Mapping[str, Any]] = MappingProxyType({})

    def act(self, _name: str, _told: ActTold, _at: Any) -> None:
        raise KeyError(_name)

    def promised(self, _side: LegSide, _line: str, _commodity: str = "") -> int:
        return 0

    def committed(self, _side: LegSide, _line: str, _commodity: str) -> int:
        return 0


class View:
    """Book and totals of one partition, and the questions that the fold asks of them."""

    def __init__(self, goods: dict[str, Good], register: Register, judge: Judge) -> None:
        self.book = Book()
        self.totals = Totals()
        self.rounds: dict[str, Round] = {}
        self.goods = goods
        self.touched: dict[TotalKey, None] = {}
        self.legs: Legs = _NoLegs()
        self.spared: Sparing = lambda _where, _as_of_ms: {}
        self.asked: Callable[[str], bool] = lambda _offer: False
        """Whether another hub wants goods whose owner has yet to say that they are there."""
        self._register = register
        self._judge = judge
        self._as_of_ms = 0
        self._offsets: dict[str, int] = {}

    # -------------------------------------------------------------- names and time
    def hub(self, actor: str) -> str:
        """The hub an actor speaks in."""
        return actor if len(actor) == len("19.02") else self._register.hub_of(CoopId(actor))

    def set_time(self, as_of_ms: int) -> None:
        """The partition's time has moved."""
        self._as_of_ms = as_of_ms

    @property
    def as_of_ms(self) -> int:
        """The partition's time, ms UTC."""
        return self._as_of_ms

    def today(self, hub: str) -> int:
        """The hub's own day since 1970."""
        return (self._as_of_ms + self.ahead_ms(hub)) // DAY_MS

    def ahead_ms(self, hub: str) -> int:
        """How far the hub's clock is ahead of UTC."""
        offset = self._offsets.get(hub)
        if offset is None:
            found = self._register.hubs.get(hub)  # type: ignore[call-overload]  # a code is a HubId
            offset = self._offsets[hub] = (found.utc_offset_hours if found else 7) * HOUR_MS
        return offset

    def packs_of(self, actor: str) -> Packs:
        """The packs an actor declared."""
        coop = self.book.coops.get(actor)
        if coop is None or not coop.packs:
            return {}
        return {tuple(k.split("|", 1)): v for k, v in coop.packs.items()}  # type: ignore[misc]  # two parts

    def amount(self, actor: str) -> Amount:
        """How an actor's stated amounts become base units."""

        def found(commodity: str, unit: str, stated: int) -> int | None:
            return self._judge.amount(commodity, unit, stated, self.packs_of(actor))

        return found

    def seen(self, actor: str, number: str) -> OrderView | None:
        """An order as it stands."""
        coop = self.book.coops[actor]
        order = coop.orders.get(number)
        seen = None if order is None else orders.view(order, self.amount(actor))
        if coop.filled and seen is not None:
            seen.delivered = movements.received_for(coop, number, seen.commodity)
        return seen

    # -------------------------------------------------------------- following changes
    def follow(self, actor: str, touched: Touched, version: int) -> None:
        """Bring book and totals up to what a saying or a tick changed."""
        coop, hub = self.book.coops[actor], self.book.hub_of[actor]
        heard: dict[str, int] = {}
        for name, before in touched.levels.items():
            self._follow_level(actor, hub, name, before, heard)
        for name in touched.plans:
            self._follow_plan(actor, hub, name, heard)
        for number, commodity in touched.orders.items():
            touched.less |= self._follow_order(actor, hub, number, commodity, heard)
        for commodity, at_ms in heard.items():
            coop.marks[commodity] = version
            total = self._touch((hub, commodity), version)
            if touched.less:
                total.hear_anew(actor, self._heard(coop, commodity))
            elif at_ms >= 0:
                total.hear(actor, at_ms)
            self.book.dirty[hub, self.goods[commodity].family] = None

    def _follow_level(
        self, actor: str, hub: str, name: str, before: int | None, heard: dict[str, int]
    ) -> None:
        commodity, grade, _ = name.split("|", 2)
        level = self.book.coops[actor].levels.get(name)
        offers = self.book.mark((hub, self.goods[commodity].family)).offers
        if level is None:  # it was dropped
            del offers[offer_id(actor, name)]
            self.totals.level((hub, commodity), grade, -(before or 0), -1)
            heard.setdefault(commodity, -1)
            return
        if before is None:
            offers[offer_id(actor, name)] = (actor, name)
        self.totals.level(
            (hub, commodity), grade, level.on_hand - (before or 0), int(before is None)
        )
        heard[commodity] = max(heard.get(commodity, -1), level.last_ms)

    def _follow_plan(self, actor: str, hub: str, name: str, heard: dict[str, int]) -> None:
        commodity = name.partition("|")[0]
        plan = self.book.coops[actor].plans.get(name)
        self._date_plan(actor, hub, name)
        heard[commodity] = max(heard.get(commodity, -1), -1 if plan is None else plan.key[0])

    def _follow_order(
        self, actor: str, hub: str, number: str, before: str, heard: dict[str, int]
    ) -> bool:
        """Count an order as it stands; True when it asked for other goods before."""
        name = need_id(actor, number)
        order = self.book.coops[actor].orders.get(number)
        now = "" if order is None else orders.goods_of(order)
        self.totals.want(name, self._want(name, hub, self.seen(actor, number)))
        if before and before != now:
            del self.book.mark((hub, self.goods[before].family)).needs[name]
            heard.setdefault(before, -1)
        if order is not None and now:
            self.book.mark((hub, self.goods[now].family)).needs[name] = (actor, number)
            heard[now] = max(heard.get(now, -1), orders.latest_ms(order))
        return bool(before) and before != now

    def _heard(self, coop: Coop, commodity: str) -> int:
        """When a co-op last spoke of a commodity, of all that counts; -1 for never."""
        of = f"{commodity}|"
        times = [level.last_ms for name, level in coop.levels.items() if name.startswith(of)]
        times += [plan.key[0] for name, plan in coop.plans.items() if name.startswith(of)]
        times += [
            orders.latest_ms(order)
            for order in coop.orders.values()
            if orders.goods_of(order) == commodity
        ]
        return max(times, default=-1)

    def date(self, actor: str, coop: Coop, version: int) -> None:
        """The day has turned: count an actor's plans and needs in the horizons of the new day."""
        hub = self.book.hub_of[actor]
        for name in coop.plans:
            self._date_plan(actor, hub, name)
            self._touch((hub, name.partition("|")[0]), version)
        for number in coop.orders:
            name = need_id(actor, number)
            before = self.totals.wants.get(name)
            if before is not None or contracts.of_need(coop, number) is not None:
                self.totals.want(name, self._want(name, hub, self.seen(actor, number)))
            if before is not None:
                self._touch((hub, before.commodity), version)
        # A contract that is shut today may have been open yesterday, and a rebuilt view must know.
        for commodity in contracts.commodities(coop):
            self._touch((hub, commodity), version)

    def dated(self, actor: str, coop: Coop) -> set[HubFamily]:
        """The families in which an actor's contracts open and shut as days turn."""
        hub = self.book.hub_of[actor]
        return {(hub, self.goods[name].family) for name in contracts.commodities(coop)}

    def _date_plan(self, actor: str, hub: str, name: str) -> None:
        commodity, grade, _, day = name.split("|")
        plan = self.book.coops[actor].plans.get(name)
        bucket = plan_bucket(int(day), self.today(hub))
        quantity = 0 if plan is None else plan.quantity
        self.totals.plan(f"{actor}|{name}", (hub, commodity), grade, bucket, quantity)

    def _want(self, name: str, hub: str, seen: OrderView | None) -> Want | None:
        if seen is None or seen.cancelled or not self._is_open(name, hub):
            return None
        # Goods promised before the order came to ask for others do not fill it.
        bound = sum(coming(d) for d in self.book.on_need(name) if d.commodity == seen.commodity)
        bound += self.legs.committed(LegSide.NEED, name, seen.commodity)
        return Want(
            hub,
            seen.commodity,
            seen.grade,
            seen.market,
            bucket_of(seen.needed_day, self.today(hub)),
            seen.wanted,
            bound,
        )

    def _is_open(self, need: str, hub: str) -> bool:
        """Whether an order is to be filled today: one on a contract may not be yet, or no more."""
        actor, _, number = need.partition("|")
        return contracts.needs(self.book.coops[actor], number, self.today(hub))

    def follow_deal(self, deal: Deal, version: int) -> None:
        """Bring book and totals up to a deal that changed."""
        self.book.keep_deal(deal)
        hub = self.book.hub_of[deal.to_coop]
        self.book.dirty[hub, deal.family] = None
        self.rematch(deal, version)

    def rematch(self, deal: Deal, version: int) -> None:
        """Bring the matched quantity of a deal's need up to date."""
        hub = self.book.hub_of[deal.to_coop]
        before = self.totals.wants.get(deal.need)
        self.totals.want(
            deal.need, self._want(deal.need, hub, self.seen(deal.to_coop, deal.order))
        )
        self._touch((hub, deal.commodity if before is None else before.commodity), version)

    def rebind(self, need: str, version: int) -> None:
        """Bring the matched quantity of a need up to what matches between hubs bring it."""
        actor, _, number = need.partition("|")
        if actor not in self.book.coops:
            return
        before = self.totals.wants.get(need)
        hub = self.book.hub_of[actor]
        self.totals.want(need, self._want(need, hub, self.seen(actor, number)))
        if before is not None:
            self._touch((hub, before.commodity), version)

    def _touch(self, key: TotalKey, version: int) -> Total:
        total = self.totals.total(*key)
        total.version = max(total.version, version)
        self.touched[key] = None
        return total

    # -------------------------------------------------------------- building anew
    def rebuild(self, now: Applied) -> None:
        """Build book and totals from the state alone."""
        self.set_time(now.as_of_ms)
        self.totals, self.touched = Totals(), {}
        self.book.begin_anew(now.as_of_ms)
        newest: dict[HubFamily, int] = {}
        for actor in sorted(self.book.coops):
            self._follow_all(actor, newest, now.day_version)
        for deal in self.book.deals.values():
            where = (self.book.hub_of[deal.to_coop], deal.family)
            self.rematch(deal, deal.version)
            newest[where] = max(newest.get(where, 0), deal.version)
        for where, mark in self.book.marks.items():
            if mark.offers and mark.needs:
                newest[where] = max(newest.get(where, 0), now.day_version)
        for where in sorted(newest):
            if newest[where] > self.solved(where):
                self.book.dirty[where] = None
        self.touched = {}

    def solved(self, where: HubFamily) -> int:
        """The version of the last round of a family in a hub, 0 before any."""
        found = self.rounds.get("|".join(where))
        return 0 if found is None else found.version

    def _follow_all(self, actor: str, newest: dict[HubFamily, int], day_version: int) -> None:
        """Follow every line of one actor, and what each family in its hub was last changed by."""
        coop, hub = self.book.coops[actor], self.book.hub_of[actor]
        heard: dict[str, int] = {}
        for name in coop.levels:
            self._follow_level(actor, hub, name, None, heard)
        for name in coop.plans:
            self._follow_plan(actor, hub, name, heard)
        for number in coop.orders:
            self._follow_order(actor, hub, number, "", heard)
        for commodity, version in coop.marks.items():
            self._touch((hub, commodity), version)
            where = (hub, self.goods[commodity].family)
            newest[where] = max(newest.get(where, 0), version)
        for commodity, at_ms in heard.items():
            if at_ms >= 0:
                self.totals.total(hub, commodity).hear(actor, at_ms)
        self.date(actor, coop, day_version)
        for where in self.dated(actor, coop):
            newest[where] = max(newest.get(where, 0), day_version)
