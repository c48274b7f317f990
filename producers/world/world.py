"""The world at work: which village speaks when, how its sayings arrive, and with what flaw.

Decides the stream of reports from a seed, a beginning and a pace. Refuses to know the wall clock
and any wire. The same seed and the same calls give the same bytes.

Theory of operation. Each slot of the stream belongs to one village drawn from those awake that
day. A saying that is overtaken, and the repeat of one, wait in a heap until their moment;
everything else leaves at once. A report refused whole leaves the village's sequence as it was: the
phone says something else under the same number, as a real one would after its owner has mended the
text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Final

from producers.speech import local_time, report_id, report_value
from producers.world.amounts import Now
from producers.world.flaws import SORTS, break_report
from producers.world.partners import said_by_partners
from producers.world.scene import Home, Scene, Village
from producers.world.shares import (
    ACTS,
    BROKEN_PERMILLE,
    CORRECTION_PERMILLE,
    DUPLICATE_PERMILLE,
    LATE_MINUTES,
    LATE_PERMILLE,
    OVERTAKEN_MS,
    SILENT_PERMILLE,
)
from producers.world.stores import STORES, count, counted, opening_stock
from producers.world.wishes import WISHES, opening_orders
from schemas.events import Line, Voided

PHONES: Final = 2
ORDERS_A_RUN: Final = 100_000
_DAY_MS: Final = 86_400_000
_MINUTE_MS: Final = 60_000
_MOVEMENTS_KEPT: Final = 4
_ACTS: Final = [name for name, permille in ACTS for _ in range(permille // 10)]
_FLAWS: Final = (
    ("late", LATE_PERMILLE),
    ("duplicate", DUPLICATE_PERMILLE),
    ("corrected", CORRECTION_PERMILLE),
    ("broken", BROKEN_PERMILLE),
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One record as it arrives at `at_ms`: who said it, its bytes, and its flaw.

    `flaw` is None, "late", "overtaken", "duplicate", "corrected" or "broken:<sort>".
    """

    at_ms: int
    coop: str
    value: bytes
    flaw: str | None = None


