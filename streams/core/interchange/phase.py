"""One solve of one part: lines of one priority, repaired until every pair is legal.

Decides which offers must be told apart and what becomes of lots that are too small. Refuses to
split prices and to name matches.

Theory of operation. In the network lines meet at hubs, so a pair as such is unseen: that somebody
refused it, that both are one co-op, that a bonus hides a loss, that it is less than a lot. Offers
known to have such pairs are told apart from the start; where the answer shows another, its offer
is told apart too and the network solved again. The bound of every network holds for all pairs that
are legal, so whatever is dropped at the end stays in the gap.

Small parts with minimum lots go to the search of `streams.core.lots`, as inside a hub.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from operator import mul
from typing import Final, NamedTuple

import numpy as np

from streams.core.fairness import Steps
from streams.core.interchange.dense import Pairing, is_small, pairing, search
from streams.core.interchange.flows import ties
from streams.core.interchange.insisting import too_small
from streams.core.interchange.mills import Apart
from streams.core.interchange.optimum import Optimum, Trip, optimum, process_on
from streams.core.interchange.road import Road
from streams.core.interchange.rooms import Rooms, rides
from streams.core.interchange.sides import Sides
from streams.core.interchange.tenths import cut_web, stepped_worth
from streams.core.interchange.weave import weave
from streams.core.interchange.web import Web
from streams.core.interchange.whole import Whole
from streams.core.lines import IntArray, Method, Options
from streams.core.matching import HashArray
from streams.core.worth import KEEP_IDR

REPAIRS_MAX: Final = 4
STEPPED_REPAIRS_MAX: Final = 24
"""With tenths more losses hide behind what they count."""
DIVES_MAX: Final = 3
BESIDE_ARCS_MAX: Final = 50_000
"""Most arcs that telling apart offers all over the country may add, one of which made a loss."""
APART_ARCS_MAX: Final = 600_000
"""Most arcs that telling offers apart may add; beyond, their bad pairs are dropped."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a phase works on; `names` are hashes of offers, needs and legs that settle ties."""

    sides: Sides
    road: Road
    options: Options
    steer: IntArray
    offer_names: HashArray
    need_names: HashArray
    leg_names: HashArray
    steps: Steps | None = None
    """What needs count more for their first tenths, if they do."""

    def total(self, trips: Sequence[Trip], money: Sequence[int], apart: Apart) -> int:
        """Give what trips count together, bonuses included, micro rupiah."""
        total = sum(money)
        if self.steer.any():
            steer: list[int] = self.steer.tolist()
            total += sum([t.given * steer[t.offer] for t in trips])
        if apart.keep or self.road.terms.local_idr:
            total += sum(self._favour(t, apart) for t in trips)
        return total + stepped_worth(self.steps, trips)

    def count(self, trips: Sequence[Trip], apart: Apart) -> int:
        """As `total`, the money reckoned anew."""
        return self.total(trips, self.money(trips), apart)

    def money(self, trips: Sequence[Trip]) -> list[int]:
        """Give what each trip is worth in money alone, micro rupiah, exact."""
        if self.road.terms.processes or not trips:
            return [self._money(trip) for trip in trips]
        # Nothing is made of it: one commodity, all that is given arrives, by a leg alone.
        offers, needs, given, _, ways = (list(column) for column in zip(*trips, strict=True))
        worth = (self.sides.offer_worth - self.steer)[offers] + self.sides.need_worth[needs]
        worth -= self.road.cost(self.sides.kinds[0])[[leg for (leg,) in ways]]
        return list(map(mul, given, worth.tolist()))

    def _money(self, trip: Trip) -> int:
        offer, need = self.sides.offers[trip.offer], self.sides.needs[trip.need]
        process = process_on(trip.way, self.road.terms.processes)
        freight = 0 if process is None else trip.quantity * process.cost
        for ride in rides(trip, self.sides, self.road):
            freight += ride.amount * int(self.road.cost(ride.commodity)[ride.leg])
        return trip.quantity * need.ceiling - trip.given * offer.floor - freight

    def _favour(self, trip: Trip, apart: Apart) -> int:
        """Give what a trip counts more, being kept or near, micro rupiah."""
        if len(trip.way) != 1 or trip.way[0] < 0:
            return 0
        idr, book, leg = apart.keep.get((trip.offer, trip.need), 0), self.road.book, trip.way[0]
        if book.origin[leg] == book.target[leg]:
            idr += self.road.terms.local_idr.get(self.sides.offers[trip.offer].commodity, 0)
        return trip.quantity * idr


