"""Decides what the hubs of a partition have to do with the market between hubs.

The desk carries requests out on the legs of its hubs and tells what became of them; at a tick it
tells what their own matching left over, and that the tick is done. Of a line, what a side of a
match inside the hub said yes to comes first, then committed legs, then holds; proposals inside the
hub give way. Refuses to know how hubs match inside and what the market makes of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from schemas import topics
from schemas.identity import partition_of
from schemas.market import Done, LegSide, LegTold, Request, Residual, Retell, key_of, written
from schemas.outlook import Outlook
from schemas.records import version_of
from streams.core.book import HubFamily
from streams.core.drafts import is_stale
from streams.core.effects import Away
from streams.core.interchange.hub_asking import NEVER_MS, Questions
from streams.core.interchange.hub_outlook import Outlooks
from streams.core.interchange.hub_residual import (
    Residuals,
    held_by,
    left_needs,
    left_offers,
    matched_inside,
)
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import Leg
from streams.core.interchange.hub_stock import At
from streams.core.lifecycle_times import HOUR_MS, next_cut_off
from streams.core.lines import FREE, Bond, NeedLine, OfferLine
from streams.core.promises import Promises
from streams.core.rounds import Setting
from streams.core.standing import Standing, bond_of
from streams.core.state import Applied
from streams.core.view import View

STALE_MAX: Final = 300
LEFT_BYTES: Final = 48
OUT_BYTES: Final = 64
ASK_BYTES: Final = 200
SPARED_BYTES: Final = 80
LEG_BYTES: Final = 400
"""What a leg takes in the changelog, with what is written beside it, roughly."""


Word = Residual | Done | LegTold
Said = tuple[int, Word]
"""A partition of the market, and what it is told."""


class Lines(Protocol):
    """What a family in a hub looks like to a matcher; `streams.core.rounds.Market` does."""

    def offers(self) -> list[OfferLine]:
        """What is free."""

    def needs(self) -> list[NeedLine]:
        """What is wanted."""

    def proposed(self) -> dict[str, int]:
        """Micro base units that the hub's own proposals take, by line."""

    def standing(self, offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> Standing:
        """Which of these lines stand on contracts, and what binds them."""


class Desk:
    """The dealings of one partition's hubs with the market; `size` is bytes of state since."""

    def __init__(
        self,
        number: int,
        view: View,
        promises: Promises,
        setting: Setting,
    ) -> None:
        """`on`: whether hubs spare what the market says that others make more of."""
        self.side: Final = HubSide(self)
        self.outlooks: Final = Outlooks(self.side, on=setting.outlook)
        self.questions: Final = Questions(self.side, self._is_old, self._next_cut_off)
        self.size = 0
        self.generation = 0
        self._number, self._partitions = number, setting.partitions
        self._cut_offs: Final = setting.cut_offs
        self._view, self._promises = view, promises
        self._residuals = Residuals(self.side, self._home)
        self._said: list[Said] = []
        view.legs, view.spared = self.side, self.outlooks.spared
        view.asked = self.questions.is_open

    def room(self, side: LegSide, line: str, commodity: str) -> int:
        """What promises inside the hub leave of a line, micro base units."""
        return self._promises.room(side, line, commodity)

    def doubt(self, leg: Leg, at: At) -> str:
        """Why goods may not be promised yet: word of them is old, and their owner is asked."""
        why = self.questions.doubt(leg, at)
        self.size += ASK_BYTES if why else 0
        return why

    def _is_old(self, line: str, at_ms: int) -> bool:
        on = bool(self._cut_offs.minutes)
        return on and is_stale(self._view.book, self._cut_offs, line, at_ms)

    def _next_cut_off(self, hub: str, at_ms: int) -> int:
        minutes = self._cut_offs.minutes
        zone = self._view.ahead_ms(hub) // HOUR_MS
        return next_cut_off(at_ms, zone, minutes) if minutes else NEVER_MS

    def bond(self, side: LegSide, line: str) -> Bond:
        """Which permits a line asks for now, and which its owner holds."""
        coop, _, name = line.partition("|")
        own = self._view.book.coops.get(coop)
        return FREE if own is None else bond_of(own, name, offers=side is LegSide.OFFER)

    # -------------------------------------------------------------- what happens
    def hear(self, request: Request, at: At, *, again: bool) -> None:
        """Carry a request out; one that was carried out before is only answered."""
        if isinstance(request, Retell):
            if not again:
                self._residuals.again(request.market, at)
                self.size += LEFT_BYTES * len(self.side.left)
        elif isinstance(request, Outlook):
            if not again:
                self._hear_outlook(request, at)
        elif again:
            self.side.answer(request)
        else:
            self.side.hear(request, at)
            self._follow(at)

    def _hear_outlook(self, said: Outlook, at: At) -> None:
        """A family of which another part is spared is solved anew at the next tick."""
        is_news = self.outlooks.hear(said, at)
        self.size += OUT_BYTES + SPARED_BYTES * self.outlooks.lines_kept(said.hub, said.family)
        if is_news:
            self._match_anew(said.hub, said.family)

    def _match_anew(self, *where: str) -> None:
        mark = self._view.book.marks.get((where[0], where[1]))
        if mark is not None and mark.offers and mark.needs:  # else there is nothing to match
            self._view.book.dirty[where[0], where[1]] = None

    def weigh(self, offers: Iterable[str], needs: Iterable[str], cause: str, at: At) -> None:
        """Lines may have shrunk or grown, and promises inside were cut: so may legs be."""
        if not self.side.lines:
            return
        moved = [(leg.side, leg.line) for leg in map(self.side.legs.__getitem__, self.side.moved)]
        lines = [(LegSide.OFFER, line) for line in offers] + [(LegSide.NEED, x) for x in needs]
        for side, line in dict.fromkeys([*lines, *moved]):
            if (side, line) in self.side.lines:
                self.side.weigh(side, line, cause, at)
        self._follow(at)

    def lapse(self, at: At) -> None:
        """Time went on: holds run out, and questions were answered."""
        self.side.tick(at)
        self.size += ASK_BYTES * self.questions.lapse(at)
        for where in self.outlooks.lapse(at):
            self.size += OUT_BYTES
            self._match_anew(*where)
        self._follow(at)

    def stale(self) -> list[HubFamily]:
        """Families whose leftovers must be told whatever they are; the others at the next tick."""
        return sorted(_where(name) for name in self._residuals.due())[:STALE_MAX]

    def tell(self, where: HubFamily, lines: Lines, at: At) -> None:
        """Tell what a family has left, if it is news."""
        news = self._residuals.renew(self._left(where, lines, at.version), at)
        if news is not None:
            self._said.append((self._home(where[1]), news))
            self.size += LEG_BYTES

    def _left(self, where: HubFamily, lines: Lines, version: int) -> Residual:
        offers, needs, proposed = lines.offers(), lines.needs(), lines.proposed()
        standing = lines.standing(offers, needs)
        bound, bonds, _ = standing
        offers = [line for line in offers if not self.questions.is_open(line.line)]
        counted = [line.line for line in offers if self.questions.is_counted(line.line)]
        mine = proposed if self.outlooks.on else {}
        left = (
            left_offers(offers, proposed, bound, counted, bonds),
            left_needs(needs, proposed, bound, bonds),
        )
        inside = (
            left_offers(*matched_inside(offers, mine, standing.bound)),
            left_needs(*matched_inside(needs, mine, standing.bound), inside=True),
        )
        coops = {line.coop for side in left for line in side}
        return Residual(
            hub=where[0],
            family=where[1],
            version=version,
            generation=self.generation,
            offers=left[0],
            needs=left[1],
            inside_offers=inside[0],
            inside_needs=inside[1],
            holders=held_by({coop: self._view.book.coops[coop].permits for coop in coops}),
        )

    def done(self, tick: int, version: int) -> None:
        """All that follows from a tick is said."""
        self._said += self._done(tick, version)

    def _done(self, tick: int, version: int) -> list[Said]:
        """The word to each partition of the market, with what stands for all it was told."""
        whole = not self._residuals.due()
        facts: dict[str, Any] = {"partition": self._number, "tick": tick, "version": version}
        facts["generation"] = self.generation
        places = range(self._partitions)
        sums = [self._residuals.sum(place) if whole else -1 for place in places]
        words = {told: Done(**facts, told=told) for told in set(sums)}
        return [(place, words[told]) for place, told in enumerate(sums)]

    def _home(self, family: str) -> int:
        return partition_of(family, self._partitions)

    def _follow(self, at: At) -> None:
        """Bring book and totals up to the legs that changed."""
        for name in self.side.moved:
            leg = self.side.legs[name]
            self.size += LEG_BYTES
            self._view.book.dirty[leg.hub, leg.family] = None
            if leg.side is LegSide.NEED:
                self._view.rebind(leg.line, at.version)
        self.side.moved.clear()

    # -------------------------------------------------------------- recovery
    def settle(self) -> None:
        """After the book was built anew: count what legs promise, find families to solve."""
        self._residuals.settle()
        for name in sorted(self.side.legs):
            leg = self.side.legs[name]
            if leg.side is LegSide.NEED:
                self._view.rebind(leg.line, leg.version)
            # A tick solves first, and ends holds after.
            if leg.version >= self._view.solved((leg.hub, leg.family)):
                self._view.book.dirty[leg.hub, leg.family] = None
        for where, version in self.outlooks.moved():
            if version >= self._view.solved(where):
                self._match_anew(*where)

    def announce(self, above: int, now: Applied, lines_of: Callable[[HubFamily], Lines]) -> Away:
        """Everything of the legs that changed above a version, once more.

        What was told at a tick may not have left only when nothing was folded after the tick: then
        the lines are still those that were told.
        """
        self.side.announce(above + 1)
        last = version_of(now.epoch, now.offset)
        told = [n for n, left in self.side.left.items() if left.digest and left.version == last]
        left = [self._left(_where(n), lines_of(_where(n)), last) for n in sorted(told)]
        legs = [self.side.legs[name].told() for name in self.side.told]
        self.side.told.clear()
        done = self._done(now.tick, version_of(now.epoch, now.tick_offset)) if now.tick else []
        return _rows([*self._at_home([*legs, *left]), *done], now.as_of_ms)

    # -------------------------------------------------------------- what leaves
    def drain(self, now: Applied) -> tuple[list[tuple[bytes, bytes | None]], Away]:
        """What to write, and then what to tell the market; both are empty afterwards."""
        rows, legs = self.side.drain()
        said, self._said, self.size = self._said, [], 0
        away = _rows([*self._at_home(legs), *said], now.as_of_ms)
        return [(key.encode(), value) for key, value in rows], away

    def _at_home(self, words: Iterable[LegTold | Residual]) -> Iterator[Said]:
        return ((self._home(word.family), word) for word in words)


def _rows(said: Iterable[Said], at_ms: int) -> Away:
    """What is said by partition of the market, in its order; equal words are written once."""
    found: dict[int, list[tuple[bytes, bytes]]] = {}
    spelt: dict[Done, tuple[bytes, bytes]] = {}
    for place, word in said:
        row = spelt.get(word) if isinstance(word, Done) else None
        if row is None:
            row = key_of(word), written(word, at_ms)
            if isinstance(word, Done):
                spelt[word] = row
        found.setdefault(place, []).append(row)
    return [(topics.MARKET, place, rows) for place, rows in sorted(found.items())]


def _where(name: str) -> HubFamily:
    hub, _, family = name.partition("|")
    return hub, family
