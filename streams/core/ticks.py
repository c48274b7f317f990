"""Decides what the passing of time changes: matches run out, days turn, families match.

Time is an input: a tick is a record like any other. A tick's work is bounded by what fits one
batch; families left over stay dirty and come first at the next tick. Refuses to read a clock.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from schemas.judged import Judged
from schemas.records import EPOCH_STEP
from streams.core import deal_life, deals
from streams.core.book import HubFamily
from streams.core.drafts import Drafts, is_opened
from streams.core.forgetting import Forgetting
from streams.core.lifecycle_table import Action
from streams.core.promises import Promises
from streams.core.rounds import Market, Moment, Setting
from streams.core.shelf import Shelf
from streams.core.state import Applied, Coop, Deal, Round
from streams.core.view import DAY_MS, HOUR_MS, View

SWEEP: Final = 20
"""How many actors a tick looks through for what is old."""
BYTES_MAX: Final = 380 * 1024
SWEEP_BYTES_MAX: Final = BYTES_MAX // 3
EXPIRE_MAX: Final = 150
"""How many matches end by time alone at one tick; the others follow at the next."""
DEAL_BYTES: Final = 600
LINE_BYTES: Final = 300
"""What a line of a family adds to a round, roughly: a deal, or a reason."""
WHY_BYTES: Final = 160
ZONES: Final = (7, 8, 9)


@dataclass(slots=True)
class Beat:
    """What a tick changed; `size` is roughly the bytes it takes in the changelog."""

    deals: dict[str, Deal] = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)
    forgotten: list[tuple[str, str, int]] = field(default_factory=list)
    coops: list[str] = field(default_factory=list)
    size: int = 0
    lines: int = 0
    uncertified: int = 0
    left: int = 0

    def note(self, deal: Deal) -> None:
        """A deal changed."""
        self.deals[deal.match] = deal
        self.size += DEAL_BYTES + deal_life.bytes_of(deal)


def day_turns(as_of_ms: int) -> int:
    """A number that grows by one at each midnight of the three time zones."""
    return sum((as_of_ms + zone * HOUR_MS) // DAY_MS for zone in ZONES)


class Clockwork:
    """Carries ticks out on one partition."""

    def __init__(self, view: View, shelf: Shelf, setting: Setting, promises: Promises) -> None:
        self._view, self._setting, self._promises = view, setting, promises
        self._forgetting = Forgetting(view, shelf)
        self._actors: list[str] = []

    def start(self, now: Applied, as_of_ms: int) -> None:
        """The partition's time begins."""
        now.as_of_ms = as_of_ms
        now.day = day_turns(as_of_ms)
        self._view.set_time(as_of_ms)

    def tick(self, said: Judged, now: Applied, version: int) -> Beat:
        """Move time on and do what it asks for."""
        beat = Beat()
        before = now.as_of_ms
        now.tick = said.sequence
        now.as_of_ms = max(now.as_of_ms, said.time_ms)
        self._view.set_time(now.as_of_ms)
        if day_turns(now.as_of_ms) != now.day:
            now.day, now.day_version = day_turns(now.as_of_ms), version
            self._turn(version)
        self._expire(beat, now, version)
        self._end_hold_backs(beat, before, now.as_of_ms, version)
        self._wake(beat, before, now.as_of_ms, version)
        self._sweep(beat, now, version)
        self._solve(beat, now, version)
        now.tick_offset = version % EPOCH_STEP - 1
        return beat

    # -------------------------------------------------------------- days and deadlines
    def _turn(self, version: int) -> None:
        """Every dated line may count in another horizon; every family may have other lines."""
        view = self._view
        for actor in sorted(view.book.coops):
            coop = view.book.coops[actor]
            view.date(actor, coop, version)
            for where in view.dated(actor, coop):
                view.book.dirty[where] = None
        for where, mark in view.book.marks.items():
            if mark.offers and mark.needs:
                view.book.dirty[where] = None

    def _expire(self, beat: Beat, now: Applied, version: int) -> None:
        """Nobody answered, nobody shipped, or nobody said what became of the rest."""
        due: list[tuple[int, str, Action]] = []
        for name, deal in self._view.book.live.items():
            ends = deal_life.due(deal)
            if ends is not None and ends[0] <= now.as_of_ms:
                due.append((ends[0], name, ends[1]))
        for _, name, action in sorted(due)[:EXPIRE_MAX]:
            deal = self._view.book.deals[name]
            deal_life.lumbung_acts(deal, action, now.as_of_ms)
            deal.version = version
            self._view.follow_deal(deal, version)
            beat.note(deal)
            for eased in self._promises.weigh([deal.offer], [deal.need], "", version):
                beat.note(eased)

    def _end_hold_backs(self, beat: Beat, before: int, as_of_ms: int, version: int) -> None:
        book = self._view.book
        for deal in list(book.rejected.values()):
            if deals.held_back(deal, as_of_ms):
                continue
            del book.rejected[deal.match]
            if deals.held_back(deal, before):
                # A new version, so that a worker built anew knows the family as dirty too.
                deal.version = version
                book.dirty[book.hub_of[deal.to_coop], deal.family] = None
                self._view.rematch(deal, version)
                beat.note(deal)

    def _wake(self, beat: Beat, before: int, as_of_ms: int, version: int) -> None:
        """Families are solved when a draft of theirs is due, or is no longer held still."""
        book, cut_offs = self._view.book, self._setting.cut_offs.minutes
        for deal in list(book.live.values()):
            due = deal.state == "draft" and (not cut_offs or deal.freezes_ms <= as_of_ms)
            closed = is_opened(deal, before) and not is_opened(deal, as_of_ms)
            if closed and not deal_life.is_held(deal):
                deal.version = version
                self._view.rematch(deal, version)
                beat.note(deal)
            if due or closed:
                book.dirty[book.hub_of[deal.to_coop], deal.family] = None

    # -------------------------------------------------------------- matching
    def _solve(self, beat: Beat, now: Applied, version: int) -> None:
        """Solve dirty families, longest unsolved first, until the batch is full."""
        book = self._view.book
        for solved, where in enumerate(sorted(book.dirty, key=self._age)):
            mark = book.mark(where)
            size = LINE_BYTES * (len(mark.offers) + len(mark.needs))
            if beat.size + size > BYTES_MAX and solved:
                break
            del book.dirty[where]
            self._family(where, beat, now, version)
        beat.left = len(book.dirty)

    def _age(self, where: HubFamily) -> tuple[int, HubFamily]:
        found = self._view.rounds.get("|".join(where))
        return (0 if found is None else found.version, where)

    def market(self, where: HubFamily) -> Market:
        """A family of a hub as a matcher sees it."""
        view = self._view
        zone_hours = view.ahead_ms(where[0]) // HOUR_MS
        drafts = Drafts(view.book, self._setting.cut_offs, zone_hours, view.as_of_ms)
        market = Market(drafts, where, self._setting, view.seen, view.legs.promised)
        market.spared, market.asked = view.spared(where, view.as_of_ms), view.asked
        return market

    def _family(self, where: HubFamily, beat: Beat, now: Applied, version: int) -> None:
        view = self._view
        changes = self.market(where).solve(
            Moment(view.today(where[0]), now.as_of_ms, now.tick, version)
        )
        for deal in changes.deals:
            view.rematch(deal, version)
            beat.note(deal)
        name = "|".join(where)
        view.rounds[name] = beat.rounds[name] = changes.left
        beat.size += len(changes.left.left) * WHY_BYTES + 64
        beat.lines += changes.lines
        beat.uncertified += not changes.certified

    # -------------------------------------------------------------- forgetting
    def _sweep(self, beat: Beat, now: Applied, version: int) -> None:
        """Look through a few actors, in turn, for what is past keeping."""
        book = self._view.book
        if len(self._actors) != len(book.coops):
            self._actors = sorted(book.coops)
        at = bisect_right(self._actors, now.swept)
        for actor in self._actors[at : at + SWEEP] or self._actors[:SWEEP]:
            if beat.size > SWEEP_BYTES_MAX:
                break
            now.swept = actor
            gone = self._forgetting.sweep(actor, now.as_of_ms, now.tick_offset, version)
            beat.forgotten += [(actor, device, number) for device, number in gone.sayings]
            if gone.changed:
                beat.coops.append(actor)
                beat.size += bytes_of(book.coops[actor]) + 48 * len(gone.sayings)


def bytes_of(coop: Coop) -> int:
    """Roughly what an actor takes in the changelog, never much less."""
    size = 64 + 128 * len(coop.levels) + 24 * (len(coop.marks) + len(coop.packs))
    for gate in coop.gates.values():
        size += len(gate.digests) + len(gate.bits) + 32
    if coop.orders:
        size += sum(24 + 80 * (len(o.revisions) + len(o.under)) for o in coop.orders.values())
    if coop.plans or coop.voids or coop.mandates:
        size += 96 * (len(coop.plans) + len(coop.voids) + len(coop.mandates))
        size += sum(9 * len(times) for times in coop.voids.values())
    if coop.moves or coop.filled:
        size += 96 * (len(coop.moves) + len(coop.filled))
        size += sum(40 * len(moves) for moves in coop.moves.values())
    if coop.contracts or coop.permits:
        size += sum(4 + 4 * len(permit) for permit in coop.permits)
        for term in coop.contracts.values():
            size += 240 + sum(4 + 4 * len(permit) for permit in term.permits)
    return size
