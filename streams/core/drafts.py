"""Decides how long a match inside a hub may improve: drafts, cut-offs, and *masih ada?*.

Theory of operation. What a round wants is a draft first: every later round may change or withdraw
it. At the hub's next cut-off it is frozen: proposed, with a deadline, and no round touches it any
more. Two things come before that. An emergency does not wait: its drafts freeze in the round that
makes them, and while it lacks anything, what is frozen and not answered gives way to it. And word
of goods may be too old: then the owner is asked, and any newer word of that line is the answer;
the draft freezes in the next round. Who has said nothing by the following cut-off loses the draft,
and the line rests until there is newer word of it. What somebody looked at in the last half hour
no round touches at all. A hub without cut-offs has no drafts: it proposes at once, as before, and
asks nobody.

Refuses to know what a round wants and how lines are matched. Times are milliseconds UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.commodity import Catalogue
from streams.core.book import Book
from streams.core.deal_life import LUMBUNG, UNANSWERED, ask, is_held, lumbung_acts
from streams.core.lifecycle import NEVER_MS
from streams.core.lifecycle_table import Action
from streams.core.lifecycle_times import FRESH_MS, OPENED_MS, next_cut_off
from streams.core.state import Deal, Step

EMERGENCY: Final = "emergency"
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS


@dataclass(frozen=True, slots=True)
class CutOffs:
    """Minutes of the local day at which hubs decide, none: at once; how old word may be."""

    minutes: tuple[int, ...] = ()
    fresh_ms: Mapping[str, int] = field(default_factory=dict)


def cut_offs(minutes: tuple[int, ...], catalogue: Catalogue) -> CutOffs:
    """Cut-offs at these minutes; how old word of goods may be follows from how they keep."""
    limits = {str(c.code): FRESH_MS[c.perishability] for c in catalogue.commodities.values()}
    return CutOffs(minutes, limits)


def is_opened(deal: Deal, at_ms: int) -> bool:
    """Whether somebody looked at it in the last half hour."""
    return deal.opened_ms >= 0 and at_ms < deal.opened_ms + OPENED_MS


def is_stale(book: Book, policy: CutOffs, offer: str, at_ms: int) -> bool:
    """Whether the newest word of a line was too old at a moment; False where there is no line."""
    coop, _, name = offer.partition("|")
    own = book.coops.get(coop)
    level = None if own is None else own.levels.get(name)
    limit_ms = policy.fresh_ms.get(name.partition("|")[0])
    return level is not None and limit_ms is not None and at_ms - level.last_ms > limit_ms


class Drafts:
    """The drafts of one hub at one moment."""

    def __init__(self, book: Book, policy: CutOffs, zone_hours: int, as_of_ms: int) -> None:
        """`zone_hours` is how far the hub's clock is ahead of UTC."""
        self.book: Final = book
        self._policy, self._zone, self._now = policy, zone_hours, as_of_ms
        self.urgent = False
        """Whether an emergency lacks something: what is frozen and not answered gives way."""

    @property
    def today(self) -> int:
        """The hub's own day since 1970."""
        return (self._now + self._zone * _HOUR_MS) // _DAY_MS

    @property
    def on(self) -> bool:
        """Whether the hub has cut-offs."""
        return bool(self._policy.minutes)

    def binds(self, deal: Deal) -> bool:
        """Whether a round leaves a live deal alone, and its lines have so much less."""
        if is_held(deal) or is_opened(deal, self._now):
            return True
        return self.is_frozen(deal) and not self.urgent

    def is_frozen(self, deal: Deal) -> bool:
        """Whether its terms are not to change any more."""
        return self.on and deal.state != "draft"

    def rests(self, offer: str) -> bool:
        """Whether its owner was asked for word of a line and has not given any since."""
        at_ms = self.book.resting.get(offer)
        return self.on and at_ms is not None and self._is_stale(offer, at_ms)

    def begin(self, deal: Deal, *, emergency: bool) -> None:
        """Make a draft of a match that a round wants; without cut-offs it stays proposed."""
        if self.on:
            deal.state, deal.expires_ms = "draft", NEVER_MS
            deal.freezes_ms = self._next(self._now)
            deal.steps = [Step("draft", self._now, LUMBUNG)]
            self.ripen(deal, emergency=emergency or self._is_answer(deal))

    def _is_answer(self, deal: Deal) -> bool:
        """Whether it is what a count that was asked for has left of a draft since the cut-off."""
        at_ms = self.book.answered.get(deal.offer, NEVER_MS)
        return at_ms != NEVER_MS and self._next(at_ms + 1) == self._next(self._now + 1)

    def _next(self, at_ms: int) -> int:
        return next_cut_off(at_ms, self._zone, self._policy.minutes)

    def unanswered(self, open_deals: Iterable[Deal]) -> list[Deal]:
        """Withdraw the drafts on lines of which no word came; gives those that went."""
        open_ = [deal for deal in open_deals if deal.state == "draft"]
        silent = {deal.offer for deal in open_ if self._is_silent(deal)}
        gone = [deal for deal in open_ if deal.offer in silent]
        for deal in gone:
            lumbung_acts(deal, Action.SUPERSEDE, self._now, reason=UNANSWERED)
        return gone

    def _is_silent(self, deal: Deal) -> bool:
        asked = deal.asked_ms >= 0 and self._is_due(deal)
        return asked and self.on and self._is_stale(deal.offer, self._now)

    def ripen(self, deal: Deal, *, emergency: bool) -> bool:
        """Freeze a draft whose moment has come, or ask for word of its goods; True when it did."""
        stale = self.on and self._is_stale(deal.offer, self._now)
        answered = deal.asked_ms >= 0 and not stale
        if deal.state != "draft" or not (emergency or answered or self._is_due(deal)):
            return False
        if not stale:
            deal.freezes_ms = min(deal.freezes_ms, self._now)
            lumbung_acts(deal, Action.FREEZE, self._now)
            return True
        if deal.asked_ms >= 0:
            return False
        ask(deal, self._now)
        deal.freezes_ms = self._next(self._now + 1)
        return True

    def _is_due(self, deal: Deal) -> bool:
        return not self.on or deal.freezes_ms <= self._now

    def _is_stale(self, offer: str, at_ms: int) -> bool:
        return is_stale(self.book, self._policy, offer, at_ms)
