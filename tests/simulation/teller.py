"""Seeded stories: what one hub's partition is told, with what must come of each record.

Decides the mix of reports, repetitions, conflicts, rubbish, decisions, ticks and requests of the
market, and how the clock jumps between them. The teller knows of every record it makes what
verdict the design gives it, without asking the core; of a decision only that it is judged.
"""

import json
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

from schemas.identity import partition_of
from schemas.market import LegSide
from streams.core.partition import Partition
from tests.simulation.asking import Ask, Asking, Lines
from tests.simulation.craft import FAMILY, FRESH_MS, PARTITIONS, craft
from tests.simulation.deciding import drawn
from tests.simulation.openings import opened
from tests.simulation.stories import Expected, Story
from tests.simulation.words import VILLAGES, Hours, cut_offs_of, haste, pact, spoken_line
from tests.support.core_logs import DAY, HOUR, NOON, Line, Logged, Saying, day
from tests.support.core_logs import report as spoken
from tests.support.core_logs import said as uttered
from tests.support.core_logs import tick as ticked

_ASKS: dict[str, Ask] = {
    "reserve": Asking.reserve,
    "commit": Asking.commit,
    "hold": Asking.hold,
    "promise": Asking.promise,
    "stand": Asking.stand,
}
HUBS = {partition_of(hub, PARTITIONS): hub for hub in VILLAGES}
JUMPS = (0, 0, 1_000, HOUR, HOUR, 5 * HOUR, 20 * HOUR, 3 * DAY, -HOUR)
LATE = (0, 0, 0, 0, 60_000, HOUR, DAY, 5 * DAY)
FUTURE = 11 * 60_000
PARTNERS, SPOKEN = 0.4, 0.2
"""In how many stories partners speak, and how often they do there."""
RUBBISH = (b"{rubbish", b"", b"[]", b'{"specversion":"1.0"}', b"\xff\xfe")


def story(seed: str, number: int, records: int, matcher: str, hours: Hours = None) -> Story:
    """Tell a story of so many records to partition `number`; `hours` are its hub's cut-offs."""
    chance, epochs = Random(seed), (0, 0, 0, 1, 7)
    told = Story(number, HUBS[number], chance.choice(epochs), cut_offs_of(seed, hours))
    return _Teller(chance, told, matcher, Random(f"{seed} partners")).tell(records)