class World:
    """Villages of the given hubs, speaking. Not to be shared between threads."""

    def __init__(self, seed: int, scene: Scene, homes: Iterable[Home], *, run: int = 1) -> None:
        self._seed: Final = seed
        self._scene: Final = scene
        self._chance: Final = Random(seed)
        homes = list(homes)
        self._sites: Final = [(str(h.hub), str(h.coops[0])) for h in homes if h.coops]
        settled = scene.villages(homes, self._chance)
        self._villages: Final = [village for village in settled if village.makes]
        assert self._villages, "a world without a village that makes anything"
        self._makes: Final = {str(village.coop): village.makes for village in self._villages}
        # A later run on kept data speaks with new phones and orders under new numbers.
        self._first_phone: Final = f"hp{PHONES * run - 1}"
        self._second_phone: Final = f"hp{PHONES * run}"
        for village in self._villages:
            village.orders_placed = (run - 1) * ORDERS_A_RUN
        self._desk: Final = f"mitra{run}"
        self._under_way: Final[list[tuple[int, int, Spoken]]] = []
        self._held = 0
        self._day = -1
        self._awake: Sequence[Village] = ()
        self._stocked = False

    def partners(self, now_ms: int) -> Iterator[Spoken]:
        """What partners of the hubs say at the beginning."""
        for hub, value in said_by_partners(self._sites, self._desk, now_ms):
            yield Spoken(now_ms, hub, value)

    def opening(self, now_ms: int) -> Iterator[Spoken]:
        """Every co-op awake counts its whole stock, then orders: one pass, two reports each."""
        self._wake(now_ms)
        order = list(self._awake)
        self._chance.shuffle(order)
        for village in order:
            now = self._now(village, self._first_phone, now_ms)
            stock = [counted(make, now) for make in village.makes]
            yield Spoken(now_ms, village.coop, self._say(village, now, stock, now_ms))
            now = self._now(village, self._first_phone, now_ms)
            asked = opening_orders(village, now) if village.local or village.food else []
            if asked:
                yield Spoken(now_ms, village.coop, self._say(village, now, asked, now_ms))

    def reports(self, start_ms: int, every_us: int) -> Iterator[Spoken]:
        """Speak for ever: report k arrives at ``start_ms + k * every_us // 1000``."""
        slot = 0
        while True:
            at_ms = start_ms + slot * every_us // 1000
            slot += 1
            yield self._next(at_ms)

    def shipped(self, coop: str, goods: tuple[str, str, str], micro: int) -> None:
        """Take goods (commodity, grade, lot) that left for a match out of a village's store."""
        for make in self._makes.get(coop, ()):
            if (make.good.code, make.grade, make.lot) == goods:
                make.on_hand = max(0, make.on_hand - micro)

    def _next(self, at_ms: int) -> Spoken:
        self._wake(at_ms)
        while True:
            if self._under_way and self._under_way[0][0] <= at_ms:
                found = heappop(self._under_way)[2]
                return Spoken(at_ms, found.coop, found.value, found.flaw)
            village = self._chance.choice(self._awake)
            spoken = self._speak(village, at_ms)
            if spoken.flaw != "overtaken":
                return spoken
            self._hold(spoken)

    def _speak(self, village: Village, at_ms: int) -> Spoken:
        draw = self._chance.randrange(1000)
        for flaw, permille in _FLAWS:
            if draw < permille:
                return self._flawed(village, flaw, at_ms)
            draw -= permille
        return Spoken(at_ms, village.coop, self._sound(village, self._first_phone, at_ms))

    def _flawed(self, village: Village, flaw: str, at_ms: int) -> Spoken:
        if flaw == "duplicate":
            value = self._sound(village, self._first_phone, at_ms)
            self._hold(Spoken(at_ms, village.coop, value, flaw))
            return Spoken(at_ms, village.coop, value)
        if flaw == "corrected" and village.movements:
            return Spoken(at_ms, village.coop, self._corrected(village, at_ms), flaw)
        if flaw == "broken":
            return self._broken(village, at_ms)
        if flaw == "late" and self._chance.randrange(2):
            said_ms = at_ms - self._chance.randint(*LATE_MINUTES) * _MINUTE_MS
            return Spoken(
                at_ms, village.coop, self._sound(village, self._second_phone, said_ms), flaw
            )
        kept = "overtaken" if flaw == "late" else None
        return Spoken(at_ms, village.coop, self._sound(village, self._first_phone, at_ms), kept)

    def _sound(self, village: Village, device: str, said_ms: int) -> bytes:
        now = self._now(village, device, said_ms)
        act = self._chance.choice(_ACTS)
        asks = act in WISHES and (village.local or village.food)
        lines = WISHES[act](village, now) if asks else self._stocks(village, act, now)
        return self._say(village, now, lines, said_ms)

    def _stocks(self, village: Village, act: str, now: Now) -> Sequence[Line]:
        return STORES.get(act, count)(village, self._scene, now)

    def _corrected(self, village: Village, at_ms: int) -> bytes:
        """Void a movement and count what is there instead."""
        device, sequence, line, make, micro = village.movements.pop()
        make.on_hand -= micro
        now = self._now(village, self._first_phone, at_ms)
        target = f"{report_id(village.coop, device, sequence)}#{line}"
        lines: list[Line] = [Voided(line=target, reason="salah ketik")]
        if make.on_hand >= 0:
            lines.append(counted(make, now))
        make.on_hand = max(0, make.on_hand)
        return self._say(village, now, lines, at_ms)

    def _broken(self, village: Village, at_ms: int) -> Spoken:
        """Break a count (which changes nothing in the village's own books)."""
        now = self._now(village, self._first_phone, at_ms)
        lines = count(village, self._scene, now)
        value = report_value(village.coop, now.device, now.sequence, lines, at_ms)
        broken = break_report(value, self._chance.choice(SORTS), self._chance)
        if broken.used:
            village.sequences[now.device] = now.sequence
        return Spoken(at_ms, village.coop, broken.value, f"broken:{broken.sort}")

    def _say(self, village: Village, now: Now, lines: Sequence[Line], said_ms: int) -> bytes:
        village.sequences[now.device] = now.sequence
        del village.movements[:-_MOVEMENTS_KEPT]
        return report_value(village.coop, now.device, now.sequence, lines, said_ms)

    def _now(self, village: Village, device: str, said_ms: int) -> Now:
        day = local_time(village.coop, said_ms).date()
        return Now(day, self._chance, device, village.sequences.get(device, 0) + 1)

    def _hold(self, spoken: Spoken) -> None:
        self._held += 1
        due_ms = spoken.at_ms + self._chance.randint(*OVERTAKEN_MS)
        heappush(self._under_way, (due_ms, self._held, spoken))

    def _wake(self, at_ms: int) -> None:
        """Draw who speaks on this day (UTC); 60 to 80 % of all co-ops stay silent."""
        day = at_ms // _DAY_MS
        if day == self._day:
            return
        self._day = day
        chance = Random(f"{self._seed}/{day}")
        silent = chance.randint(*SILENT_PERMILLE)
        awake = max(1, len(self._villages) * (1000 - silent) // 1000)
        self._awake = chance.sample(self._villages, awake)
        if not self._stocked:
            self._stocked = True
            for village in self._villages:
                now = self._now(village, self._first_phone, at_ms)
                for make in village.makes:
                    opening_stock(make, now)
