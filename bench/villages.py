"""Reports for the benchmarks: villages of the whole country, seeded, with what must come of them.

The answer is computed by a dictionary that shares nothing with the worker: movements add up,
whatever the order. One in fifty reports is sent twice.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from producers.publisher import Outgoing
from producers.speech import report_value
from schemas import reference
from schemas.events import Issued, Received
from schemas.identity import partition_of

MOMENT_MS = 1_795_305_600_000
REPEATS = 50
RECEIPTS = 0.7
"""Of the movements, those that come in."""


@dataclass(slots=True)
class Load:
    """What is sent, lazily, and the supply each (hub, commodity) must end with, in base units."""

    reports: int
    lines_each: int
    coops: int
    partitions: int
    seed: int = 1
    supply: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Outgoing]:
        """The records, in order; `supply` is complete when they are all drawn."""
        chance = random.Random(self.seed)
        register = reference.register()
        every = [str(coop) for hub in sorted(register.hubs) for coop in register.coops_of(hub)]
        coops = sorted(chance.sample(every, self.coops))
        goods = sorted(
            str(c.code)
            for c in reference.catalogue().commodities.values()
            if c.unit == "KGM" and c.trade == "free"
        )[:20]
        said: Counter[str] = Counter()
        for number in range(self.reports):
            coop = chance.choice(coops)
            said[coop] += 1
            record = self._report(chance, coop, said[coop], goods, number)
            yield record
            if number % REPEATS == 0:
                yield record

    def _report(
        self, chance: random.Random, coop: str, sequence: int, goods: list[str], number: int
    ) -> Outgoing:
        lines: list[Issued | Received] = []
        for at in range(self.lines_each):
            code = goods[at % len(goods)] if self.lines_each > 1 else chance.choice(goods)
            amount = chance.randrange(1, 500)
            kind = Received if chance.random() < RECEIPTS else Issued
            lines.append(kind(commodity=code, quantity=str(amount), unit="KG"))
            self.supply[coop[:5], code] += amount if kind is Received else -amount
        value = report_value(coop, "hp1", sequence, lines, MOMENT_MS + number)
        home = partition_of(coop[:5], self.partitions)
        return Outgoing(coop.encode(), value, home, MOMENT_MS + number)
