"""A round inside a hub for its second judge: each commodity apart, one way a pair.

Decides nothing that `deploy.rerun_rules` does not. Refuses to solve.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from deploy import rerun_rules as rules
from deploy.rerun_model import Part, Trip, Way
from streams.core.lines import LegOf, NeedLine, OfferLine, Options, Priority, Round

BY_RANK: Final[tuple[tuple[Priority, ...], ...]] = (("emergency",), ("staple", "normal"))
TOGETHER: Final[tuple[tuple[Priority, ...], ...]] = (("emergency", "staple", "normal"),)
DIRECT: Final = "direct"
"""The key of the one way that a pair in a hub has."""


class HubRound(NamedTuple):
    """What a hub's matcher was asked, and what it answered."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    leg: LegOf
    options: Options
    today: int
    found: Round


def parts_of(asked: HubRound) -> Iterator[Part]:
    """Give the round as it is judged: a part for every commodity."""
    commodities = {o.commodity for o in asked.offers} | {n.commodity for n in asked.needs}
    goods = {offer.line: offer.commodity for offer in asked.offers}
    for commodity in sorted(commodities):
        needs = [n for n in asked.needs if n.commodity == commodity]
        yield Part(
            offers=[o for o in asked.offers if o.commodity == commodity],
            needs=needs,
            ways=ways_of(asked),
            phases=BY_RANK if asked.options.bonuses else TOGETHER,
            trips=[
                Trip(p.offer, p.need, p.quantity, p.quantity, DIRECT)
                for p in asked.found.proposals
                if goods.get(p.offer, commodity) == commodity
            ],
            rooms={},
            steps={},
            tenths=rules.tenths(needs, asked.options),
        )


def ways_of(asked: HubRound) -> Callable[[OfferLine, NeedLine], Iterator[Way]]:
    """Give what finds the way of a pair, where it may meet."""
    options, today = asked.options, asked.today

    def ways(offer: OfferLine, need: NeedLine) -> Iterator[Way]:
        if not (rules.may_trade(offer, options) and rules.may_trade(need, options)):
            return
        if not rules.may_meet(offer, need, options):
            return
        if not rules.serves(offer.commodity, offer.grade, need, options):
            return
        leg = asked.leg(offer, need)
        if leg is None or not rules.keeps(offer, leg.days, today):
            return
        money = need.ceiling - leg.cost
        if rules.in_time(need, leg.days, today):
            bonus = rules.staple(need, options) + rules.kept(offer, need, options)
            loss = offer.floor - rules.spoils(offer, today, options)
            yield Way(DIRECT, money + bonus, loss, money, offer.floor)

    return ways
