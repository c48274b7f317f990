"""Seeded logs in which everything collides: a few co-ops and goods, over sixty days."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.support.core_desk import Desk, partition
from tests.support.core_logs import (
    COOPS,
    DAY,
    HOUR,
    HUB,
    NOON,
    Line,
    Saying,
    amended,
    cancelled,
    counted,
    day,
    decision,
    issued,
    placed,
    planned,
    profile,
    received,
    report,
    said,
    tick,
    voided,
)

GOODS = ("KELAPA", "KOPRA", "VCO")
PERMITS: tuple[list[str], ...] = ([], [], [], ["NIB"], ["nib", "PIRT"])
GRADES = ("", "", "A", "B")
LOTS = ("", "", "L1")
NEXT = {
    "draft": ("open", "accept"),
    "proposed": ("accept", "accept", "accept", "reject", "counter", "open"),
    "countered": ("accept", "reject"),
    "accepted": ("ship", "ship", "ship", "cancel"),
    "shipped": ("receive", "receive", "ship", "cancel"),
    "received": ("pay",),
    "short": ("pay",),
    "claimed": ("pay",),
}
"""By state what may be said of a match."""
CUT_OFFS = ((), (7 * 60, 14 * 60), tuple(range(0, 24 * 60, 60)))
"""Minutes of the local day at which a hub may decide."""
AMOUNTS = ("ship", "receive", "counter")


class Village:
    """Tells seeded logs: a few co-ops and goods over sixty days, so that everything collides."""

    def __init__(self, chance: Random, coops: Sequence[str] = COOPS[:5], days: int = 60) -> None:
        self.chance, self.coops, self.days = chance, coops, days
        self.packs = False
        self.next: dict[tuple[str, str], int] = {}
        self.said: list[tuple[str, str, int, int]] = []

    def story(self, reports: int) -> list[Saying]:
        """Reports in the order of their saying, up to NOON, with some disorder."""
        span, start = self.days * DAY, NOON - self.days * DAY
        return [
            self.report(at) for at in sorted(self._within(start, span) for _ in range(reports))
        ]

    def life(
        self, reports: int, ticks: int, *, whole: bool = True, cut_offs: tuple[int, ...] = ()
    ) -> list[Saying]:
        """Reports, repetitions, conflicts and decisions from NOON on, between ticks days apart.

        The log is folded as it is told, for decisions must name matches that are there. Not
        `whole`: without packs and partners.
        """
        desk, now, self.packs = Desk(partition(cut_offs)), NOON, whole
        log: list[Saying] = []
        for n in range(1, ticks + 1):
            now += self.chance.choice((2 * HOUR, 2 * HOUR, 5 * HOUR, 20 * HOUR, 3 * DAY, 16 * DAY))
            for _ in range(self.chance.randrange(2 * reports // ticks + 1)):
                partner = whole and self.chance.random() < 0.05
                log.append(self._partner(now) if partner else self._something(log, desk, now))
                desk.feed(log[-1])
            log.append(tick(n, now))
            desk.feed(log[-1])
        return log

    def _within(self, start: int, span: int) -> int:
        return start + self.chance.randrange(span)

    def _something(self, log: list[Saying], desk: Desk, now: int) -> Saying:
        chance = self.chance
        what, coop = chance.random(), chance.choice(self.coops)
        told = [s for s in log if s.key != b"tick"]
        shown = sorted(desk.matches().values(), key=lambda m: str(m["match_id"]))
        fresh = [match for match in shown if match["state"] in NEXT]
        matches = fresh if chance.random() < 0.8 else shown
        if told and what < 0.12:
            return replace(chance.choice(told[-9:]), timestamp=now)
        if what < 0.15:
            return replace(report(coop, 10**6, counted(1)), timestamp=now)
        if what < 0.19:
            number = chance.randrange(1, self.next.get((coop, "hp1"), 1) + 2)
            return replace(report(coop, number, counted(77, "VCO")), timestamp=now)
        if what < 0.25:
            since = day(now - chance.randrange(2) * DAY)
            mandates = [{"hub": HUB, "since": since}] if chance.random() < 0.8 else []
            size = {"quantity": str(chance.randrange(2, 5)), "unit": "BUTIR"}
            packs = [{"commodity": "KELAPA", "pack": "KERANJANG", **size}]
            more = {"mandates": mandates, "packs": packs, "permits": chance.choice(PERMITS)}
            return profile(coop, self._number(coop), now - chance.randrange(9) * HOUR, **more)
        if matches and what < 0.45:
            match = chance.choice(matches)
            actor = chance.choice((match["from_coop"], match["to_coop"], HUB))
            act = chance.choice(NEXT.get(match["state"], ("accept", "reject")))
            body = {"quantity": str(chance.randrange(1, 60))} if act in AMOUNTS else {}
            body |= {"reason": "banjir"} if act == "cancel" else {}
            at = now - chance.choice((0, 0, 0, HOUR, 3 * DAY))
            said = decision(actor, self._number(actor), match["match_id"], act, at, **body)
            return replace(said, timestamp=now)
        late = chance.choice((0, 0, 0, HOUR, DAY, 20 * DAY, 50 * DAY))
        plain = replace(self.report(now - late), timestamp=now)
        return self._mending(plain) if chance.random() < 0.1 else plain

    def _partner(self, now: int) -> Saying:
        """A contract about now, by the hub or by a co-op that speaks for somebody."""
        chance = self.chance
        actor, since = (
            chance.choice((HUB, HUB, self.coops[0])),
            now + chance.randrange(-9, 9) * DAY,
        )
        body: Line = {
            "contract": chance.choice(("M-1", "M-2", "PO-1")),
            "site": chance.choice(self.coops),
        }
        body |= {"direction": chance.choice(("buy", "supply")), "permits": chance.choice(PERMITS)}
        body |= {"quantity": str(chance.randrange(1, 300)), "commodity": chance.choice(GOODS)}
        body["unit"] = {"KELAPA": "BUTIR", "VCO": "LITER"}.get(body["commodity"], "KG")
        body |= {"since": day(since), "until": day(since + chance.randrange(30) * DAY)}
        at = now - chance.choice((0, 0, HOUR, DAY, 20 * DAY))
        told = said("contract", (actor, "desk", self._number(actor)), body, at)
        self.said.append((actor, "desk", self.next[actor, "desk"], 1))
        return replace(told, timestamp=now)

    def _mending(self, plain: Saying) -> Saying:
        """The same report as the repair of one of few dead letters: some come twice."""
        line = f"{plain.key.decode()}:hp1:{self.chance.randrange(1, 4)}#1"
        letter = self.chance.choice((line, f"lumbung.events.v1/2/{self.chance.randrange(3)}"))
        said = b'"repairs":"%s","lines":' % letter.encode()
        return replace(plain, value=plain.value.replace(b'"lines":', said, 1))

    def _number(self, actor: str) -> int:
        number = self.next[actor, "desk"] = self.next.get((actor, "desk"), 0) + 1
        return number

    def report(self, at: int, coop: str = "") -> Saying:
        chance = self.chance
        coop = coop or chance.choice(self.coops)
        device = chance.choice(("hp1", "hp1", "hp2"))
        number = self.next[coop, device] = self.next.get((coop, device), 0) + 1
        at -= chance.choice((0, 0, 0, HOUR, 3 * HOUR))
        lines = [self.line(coop, at) for _ in range(chance.choice((1, 1, 2, 3)))]
        self.said.append((coop, device, number, len(lines)))
        return report(coop, number, *lines, at=at, device=device)

    def line(self, coop: str, at: int) -> Line:
        told = self.chance.choice(
            (self._stock,) * 8 + (self._order,) * 6 + (self._plan, self._void)
        )
        return told(coop, at)

    def _goods(self) -> Line:
        chance = self.chance
        return {"commodity": chance.choice(GOODS)}

    def _stock(self, coop: str, at: int) -> Line:
        chance = self.chance
        kind = chance.choice((counted, counted, received, issued))
        place = {"grade": chance.choice(GRADES), "lot": chance.choice(LOTS)}
        terms: Line = {}
        if kind is not issued and chance.random() < 0.4:
            terms["keep"] = str(chance.randrange(1, 40))
        if kind is counted and chance.random() < 0.3:
            terms["floor_price"] = str(chance.randrange(1_000, 90_000, 1_000))
        return kind(chance.randrange(1, 300), **self._goods(), **place, **terms)

    def _order(self, coop: str, at: int) -> Line:
        chance = self.chance
        number = f"PO-{chance.randrange(4)}"
        what = chance.random()
        if what < 0.6:
            more: Line = {"grade": chance.choice(GRADES)}
            if chance.random() < 0.6:
                more["needed_by"] = day(NOON + chance.randrange(-5, 40) * DAY)
            if chance.random() < 0.2:
                more["market"] = "export"
            return placed(number, chance.randrange(1, 300), **self._goods(), **more)
        revision = chance.randrange(2, 5)
        if what < 0.75:
            return amended(number, revision, ceiling_price=str(chance.randrange(99_000)))
        if what < 0.85 and self.packs:
            quantity = str(chance.randrange(1, 40))
            return amended(number, revision, quantity=quantity, unit="KERANJANG")
        return cancelled(number, chance.choice((0, 2, 3, 4, 5)))

    def _plan(self, coop: str, at: int) -> Line:
        ready_on = day(at + self.chance.randrange(3) * 20 * DAY)
        return planned(self.chance.randrange(300), ready_on, **self._goods())

    def _void(self, coop: str, at: int) -> Line:
        """A void of something said before, or of something that may yet come."""
        chance = self.chance
        own = [(d, n, lines) for c, d, n, lines in self.said if c == coop]
        if own and chance.random() < 0.8:
            device, number, lines = chance.choice(own[-12:])
        else:
            device = chance.choice(("hp1", "hp2"))
            number, lines = self.next.get((coop, device), 0) + chance.randrange(1, 4), 2
        return voided(coop, number, chance.randrange(1, lines + 1), device)
