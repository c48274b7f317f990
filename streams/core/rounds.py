"""Decides what a family in a hub looks like to the matcher, and what its answer changes.

What a side has said yes to is left alone: its quantity is taken off both lines. Everything else is
solved anew; the same pair keeps its name, so solving again changes quantity and version only, and a
pair that is no longer wanted is superseded. Refuses to know Kafka, the clock and how flows are solved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from streams.core import deals
from streams.core.book import Book, Good, HubFamily, offer_id
from streams.core.lines import Leg, NeedLine, OfferLine, Options, Proposal, Round
from streams.core.orders import OrderView
from streams.core.state import Deal, Level, Step, WhyNot
from streams.core.state import Round as RoundState

DAY_MS: Final = 86_400_000
LEFT_MAX: Final = 500
"""Most lines whose reason a round keeps; the largest quantities stay."""


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


@dataclass(slots=True)
class Changes:
    """What a round changed: deals by match id, and the state of what was left over."""

    deals: list[Deal] = field(default_factory=list)
    left: RoundState = field(default_factory=lambda: RoundState(0, True))
    certified: bool = True
    lines: int = 0


class Market:
    """One family in one hub at one tick."""

    def __init__(
        self, book: Book, where: HubFamily, setting: Setting, seen: Callable[[str, str], OrderView | None]
    ) -> None:
        self._book, self._where, self._set = book, where, setting
        self._seen = seen

    def offers(self) -> list[OfferLine]:
        """Every position of the family that has something free to offer."""
        out = []
        for name, (coop, position) in self._book.mark(self._where).offers.items():
            level: Level = self._book.coops[coop].levels[position]
            held = sum(d.quantity for d in self._book.on_offer(name) if deals.is_held(d))
            free = level.on_hand - level.keep - held
            commodity, grade, _ = position.split("|", 2)
            if free <= 0 or self._set.goods[commodity].trade != "free":
                continue
            floor = level.floor if level.floor >= 0 else self._set.prices[commodity][0]
            expires = level.expires_day if level.expires_day >= 0 else None
            hub, family = self._where
            out.append(
                OfferLine(
                    name, coop, hub, family, commodity, grade, free, floor, expires, level.min_lot
                )
            )
        return out

    def needs(self) -> list[NeedLine]:
        """Every open order of the family with something still wanted."""
        out = []
        for name, (coop, number) in self._book.mark(self._where).needs.items():
            seen = self._seen(coop, number)
            if seen is None or seen.cancelled:
                continue
            held = sum(d.quantity for d in self._book.on_need(name) if deals.is_held(d))
            wanted = seen.quantity - held
            if wanted > 0:
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
            priority=seen.priority,  # type: ignore[arg-type]  # one of three, checked when it was judged
            min_lot=min(seen.min_lot, wanted),
            market=seen.market,
        )

    def solve(self, today: int, as_of_ms: int, tick: int, version: int) -> Changes:
        """Solve the family and say what changes; `today` is a local day, times are ms UTC."""
        offers, needs = self.offers(), self.needs()
        open_deals = self._proposed(offers, needs)
        answer = self._answer(offers, needs, open_deals, today, as_of_ms)
        changes = Changes(certified=answer.certified, lines=len(offers) + len(needs))
        wanted = {(p.offer, p.need): p for p in answer.proposals}
        moment = Step("proposed", as_of_ms, "lumbung")
        for pair, deal in sorted(open_deals.items()):
            proposal = wanted.pop(pair, None)
            if proposal is None:
                deals.move(deal, "superseded", Step("superseded", as_of_ms, "lumbung"))
                self._note(changes, deal, version)
            elif self._renew(deal, proposal, answer, tick):
                self._note(changes, deal, version)
        by_offer = {line.line: line for line in offers}
        by_need = {line.line: line for line in needs}
        for pair, proposal in sorted(wanted.items()):
            offer, need = by_offer[pair[0]], by_need[pair[1]]
            deal = self._new(offer, need, proposal, (today, as_of_ms, tick), answer)
            deal.steps.append(moment)
            self._note(changes, deal, version)
        changes.left = self._left(answer, offers, needs, version)
        return changes

    def _answer(
        self,
        offers: Sequence[OfferLine],
        needs: Sequence[NeedLine],
        open_deals: dict[tuple[str, str], Deal],
        today: int,
        as_of_ms: int,
    ) -> Round:
        base = self._set.options
        back = frozenset(
            (deal.offer, deal.need)
            for line in needs
            for deal in self._book.ended.get(line.line, ())
            if deals.held_back(deal, as_of_ms)
        )
        options = Options(
            bonuses=base.bonuses,
            keep=frozenset(open_deals),
            finished=self._book.finished,
            goods=base.goods,
            held_back=back,
        )

        def leg(offer: OfferLine, need: NeedLine) -> Leg | None:
            found = self._set.ways.leg(offer.coop, need.coop, offer.commodity)
            return None if found is None else found[0]

        return self._set.solve(offers, needs, leg, options, today)

    def _proposed(
        self, offers: Sequence[OfferLine], needs: Sequence[NeedLine]
    ) -> dict[tuple[str, str], Deal]:
        """Live proposals nobody has said yes to, on either side of the family."""
        found = {}
        mark = self._book.mark(self._where)
        for name in mark.needs:
            for deal in self._book.on_need(name):
                if not deals.is_held(deal):
                    found[deal.offer, deal.need] = deal
        for name in mark.offers:
            for deal in self._book.on_offer(name):
                if not deals.is_held(deal):
                    found[deal.offer, deal.need] = deal
        return found

    def _note(self, changes: Changes, deal: Deal, version: int) -> None:
        deal.version = version
        self._book.keep_deal(deal)
        changes.deals.append(deal)

    def _renew(self, deal: Deal, proposal: Proposal, answer: Round, tick: int) -> bool:
        """Bring a standing proposal up to date; False when nothing of it changed."""
        now = (proposal.quantity, proposal.price, proposal.leg_cost, answer.certified)
        if now == (deal.quantity, deal.price, deal.leg_cost, deal.certified):
            return False
        deal.quantity, deal.price, deal.leg_cost, deal.certified = now
        deal.surplus = 2 * (proposal.price - self._floor(deal))
        deal.tick, deal.digest = tick, answer.digest
        return True

    def _floor(self, deal: Deal) -> int:
        coop, position = self._book.mark(self._where).offers[deal.offer]
        floor = self._book.coops[coop].levels[position].floor
        return floor if floor >= 0 else self._set.prices[deal.commodity][0]

    def _new(
        self,
        offer: OfferLine,
        need: NeedLine,
        proposal: Proposal,
        when: tuple[int, int, int],
        answer: Round,
    ) -> Deal:
        today, as_of_ms, tick = when
        commodity, grade, lot = offer.line.partition("|")[2].split("|", 2)
        found = self._set.ways.leg(offer.coop, need.coop, commodity)
        return Deal(
            version=0,
            match=str(proposal.match),
            state="proposed",
            offer=offer.line,
            need=need.line,
            n=self._book.finished.get((offer.line, need.line), 0),
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
            leg_mode=found[1] if found else "",
            leg_days=proposal.days,
            certified=answer.certified,
            tick=tick,
            digest=answer.digest,
            expires_ms=as_of_ms + deals.PROPOSAL_MS,
            arrive_day=need.needed_by_day if need.needed_by_day is not None else today + proposal.days,
            at_risk="",
            accepted_from=False,
            accepted_to=False,
            surplus=need.ceiling - offer.floor - proposal.leg_cost,
            steps=[],
        )

    def _left(
        self, answer: Round, offers: Sequence[OfferLine], needs: Sequence[NeedLine], version: int
    ) -> RoundState:
        lines = {line.line: line for line in (*offers, *needs)}
        largest = sorted(answer.unmatched, key=lambda u: (-u.quantity, u.line))[:LEFT_MAX]
        left = {}
        for one in sorted(largest, key=lambda u: u.line):
            line = lines[one.line]
            left[one.line] = WhyNot(
                one.side, line.coop, line.commodity, one.quantity, one.reason, dict(one.figures)
            )
        return RoundState(version, answer.certified, left)


__all__ = ["Changes", "Market", "Setting", "Ways", "offer_id"]