class Solved(NamedTuple):
    """Legal trips and the money of each; worth and bound in micro rupiah with bonuses.

    `rounding` is the most by which whole pieces and grams may keep the worth below the bound.
    """

    trips: list[Trip]
    money: list[int]
    worth: int
    bound: int
    method: Method
    loose: bool
    rounding: int = 0


def solve_stage(stage: Stage) -> Solved:
    """Solve a phase."""
    apart = _known(stage)
    found = _legal(stage, apart)
    short = _short(stage, found.trips)
    if not short:
        return found
    if is_small(stage.sides, stage.road):
        return _searched(stage, apart, found.bound)
    for _ in range(DIVES_MAX):
        pairs = apart.shut | short
        apart = replace(apart, shut=pairs, alone=apart.alone | {i for i, _ in short})
        if len(apart.alone) * len(stage.sides.needs) > APART_ARCS_MAX:
            break
        again = _legal(stage, apart)
        found = again._replace(bound=found.bound, method=again.method)
        short = _short(stage, found.trips)
        if not short:
            return found
    return _kept(stage, apart, found, {(t.offer, t.need) for t in found.trips} - short)


def _searched(stage: Stage, apart: Apart, bound: int) -> Solved:
    """Search lots as inside a hub."""
    pairs = pairing(stage.sides, stage.road)
    worth_of = _pair_worth(stage, apart, pairs)
    trips, answer = search(stage.sides, worth_of, pairs, stage.options.effort, stage.steps)
    legal = list(compress(trips, _may(stage, apart, trips)))
    found = Optimum(legal, min(bound, answer.bound), answer.method, loose=False)
    return _counted(stage, apart, legal, found)


def _pair_worth(stage: Stage, apart: Apart, pairs: Pairing) -> IntArray:
    """Give `[offer, need]` what a pair counts, -1 where it may not meet."""
    sides, terms = stage.sides, stage.road.terms
    worth = pairs.money + stage.steer[:, None]
    inner = sides.offer_hub[:, None] == sides.need_hub[None]
    local = [terms.local_idr.get(offer.commodity, 0) for offer in sides.offers]
    worth = worth + inner * np.array(local, np.int64)[:, None]
    for pair, bonus in apart.keep.items():
        worth[pair] += bonus
    shut = ~pairs.open
    for pair in apart.shut:
        shut[pair] = True
    for i, offer in enumerate(sides.offers):
        shut[i] |= np.array([need.coop == offer.coop for need in sides.needs], bool)
    return np.where(shut | (pairs.money < 0), -1, worth)


def _known(stage: Stage) -> Apart:
    """Tell apart what is known to have pairs that may not meet, and what is kept."""
    sides, options = stage.sides, stage.options
    rows = {offer.line: i for i, offer in enumerate(sides.offers)}
    columns = {need.line: j for j, need in enumerate(sides.needs)}
    shut = {
        (rows[offer], columns[need])
        for offer, need in options.held_back
        if offer in rows and need in columns
    }
    buyers: defaultdict[str, list[int]] = defaultdict(list)
    for j, need in enumerate(sides.needs):
        buyers[need.coop].append(j)
    made = {(p.input, p.output) for p in stage.road.terms.processes}
    own = {
        (i, j)
        for i, offer in enumerate(sides.offers)
        for j in buyers.get(offer.coop, ())
        if (offer.commodity, sides.needs[j].commodity) in made
        or (
            sides.takes[sides.kind[i], j]
            and (stage.road.terms.within or offer.hub != sides.needs[j].hub)
        )
    }
    keep = {
        (rows[offer], columns[need]): KEEP_IDR
        for offer, need in (options.keep if options.bonuses else ())
        if offer in rows and need in columns
    }
    pairs = shut | own
    small = set(too_small(sides, stage.road.terms.processes))
    if len({i for i, _ in pairs | small}) * len(sides.needs) <= APART_ARCS_MAX:
        pairs |= small
    alone = frozenset(i for i, _ in pairs)
    return Apart(alone, frozenset(pairs), keep, pays=stage.steps is not None)


def _legal(stage: Stage, apart: Apart) -> Solved:
    """Solve, tell apart what the answer shows to be illegal, and solve again."""
    terms, steps = stage.road.terms, stage.steps
    for _ in range(REPAIRS_MAX if steps is None else STEPPED_REPAIRS_MAX):
        web = weave(stage.sides, stage.road, apart)
        tie = _ties(stage, web)
        if steps is not None:
            web, tie = cut_web(web, tie, steps)
        found = optimum(web, tie, terms.processes, terms.bundle_arcs_max)
        may = _may(stage, apart, found.trips)
        bad = {trip.offer for trip, legal in zip(found.trips, may, strict=True) if not legal}
        more = _beside(stage, bad) - apart.alone
        if not more or len(apart.alone | more) * len(stage.sides.needs) > APART_ARCS_MAX:
            break
        apart = replace(apart, alone=apart.alone | more)
    return _rounded(stage, apart, list(compress(found.trips, may)), found)


