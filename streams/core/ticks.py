"""Decides what the passing of time changes: proposals run out, days turn, old lines go, families match.

Time is an input: a tick is a record like any other. A tick's work is bounded by what fits one batch;
families left over stay dirty and come first at the next tick. Refuses to read a clock.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from schemas.judged import Judged, StockLine
from schemas.records import EPOCH_STEP
from streams.core import deals, position
from streams.core.book import HubFamily
from streams.core.rounds import Market, Setting
from streams.core.shelf import Shelf, opened
from streams.core.state import Applied, Coop, Deal, Key, Round, Step, line_key, position_key
from streams.core.view import DAY_MS, HOUR_MS, View

KEEP_MS: Final = 45 * DAY_MS
"""How long lines are kept, by their time: thirty days of reach and lateness, and half again."""
SWEEP: Final = 20
"""How many actors a tick looks through for what is old."""
BYTES_MAX: Final = 380 * 1024
DEAL_BYTES: Final = 600
WHY_BYTES: Final = 160
ZONES: Final = (7, 8, 9)


@dataclass(slots=True)
class Beat:
    """What a tick changed."""

    deals: list[Deal] = field(default_factory=list)
    rounds: dict[str, Round] = field(default_factory=dict)
    forgotten: list[tuple[str, str, int]] = field(default_factory=list)
    coops: list[str] = field(default_factory=list)
    lines: int = 0
    uncertified: int = 0
    left: int = 0


def day_turns(as_of_ms: int) -> int:
    """A number that grows by one at each midnight of the three time zones."""
    return sum((as_of_ms + zone * HOUR_MS) // DAY_MS for zone in ZONES)


class Clockwork:
    """Carries ticks out on one partition."""

    def __init__(self, view: View, shelf: Shelf, setting: Setting) -> None:
        self._view, self._shelf, self._setting = view, shelf, setting
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
        self._sweep(beat, now, version)
        self._solve(beat, now, version)
        return beat

    # -------------------------------------------------------------- days and deadlines
    def _turn(self, version: int) -> None:
        """Every dated line may count in another horizon; every family may have other lines."""
        view = self._view
        for actor in sorted(view.book.coops):
            coop = view.book.coops[actor]
            view.date(actor, coop, version)
        for where, mark in view.book.marks.items():
            if mark.offers and mark.needs:
                view.book.dirty[where] = None

    def _expire(self, beat: Beat, now: Applied, version: int) -> None:
        for deal in [d for d in self._view.book.live.values() if d.state == "proposed"]:
            if deal.expires_ms <= now.as_of_ms and len(beat.deals) * DEAL_BYTES < BYTES_MAX // 4:
                step = Step("expired", now.as_of_ms, "lumbung")
                deals.move(deal, deals.TRANSITIONS["proposed", "expire"], step)
                deal.version = version
                self._view.follow_deal(deal, version)
                beat.deals.append(deal)

    def _end_hold_backs(self, beat: Beat, before: int, as_of_ms: int, version: int) -> None:
        book, still = self._view.book, []
        for deal in book.rejected:
            if deals.held_back(deal, as_of_ms):
                still.append(deal)
            elif deals.held_back(deal, before):
                # A new version, so that a worker built anew knows the family as dirty too.
                deal.version = version
                book.dirty[book.hub_of[deal.to_coop], deal.family] = None
                beat.deals.append(deal)
        book.rejected = still

    # -------------------------------------------------------------- matching
    def _solve(self, beat: Beat, now: Applied, version: int) -> None:
        """Solve dirty families, longest unsolved first, until the batch is full."""
        view = self._view
        size = len(beat.deals) * DEAL_BYTES
        for where in sorted(view.book.dirty, key=self._age):
            if size > BYTES_MAX:
                break
            del view.book.dirty[where]
            size += self._family(where, beat, now, version)
        beat.left = len(view.book.dirty)

    def _age(self, where: HubFamily) -> tuple[int, HubFamily]:
        found = self._view.rounds.get("|".join(where))
        return (0 if found is None else found.version, where)

    def _family(self, where: HubFamily, beat: Beat, now: Applied, version: int) -> int:
        view = self._view
        market = Market(view.book, where, self._setting, view.seen)
        changes = market.solve(view.today(where[0]), now.as_of_ms, now.tick, version)
        for deal in changes.deals:
            view.rematch(deal, version)
        name = "|".join(where)
        changes.left.version = version
        view.rounds[name] = beat.rounds[name] = changes.left
        beat.deals += changes.deals
        beat.lines += changes.lines
        beat.uncertified += not changes.certified
        return len(changes.deals) * DEAL_BYTES + len(changes.left.left) * WHY_BYTES + 64

    # -------------------------------------------------------------- forgetting
    def _sweep(self, beat: Beat, now: Applied, version: int) -> None:
        """Look through a few actors, in turn, for lines past keeping."""
        book = self._view.book
        if len(self._actors) != len(book.coops):
            self._actors = sorted(book.coops)
        if not self._actors:
            return
        at = bisect_right(self._actors, now.swept)
        part = self._actors[at : at + SWEEP] or self._actors[:SWEEP]
        now.swept = part[-1]
        horizon = now.as_of_ms - KEEP_MS
        for actor in part:
            self._sweep_actor(beat, actor, horizon, now.tick_offset, version)
        now.tick_offset = version % EPOCH_STEP - 1

    def _sweep_actor(
        self, beat: Beat, actor: str, horizon: int, settled: int, version: int
    ) -> None:
        """Forget sayings before the horizon that the tick before this one already found."""
        coop = self._view.book.coops[actor]
        gone: dict[str, list[tuple[Key, StockLine]]] = {}
        old = []
        for device, number, value in self._shelf.of(actor):
            said = opened(value)
            if said.time_ms < horizon and said.offset < settled:
                old.append((device, number))
                _collect(gone, coop, (device, number), said)
        for name, lines in gone.items():
            position.settle_base(coop.levels[name], lines)
        for device, number in old:
            self._shelf.drop(actor, device, number)
            beat.forgotten.append((actor, device, number))
        if old or self._tidy(coop, horizon):
            coop.horizon_ms = max(coop.horizon_ms, horizon)
            coop.version = version
            beat.coops.append(actor)

    def _tidy(self, coop: Coop, horizon: int) -> bool:
        """Drop voids that can no longer be met."""
        spent = [name for name, at in coop.voids.items() if at < horizon - KEEP_MS]
        for name in spent:
            del coop.voids[name]
        return bool(spent)


def _collect(
    gone: dict[str, list[tuple[Key, StockLine]]],
    coop: Coop,
    name: tuple[str, int],
    said: object,
) -> None:
    device, number = name
    for line in said.lines:  # type: ignore[attr-defined]
        if type(line) is StockLine and f"{device}:{number}#{line.n}" not in coop.voids:
            key = line_key(said.time_ms, device, number, line.n, line.part)  # type: ignore[attr-defined]
            where = position_key(line.commodity, line.grade, line.lot)
            gone.setdefault(where, []).append((key, line))
