"""Decides what becomes of promises when goods or needs shrink: some go, some are at risk.

A hold never exceeds what was there when it was given. Of what no longer fits, proposals nobody
said yes to are withdrawn first, drafts before others, newest first; then held matches, newest
first, are marked at risk, naming the report. What a match between hubs takes of a line stands
before proposals and behind what was said yes to inside. Refuses to know why a level or an order
changed.
"""

from collections.abc import Callable, Iterator

from schemas.judged import Judged
from schemas.market import LegSide
from streams.core.book import Book, need_id, offer_id
from streams.core.deal_life import coming, held, is_held, lumbung_acts
from streams.core.lifecycle_table import Action
from streams.core.sayings import Spoken
from streams.core.state import Deal
from streams.core.view import View

Bound = Callable[[Deal], int]
"""What a deal binds of its offer, or of its need."""


class Promises:
    """The live deals of a partition against what its lines have and want."""

    def __init__(self, view: View) -> None:
        self._view = view

    @property
    def _book(self) -> Book:
        return self._view.book

    def free(self, offer: str) -> int:
        """What an offer has to give, promises not taken off: never below zero."""
        actor, _, name = offer.partition("|")
        level = self._book.coops[actor].levels.get(name)
        return max(0, level.on_hand - level.keep) if level is not None else 0

    def wanted(self, need: str, commodity: str) -> int:
        """What a need asks for of a commodity, promises not taken off.

        The window of a contract opens and shuts it for rounds alone: what is promised stays.
        """
        want = self._view.totals.wants.get(need)
        if want is not None:
            return want.open if want.commodity == commodity else 0
        actor, _, number = need.partition("|")
        seen = self._view.seen(actor, number) if actor in self._book.coops else None
        there = seen is not None and not seen.cancelled and seen.commodity == commodity
        return seen.wanted if seen is not None and there else 0

    def room(self, side: LegSide, line: str, commodity: str) -> int:
        """What live deals leave of a line to matches between hubs, micro base units."""
        actor, _, name = line.partition("|")
        if side is LegSide.NEED:
            live = [d for d in self._book.on_need(line) if d.commodity == commodity]
            return max(0, self.wanted(line, commodity) - sum(map(coming, live)))
        if actor not in self._book.coops or not name.startswith(f"{commodity}|"):
            return 0
        return max(0, self.free(line) - sum(map(held, self._book.on_offer(line))))

    def is_short(self, deal: Deal) -> bool:
        """True when the goods of a deal are no longer all there for it."""
        others = [d for d in self._book.on_offer(deal.offer) if d is not deal and is_held(d)]
        legs = self._view.legs.promised(LegSide.OFFER, deal.offer)
        return self.free(deal.offer) - legs - sum(map(held, others)) < deal.quantity

    def cut(self, said: Judged, lines: Spoken, as_of_ms: int, version: int) -> list[Deal]:
        """Withdraw what a saying has made impossible; gives the deals that changed."""
        offers, needs = lines_of(lines)
        found: dict[str, Deal] = {}
        because = (said, as_of_ms)
        for offer in offers:
            if offer in self._book.by_offer:
                live = list(self._book.on_offer(offer))
                room = self.free(offer) - self._view.legs.promised(LegSide.OFFER, offer)
                found |= self._withdraw(live, held, room, because)
        for need in needs:
            for commodity in dict.fromkeys(d.commodity for d in self._book.on_need(need)):
                live = [d for d in self._book.on_need(need) if d.commodity == commodity]
                room = self.wanted(need, commodity)
                room -= self._view.legs.promised(LegSide.NEED, need, commodity)
                found |= self._withdraw(live, coming, room, because)
        for deal in found.values():
            deal.version = version
            self._view.follow_deal(deal, version)
        return [*found.values(), *self.weigh(offers, needs, said.id, version)]

    def _withdraw(
        self, live: list[Deal], bound: Bound, room: int, because: tuple[Judged, int]
    ) -> dict[str, Deal]:
        said, at_ms = because
        over = sum(map(bound, live)) - room
        gone = {}
        for deal in sorted(live, key=lambda d: (d.state != "draft", -d.tick, d.match)):
            if over > 0 and not is_held(deal):
                over -= deal.quantity
                lumbung_acts(deal, Action.SUPERSEDE, at_ms, said.actor, said.id)
                gone[deal.match] = deal
        return gone

    def weigh(self, offers: list[str], needs: list[str], cause: str, version: int) -> list[Deal]:
        """Say of each held deal on these lines whether it is at risk; gives those that changed."""
        changed = []
        for deal in self._held(offers, needs):
            at_risk = self._uncovered(deal)
            if at_risk != bool(deal.at_risk):
                deal.at_risk = cause if at_risk else ""
                deal.version = version
                self._view.follow_deal(deal, version)
                changed.append(deal)
        return changed

    def _held(self, offers: list[str], needs: list[str]) -> list[Deal]:
        found = {d.match: d for offer in offers for d in self._book.on_offer(offer)}
        found |= {d.match: d for need in needs for d in self._book.on_need(need)}
        return [found[name] for name in sorted(found) if is_held(found[name])]

    def _uncovered(self, deal: Deal) -> bool:
        """True when what was held before it leaves too little of its offer or of its need."""
        on_need = (d for d in self._book.on_need(deal.need) if d.commodity == deal.commodity)
        on_offer = self._book.on_offer(deal.offer)
        room, asked = self.free(deal.offer), self.wanted(deal.need, deal.commodity)
        return _is_short(deal, on_offer, held, room) or _is_short(deal, on_need, coming, asked)


def lines_of(spoken: Spoken) -> tuple[list[str], list[str]]:
    """The names of the offers and of the needs that a saying touched."""
    offers = [offer_id(coop, name) for coop, own in spoken.items() for name in own.levels]
    needs = [need_id(coop, number) for coop, own in spoken.items() for number in own.orders]
    return offers, needs


def _is_short(deal: Deal, live: Iterator[Deal], bound: Bound, room: int) -> bool:
    """True when a deal and those that stand before it bind more of a line than there is.

    What binds nothing any more, such as a deal that has shipped all, is short of nothing.
    """
    place = (deal.tick, deal.match)
    older = sum(bound(d) for d in live if is_held(d) and (d.tick, d.match) <= place)
    return older > room and bound(deal) > 0