def _beside(stage: Stage, bad: set[int]) -> set[int]:
    """Give bad offers, and those whose bonus would hide a loss next: of their kind, or hub too."""
    sides, hubs = stage.sides, stage.sides.offer_hub.tolist()
    if not bad or not stage.steer.any():
        return bad
    kinds = sides.kind.tolist()
    alike = {kinds[i] for i in bad}
    wide = {i for i in np.flatnonzero(stage.steer).tolist() if kinds[i] in alike}
    if len(wide) * len(sides.needs) > BESIDE_ARCS_MAX:
        places = {(kinds[i], hubs[i]) for i in bad}
        wide = {i for i in wide if (kinds[i], hubs[i]) in places}
    return bad | wide


def _rounded(stage: Stage, apart: Apart, legal: list[Trip], found: Optimum | Solved) -> Solved:
    """Give legal trips in whole amounts, inside every room."""
    sides, road, rooms = stage.sides, stage.road, Rooms(stage.sides, stage.road)
    if not (road.terms.processes or rooms.limited):
        return _counted(stage, apart, legal, found)
    whole = Whole(sides, road.terms.processes, stage.options.goods.grain)
    lower = [whole.down(trip) for trip in legal]
    trips = whole(legal, lower, rooms, stage.money)
    solved = _counted(stage, apart, trips, found)
    if lower == legal:
        return solved
    rounding = stage.count(legal, apart) - stage.count(lower, apart)
    return solved._replace(rounding=max(0, rounding))


def _counted(stage: Stage, apart: Apart, trips: list[Trip], found: Optimum | Solved) -> Solved:
    """Give trips with what they are worth, under the bound of an answer found."""
    money = stage.money(trips)
    worth = stage.total(trips, money, apart)
    return Solved(trips, money, worth, found.bound, found.method, found.loose)


def _may(stage: Stage, apart: Apart, trips: Sequence[Trip]) -> list[bool]:
    """Tell which trips are legal."""
    offers, needs, shut = stage.sides.offers, stage.sides.needs, apart.shut
    return [
        (money >= 0 or _is_rounded(stage, trip, money))
        and offers[trip.offer].coop != needs[trip.need].coop
        and (trip.offer, trip.need) not in shut
        for trip, money in zip(trips, stage.money(trips), strict=True)
    ]


def _is_rounded(stage: Stage, trip: Trip, money: int) -> bool:
    """Rounding down what a process makes may cost up to a millionth of a unit, never more."""
    offer, need = stage.sides.offers[trip.offer], stage.sides.needs[trip.need]
    made = process_on(trip.way, stage.road.terms.processes)
    return made is not None and money >= -max(offer.floor, need.ceiling)


def _kept(stage: Stage, apart: Apart, found: Solved, pairs: set[tuple[int, int]]) -> Solved:
    """Keep the trips of the pairs asked for that are legal, inside every room."""
    asked = [trip for trip in found.trips if (trip.offer, trip.need) in pairs]
    legal = list(compress(asked, _may(stage, apart, asked)))
    return _rounded(stage, apart, legal, found)._replace(rounding=found.rounding)


def _short(stage: Stage, trips: Sequence[Trip]) -> set[tuple[int, int]]:
    """Give the pairs that carry less than a lot."""
    offers, needs = stage.sides.offers, stage.sides.needs
    if not any(line.min_lot for lines in (offers, needs) for line in lines):
        return set()
    given: defaultdict[tuple[int, int], int] = defaultdict(int)
    taken: defaultdict[tuple[int, int], int] = defaultdict(int)
    for trip in trips:
        given[trip.offer, trip.need] += trip.given
        taken[trip.offer, trip.need] += trip.quantity
    return {
        (i, j)
        for i, j in given
        if given[i, j] < offers[i].min_lot or taken[i, j] < needs[j].min_lot
    }


def _ties(stage: Stage, web: Web) -> IntArray:
    """Give each arc a weight that follows from the names of what it joins."""
    names = np.zeros(len(web.tail), np.uint64)
    offers, needs = web.tail < web.first_need, web.head < web.first_hub
    names[offers] ^= stage.offer_names[web.tail[offers]]
    names[needs] ^= stage.need_names[web.head[needs] - web.first_need]
    legs = web.tag >= 0
    names[legs] ^= stage.leg_names[web.tag[legs]]
    mixed = names * np.uint64(0x9E3779B97F4A7C15)
    return ties((mixed >> np.uint64(20)).astype(np.int64))
