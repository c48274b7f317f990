"""Decides what a family in a hub looks like to the matcher, and what its answer changes.

What a side has said yes to is left alone: its quantity is taken off both lines. Everything else is
solved anew; the same pair keeps its name, so solving again changes quantity and version only, and
a pair that is no longer wanted is superseded. What `streams.core.drafts` says holds still is left
alone too, and its pair is not matched a second time. Refuses to know Kafka, the clock and how
flows are solved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, cast

from schemas.market import LegSide
from streams.core import contracts, deals
from streams.core.book import Good, HubFamily
from streams.core.deal_life import LUMBUNG, coming, held, is_held, lumbung_acts
from streams.core.drafts import EMERGENCY, CutOffs, Drafts
from streams.core.grain import is_crumb, matchable
from streams.core.interchange.outlook import Inside, inside
from streams.core.leftover import Beside, left_over
from streams.core.lifecycle_table import Action
from streams.core.lifecycle_times import PROPOSAL_MS
from streams.core.lines import Leg, NeedLine, OfferLine, Options, Priority, Proposal, Round
from streams.core.orders import OrderView
from streams.core.renewal import is_as_before, relabel, renew
from streams.core.standing import NONE, Standing, standing
from streams.core.state import Deal, Step
from streams.core.state import Round as RoundState


class Ways(Protocol):
    """Legs inside a hub."""

    def leg(self, origin: str, destination: str, commodity: str) -> tuple[Leg, str] | None:
        """The leg between two co-ops for a commodity, with its mode; None when there is no way."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What every round of a partition shares."""

    goods: dict[str, Good]
    prices: dict[str, tuple[int, int]]
    ways: Ways
    options: Options
    solve: Callable[..., Round]
    partitions: int = 1
    """How many partitions the market between hubs has, and the events too."""
    cut_offs: CutOffs = field(default_factory=CutOffs)
    outlook: bool = False
    """Whether hubs spare what the market says others make more of."""


class Moment(NamedTuple):
    """When a round is solved: the hub's day, ms UTC, the tick's number and version."""

    today: int
    as_of_ms: int
    tick: int
    version: int


@dataclass(slots=True)
class Changes:
    """What a round changed: deals by match id, and the state of what was left over."""

    deals: list[Deal] = field(default_factory=list)
    left: RoundState = field(default_factory=lambda: RoundState(0, certified=True))
    certified: bool = True
    lines: int = 0


