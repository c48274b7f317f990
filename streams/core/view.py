"""Decides what the state implies beyond itself: hub totals, who is promised what, and by which names.

A fold over the state, in memory. It follows every change at once and can be built anew at any moment
with the same result; nothing here is written down. Refuses to know records, batches and the matcher.
"""

from collections.abc import Iterator
from typing import Final

from schemas.identity import CoopId
from schemas.judged import Judged
from schemas.register import Register
from schemas.units import Packs
from schemas.validation import Judge
from streams.core import deals, orders
from streams.core.book import Book, Good, HubFamily, need_id, offer_id, promised
from streams.core.orders import Amount, OrderView
from streams.core.sayings import Touched
from streams.core.state import Applied, Coop, Deal, Round, Step
from streams.core.totals import Total, Totals, Want, bucket_of, plan_bucket

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
UNGRADED: Final = "UNGRADED"
TotalKey = tuple[str, str]


class View:
    """Book and totals of one partition, and the questions that the fold asks of them."""

    def __init__(self, goods: dict[str, Good], register: Register, judge: Judge) -> None:
        self.book = Book()
        self.totals = Totals()
        self.rounds: dict[str, Round] = {}
        self.goods = goods
        self.touched: dict[TotalKey, None] = {}
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

    def today(self, hub: str) -> int:
        """The hub's own day since 1970."""
        offset = self._offsets.get(hub)
        if offset is None:
            found = self._register.hubs.get(hub)  # type: ignore[call-overload]  # a code is a HubId
            offset = self._offsets[hub] = (found.utc_offset_hours if found else 7) * HOUR_MS
        return (self._as_of_ms + offset) // DAY_MS

    def packs_of(self, actor: str) -> Packs:
        """The packs an actor declared."""
        coop = self.book.coops.get(actor)
        if coop is None or not coop.packs:
            return {}
        return {tuple(k.split("|", 1)): v for k, v in coop.packs.items()}  # type: ignore[misc]

    def amount(self, actor: str) -> Amount:
        """How an actor's stated amounts become base units."""

        def found(commodity: str, unit: str, stated: int) -> int | None:
            return self._judge.amount(commodity, unit, stated, self.packs_of(actor))

        return found

    def seen(self, actor: str, number: str) -> OrderView | None:
        """An order as it stands."""
        order = self.book.coops[actor].orders.get(number)
        return None if order is None else orders.view(order, self.amount(actor))

    # -------------------------------------------------------------- following changes
    def follow(self, actor: str, touched: Touched, version: int) -> None:
        """Bring book and totals up to what a saying changed."""
        coop, hub = self.book.coops[actor], self.book.hub_of[actor]
        for name, before in touched.levels.items():
            self._follow_level(actor, hub, coop, name, before, version)
        for name in touched.plans:
            self._follow_plan(actor, hub, coop, name, version)
        for number in touched.orders:
            self._follow_order(actor, hub, coop, number, version)

    def _follow_level(
        self, actor: str, hub: str, coop: Coop, name: str, before: int, version: int
    ) -> None:
        commodity, grade, _ = name.split("|", 2)
        level = coop.levels[name]
        total = self._touch((hub, commodity), version)
        total.cell(grade, "domestic").supply += level.on_hand - before
        total.hear(actor, max(level.last_ms, total.heard.get(actor, -1)))
        where = (hub, self.goods[commodity].family)
        self.book.dirty[where] = None
        self.book.mark(where).offers[offer_id(actor, name)] = (actor, name)

    def _follow_plan(self, actor: str, hub: str, coop: Coop, name: str, version: int) -> None:
        commodity, grade, _, day = name.split("|")
        plan = coop.plans.get(name)
        total = self._touch((hub, commodity), version)
        bucket = plan_bucket(int(day), self.today(hub))
        self.totals.plan(
            f"{actor}|{name}", (hub, commodity), grade, bucket, plan.quantity if plan else 0
        )
        if plan is not None:
            total.hear(actor, max(plan.key[0], total.heard.get(actor, -1)))

    def _follow_order(self, actor: str, hub: str, coop: Coop, number: str, version: int) -> None:
        name, seen = need_id(actor, number), self.seen(actor, number)
        before = self.totals.wants.get(name)
        if before is not None:
            self._touch((before.hub, before.commodity), version)
            self.book.dirty[hub, self.goods[before.commodity].family] = None
        self.totals.want(name, self._want(name, hub, seen))
        if seen is None:
            return
        total = self._touch((hub, seen.commodity), version)
        latest = max(r.key[0] for r in coop.orders[number].revisions.values())
        total.hear(actor, max(latest, total.heard.get(actor, -1)))
        where = (hub, self.goods[seen.commodity].family)
        self.book.dirty[where] = None
        self.book.mark(where).needs[name] = (actor, number)

    def date(self, actor: str, coop: Coop, version: int) -> None:
        """The day has turned: count an actor's plans and needs in the horizons of the new day."""
        hub = self.book.hub_of[actor]
        for name in coop.plans:
            self._follow_plan(actor, hub, coop, name, version)
        for number in coop.orders:
            self.redate(actor, hub, number, version)

    def redate(self, actor: str, hub: str, number: str, version: int) -> None:
        """Count one need in the horizon of the new day."""
        name = need_id(actor, number)
        before = self.totals.wants.get(name)
        if before is not None:
            self.totals.want(name, self._want(name, hub, self.seen(actor, number)))
            self._touch((before.hub, before.commodity), version)

    def _want(self, name: str, hub: str, seen: OrderView | None) -> Want | None:
        if seen is None or seen.cancelled:
            return None
        return Want(
            hub,
            seen.commodity,
            seen.grade or UNGRADED,
            seen.market,
            bucket_of(seen.needed_day, self.today(hub)),
            seen.quantity,
            promised(self.book.on_need(name)),
        )

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
        self.totals.want(deal.need, self._want(deal.need, hub, self.seen(deal.to_coop, deal.order)))
        self._touch((hub, deal.commodity if before is None else before.commodity), version)

    def _touch(self, key: TotalKey, version: int) -> Total:
        total = self.totals.total(*key)
        total.version = max(total.version, version)
        self.touched[key] = None
        return total

    # -------------------------------------------------------------- promises
    def free(self, offer: str) -> int:
        """What an offer has to give, promises not taken off: never below zero."""
        actor, _, name = offer.partition("|")
        level = self.book.coops[actor].levels.get(name)
        return max(0, level.on_hand - level.keep) if level is not None else 0

    def is_short(self, deal: Deal) -> bool:
        """True when the goods of a deal are no longer all there."""
        others = sum(
            d.quantity
            for d in self.book.on_offer(deal.offer)
            if d is not deal and deals.is_held(d)
        )
        return self.free(deal.offer) - others < deal.quantity

    def cut_promises(
        self, said: Judged, touched: Touched, now: Applied, version: int
    ) -> list[Deal]:
        """Withdraw what a saying has made impossible: proposals first, newest first, then at risk."""
        cut: list[Deal] = []
        for name in touched.levels:
            offer = offer_id(said.actor, name)
            if offer in self.book.by_offer:
                cut += self._cut(list(self.book.on_offer(offer)), self.free(offer), said, now)
        for number in touched.orders:
            need = need_id(said.actor, number)
            if need in self.book.by_need:
                want = self.totals.wants.get(need)
                room = 0 if want is None else want.open
                cut += self._cut(list(self.book.on_need(need)), room, said, now)
        for deal in cut:
            deal.version = version
            self.follow_deal(deal, version)
        return cut

    def _cut(self, live: list[Deal], room: int, said: Judged, now: Applied) -> list[Deal]:
        over = sum(deal.quantity for deal in live) - room
        changed = []
        newest_first = sorted(live, key=lambda d: (deals.is_held(d), -d.tick, d.match))
        for deal in newest_first:
            if over > 0 and not deals.is_held(deal):
                over -= deal.quantity
                step = Step("superseded", now.as_of_ms, said.actor, said.id)
                deals.move(deal, "superseded", step)
                changed.append(deal)
            elif deals.is_held(deal):
                at_risk = said.id if over > 0 else ""
                over -= deal.quantity
                if bool(at_risk) != bool(deal.at_risk):
                    deal.at_risk = at_risk
                    changed.append(deal)
        return changed

    # -------------------------------------------------------------- building anew
    def rebuild(self, now: Applied) -> None:
        """Build book and totals from the state alone."""
        self.set_time(now.as_of_ms)
        book, old = Book(), self.book
        book.coops, book.hub_of = old.coops, old.hub_of
        self.book, self.totals, self.touched = book, Totals(), {}
        for deal in sorted(old.deals.values(), key=lambda d: d.match):
            book.keep_deal(deal)
        newest: dict[HubFamily, int] = {}
        for where, version in self._changes():
            newest[where] = max(newest.get(where, 0), version)
        book.dirty = {
            where: None
            for where, version in sorted(newest.items())
            if version > self._solved(where)
        }
        for where, mark in book.marks.items():
            if mark.offers and mark.needs and self._solved(where) < now.day_version:
                book.dirty[where] = None
        self.touched = {}

    def _solved(self, where: HubFamily) -> int:
        found = self.rounds.get("|".join(where))
        return 0 if found is None else found.version

    def _changes(self) -> Iterator[tuple[HubFamily, int]]:
        """Follow every line of the state; what each family in a hub was last changed by."""
        for actor in sorted(self.book.coops):
            coop = self.book.coops[actor]
            hub = self.book.hub_of[actor]
            for name, level in coop.levels.items():
                self._follow_level(actor, hub, coop, name, 0, level.version)
                yield (hub, self.goods[name.partition("|")[0]].family), level.version
            for name, plan in coop.plans.items():
                self._follow_plan(actor, hub, coop, name, plan.version)
            for number, order in coop.orders.items():
                self._follow_order(actor, hub, coop, number, order.version)
                seen = self.seen(actor, number)
                if seen is not None:
                    yield (hub, self.goods[seen.commodity].family), order.version
        for deal in self.book.deals.values():
            hub = self.book.hub_of[deal.to_coop]
            self.rematch(deal, deal.version)
            yield (hub, deal.family), deal.version
