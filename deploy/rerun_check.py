"""The second judge of a round: whether what was told is allowed, and nothing better is to be had.

Decides what a round that was told is worth, by plain arithmetic over its own ways, and holds it
against a second solver, phase by phase. Refuses to know logs, people and languages.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from deploy.rerun_model import Column, Part, Programme, Trip, Way
from deploy.rerun_rules import worth_more
from deploy.rerun_solver import second
from schemas.quantity import MICRO
from streams.core.lines import NeedLine, OfferLine

PAIRS_MAX: Final = 4_000_000
"""Most pairs of lines of one phase that are looked at one by one."""
NOISE: Final = 1_000_000_000
"""Where goods are made, or rooms shared, prices are no whole numbers: so small a part is none."""


class Fault(NamedTuple):
    """What a told answer may not be: a code of the page's table, and the lines it is about."""

    code: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Opinion:
    """What the second judge says; sums in micro rupiah, None where a phase was too much for it.

    `told` and `found` are the worth of the two answers, `bound` what no answer exceeds, bonuses
    included; `money` is what was told without bonuses. `slack` is what rounding may make of it.
    """

    told: int = 0
    money: int = 0
    found: int | None = 0
    bound: int | None = 0
    slack: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def gap(self) -> int | None:
        """How much better another answer could be; what rounding makes is none."""
        if self.bound is None:
            return None
        over = self.bound - self.told
        return 0 if over <= self.slack else over

    @property
    def better(self) -> int:
        """How much better the second answer is."""
        over = 0 if self.found is None else self.found - self.told
        return 0 if over <= self.slack else over


def opinion_of(parts: Iterable[Part]) -> Opinion:
    """Judge a whole round."""
    opinion = Opinion()
    for part in parts:
        _part(part, opinion)
    return opinion


def _part(part: Part, opinion: Opinion) -> None:
    left = {("offer", o.line): o.quantity for o in part.offers}
    left |= {("need", n.line): n.quantity for n in part.needs}
    rooms = dict(part.rooms)
    needs = {need.line: need for need in part.needs}
    known = {offer.line for offer in part.offers}
    strange = [t for t in part.trips if t.offer not in known or t.need not in needs]
    opinion.faults += [Fault("stranger", (t.offer, t.need)) for t in strange]
    for priorities in part.phases:
        asked = [n for n in part.needs if n.priority in priorities]
        given = [o for o in part.offers if left["offer", o.line] > 0]
        served = {need.line for need in asked}
        told = [t for t in part.trips if t.need in served and t not in strange]
        if asked and (given or told):
            phase = _Phase(part, given, asked, left, rooms)
            phase.judge(told, opinion)
            rooms = {n: r - r % part.steps.get(n, 1) for n, r in phase.rooms.items()}


