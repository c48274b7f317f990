"""Decides how a partition's state is found again: goods by hub and family, deals by line.

A fold over the state, in memory, built anew on assignment. It keeps no figure of its own that the
state does not imply; whoever changes the state tells the book. Refuses to know Kafka and the
clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.commodity import Catalogue
from streams.core import deals
from streams.core.deal_life import LUMBUNG, UNANSWERED, UNFROZEN, is_held
from streams.core.lifecycle_table import HOLDING
from streams.core.state import Coop, Deal, Step

LIVE: Final = frozenset(state.value for state in HOLDING)
"""States of deals that may bind goods or needs."""
HubFamily = tuple[str, str]


class Good(NamedTuple):
    """What the fold must know of a commodity at hand."""

    family: str
    unit: str
    stage: str
    trade: str


def goods(catalogue: Catalogue) -> dict[str, Good]:
    """The table of all goods by commodity code."""
    return {
        str(c.code): Good(str(c.family), c.unit, c.stage, c.trade)
        for c in catalogue.commodities.values()
    }


@dataclass(slots=True)
class Shelfmark:
    """Where the lines of one family in one hub are: offers by id, needs by id."""

    offers: dict[str, tuple[str, str]] = field(default_factory=dict)
    needs: dict[str, tuple[str, str]] = field(default_factory=dict)


class Book:
    """Actors, deals, and where their lines are."""

    def __init__(self) -> None:
        self.coops: dict[str, Coop] = {}
        self.hub_of: dict[str, str] = {}
        self.deals: dict[str, Deal] = {}
        self.marks: dict[HubFamily, Shelfmark] = {}
        self.live: dict[str, Deal] = {}
        self.rejected: dict[str, Deal] = {}
        self.by_offer: dict[str, dict[str, Deal]] = {}
        self.by_need: dict[str, dict[str, Deal]] = {}
        self.settled: dict[str, dict[str, int]] = {}
        """By need and offer: how many matches of the pair ended or were said yes to."""
        self.resting: dict[str, int] = {}
        """By offer: when it was found that its owner does not say whether the goods are there."""
        self.answered: dict[str, int] = {}
        """By offer: when word of less ended a draft whose owner had been asked."""
        self.dirty: dict[HubFamily, None] = {}

    def begin_anew(self, as_of_ms: int) -> None:
        """Forget all that actors and deals do not imply at a time, and find the deals again."""
        self.marks, self.live, self.rejected, self.dirty = {}, {}, {}, {}
        self.by_offer, self.by_need, self.settled = {}, {}, {}
        self.resting, self.answered = {}, {}
        for name in sorted(self.deals):
            self.keep_deal(self.deals[name])
        self.rejected = {n: d for n, d in self.rejected.items() if deals.held_back(d, as_of_ms)}

    def coop(self, actor: str, hub: str) -> Coop:
        """The state of an actor, made when it is new."""
        found = self.coops.get(actor)
        if found is None:
            found = self.coops[actor] = Coop()
            self.hub_of[actor] = hub
        return found

    def mark(self, where: HubFamily) -> Shelfmark:
        """The lines of a family in a hub."""
        found = self.marks.get(where)
        if found is None:
            found = self.marks[where] = Shelfmark()
        return found

    def keep_deal(self, deal: Deal) -> None:
        """A deal is new or came to another state: find it by its lines while it lives."""
        self.deals[deal.match] = deal
        if deal.state not in UNFROZEN or is_held(deal):
            # What a side said yes to is settled too: the next match of the pair is another one.
            pair = self.settled.setdefault(deal.need, {})
            pair[deal.offer] = max(pair.get(deal.offer, 0), deal.n + 1)
        if deal.state in LIVE:
            self.live[deal.match] = deal
            self.by_offer.setdefault(deal.offer, {})[deal.match] = deal
            self.by_need.setdefault(deal.need, {})[deal.match] = deal
            return
        if deal.state == "rejected":
            self.rejected[deal.match] = deal
        elif deal.state == "superseded":
            self._note_word(deal.offer, deal.steps[-1], asked=deal.asked_ms >= 0)
        self.live.pop(deal.match, None)
        for index, line in ((self.by_offer, deal.offer), (self.by_need, deal.need)):
            own = index.get(line)
            if own is not None:
                own.pop(deal.match, None)
                if not own:
                    del index[line]

    def _note_word(self, offer: str, last: Step, *, asked: bool) -> None:
        """A draft went: for want of word of its goods, or by word of less of them."""
        if last.reason == UNANSWERED:
            self.resting[offer] = max(self.resting.get(offer, 0), last.at_ms)
        elif asked and last.actor != LUMBUNG:
            self.answered[offer] = max(self.answered.get(offer, 0), last.at_ms)

    def on_offer(self, offer: str) -> Iterator[Deal]:
        """The live deals of an offer."""
        return iter(self.by_offer.get(offer, {}).values())

    def on_need(self, need: str) -> Iterator[Deal]:
        """The live deals of a need."""
        return iter(self.by_need.get(need, {}).values())


def offer_id(coop: str, position: str) -> str:
    """The name of an offer: `coop|commodity|grade|lot`."""
    return f"{coop}|{position}"


def need_id(coop: str, order: str) -> str:
    """The name of a need: `coop|order`."""
    return f"{coop}|{order}"
