"""One interleaving: a seed, a small world of hubs and markets, steps in any order, then quiet.

Records keep their order within a log and none across logs; letters are late, doubled and sent
again by writers thought dead; workers die before, amid and after what they send; stock falls,
orders shrink, people refuse, ticks pass.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any

from schemas.market import LegSide, LegState, Retell
from streams.core.interchange.market_side import Tick
from streams.core.lines import Bond
from tests.protocol import audit
from tests.protocol.audit import Breach, MarketAudit
from tests.protocol.bazaar import RAW, Bazaar, solve
from tests.protocol.outlooks import agree
from tests.protocol.post import Post
from tests.protocol.stall import Decided, Licensed, Line, Said, Stall

TICK_MS = 150_000
DAY_MS = 86_400_000
QUIET_TICKS_MAX = 60
WIRE_EACH = 16
"""One schedule in so many sends its letters as bytes."""
POOLS_EACH = 4
"""One world in so many is of small lots that only trade together."""
PERMITS_EACH = 2
"""Of worlds that hear nothing to spare one in so many has contracts that ask for a permit, and
people who get and lose it."""
PERMIT = ("nib",)
OUTLOOK_EACH = 2
"""One world in so many has hubs that match inside and hear what to spare for others."""
ASKS_EACH = 3
"""In one world in so many owners are asked for word of goods that is too old."""
FRESH_MS = 3 * TICK_MS
ACTIONS = {
    "deliver": 30,
    "hub": 24,
    "market": 16,
    "tick": 14,
    "say": 8,
    "refuse": 2,
    "decide": 12,
    "agree": 1,
    "kill hub": 3,
    "kill market": 3,
    "once more": 3,
}
LICENSED = 0.08
"""How often somebody gets or loses a permit, or a contract is said anew, by steps."""
WORDS = ("pay", "receive", "ship", "accept", "counter")
_WORDS, _WEIGHTS = tuple(ACTIONS), tuple(accumulate(ACTIONS.values()))


@dataclass(slots=True)
class Told:
    """What came of an interleaving; `breach` is empty when every law held."""

    seed: int
    steps: int = 0
    breach: str = ""
    counts: Counter[str] = field(default_factory=Counter)


class World:
    """Hub partitions, market partitions, and what is under way between them."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        chance = self.chance
        self.post = Post(chance, on_the_wire=seed % WIRE_EACH == 0)
        self.late_ms, self.counts = 0, Counter[str]()
        hubs = [f"1{n}.0{n}" for n in range(chance.choice((2, 2, 3, 4)))]
        self.pools = Random(f"pools/{seed}").randrange(POOLS_EACH) == 0
        hears = Random(f"prices/{seed}").randrange(OUTLOOK_EACH) == 0
        self.rights = Random(f"permits/{seed}")
        self.permits = self.rights.randrange(PERMITS_EACH) == 0 and not hears
        self.families = ["F1", "F2"][: chance.choice((1, 1, 2))]
        self.home = {hub: n % chance.choice((1, 2, 2, 3)) for n, hub in enumerate(hubs)}
        partitions = max(self.home.values()) + 1
        markets = chance.choice((1, len(self.families)))
        self.market_of = {family: n % markets for n, family in enumerate(self.families)}
        lines = [one for hub in hubs for name in self.families for one in self._lines(hub, name)]
        self.stalls = [
            Stall(
                n,
                [one for one in lines if self.home[one.hub] == n],
                self.market_of,
                self._to_market,
                matches=hears,
            )
            for n in range(partitions)
        ]
        if Random(f"asks/{seed}").randrange(ASKS_EACH) == 0:
            for stall in self.stalls:
                stall.fresh_ms = FRESH_MS
        told = (partitions, self._to_hub, self.home.__getitem__, solve if hears else None)
        self.bazaars = [Bazaar(n, *told) for n in range(markets)]
        self.workers: list[Stall | Bazaar] = [*self.stalls, *self.bazaars]
        for bazaar in self.bazaars:
            bazaar.audit = MarketAudit(lambda hub: self.stalls[self.home[hub]])
        for one in lines:
            stock = chance.randint(0, 12)
            if self.pools and one.side is LegSide.OFFER:
                stock = 1 + stock // 4
            self.stalls[self.home[one.hub]].log.append(Said(one.name, stock, "r0"))
            self._license(self.stalls[self.home[one.hub]], one.name)

    def _lines(self, hub: str, family: str) -> list[Line]:
        chance, found = self.chance, []
        for side in LegSide:
            for n in range(chance.choice((0, 1, 1, 2))):
                name = f"{hub}|{family}|{side}{n}"
                goods = RAW if family == "F2" and chance.random() < 0.5 else family
                price = chance.randint(1, 5) if side is LegSide.OFFER else chance.randint(3, 9)
                least = chance.choice((0, 0, 3))
                if self.pools:  # whole orders of more than any offer has
                    least, price = (0, 1) if side is LegSide.OFFER else (4 + least // 3, 9)
                found.append(Line(side, hub, family, name, goods, price, least))
        return found

    def _to_market(self, sender: str, message: Any, market: int) -> None:
        self.post.send(sender, f"market{market}", message)

    def _to_hub(self, sender: str, hub: str, message: Any) -> None:
        self.counts[type(message).__name__.lower()] += 1
        place = message.partition if isinstance(message, Retell) else self.home[hub]
        self.post.send(sender, f"hub{place}", message)

    # ------------------------------------------------------------------ steps
    def step(self) -> None:
        chance = self.chance
        word = chance.choices(_WORDS, cum_weights=_WEIGHTS)[0]
        self.counts[word] += 1
        stall, bazaar = chance.choice(self.stalls), chance.choice(self.bazaars)
        if word == "deliver":
            self._append(self.post.deliver())
        elif word == "once more":
            self._append(self.post.once_more())
        elif word in ("hub", "kill hub"):
            stall.run(chance, chance.choice((1, 2, 5)), dies=word == "kill hub")
        elif word in ("market", "kill market"):
            bazaar.run(chance, chance.choice((1, 2, 5)), dies=word == "kill market")
        elif word == "tick":
            self._tick(chance.choice(self.workers))
        elif word == "say" and stall.lines:
            name = chance.choice(sorted(stall.lines))
            stall.log.append(Said(name, chance.choice((0, 2, 5, 9, 14)), f"r{len(stall.log)}"))
        elif word == "refuse":
            self._decides(stall, ("reject", "cancel"))
        elif word == "agree":
            self._agree()
        elif word == "decide":
            eager = chance.random() < 0.8
            self._decides(stall, WORDS if eager else tuple(chance.sample(WORDS, len(WORDS))))

    def license(self) -> None:
        """Somebody may get or lose a permit, or say a contract anew."""
        stall = self.rights.choice(self.stalls)
        if self.rights.random() < LICENSED and stall.lines:
            self._license(stall, self.rights.choice(sorted(stall.lines)))

    def _license(self, stall: Stall, line: str) -> None:
        if self.permits:
            rights = self.rights
            asks, holds = rights.random() < 0.3, rights.random() < 0.6
            bond = Bond("", PERMIT if asks else (), PERMIT if holds else ())
            stall.log.append(Licensed(line, bond))

    def _agree(self) -> None:
        """For once nothing is late and everybody does the next thing."""
        for word in self.chance.choice((("accept",), ("accept", "ship"), ("ship", "receive"))):
            for stall in self.stalls:
                share = self.chance.choice((2, 4))
                stall.log += [Decided(n, share, (word,)) for n in range(len(stall.side.legs))]
            self._run_all()

    def _decides(self, stall: Stall, words: tuple[str, ...]) -> None:
        chance = self.chance
        what = Decided(chance.randrange(9), chance.choice((1, 2, 4, 4)), words)
        self._promising(stall).log.append(what)

    def _promising(self, stall: Stall) -> Stall:
        """A hub whose people have something to refuse or to ship, if there is one."""
        states = [{leg.state for leg in one.side.legs.values()} for one in self.stalls]
        able = [n for n, found in enumerate(states) if LegState.COMMITTED in found]
        return self.stalls[self.chance.choice(able)] if able else stall

    def _append(self, letter: tuple[str, Any] | None) -> None:
        if letter is not None:
            target, message = letter
            where = self.stalls if target.startswith("hub") else self.bazaars
            where[int(target[-1])].log.append(message)

    def _tick(self, worker: Stall | Bazaar) -> None:
        """Partitions may lag, but no tick comes before the last is committed everywhere near."""
        least = min(one.next_tick for one in self.workers)
        if worker.next_tick <= least + 4:
            worker.log.append(Tick(worker.next_tick, worker.next_tick * TICK_MS))
            worker.next_tick += 1

    # ------------------------------------------------------------------ quiet
    def settle(self) -> None:
        """No more faults and no more words: run until a tick leads to nothing."""
        said = self._said()
        for _ in range(QUIET_TICKS_MAX):
            top = max(one.next_tick for one in self.workers)
            for worker in self.workers:
                worker.log.append(Tick(top, top * TICK_MS + self.late_ms))
                worker.next_tick = top + 1
            self._run_all()
            before, said = said, self._said()
            if said == before:
                return
        raise Breach("it never comes to rest")

    def _said(self) -> list[Any]:
        stores = [bazaar.side.store for bazaar in self.bazaars]
        return [
            *(self.counts[word] for word in ("reserve", "retell")),
            *({n: leg.version for n, leg in s.side.legs.items()} for s in self.stalls),
            *({n: match.phase for n, match in s.matches.items()} for s in stores),
            *({n: lines.told for n, lines in s.residuals.items()} for s in stores),
            *({n: (one.tried, one.is_dirty) for n, one in s.families.items()} for s in stores),
        ]

    def _run_all(self) -> None:
        moved = True
        while moved:
            moved = False
            for letter in self.post.rest():
                self._append(letter)
            for worker in self.workers:
                while worker.run(self.chance, 8, dies=False):
                    moved = True

    def check(self) -> None:
        audit.quiet(self.stalls, self.bazaars)
        agree(self.stalls, self.bazaars)
        for worker in self.workers:
            audit.remembered(worker)
            if worker.changelog:
                worker.at = worker.committed
                worker.die()
                audit.remembered(worker)
        self._count()
        self.late_ms = 8 * DAY_MS
        self.settle()
        audit.quiet(self.stalls, self.bazaars)
        agree(self.stalls, self.bazaars)
        audit.forgotten(self.stalls)

    def _count(self) -> None:
        for stall in self.stalls:
            self.counts.update(stall.done)
        for bazaar in self.bazaars:
            for match in bazaar.side.store.matches.values():
                self.counts[f"{match.phase} {match.reason.partition(':')[0]}".strip()] += 1


def run(seed: int, steps: int = 0) -> Told:
    """Tell one interleaving; any exception of the code under test is a breach too."""
    world = World(seed)
    told = Told(seed, counts=world.counts)
    try:
        if seed % 2:  # else everything begins with the first grant
            world.settle()
        for _ in range(steps or world.chance.randint(30, 140)):
            told.steps += 1
            world.license()
            world.step()
        world.settle()
        world.check()
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is a finding
        told.breach = f"seed {seed}, step {told.steps}: {type(fault).__name__}: {fault}"
    return told