@dataclass(slots=True)
class _Phase:
    """Lines of one rank, with what those before have left; `left` goes down by what was told."""

    part: Part
    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    left: dict[tuple[str, str], int]
    rooms: dict[Hashable, int]

    def judge(self, told: Sequence[Trip], opinion: Opinion) -> None:
        """Add this phase to an opinion."""
        asked = self._programme()
        answer = second(asked) if asked is not None else None
        found = None if answer is None else answer.found
        bound = None if answer is None else answer.bound
        opinion.found = None if None in (opinion.found, found) else _sum(opinion.found, found)
        opinion.bound = None if None in (opinion.bound, bound) else _sum(opinion.bound, bound)
        if self.part.loose:
            opinion.slack += MICRO + (bound or 0) // NOISE
            opinion.slack += self._grains(() if asked is None else asked.columns)
        self._take(told, opinion)

    def _grains(self, columns: Iterable[Column]) -> int:
        """What a grain of every line that may trade is worth at most, micro rupiah.

        The best of amounts however fine splits each line once at most; whole ones cannot.
        """
        worth: defaultdict[str, int] = defaultdict(int)
        for offer, need, way in columns:
            given, wanted = self.offers[offer], self.needs[need]
            received = self.part.grains.get(wanted.commodity, 0) * way.gain
            made = self.part.grains.get(given.commodity, 0) * way.gain * way.down // way.up
            worth[wanted.line] = max(worth[wanted.line], received)
            worth[given.line] = max(worth[given.line], made)
        return sum(worth.values())

    def _programme(self) -> Programme | None:
        if len(self.offers) * len(self.needs) > PAIRS_MAX:
            return None
        columns: list[Column] = []
        lots: dict[tuple[int, int], int] = {}
        for i, offer in enumerate(self.offers):
            for j, need in enumerate(self.needs):
                best = _best(self.part.ways(offer, need))
                columns += [Column(i, j, way) for way in best]
                lot = max(offer.min_lot, need.min_lot)
                if best and lot:
                    lots[i, j] = lot
        return Programme(
            [self.left["offer", offer.line] for offer in self.offers],
            [self.left["need", need.line] for need in self.needs],
            dict(self.rooms),
            [c for c in columns if self._can(c)],
            lots,
            {
                at: self.part.tenths[need.line]
                for at, need in enumerate(self.needs)
                if need.line in self.part.tenths
            },
        )

    def _can(self, column: Column) -> bool:
        """Whether a pair can carry the lots of both at all."""
        offer, need, way = self.offers[column.offer], self.needs[column.need], column.way
        able = self.left["offer", offer.line] * way.down // way.up
        most = min(able, self.left["need", need.line])
        return most >= max(1, need.min_lot) and way.takes(most) >= offer.min_lot

    # -------------------------------------------------------------- what was told
    def _take(self, told: Sequence[Trip], opinion: Opinion) -> None:
        offers = {offer.line: offer for offer in self.part.offers}
        needs = {need.line: need for need in self.needs}
        pairs: defaultdict[tuple[str, str], list[Trip]] = defaultdict(list)
        for trip in told:
            pairs[trip.offer, trip.need].append(trip)
        met: defaultdict[str, int] = defaultdict(int)
        for pair, trips in sorted(pairs.items()):
            offer, need = offers[pair[0]], needs[pair[1]]
            ways = {way.key: way for way in self.part.ways(offer, need)}
            opinion.faults += self._pair(offer, need, trips, ways)
            for trip in trips:
                way = ways.get(trip.way)
                if way is not None:
                    opinion.told += way.worth(trip.given, trip.quantity)
                    opinion.money += way.money(trip.given, trip.quantity)
                    self._use(trip, way)
                    met[trip.need] += trip.quantity
        for name, quantity in met.items():
            opinion.told += worth_more(self.part.tenths.get(name, ()), quantity)
        opinion.faults += self._above(pairs)

    def _pair(
        self, offer: OfferLine, need: NeedLine, trips: list[Trip], ways: Mapping[Hashable, Way]
    ) -> Iterator[Fault]:
        names = offer.line, need.line
        given, quantity = sum(t.given for t in trips), sum(t.quantity for t in trips)
        if given < offer.min_lot or quantity < need.min_lot or min(given, quantity) <= 0:
            yield Fault("lot", names)
        for trip in trips:
            way = ways.get(trip.way)
            if way is None:
                yield Fault("may_not", names)
            elif trip.given < way.takes(trip.quantity):
                yield Fault("made", names)
            elif way.money(trip.given, trip.quantity) < self._least(way, offer, need):
                yield Fault("price", names)

    @staticmethod
    def _least(way: Way, offer: OfferLine, need: NeedLine) -> int:
        """Rounding down what is made may cost a millionth of a unit, never more."""
        return 0 if way.up == way.down else -max(offer.floor, need.ceiling)

    def _use(self, trip: Trip, way: Way) -> None:
        self.left["offer", trip.offer] -= trip.given
        self.left["need", trip.need] -= trip.quantity
        for ride in way.rides:
            if ride.room in self.rooms:
                used = ride.per_given * trip.given + ride.per_received * trip.quantity
                self.rooms[ride.room] -= used

    def _above(self, pairs: Iterable[tuple[str, str]]) -> Iterator[Fault]:
        """Lines and rooms of which more was given than there was."""
        ends = {end for offer, need in pairs for end in (("offer", offer), ("need", need))}
        for side, line in sorted(ends):
            if self.left[side, line] < 0:
                yield Fault(f"above_{side}", (line,))
        if any(room < 0 for room in self.rooms.values()):
            yield Fault("room", ())


def _best(ways: Iterable[Way]) -> list[Way]:
    """Of ways alike in what they take and share, the one that is worth the most; it must pay."""
    found: dict[Hashable, Way] = {}
    for way in ways:
        name = way.up, way.down, way.rides
        if way.pays and (name not in found or way.rate > found[name].rate):
            found[name] = way
    return list(found.values())


def _sum(a: int | None, b: int | None) -> int:
    return (a or 0) + (b or 0)