class _Teller:
    def __init__(self, chance: Random, told: Story, matcher: str, partners: Random) -> None:
        self.chance, self.told = chance, told
        self.coops = [f"{told.hub}.{village}" for village in VILLAGES[told.hub]]
        self.now, self.ticks = NOON, 0
        self.next: dict[tuple[str, str], int] = {}
        self.skipped: dict[tuple[str, str], list[int]] = {}
        self.first: list[tuple[Saying, bytes]] = []
        self.own: list[tuple[str, str, int, int]] = []
        self.old: set[tuple[str, str, int]] = set()
        self.core: Partition = craft(matcher, told.cut_offs).partition(told.number, told.epoch)
        self.asking = Asking(chance, told.hub, told.number, self.core._desk.side.legs)
        self.weights = [6.0, *(chance.choice((0.3, 1.0, 2.0)) for _ in range(3))]
        self.weights += [chance.choice((1.0, 2.5)), chance.choice((1.0, 2.0)), 0.3]
        self.weights += chance.choice(([0.0, 0.0], [2.0, 1.0], [5.0, 1.0], [9.0, 2.0]))
        self.far = chance.random() < 0.06
        self.partners = partners if partners.random() < PARTNERS else None

    def tell(self, records: int) -> Story:
        opening, least = opened(self.chance, asks=bool(self.told.cut_offs))
        if self.partners is not None:
            opening, least = ["contract", *opening], least + 1
        records = max(records, least)
        for n in range(records):
            tell: Any = self._named(opening[n]) if n < len(opening) else self._draw()
            if n == records - 1:
                tell = self._tick
            self._log(*tell())
        return self.told

    def _named(self, what: str) -> Any:
        if what == "stale":
            return partial(self._goods, FRESH_MS + HOUR)
        ask = _ASKS.get(what)
        return partial(self._request, ask) if ask else getattr(self, f"_{what}")

    def _draw(self) -> Any:
        if self.partners is not None and self.partners.random() < SPOKEN:
            return self._contract
        kinds = (
            self._report,
            self._repeat,
            self._conflict,
            self._bad,
            self._decision,
            self._tick,
            self._profile,
            self._request,
            self._less,
        )
        return self.chance.choices(kinds, self.weights)[0]

    def _log(self, saying: Saying, expected: Expected) -> None:
        offset = len(self.told.records)
        record = Logged(offset, max(saying.timestamp, 0), saying.key, saying.value)
        letters = tuple(
            (name or f"lumbung.events.v1/{self.told.number}/{offset}", payload)
            for name, payload in expected.letters
        )
        self.told.records.append(record)
        self.told.expected.append(
            Expected(expected.verdict, letters, expected.sound, expected.tick)
        )
        self.told.effects.append(self.core.fold([record]))
        self.now += self.chance.choice(JUMPS)
        if self.far and self.chance.random() < 0.15:
            self.now += 50 * DAY

    # -------------------------------------------------------------- reports
    def _number(self, coop: str, device: str) -> int:
        number = self.next.get((coop, device), 0) + 1
        in_the_post = self.skipped.get((coop, device))
        if in_the_post and self.chance.random() < 0.6:
            return in_the_post.pop()
        if self.chance.random() < 0.12:  # the ones between come later
            late = [*range(number, number + self.chance.randrange(1, 3))]
            self.skipped.setdefault((coop, device), []).extend(late)
            number += len(late)
        self.next[coop, device] = number
        return number

    def _report(self) -> tuple[Saying, Expected]:
        chance = self.chance
        coop, device = chance.choice(self.coops), chance.choice(("hp1", "hp1", "hp2"))
        number, at = self._number(coop, device), self.now - chance.choice(LATE)
        if chance.random() < 0.08:  # said so long ago that the tick after next forgets the line
            self.old.add((coop, device, number))
            line = spoken_line(f"stock.{chance.choice(('received', 'issued'))}", chance)
            return self._accepted(
                self._said(coop, number, [line], self.now - 50 * DAY, device), [line]
            )
        lines = [self._line(coop, at) for _ in range(chance.choice((1, 1, 1, 2)))]
        self.own.append((coop, device, number, len(lines)))
        return self._accepted(self._said(coop, number, lines, at, device), lines)

    def _goods(self, ago_ms: int = 0) -> tuple[Saying, Expected]:
        """A count of coconuts, at the moment or so long ago."""
        line = {"kind": "stock.counted", "commodity": "KELAPA", "unit": "BUTIR"}
        line |= {"quantity": str(self.chance.randrange(60, 200))}
        return self._plainly(self.coops[0], line, ago_ms)

    def _less(self) -> tuple[Saying, Expected]:
        """Of something that is promised there is less than before, or other goods are wanted."""
        lines = sorted(name for _, name in self.core._desk.side.lines)
        coop, *rest = (self.chance.choice(lines) if lines else "").split("|")
        if coop not in self.coops:
            return self._report()
        if len(rest) == 1:
            return self._plainly(
                coop, {**spoken_line("order.placed", self.chance), "order": rest[0]}
            )
        line = spoken_line("stock.counted", self.chance) | {
            "quantity": str(self.chance.randrange(30))
        }
        line |= {"commodity": rest[0], "unit": "BUTIR" if rest[0] == "KELAPA" else "KG"}
        return self._plainly(coop, line | ({"grade": "A"} if rest[1] == "A" else {}))

    def _need(self) -> tuple[Saying, Expected]:
        """An order for coconuts by somebody else."""
        line = {"kind": "order.placed", "commodity": "KELAPA", "unit": "BUTIR"}
        line |= {"quantity": str(self.chance.randrange(20, 200))}
        line |= {"order": f"PO-{self.chance.randrange(3)}"} | haste(
            self.told.cut_offs, self.chance
        )
        return self._plainly(self.chance.choice(self.coops[1:]), line)

    def _plainly(self, coop: str, line: Line, ago_ms: int = 0) -> tuple[Saying, Expected]:
        number, at = self._number(coop, "hp1"), self.now - ago_ms
        if line["kind"] == "stock.counted" and self.chance.random() < 0.4:
            at -= self.chance.choice(LATE)
        return self._accepted(self._said(coop, number, [line], at, "hp1"), [line])

    def _said(self, coop: str, number: int, lines: Sequence[Line], at: int, device: str) -> Saying:
        saying = spoken(coop, number, *lines, at=at, device=device)
        return Saying(saying.key, saying.value, self.now)

    def _accepted(self, saying: Saying, lines: Sequence[Line]) -> tuple[Saying, Expected]:
        """Tell a report, now and then with a line nobody can keep after the sound ones."""
        data = json.loads(saying.value)
        if self.chance.random() < 0.12:
            bad = {
                "kind": "stock.counted",
                "commodity": "KELAPA",
                "quantity": "-3",
                "unit": "BUTIR",
            }
            data["data"]["lines"] = [*lines, bad]
            value = json.dumps(data, separators=(",", ":")).encode()
            saying = Saying(saying.key, value, saying.timestamp)
            letter = json.dumps(bad, separators=(",", ":")).encode()
            name = f"{data['id']}#{len(lines) + 1}"
            data["data"]["lines"] = list(lines)
            sound = json.dumps(data, separators=(",", ":")).encode()
            self.first.append((saying, sound))
            return saying, Expected("accepted", ((name, letter),), sound)
        self.first.append((saying, saying.value))
        return saying, Expected("accepted", (), saying.value)

    def _line(self, coop: str, at: int) -> Line:
        chance = self.chance
        what = chance.random()
        if what < 0.55:
            return self._stock()
        if what < 0.88:
            return self._order()
        own = [name for name in self.own if name[0] == coop]
        if what < 0.92 or not own or self.far:  # a void reaches thirty days
            ready_on = day(at + chance.randrange(1, 20) * DAY)
            return spoken_line("supply.planned", chance, ready_on=ready_on)
        _, device, number, lines = chance.choice(own[-4:])
        if (coop, device, number + 1) not in self.old:  # no void reaches as far back as that
            number += chance.choice((0, 0, 0, 1))
        name = f"{coop}:{device}:{number}#{chance.randrange(1, lines + 1)}"
        return {"kind": "line.voided", "line": name}

    def _stock(self) -> Line:
        chance = self.chance
        kind = chance.choice(("counted", "counted", "received", "issued"))
        told = spoken_line(f"stock.{kind}", chance)
        if chance.random() < 0.3:
            told["grade"] = "A"
        if kind != "issued" and chance.random() < 0.25:
            told["keep"] = str(chance.randrange(1, 40))
        return told

    def _order(self) -> Line:
        chance = self.chance
        number = f"PO-{chance.randrange(3)}"
        what = chance.random()
        if what < 0.72:
            told = spoken_line("order.placed", chance)
            if chance.random() < 0.5:
                told["needed_by"] = day(self.now + chance.randrange(-1, 20) * DAY)
            return {**told, "order": number} | haste(self.told.cut_offs, self.chance)
        if what < 0.88:
            revision = chance.randrange(2, 5)
            price = str(chance.randrange(1_000, 99_000))
            told = {"kind": "order.amended", "order": number, "revision": revision}
            return {**told, "ceiling_price": price}
        return {"kind": "order.cancelled", "order": number}

    def _contract(self) -> tuple[Saying, Expected]:
        """A partner buys or supplies, by the hub or by a co-op that speaks for it."""
        chance = self.partners or self.chance
        actor = chance.choice((self.told.hub, self.told.hub, self.coops[0]))
        number = self._number(actor, "mitra")
        body = pact(chance, self.now, self.coops)
        at = self.now - chance.choice(LATE)
        saying = uttered("contract", (actor, "mitra", number), body, at)
        if actor in self.coops:
            self.own.append((actor, "mitra", number, 1))
        return self._moment(saying)[0], Expected("accepted", (), saying.value)

    # -------------------------------------------------------------- what is no fresh report
    def _repeat(self) -> tuple[Saying, Expected]:
        saying, _ = self.chance.choice(self.first[-6:])
        at = max(self.now, saying.timestamp)
        return Saying(saying.key, saying.value, at), Expected("duplicate")

    def _conflict(self) -> tuple[Saying, Expected]:
        """The number of something said before, with other content."""
        told = json.loads(self.chance.choice(self.first[-6:])[0].value)["data"]
        lines = [{**spoken_line("stock.counted", self.chance), "lot": "CONFLICT"}]
        saying = self._said(told["coop"], told["sequence"], lines, self.now, told["device"])
        return saying, Expected("rejected", (("", saying.value),))

    def _bad(self) -> tuple[Saying, Expected]:
        chance, coop = self.chance, self.chance.choice(self.coops)
        what = chance.random()
        if what < 0.1:
            saying = self.asking.bad(self._lines(), self.now)
            return saying, Expected("rejected", (("", saying.value),))
        if what < 0.5:
            value = chance.choice(RUBBISH)
            return Saying(coop.encode(), value, self.now), Expected("rejected", (("", value),))
        lines = [spoken_line("stock.counted", chance)]
        if what < 0.75:
            saying = self._said(coop, 10**6, lines, self.now, "hp1")
        else:
            number = self.next.get((coop, "hp1"), 0) + 1
            saying = self._said(coop, number, lines, self.now + FUTURE, "hp1")
        return saying, Expected("rejected", (("", saying.value),))

    def _decision(self) -> tuple[Saying, Expected]:
        chance = self.chance
        found = drawn(self.core, self.coops, chance)
        if found is None:
            return self._tick() if chance.random() < 0.5 else self._report()
        actor, body = found
        coop = self.core._view.book.coops.get(actor)
        if chance.random() < (0.4 if coop is not None and coop.mandates else 0.06):
            actor = self.told.hub
        number, at = self._number(actor, "desk"), self.now - chance.choice(LATE)
        return self._moment(uttered("decision", (actor, "desk", number), body, at))

    def _profile(self) -> tuple[Saying, Expected]:
        coop = self.chance.choice(self.coops)
        mandate = [{"hub": self.told.hub, "since": day(self.now - DAY)}]
        who = (coop, "desk", self._number(coop, "desk"))
        permits = ["nib"] if who[2] % 3 else []
        body = {"mandates": mandate, "permits": permits}
        return self._moment(uttered("profile", who, body, self.now))

    def _moment(self, saying: Saying) -> tuple[Saying, Expected]:
        return Saying(saying.key, saying.value, self.now), Expected("")

    def _request(self, ask: Ask = Asking.draw) -> tuple[Saying, Expected]:
        return ask(self.asking, self._lines(), self.now), Expected("market")

    def _lines(self) -> Lines:
        view = self.core._view
        mark, wants = view.book.mark((self.told.hub, FAMILY)), view.totals.wants
        needs = [(name, wants[name].commodity) for name in sorted(mark.needs) if name in wants]
        offers = [(name, name.split("|")[1]) for name in sorted(mark.offers)]
        return {LegSide.OFFER: offers, LegSide.NEED: needs}

    def _tick(self) -> tuple[Saying, Expected]:
        """The next tick, now and then one that was sent before."""
        if self.ticks and self.chance.random() < 0.2:
            n = self.chance.randrange(max(1, self.ticks - 1), self.ticks + 1)
            return ticked(n, self.now), Expected("tick")
        self.ticks += 1
        return ticked(self.ticks, self.now), Expected("tick", tick=self.ticks)
