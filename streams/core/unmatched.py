"""Why a line, or the rest of one, found no partner: its binding constraint, with figures.

Decides which constraint binds: the one that, lifted alone, would let the most valuable pair among
what is left over trade; else that others were worth more, that all is sold or all needs are
filled; else the nearest miss; else that nobody offers or asks. Refuses to put it into words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from streams.core.eligibility import CODES, SHELF_LIFE_TENTHS, Board, Code
from streams.core.flow import cells
from streams.core.lines import BoolArray, IntArray, NeedLine, OfferLine, Unmatched

Figures = Mapping[str, int | str]
_LEAST: Final = np.iinfo(np.int64).min


class Pair(NamedTuple):
    """What there is to show of an offer and a need; `open` where they may meet."""

    offer: OfferLine
    need: NeedLine
    leg_cost: int
    days: int
    money: int
    lot: int
    open: bool
    possible: int
    today: int


class Side(NamedTuple):
    """One side of the board as seen from the other: `breaks[k, own, other]`."""

    breaks: BoolArray
    money: IntArray
    other_left: IntArray


class Bound(NamedTuple):
    """Per own line: the partner, the constraint, and whether there is one at all.

    `waits` where the partner has something left and nothing else is in between.
    """

    partner: IntArray
    code: IntArray
    found: BoolArray
    waits: BoolArray


def _no_figures(_: Pair) -> Figures:
    return {}


def _shelf_figures(p: Pair) -> Figures:
    left = (p.offer.expires_day or 0) - p.today
    return {"days": p.days, "left": left, "allowed": SHELF_LIFE_TENTHS * left // 10}


FIGURES: Final[Mapping[Code, Callable[[Pair], Figures]]] = {
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
    "min_lot": lambda p: {"lot": p.lot, "possible": p.possible},
}
"""What to show of a pair for each constraint; `_day` are days, lots and quantities micro."""


class _View(NamedTuple):
    """The lines of one side, and those of the other as they are told of."""

    side: Literal["offer", "need"]
    own: Sequence[OfferLine] | Sequence[NeedLine]
    others: Sequence[OfferLine] | Sequence[NeedLine]
    nobody: str
    alone: str


def explain(board: Board, flow: IntArray) -> tuple[Unmatched, ...]:
    """Give every line of which something is left, offers first, each in the board's order.

    `flow` is micro, `[offer, need]`, and must be legal.
    """
    offered = np.array([o.quantity for o in board.offers], np.int64) - flow.sum(1)
    asked = np.array([n.quantity for n in board.needs], np.int64) - flow.sum(0)
    rows, columns = cells(flow != 0)
    amounts: list[int] = flow[rows, columns].tolist()
    offers = _View("offer", board.offers, board.needs, "no_need", "filled")
    needs = _View("need", board.needs, board.offers, "no_offer", "sold_out")
    return (
        *_told(board, offers, (offered, asked), _Crowd(rows, columns, amounts)),
        *_told(board, needs, (asked, offered), _Crowd(columns, rows, amounts)),
    )


def _told(
    board: Board, view: _View, left: tuple[IntArray, IntArray], crowd: "_Crowd"
) -> Iterator[Unmatched]:
    """Tell of every line of one side of which something is left; `left` is of own and others."""
    own = np.flatnonzero(left[0])
    amounts: list[int] = left[0][own].tolist()
    if not view.others:
        for i, amount in zip(own.tolist(), amounts, strict=True):
            line = view.own[i]
            yield Unmatched(line.line, view.side, amount, view.nobody, _goods(line))
        return
    offers = view.side == "offer"
    breaks = board.breaks[:, own] if offers else board.breaks[:, :, own].transpose(0, 2, 1)
    money = board.money[own] if offers else board.money[:, own].T
    bound = binding(Side(breaks, money, left[1]))
    at = (own, bound.partner) if offers else (bound.partner, own)
    shown = pairs_at(board, at, np.minimum(left[0][own], left[1][bound.partner]))
    found, codes = bound.found.tolist(), bound.code.tolist()
    for k, (i, pair) in enumerate(zip(own.tolist(), shown, strict=True)):
        reason: str
        figures: Figures
        if found[k]:
            reason = code = CODES[codes[k]]
            other = pair.need if offers else pair.offer
            figures = {"with": other.line, **FIGURES[code](pair)}
        else:
            shut: BoolArray = np.logical_or.reduce(breaks[:, k])
            reason, figures = crowd.told(i, ~shut, view.alone)
        yield Unmatched(view.own[i].line, view.side, amounts[k], reason, figures)


def _goods(line: OfferLine | NeedLine) -> Figures:
    return {"commodity": line.commodity}


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

    def __init__(self, own: IntArray, other: IntArray, amounts: list[int]) -> None:
        self._own, self._other, self._amounts = own, other, amounts

    def told(self, at: int, fits: BoolArray, alone: str) -> tuple[str, Figures]:
        """All partners that fit are used up: by others too, or by this line alone."""
        mine = others = 0
        rivals = set[int]()
        taken = np.flatnonzero(fits[self._other])
        for n, own in zip(taken.tolist(), self._own[taken].tolist(), strict=True):
            if own == at:
                mine += self._amounts[n]
            else:
                others += self._amounts[n]
                rivals.add(own)
        if not rivals:
            return alone, {"mine": mine}
        return "outbid", {"mine": mine, "others": others, "rivals": len(rivals)}


def pairs_at(board: Board, at: tuple[IntArray, IntArray], possible: IntArray) -> Iterator[Pair]:
    """Give what there is to show of some pairs; `possible` where they may meet."""
    shut: BoolArray = np.logical_or.reduce(board.breaks[:, at[0], at[1]])
    figures = (board.legs.cost, board.legs.days, board.money, board.lots)
    columns = (*at, *(figure[at] for figure in figures), ~shut, possible)
    shown = (column.tolist() for column in columns)
    for i, j, leg_cost, days, money, lot, is_open, rest in zip(*shown, strict=True):
        offer, need = board.offers[i], board.needs[j]
        # A pair that may meet is short of what is left; one that may not, of what there ever was.
        most = rest if is_open else min(offer.quantity, need.quantity)
        yield Pair(offer, need, leg_cost, days, money, lot, is_open, most, board.today)


def _asked(need: NeedLine) -> str:
    return ", ".join(sorted(need.grades)) if need.grades is not None else str(need.grade)
