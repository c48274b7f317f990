"""What one party could give another in goods, at reference prices: baskets of transfers.

Decides which offer may go to which need without money in between, how much of it, and by which
leg. Refuses to find rings of such gifts (`streams.core.interchange.cycles` does).

Theory of operation. A swap is for goods that found no money: its price is the reference price of
the commodity, and an offer or a need takes part when its own limit is within a stated band of
that. The taker bears the freight, at most a stated share of the value. A basket is all that one
party could give another: the least freight first, each line in whole base units.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeVar

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import NO_LIMIT, Leg
from streams.core.interchange.legs import GONE, GRAMS_PER_KG
from streams.core.interchange.sides import ask_of, days_left, days_until, kind_of, serves
from streams.core.interchange.terms import Terms
from streams.core.lines import NeedLine, OfferLine, Options

PERCENT: Final = 100
PARTIES_MIN: Final = 2
PARTIES_MAX: Final = 4
"""Most parties of a ring: what people can still agree on by telephone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How goods are swapped; percentages are whole.

    Beyond `lines_max` lines a side, `ways_max` takers of a party and `rings_max` rings the search
    looks at the most valuable only, and its answer is no longer called exact.
    """

    reference: Mapping[str, int] = field(default_factory=dict)
    """Commodity -> rupiah per base unit; goods that are not named take no part."""
    party: Literal["coop", "hub"] = "coop"
    parties_max: int = PARTIES_MAX
    cash_percent: int = 20
    """Most that what a party gives and what it gets may differ, of the larger: paid in cash."""
    price_percent: int = 25
    """How far a floor may lie above, or a ceiling below, the reference price."""
    freight_percent: int = 30
    """Most that freight may cost, of the value of what is carried."""
    lines_max: int = 1_000
    ways_max: int = 8
    rings_max: int = 20_000
    effort: int = 4_000
    """Nodes that the choice among rings that share lines may search."""
    rounds: int = 4
    """How often what is left is looked at again."""

    def __post_init__(self) -> None:
        """ValueError when a limit makes no sense."""
        if not PARTIES_MIN <= self.parties_max <= PARTIES_MAX:
            raise ValueError(f"a ring has {PARTIES_MIN} to {PARTIES_MAX} parties")
        if not 1 <= self.cash_percent < PERCENT:
            raise ValueError("cash is 1 to 99 percent")
        if min(self.price_percent, self.freight_percent) < 0:
            raise ValueError("a band below 0")


class Barter(NamedTuple):
    """Lines to be swapped, and how; `today` is a day since 1970-01-01."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    terms: Terms
    options: Options
    rules: Rules
    today: int


class Transfer(NamedTuple):
    """Whole base units of an offer for a need, at a price and a freight per unit."""

    offer: OfferLine
    need: NeedLine
    units: int
    price: int
    freight: int
    leg: Leg
    days: int

    @property
    def value(self) -> int:
        """Rupiah at the reference price."""
        return self.units * self.price


Line = TypeVar("Line", OfferLine, NeedLine)
Basket = tuple[Transfer, ...]
Baskets = Mapping[str, Mapping[str, Basket]]
"""Giver -> taker -> all that could go, the least freight first."""


def value_of(basket: Iterable[Transfer]) -> int:
    """Rupiah at reference prices."""
    return sum(move.value for move in basket)


def worth_of(basket: Iterable[Transfer]) -> int:
    """Rupiah at reference prices, less freight."""
    return sum(move.units * (move.price - move.freight) for move in basket)


