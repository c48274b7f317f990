"""A market partition: a log, a market side, a changelog, and a solver that a reader can check."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from schemas.identity import match_id
from schemas.outlook import Outlook
from schemas.records import version_of
from streams.core.interchange.market_round import Policy, Problem, Solve
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.terms import Interchange, Shipment
from streams.core.lines import FREE, NeedLine
from streams.core.matching import BETWEEN_HUBS
from tests.protocol.audit import MarketAudit, law

NUTS_PER_KG = 4
RAW = "raw"


def solve(problem: Problem) -> Interchange:
    """First need, first offer; raw goods become others at four to one; then lots pool."""
    left = {offer.line: offer.quantity for offer in problem.offers}
    shipments: list[Shipment] = []
    for need in sorted(problem.needs, key=lambda n: n.line):
        rest = need.quantity
        for offer in sorted(problem.offers, key=lambda o: o.line):
            per = NUTS_PER_KG if offer.commodity == RAW and need.commodity != RAW else 1
            quantity = min(rest, left[offer.line] // per)
            barred = offer.hub == need.hub or (need.commodity == RAW != offer.commodity)
            barred |= (offer.line, need.line) in problem.options.held_back
            barred |= offer.floor > need.ceiling or not meets(problem, offer.line, need.line)
            if barred or quantity < max(1, need.min_lot) or quantity * per < offer.min_lot:
                continue
            rest -= quantity
            left[offer.line] -= quantity * per
            n = problem.options.finished.get((offer.line, need.line), 0)
            name = match_id(BETWEEN_HUBS, offer.line, need.line, n)
            facts = (name, offer.line, need.line, quantity, quantity * per)
            shipments.append(Shipment(*facts, offer.floor, need.ceiling, 0, 0, 1, ()))
        if need.min_lot and rest >= need.min_lot:
            shipments += pool(problem, need, min(rest, 3 * need.min_lot), left)
    return Interchange(tuple(shipments), 0, 0, True, 0, (), "", "exact")


def meets(problem: Problem, offer: str, need: str) -> bool:
    bonds = problem.options.bonds
    return bonds.get(offer, FREE).meets(bonds.get(need, FREE))


def pool(
    problem: Problem, need: NeedLine, wanted: int, left: dict[str, int]
) -> Iterator[Shipment]:
    """What is left of offers, each below the lot of a need and together at least that."""
    pairs = problem.options.held_back
    small = [
        offer
        for offer in sorted(problem.offers, key=lambda o: o.line)
        if 0 < left[offer.line] < need.min_lot
        and (offer.hub != need.hub and offer.commodity == need.commodity)
        and (offer.floor <= need.ceiling and not offer.min_lot)
        and (offer.line, need.line) not in pairs
        and meets(problem, offer.line, need.line)
    ]
    if len(small) < 2 or sum(left[offer.line] for offer in small) < need.min_lot:
        return
    for offer in small:
        quantity = min(wanted, left[offer.line])
        if not quantity:
            return
        wanted -= quantity
        left[offer.line] -= quantity
        n = problem.options.finished.get((offer.line, need.line), 0)
        name = match_id(BETWEEN_HUBS, offer.line, need.line, n)
        facts = (name, offer.line, need.line, quantity, quantity, offer.floor, need.ceiling)
        lots = (0, need.min_lot)
        yield Shipment(*facts, 0, 0, 1, (), "pool", f"pool>{need.line}", lots)


class Bazaar:
    """One market worker on one partition; dies and comes back from its changelog."""

    def __init__(
        self,
        number: int,
        hub_partitions: int,
        send: Callable[[str, str, Any], None],
        home: Callable[[str], int],
        whole: Solve | None = None,
    ) -> None:
        self.number, self._hubs, self._send = number, hub_partitions, send
        self._home, self._whole = home, whole
        self.log: list[Any] = []
        self.changelog: dict[str, bytes] = {}
        self.published: dict[str, tuple[int, str]] = {}
        self.next_tick, self.at, self.committed, self.generation = 1, 0, 0, 0
        self.audit: MarketAudit | None = None
        self._load()

    def _load(self) -> None:
        policy = Policy(self._hubs, home=self._home, whole=self._whole)
        facts = {"number": self.number, "generation": self.generation}
        self.side = MarketSide(solve, policy, **facts)
        for key, value in self.changelog.items():
            self.side.restore(key, value)
        self.side.settle()

    def die(self) -> None:
        self.at = self.committed
        self.generation += 1
        self._load()
        since = version_of(0, self.committed - 1)
        self.side.announce(since)
        rows, asked, shown = self.side.drain()
        assert not rows, "announcing changes nothing"
        told = self.side.store.outlooks.values()
        owed = {(one.hub, one.family) for one in told if one.version >= since}
        words = [one.request for one in asked if isinstance(one.request, Outlook)]
        owed -= {(word.hub, word.family) for word in words}
        law(not owed, "an outlook that may never have left is not said again", owed)
        self._leave(asked, shown, 10**9)

    def run(self, chance: Random, most: int, *, dies: bool) -> bool:
        batch = self.log[self.at : self.at + most]
        if not batch:
            return False
        for offset, record in enumerate(batch, self.at):
            self.side.hear(offset, record)
        end = chance.randrange(4) if dies else 4
        if end == 0:
            self.die()
            return True
        rows, asked, shown = self.side.drain()
        assert self.audit is not None
        self.audit.look(self.side)
        for key, value in rows:
            if value is None:
                self.changelog.pop(key, None)
            else:
                self.changelog[key] = value
        self._leave(asked, shown, chance.randrange(4) if end == 1 else 10**9)
        self.at += len(batch)
        if end in (2, 4) and chance.random() < (0.7 if dies else 1.0):
            self.committed = self.at
        if dies:
            self.die()
        return True

    def _leave(self, asked: list[Any], shown: list[Any], most: int) -> None:
        assert self.audit is not None
        for match in shown[:most]:
            self.audit.published(match)
            if match.version >= self.published.get(match.match, (0, ""))[0]:
                self.published[match.match] = (match.version, match.state)
        for one in asked[: max(0, most - len(shown))]:
            self._send(f"market{self.number}", one.hub, one.request)
