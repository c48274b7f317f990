"""Decides when a round between hubs begins, what goes into it, and what its answer starts.

Round t begins when every hub partition has said `done t`, or three ticks later, naming the
missing. Only families that something happened to are solved, the longest unsolved first, and only
as many as a tick has room for: what a large one took beyond that, later ticks wait off. What was
asked for and does not show in a hub's residual yet is taken off its lines. Refuses to know how a
round is solved.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.identity import match_id, partition_of
from schemas.market import LegSide
from streams.core.drafts import EMERGENCY
from streams.core.grain import matchable
from streams.core.interchange.market_begun import begun_as, bind, grains, partner, share
from streams.core.interchange.market_flows import flows_of
from streams.core.interchange.market_hours import Hours
from streams.core.interchange.market_lines import bonds_of, need_of, offer_of
from streams.core.interchange.market_pools import pool_names, whole_deals
from streams.core.interchange.market_state import Between, Family, Pair
from streams.core.interchange.market_store import MarketStore
from streams.core.interchange.protocol_table import ROUND_WAIT_TICKS
from streams.core.interchange.return_legs import Flow
from streams.core.interchange.terms import Interchange, Shipment
from streams.core.lifecycle_times import DAY_MS, WIB_MS
from streams.core.lines import Goods, NeedLine, OfferLine, Options
from streams.core.matching import BETWEEN_HUBS

ROUND_BYTES_MAX: Final = 320 * 1024
"""What the new matches of one record may take of a state batch; the rest waits a round."""
MATCH_BYTES: Final = 1_200
WORK_A_TICK: Final = 150_000
"""What a tick has room for, microseconds of a core as `work_of` reckons them."""
_LINE_WORK: Final = 110
_WAY_WORK: Final = 1


def work_of(hubs: int, lines: int) -> int:
    """What a round of so many lines in so many hubs costs, microseconds of a core, roughly.

    Measured with recipes between them: 0.35 s for 600 lines in 514 hubs, 3.8 s for 32,896 lines.
    Reckoned and not timed, so that the same log has the same rounds on every machine.
    """
    return _WAY_WORK * hubs * hubs + _LINE_WORK * lines


def rest_ticks(work: int) -> int:
    """How many ticks pass until so much work is done, at most."""
    return work // WORK_A_TICK + 1


class Problem(NamedTuple):
    """A round of a family: its lines, options, the day since 1970, and what goes anyway.

    `hubs` are all that have lines of the family, whether or not any are left; `counted` are
    offers whose owners were asked for word of them and have just given it.
    """

    family: str
    offers: list[OfferLine]
    needs: list[NeedLine]
    options: Options
    today: int
    flows: tuple[Flow, ...] = ()
    hubs: tuple[str, ...] = ()
    counted: frozenset[str] = frozenset()

    @property
    def ends(self) -> "Ends":
        """Its offers and its needs by name."""
        return {one.line: one for one in self.offers}, {one.line: one for one in self.needs}

    @property
    def work(self) -> int:
        """What it costs to solve it, as `work_of` reckons."""
        hubs = {line.hub for line in self.offers} | {line.hub for line in self.needs}
        return work_of(len(hubs), len(self.offers) + len(self.needs))


Ends = tuple[dict[str, OfferLine], dict[str, NeedLine]]
Solve = Callable[[Problem], Interchange]


class Begun(NamedTuple):
    """What of a round begins; how many on end were tried out; whether another is to follow."""

    shipments: Sequence[Shipment]
    tried: int = 0
    again: bool = False


Beginning = Callable[[Problem, Sequence[Shipment], int, int], Begun]


@dataclass(frozen=True, slots=True)
class Policy:
    """What every round of a market shares; `partitions` is how many hub partitions there are."""

    partitions: int
    goods: Goods = field(default_factory=Goods)
    bonuses: bool = True
    fairness: int = 0
    """As in `streams.core.lines.Options`."""
    home: Callable[[str], int] | None = None
    """The partition of a hub; None: as everywhere."""
    grams: Mapping[str, int] = field(default_factory=dict)
    """Grams per base unit, by commodity."""
    hours: Hours = field(default_factory=Hours)
    whole: Solve | None = None
    """Solves a round over all lines, inside hubs and between; None: nobody spares anything."""

    def home_of(self, hub: str) -> int:
        """The partition of hubs that a hub is in."""
        return partition_of(hub, self.partitions) if self.home is None else self.home(hub)


class Rounds:
    """When rounds begin and what becomes of them."""

    def __init__(self, store: MarketStore, solve: Solve, policy: Policy) -> None:
        self._store, self._solve, self._policy = store, solve, policy
        self.beginning: Beginning = lambda _problem, taken, _tried, _tick: Begun(taken)
        self.counts: dict[str, int] = {"rounds": 0, "shipments": 0, "uncertified": 0, "greedy": 0}

    # -------------------------------------------------------------- what is new
    def stir(self, family: str) -> None:
        """Something happened to a family."""
        held = self._store.families.get(family)
        if held is None or not held.is_dirty:
            held = held or Family(0)
            held.is_dirty = True
            self._store.put("family", family, held)

    def wake(self, before_ms: int) -> None:
        """Time went on from `before_ms`: pairs whose rest is over may be matched again.

        Where hubs decide from now on, all that they wait for is matched.
        """
        now, now_ms = self._store.now, self._store.now.as_of_ms
        heard = self._policy.hours.heard(now.heard, before_ms, now_ms)
        if heard != now.heard:
            now.heard = heard
            for family in {lines.family for lines in self._store.residuals.values()}:
                self.stir(family)
        for pair in self._store.pairs.values():
            if before_ms < pair.rest_until_ms <= now_ms:
                self.stir(pair.family)

    def rest(self, match: Between, until_ms: int, after: tuple[tuple[str, int], ...]) -> None:
        """A match is over: its pair rests, and the next one of it has another name."""
        offer, need = match.offer.line, match.need.line
        pair = Pair(0, match.family, offer, need, match.n + 1, until_ms, after)
        self._store.put("pair", match_id(BETWEEN_HUBS, offer, need, 0), pair)
        self.stir(match.family)

    # -------------------------------------------------------------- beginning
    def begin(self) -> Iterator[Between]:
        """Begin the round that is due, if one is; gives the matches that it starts."""
        due = self._due()
        if due is None:
            return
        tick, missing = due
        now = self._store.now
        now.owed = max(0, now.owed - WORK_A_TICK * (tick - now.round))
        now.round = tick
        room = ROUND_BYTES_MAX // MATCH_BYTES
        families, flows, waiting = self._store.families, self._flows(), self._waiting()
        for name in sorted(families, key=lambda n: (families[n].solved, n)):
            if room <= 0 or now.owed >= WORK_A_TICK:
                return
            if families[name].is_dirty and name not in waiting:
                for match in self._family(name, (tick, missing, flows), room):
                    room -= 1
                    yield match

    @property
    def _zones(self) -> frozenset[int]:
        """The zones whose hubs decide now."""
        return self._policy.hours.open_zones(self._store.now.heard, self._store.now.as_of_ms)

    def _waiting(self) -> set[str]:
        """Families that no round is solved of: nobody decides or hears, and all can wait."""
        hours, now_ms = self._policy.hours, self._store.now.as_of_ms
        if not hours.minutes or self._zones:
            return set()
        if self._policy.whole is not None and hours.is_near(now_ms):
            return set()
        told = self._store.residuals.values()
        urgent = {r.family for r in told if any(n.priority == EMERGENCY for n in r.needs)}
        urgent |= {r.family for r in told if any(offer.counted for offer in r.offers)}
        return self._store.families.keys() - urgent

    def _due(self) -> tuple[int, tuple[int, ...]] | None:
        """The round to begin and the partitions it does not wait for."""
        now = self._store.now
        ticks = {
            n: held.tick if (held := self._store.done.get(str(n))) else 0
            for n in range(self._policy.partitions)
        }
        whole = min(min(ticks.values(), default=0), now.tick)
        if whole > now.round:
            return whole, ()
        late = now.tick - ROUND_WAIT_TICKS
        if late > now.round:
            return late, tuple(n for n, tick in ticks.items() if tick < late)
        return None

    def _family(
        self, name: str, begun: tuple[int, tuple[int, ...], tuple[Flow, ...]], room: int
    ) -> Iterator[Between]:
        tick, missing, flows = begun
        problem = self._problem(name, flows)
        found, ends = self._solve(problem), problem.ends
        taken, tried, is_dirty = self._chosen(problem, ends, (tick, room), found.shipments)
        self.counts["rounds"] += 1
        self.counts["shipments"] += len(taken)
        self.counts["uncertified"] += not found.certified
        self.counts["greedy"] += found.method == "greedy"
        left = Family(
            0,
            is_dirty=is_dirty,
            tick=tick,
            solved=self._store.now.version,
            missing=missing,
            certified=found.certified,
            method=found.method,
            gap=found.gap,
            digest=found.digest,
            shipments=len(taken),
            tried=tried,
        )
        self._store.now.owed += problem.work
        self._store.put("family", name, left)
        yield from self._begun(problem.options, ends, taken, left)

    def _chosen(
        self, problem: Problem, ends: Ends, when: tuple[int, int], found: Iterable[Shipment]
    ) -> Begun:
        """What of a round begins, who decides now first; whether there is to be another.

        `when` is its tick, and how many matches there is room for.
        """
        tick, room = when
        wanted = tuple(found)
        due = self._policy.hours.started(wanted, ends, self._zones, problem.counted)
        names = {one.match for one in due}
        chosen = whole_deals([*due, *(one for one in wanted if one.match not in names)], room)
        cut = sum(one.match in names for one in chosen) < len(due)
        tried = self._store.families[problem.family].tried
        begins = [one for one in chosen if one.match in names]
        shipments, tried, again = self.beginning(problem, begins, tried, tick)
        return Begun(shipments, tried, cut or again)

    def _begun(
        self, options: Options, ends: Ends, taken: Sequence[Shipment], left: Family
    ) -> Iterator[Between]:
        offers, needs = ends
        pools = pool_names(taken)
        for shipment in taken:
            pair = offers[shipment.offer], needs[shipment.need]
            match = begun_as(shipment, *pair, left, self._store.now.as_of_ms)
            match.n = self._pair_n(shipment.offer, shipment.need)
            match.partner = partner(*pair, options)
            match.grains = grains(shipment, *pair, options.goods)
            bind(match, options)
            if self._policy.hours.minutes:
                match.freezes_ms = match.created_ms
            if shipment.deal in pools:
                share(match, pools[shipment.deal], shipment.lots)
            self._store.put("match", match.match, match)
            yield match

    # -------------------------------------------------------------- what goes in
    def _flows(self) -> tuple[Flow, ...]:
        """What rides between hubs anyway; the same for all families of a round."""
        return flows_of(self._store.open.values(), self._policy.grams, self._today)

    @property
    def _today(self) -> int:
        return (self._store.now.as_of_ms + WIB_MS) // DAY_MS

    def _problem(self, family: str, flows: tuple[Flow, ...]) -> Problem:
        store, contracts = self._store, set[str]()
        offers: list[OfferLine] = []
        needs: list[NeedLine] = []
        asked, grain = self._asked(family), self._policy.goods.grain
        told = list(store.lines_of(family))
        bonds = bonds_of(told)
        for lines in told:
            for offer in lines.offers:
                free = offer.quantity - asked[LegSide.OFFER, offer.line]
                if free := matchable(free, offer.quantity, grain(offer.commodity)):
                    offers.append(offer_of(offer, lines.hub, family, free))
                    contracts.update([offer.line] if offer.contract else ())
            for need in lines.needs:
                open_ = need.quantity - asked[LegSide.NEED, need.line]
                if open_ := matchable(open_, need.quantity, grain(need.commodity)):
                    needs.append(need_of(need, lines.hub, family, open_))
                    contracts.update([need.line] if need.contract else ())
        pairs = list(store.pairs_of(family))
        alive = {(m.offer.line, m.need.line) for m in store.open_of(family) if not m.settled}
        options = Options(
            bonuses=self._policy.bonuses,
            fairness=self._policy.fairness,
            finished={(pair.offer, pair.need): pair.n for pair in pairs},
            held_back=frozenset(alive | {(p.offer, p.need) for p in pairs if self._rests(p)}),
            contracts=frozenset(contracts),
            bonds=bonds,
            goods=self._policy.goods,
        )
        hubs = tuple(lines.hub for lines in told)
        counted = frozenset(o.line for lines in told for o in lines.offers if o.counted)
        return Problem(family, offers, needs, options, self._today, flows, hubs, counted)

    def _rests(self, pair: Pair) -> bool:
        if pair.rest_until_ms > self._store.now.as_of_ms:
            return True
        for hub, version in pair.after:
            lines = self._store.residuals.get(f"{hub}|{pair.family}")
            if lines is not None and lines.told <= version:
                return True
        return False

    def _asked(self, family: str) -> defaultdict[tuple[LegSide, str], int]:
        """What matches under way take of lines and their hubs' residuals do not show yet."""
        asked: defaultdict[tuple[LegSide, str], int] = defaultdict(int)
        for match in self._store.open_of(family):
            for end in match.ends:
                lines = self._store.residuals.get(f"{end.hub}|{family}")
                told = 0 if lines is None else lines.told
                if end.told == 0:
                    asked[end.side, end.line] += end.asked
                elif end.told > told and not end.is_over:
                    asked[end.side, end.line] += end.quantity - end.delivered
        return asked

    def _pair_n(self, offer: str, need: str) -> int:
        pair = self._store.pairs.get(match_id(BETWEEN_HUBS, offer, need, 0))
        return 0 if pair is None else pair.n
