"""Why a line, or the rest of one, found no partner: its binding constraint, with figures.

Decides which constraint binds: the one that, lifted alone, would let the most valuable pair among
what is left over trade; else that others were worth more, that all is sold or all needs are
filled; else the nearest miss; else that nobody offers or asks. Refuses to put it into words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from streams.core.eligibility import CODES, SHELF_LIFE_TENTHS, Board, Code
from streams.core.lines import BoolArray, IntArray, NeedLine, OfferLine, Unmatched

Figures = Mapping[str, int | str]
_LEAST: Final = np.iinfo(np.int64).min


class _Pair(NamedTuple):
    offer: OfferLine
    need: NeedLine
    leg_cost: int
    days: int
    money: int
    elsewhere: int
    lot: int
    possible: int
    today: int


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the board as seen from the other: `breaks[k, own, other]`."""

    breaks: BoolArray
    money: IntArray
    flow: IntArray
    own_left: IntArray
    other_left: IntArray


class Bound(NamedTuple):
    """Per own line: the partner, the constraint, and whether there is one at all.

    `waits` where the partner has something left and nothing else is in between.
    """

    partner: IntArray
    code: IntArray
    found: BoolArray
    waits: BoolArray


def _no_figures(_: _Pair) -> Figures:
    return {}


def _shelf_figures(p: _Pair) -> Figures:
    left = (p.offer.expires_day or 0) - p.today
    return {"days": p.days, "left": left, "allowed": SHELF_LIFE_TENTHS * left // 10}


FIGURES: Final[Mapping[Code, Callable[[_Pair], Figures]]] = {
    "trade": lambda p: {"commodity": p.offer.commodity},
    "permit": lambda p: {"commodity": p.offer.commodity},
    "commodity": lambda p: {"offered": p.offer.commodity, "asked": p.need.commodity},
    "same_coop": _no_figures,
    "held_back": _no_figures,
    "grade": lambda p: {"offered": p.offer.grade, "asked": _asked(p.need)},
    "expired": lambda p: {"expires_day": p.offer.expires_day or 0},
    "no_way": lambda p: {"from": p.offer.hub, "to": p.need.hub},
    "shelf_life": _shelf_figures,
    "needed_by": lambda p: {
        "needed_by_day": p.need.needed_by_day or 0,
        "arrives_day": p.today + p.days,
    },
    "price": lambda p: {
        "ceiling": p.need.ceiling,
        "floor": p.offer.floor,
        "leg": p.leg_cost,
        "short": -p.money,
    },
    "outlook": lambda p: {"more": p.elsewhere - p.money},
    "min_lot": lambda p: {"lot": p.lot, "possible": p.possible},
}
"""What to show of a pair for each constraint; `_day` are days, lots and quantities micro."""


def explain(board: Board, flow: IntArray) -> tuple[Unmatched, ...]:
    """Give every line of which something is left, offers first, each in the board's order.

    `flow` is micro, `[offer, need]`, and must be legal.
    """
    offered = np.array([o.quantity for o in board.offers], np.int64) - flow.sum(1)
    asked = np.array([n.quantity for n in board.needs], np.int64) - flow.sum(0)
    offers = Side(board.breaks, board.money, flow, offered, asked)
    needs = Side(board.breaks.transpose(0, 2, 1), board.money.T, flow.T, asked, offered)
    return (*_offers(board, offers), *_needs(board, needs))


def _offers(board: Board, side: Side) -> Iterator[Unmatched]:
    bound, crowd = binding(side), _Crowd(side)
    reason: str
    figures: Figures
    for i in np.flatnonzero(side.own_left).tolist():
        offer, j = board.offers[i], int(bound.partner[i])
        if not board.needs:
            reason, figures = "no_need", {"commodity": offer.commodity}
        elif bound.found[i]:
            possible = int(min(side.own_left[i], side.other_left[j]))
            reason = code = CODES[bound.code[i]]
            figures = {"with": board.needs[j].line, **figures_of(board, code, (i, j), possible)}
        else:
            reason, figures = crowd.told(i, "filled")
        yield Unmatched(offer.line, "offer", int(side.own_left[i]), reason, figures)


def _needs(board: Board, side: Side) -> Iterator[Unmatched]:
    bound, crowd = binding(side), _Crowd(side)
    reason: str
    figures: Figures
    for j in np.flatnonzero(side.own_left).tolist():
        need, i = board.needs[j], int(bound.partner[j])
        if not board.offers:
            reason, figures = "no_offer", {"commodity": need.commodity}
        elif bound.found[j]:
            possible = int(min(side.own_left[j], side.other_left[i]))
            reason = code = CODES[bound.code[j]]
            figures = {"with": board.offers[i].line, **figures_of(board, code, (i, j), possible)}
        else:
            reason, figures = crowd.told(j, "sold_out")
        yield Unmatched(need.line, "need", int(side.own_left[j]), reason, figures)


def binding(side: Side) -> Bound:
    """Find for every own line the partner and the constraint that bind it.

    Where partners fit but are used up, and nobody who waits is one constraint away, nothing binds:
    it is only the others.
    """
    count = side.breaks.sum(0, np.uint8)
    none = np.zeros(len(count), np.int64)
    if not side.breaks[0].size:
        return Bound(none, none, none > 0, none > 0)
    waiting = side.other_left > 0
    fits = count == 0
    # Open on both sides and yet not traded: what is left of the two is less than a lot.
    short = fits & waiting
    alone = (count == 1) & waiting
    nearest = count == count.min(1, keepdims=True)
    is_short, is_alone = short.any(1), alone.any(1)
    among = np.where(is_short[:, None], short, np.where(is_alone[:, None], alone, nearest))
    partner = np.where(among, side.money, _LEAST).argmax(1)
    code = side.breaks[:, np.arange(len(partner)), partner].argmax(0)
    code = np.where(is_short, CODES.index("min_lot"), code)
    waits = is_short | is_alone
    return Bound(partner, code, waits | ~fits.any(1), waits)


class _Crowd:
    """Who got what of the partners that fit a line."""

    def __init__(self, side: Side) -> None:
        shut: BoolArray = np.logical_or.reduce(side.breaks)
        self._fits: Final = ~shut
        at = np.nonzero(side.flow)
        self._own, self._other = at
        self._amounts: Final = side.flow[at].tolist()

    def told(self, at: int, alone: str) -> tuple[str, Figures]:
        """All partners that fit are used up: by others too, or by this line alone."""
        mine = others = 0
        rivals = set[int]()
        taken = np.flatnonzero(self._fits[at][self._other])
        for n, own in zip(taken.tolist(), self._own[taken].tolist(), strict=True):
            if own == at:
                mine += self._amounts[n]
            else:
                others += self._amounts[n]
                rivals.add(own)
        if not rivals:
            return alone, {"mine": mine}
        return "outbid", {"mine": mine, "others": others, "rivals": len(rivals)}


def figures_of(board: Board, code: Code, at: tuple[int, int], possible: int) -> Figures:
    """Give what to show of a pair for a constraint; `possible` where the pair may meet."""
    i, j = at
    offer, need = board.offers[i], board.needs[j]
    # A pair that may meet is short of what is left; one that may not, of what there ever was.
    if board.breaks[:, i, j].any():
        possible = min(offer.quantity, need.quantity)
    pair = _Pair(
        offer,
        need,
        leg_cost=int(board.legs.cost[i, j]),
        days=int(board.legs.days[i, j]),
        money=int(board.money[i, j]),
        elsewhere=int(board.elsewhere[i, j]),
        lot=int(board.lots[i, j]),
        possible=possible,
        today=board.today,
    )
    return FIGURES[code](pair)


def _asked(need: NeedLine) -> str:
    return ", ".join(sorted(need.grades)) if need.grades is not None else str(need.grade)