def filled(basket: Basket, value: int) -> Basket:
    """Give the part of a basket of at most so much value, in its order."""
    kept = []
    for move in basket:
        units = min(move.units, value // move.price)
        if units * MICRO >= max(move.offer.min_lot, move.need.min_lot, 1):
            kept.append(move._replace(units=units))
            value -= units * move.price
    return tuple(kept)


def party_of(line: OfferLine | NeedLine, rules: Rules) -> str:
    """Who gives or takes a line."""
    return line.coop if rules.party == "coop" else line.hub


def baskets(barter: Barter) -> tuple[Baskets, bool]:
    """Give what everybody could give everybody, and whether all of it was looked at."""
    rules = barter.rules
    offers = [offer for offer in barter.offers if _is_offered(offer, barter)]
    needs = [need for need in barter.needs if _is_asked(need, barter)]
    whole = max(len(offers), len(needs)) <= rules.lines_max
    asked: defaultdict[str, list[NeedLine]] = defaultdict(list)
    for need in _largest(needs, rules):
        asked[need.commodity].append(need)
    ways = Ways(barter.terms, barter.today)
    pairs: defaultdict[tuple[str, str], list[Transfer]] = defaultdict(list)
    for offer in _largest(offers, rules):
        for need in asked[offer.commodity]:
            move = _transfer(offer, need, ways, barter)
            if move is not None:
                pairs[party_of(offer, rules), party_of(need, rules)].append(move)
    found: defaultdict[str, dict[str, Basket]] = defaultdict(dict)
    for (giver, taker), moves in sorted(pairs.items()):
        basket = _allotted(moves)
        if basket:
            found[giver][taker] = basket
    whole &= all(len(takers) <= rules.ways_max for takers in found.values())
    best = {giver: _best(takers, rules.ways_max) for giver, takers in found.items()}
    return best, whole


def _best(takers: Mapping[str, Basket], most: int) -> dict[str, Basket]:
    order = sorted(takers, key=lambda taker: (-value_of(takers[taker]), taker))
    return {taker: takers[taker] for taker in sorted(order[:most])}


class Ways:
    """The cheapest legs of a pair of hubs by the days they may take; asked once a pair."""

    def __init__(self, terms: Terms, today: int) -> None:
        self.terms: Final = terms
        self.today: Final = today
        self._legs: Final[defaultdict[tuple[str, str], list[tuple[int, Leg]]]] = defaultdict(list)
        book = terms.legs
        arrival = book.arrival(today)
        open_ = np.flatnonzero((arrival != GONE) & (book.room_kg == NO_LIMIT))
        for days, leg in zip(arrival[open_].tolist(), book.legs.some(open_), strict=True):
            self._legs[leg.from_hub, leg.to_hub].append((days, leg))

    def cheapest(self, offer: OfferLine, need: NeedLine) -> tuple[int, Leg] | None:
        """Days and leg of the cheapest way in time; legs of limited room are left to matches."""
        limit = min(days_left(offer, self.today), days_until(need, self.today))
        legs = [
            (leg.cost_micro, days, leg)
            for days, leg in self._legs[offer.hub, need.hub]
            if days <= limit
        ]
        if not legs:
            return None
        _, days, leg = min(legs, key=lambda way: (way[0], way[1], str(way[2])))
        return days, leg

    def freight(self, leg: Leg, commodity: str) -> int:
        """Rupiah per base unit, rounded up."""
        grams = self.terms.weight(commodity)
        per_kg = -(-leg.cost_micro * self.terms.freight_micro.get(commodity, MICRO) // MICRO)
        return -(-per_kg * grams // (GRAMS_PER_KG * MICRO))


def _is_offered(offer: OfferLine, barter: Barter) -> bool:
    """Whether goods are free to be swapped, have a reference price and a floor near it."""
    price = barter.rules.reference.get(offer.commodity, 0)
    if price <= 0 or offer.commodity in barter.options.goods.barred:
        return False
    return PERCENT * offer.floor <= price * (PERCENT + barter.rules.price_percent)


def _is_asked(need: NeedLine, barter: Barter) -> bool:
    """Whether a need may take part: as an offer, by its ceiling, and by its permit."""
    price = barter.rules.reference.get(need.commodity, 0)
    holders = barter.terms.permits.get(need.commodity)
    if price <= 0 or (holders is not None and need.coop not in holders):
        return False
    return PERCENT * need.ceiling >= price * (PERCENT - barter.rules.price_percent)


def _largest(lines: list[Line], rules: Rules) -> list[Line]:
    def size(line: Line) -> tuple[int, str]:
        return -line.quantity * rules.reference[line.commodity], line.line

    return sorted(lines, key=size)[: rules.lines_max]


def _transfer(offer: OfferLine, need: NeedLine, ways: Ways, barter: Barter) -> Transfer | None:
    options, rules = barter.options, barter.rules
    if offer.coop == need.coop or party_of(offer, rules) == party_of(need, rules):
        return None
    if (offer.line, need.line) in options.held_back:
        return None
    if not serves(kind_of(offer, options), ask_of(need, options), options.goods):
        return None
    way = ways.cheapest(offer, need)
    if way is None:
        return None
    days, leg = way
    price, freight = rules.reference[offer.commodity], ways.freight(leg, offer.commodity)
    if PERCENT * freight > rules.freight_percent * price or freight >= price:
        return None
    return Transfer(offer, need, 0, price, freight, leg, days)


def _allotted(moves: list[Transfer]) -> Basket:
    """Share the lines of two parties out, the least freight for its value first."""
    left: dict[tuple[str, str], int] = {}
    kept = []
    for move in sorted(moves, key=_dearness):
        ends = ("offer", move.offer.line), ("need", move.need.line)
        have = left.setdefault(ends[0], move.offer.quantity // MICRO)
        want = left.setdefault(ends[1], move.need.quantity // MICRO)
        units = min(have, want)
        if units * MICRO >= max(move.offer.min_lot, move.need.min_lot, 1):
            kept.append(move._replace(units=units))
            for end in ends:
                left[end] -= units
    return tuple(kept)


def _dearness(move: Transfer) -> tuple[int, int, str, str]:
    share = move.freight * 1_000_000 // move.price
    return share, -move.price, move.offer.line, move.need.line