class Market:
    """One family in one hub at one moment of its partition; see `Drafts` for its time."""

    def __init__(
        self,
        drafts: Drafts,
        where: HubFamily,
        setting: Setting,
        seen: Callable[[str, str], OrderView | None],
        promised: Callable[[LegSide, str, str], int] = lambda _side, _line, _goods: 0,
    ) -> None:
        """`promised` is what matches between hubs take of a commodity of a line."""
        self._drafts, self._where, self._set = drafts, where, setting
        self._book, self._seen, self._promised = drafts.book, seen, promised
        self._standing = NONE
        self.spared: Mapping[str, int] = {}
        """What other hubs make more of, micro by line: no round inside has it."""
        self.asked: Callable[[str], bool] = lambda _offer: False
        drafts.urgent = drafts.on and any(n.priority == EMERGENCY for n in self.needs())

    def offers(self, *, resting: bool = False) -> list[OfferLine]:
        """Every position of the family that has something free to offer.

        With `resting`, those instead whose owners were asked for word of them and gave none.
        """
        out = []
        for name, (coop, position) in self._book.mark(self._where).offers.items():
            level = self._book.coops[coop].levels[position]
            open_ = contracts.offers(coop, self._book.coops[coop], position, self._drafts.today)
            if self._drafts.rests(name) is not resting or not open_:
                continue
            bound = sum(held(d) for d in self._book.on_offer(name) if self._drafts.binds(d))
            free = level.on_hand - level.keep - bound - self._promised(LegSide.OFFER, name, "")
            grain = self._grain(position.partition("|")[0])
            if free := matchable(free, grain, grain):  # less than a grain is what others left
                out.append(self._offer(name, coop, position, free))
        return out

    def _grain(self, commodity: str) -> int:
        return self._set.options.goods.grain(commodity)

    def _offer(self, name: str, coop: str, position: str, free: int) -> OfferLine:
        level = self._book.coops[coop].levels[position]
        commodity, grade, _ = position.split("|", 2)
        hub, family = self._where
        return OfferLine(
            line=name,
            coop=coop,
            hub=hub,
            family=family,
            commodity=commodity,
            grade=grade,
            quantity=free,
            floor=level.floor if level.floor >= 0 else self._set.prices[commodity][0],
            expires_day=level.expires_day if level.expires_day >= 0 else None,
            min_lot=level.min_lot,
        )

    def needs(self) -> list[NeedLine]:
        """Every open order of the family with something still wanted."""
        out = []
        for name, (coop, number) in self._book.mark(self._where).needs.items():
            own, seen = self._book.coops[coop], self._seen(coop, number)
            open_ = contracts.needs(own, number, self._drafts.today)
            if seen is None or seen.cancelled or not open_:
                continue
            bound = sum(
                coming(d)
                for d in self._book.on_need(name)
                if self._drafts.binds(d) and d.commodity == seen.commodity
            )
            wanted = seen.wanted - bound
            wanted -= self._promised(LegSide.NEED, name, seen.commodity)
            wanted = matchable(wanted, seen.quantity, self._grain(seen.commodity))
            if wanted > 0 and not is_crumb(wanted, seen.quantity):
                out.append(self._need(name, coop, seen, wanted))
        return out

    def _need(self, name: str, coop: str, seen: OrderView, wanted: int) -> NeedLine:
        hub, family = self._where
        ceiling = seen.ceiling if seen.ceiling >= 0 else self._set.prices[seen.commodity][1]
        return NeedLine(
            line=name,
            coop=coop,
            hub=hub,
            family=family,
            commodity=seen.commodity,
            quantity=wanted,
            ceiling=ceiling,
            grade=seen.grade or None,
            needed_by_day=seen.needed_day if seen.needed_day >= 0 else None,
            priority=cast("Priority", seen.priority),
            min_lot=min(seen.min_lot, wanted),
            market=seen.market,
        )

    def solve(self, now: Moment) -> Changes:
        """Solve the family and say what changes."""
        silent = self._drafts.unanswered(self._open().values())
        for deal in silent:
            self._keep(deal, now.version)
        offers, needs = self.offers(), self.needs()
        self._standing = self.standing(offers, needs)
        open_deals = self._open()
        mine = inside(offers, needs, self.spared, self._standing.bound)
        answer = self._answer(mine, open_deals, now)
        changes = Changes(certified=answer.certified, lines=len(offers) + len(needs))
        changes.deals += silent
        wanted = {(p.offer, p.need): p for p in answer.proposals}
        by_offer = {line.line: line for line in offers}
        by_need = {line.line: line for line in needs}
        for pair, deal in sorted(open_deals.items()):
            proposal = wanted.get(pair)
            frozen = self._drafts.is_frozen(deal)
            if proposal is None or (frozen and not is_as_before(deal, proposal)):
                lumbung_acts(deal, Action.SUPERSEDE, now.as_of_ms)
                self._note(changes, deal, now.version)
                continue
            del wanted[pair]
            ends = by_offer[pair[0]], by_need[pair[1]]
            renewed = not frozen and renew(deal, proposal, ends, answer, now.tick)
            renewed |= relabel(deal, self._standing.partner(*pair))
            ripe = self._drafts.ripen(deal, emergency=ends[1].priority == EMERGENCY)
            if renewed or ripe:
                self._note(changes, deal, now.version)
        for pair, proposal in sorted(wanted.items()):
            offer, need = by_offer[pair[0]], by_need[pair[1]]
            deal = self._new(offer, need, proposal, now, answer)
            self._drafts.begin(deal, emergency=need.priority == EMERGENCY)
            self._note(changes, deal, now.version)
        for deal in [d for d in self._live() if d.state == "draft" and self._drafts.binds(d)]:
            if self._drafts.ripen(deal, emergency=False):  # looked at, it comes to its cut-off too
                self._note(changes, deal, now.version)
        beside = self._beside(offers, mine)
        changes.left = left_over(answer, [*offers, *needs], beside, now.version)
        return changes

    def _beside(self, offers: Sequence[OfferLine], mine: Inside) -> Beside:
        asked = [one for one in offers if self.asked(one.line)]
        return Beside(self.offers(resting=True), asked, mine.spared)

    def _answer(
        self,
        mine: Inside,
        open_deals: dict[tuple[str, str], Deal],
        now: Moment,
    ) -> Round:
        base, settled = self._set.options, self._book.settled
        back = frozenset(
            (deal.offer, deal.need)
            for deal in self._book.rejected.values()
            if deals.held_back(deal, now.as_of_ms)
        )
        frozen = {
            pair: deal.n + 1 for pair, deal in open_deals.items() if self._drafts.is_frozen(deal)
        }
        options = Options(
            contracts=self._standing.contracts,
            bonds=self._standing.bonds,
            bonuses=base.bonuses,
            fairness=base.fairness,
            keep=frozenset(open_deals),
            finished={
                (offer, line.line): n
                for line in mine.needs
                for offer, n in settled.get(line.line, {}).items()
            }
            | frozen,
            goods=base.goods,
            held_back=back | self._still(),
        )

        def leg(offer: OfferLine, need: NeedLine) -> Leg | None:
            found = self._way(offer, need)
            return None if found is None else found[0]

        return self._set.solve(mine.offers, mine.needs, leg, options, now.today)

    def standing(self, offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> Standing:
        """Which of these lines stand on contracts, and what binds them."""
        return standing(self._book.coops, self._set.options.goods.barred, offers, needs)

    def _way(self, offer: OfferLine, need: NeedLine) -> tuple[Leg, str] | None:
        site = self._standing.site
        return self._set.ways.leg(site(offer), site(need), offer.commodity)

    def proposed(self) -> dict[str, int]:
        """Micro base units that live proposals nobody has said yes to take, by line."""
        taken: dict[str, int] = {}
        for deal in self._open().values():
            for line in (deal.offer, deal.need):
                taken[line] = taken.get(line, 0) + deal.quantity
        return taken

    def _open(self) -> dict[tuple[str, str], Deal]:
        """Live drafts and proposals that a round may change, on either side of the family."""
        return {
            (deal.offer, deal.need): deal for deal in self._live() if not self._drafts.binds(deal)
        }

    def _still(self) -> frozenset[tuple[str, str]]:
        """Pairs of which a match holds still that nobody has said yes to."""
        return frozenset(
            (deal.offer, deal.need)
            for deal in self._live()
            if self._drafts.binds(deal) and not is_held(deal)
        )

    def _live(self) -> Iterator[Deal]:
        mark = self._book.mark(self._where)
        for name in mark.needs:
            yield from self._book.on_need(name)
        for name in mark.offers:
            yield from self._book.on_offer(name)

    def _note(self, changes: Changes, deal: Deal, version: int) -> None:
        self._keep(deal, version)
        changes.deals.append(deal)

    def _keep(self, deal: Deal, version: int) -> None:
        deal.version = version
        self._book.keep_deal(deal)

    def _new(
        self,
        offer: OfferLine,
        need: NeedLine,
        proposal: Proposal,
        now: Moment,
        answer: Round,
    ) -> Deal:
        commodity, grade, lot = offer.line.partition("|")[2].split("|", 2)
        return Deal(
            version=now.version,
            match=str(proposal.match),
            state="proposed",
            offer=offer.line,
            need=need.line,
            n=self._book.settled.get(need.line, {}).get(offer.line, 0),
            family=self._where[1],
            commodity=commodity,
            grade=grade,
            lot=lot,
            order=need.line.partition("|")[2],
            from_coop=offer.coop,
            to_coop=need.coop,
            quantity=proposal.quantity,
            price=proposal.price,
            leg_cost=proposal.leg_cost,
            leg_mode=(self._way(offer, need) or ("", ""))[1],
            leg_days=proposal.days,
            certified=answer.certified,
            tick=now.tick,
            digest=answer.digest,
            expires_ms=now.as_of_ms + PROPOSAL_MS,
            arrive_day=_arrive_day(need, proposal, now),
            at_risk="",
            accepted_from=False,
            accepted_to=False,
            surplus=need.ceiling - offer.floor - proposal.leg_cost,
            steps=[Step("proposed", now.as_of_ms, LUMBUNG)],
            partner=self._standing.partner(offer.line, need.line),
        )


def _arrive_day(need: NeedLine, proposal: Proposal, now: Moment) -> int:
    return now.today + proposal.days if need.needed_by_day is None else need.needed_by_day
