"""Who may trade with whom, said a second time: grades, trade classes, dates, and what steers.

Decides line by line and pair by pair what the matcher decides by tables over all pairs at once.
Shares with it the words (lines, options), the size of the bonuses and no other code.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from typing import Final

from schemas.commodity import DEFAULT_SCALE, UNGRADED
from schemas.quantity import MICRO
from streams.core.fairness import TENTHS
from streams.core.lines import NeedLine, OfferLine, Options
from streams.core.worth import KEEP_IDR, SPOIL_PER_MILLE, STAPLE_PERCENT

Tenths = Sequence[tuple[int, int]]
"""Of an order, the first first: micro that fit, and rupiah per base unit that it counts more."""
SHELF_TENTHS: Final = 7
"""Goods may be under way for seven tenths of the days that they still keep."""


def may_trade(line: OfferLine | NeedLine, options: Options) -> bool:
    """Whether goods of this class are traded at all, or by this line's contract."""
    trade = options.goods.barred.get(line.commodity, "free")
    return trade == "free" or (trade == "contract_only" and line.line in options.contracts)


def may_meet(offer: OfferLine, need: NeedLine, options: Options) -> bool:
    """Whether two lines are of two co-ops, hold each other's permits, and nobody refused."""
    if offer.coop == need.coop or (offer.line, need.line) in options.held_back:
        return False
    ends = [options.bonds.get(line) for line in (offer.line, need.line)]
    return all(
        one is None or all(other is not None and permit in other.holds for permit in one.asks)
        for one, other in (ends, ends[::-1])
    )


def serves(commodity: str, grade: str, need: NeedLine, options: Options) -> bool:
    """Whether goods of a grade are what a need asks for, or better."""
    if commodity != need.commodity:
        return False
    if need.grades is not None:
        return grade in need.grades
    if need.grade is None or need.grade in (UNGRADED, grade):
        return True
    scales = options.goods.scales
    ranks = scales[commodity] if commodity in scales else scales.get(DEFAULT_SCALE, {})
    return need.grade in ranks and ranks.get(grade, len(ranks) + 1) <= ranks[need.grade]


def keeps(offer: OfferLine, days: int, today: int) -> bool:
    """Whether goods may be so many days under way."""
    if offer.expires_day is None:
        return True
    left = offer.expires_day - today
    return left >= 0 and 10 * days <= SHELF_TENTHS * left


def in_time(need: NeedLine, days: int, today: int) -> bool:
    """Whether goods that come in so many days are there when they are needed."""
    return need.needed_by_day is None or today + days <= need.needed_by_day


def kept(offer: OfferLine, need: NeedLine, options: Options) -> int:
    """What a pair that was proposed before counts more, rupiah per base unit."""
    return KEEP_IDR if options.bonuses and (offer.line, need.line) in options.keep else 0


def spoils(offer: OfferLine, today: int, options: Options) -> int:
    """What goods count more because they spoil soon, rupiah per base unit."""
    if not options.bonuses or offer.expires_day is None or offer.expires_day < today:
        return 0
    days = min(offer.expires_day - today, len(SPOIL_PER_MILLE) - 1)
    return offer.floor * SPOIL_PER_MILLE[days] // 1_000


def tenths(needs: Iterable[NeedLine], options: Options) -> Mapping[str, Tenths]:
    """What the tenths of orders count more, by line; none where orders are not cut."""
    orders = [need for need in needs if need.priority != "emergency"]
    if not options.bonuses or not options.fairness:
        return {}
    found: dict[str, Tenths] = {}
    for need in orders:
        bids = sorted(each.ceiling for each in orders if each.commodity == need.commodity)
        bid = bids[(len(bids) + 1) // 2 - 1]
        step = max(1, bid * options.fairness // (100 * (TENTHS - 1)))
        whole = need.quantity % MICRO == 0
        grain = MICRO if whole else gcd(MICRO, need.quantity)
        least, more = divmod(need.quantity // grain, TENTHS)
        rooms = [grain * (least + 1)] * more + [grain * least] * (TENTHS - more)
        found[need.line] = [(room, step * (TENTHS - 1 - n)) for n, room in enumerate(rooms)]
    return found


def worth_more(tenths: Tenths, quantity: int) -> int:
    """What so much of an order counts more, micro rupiah: its first tenths are filled first."""
    total = 0
    for room, bonus in tenths:
        total += min(room, quantity) * bonus
        quantity -= min(room, quantity)
    return total


def staple(need: NeedLine, options: Options) -> int:
    """What a staple order counts more inside a hub, rupiah per base unit."""
    if not options.bonuses or need.priority != "staple":
        return 0
    return need.ceiling * STAPLE_PERCENT // 100
