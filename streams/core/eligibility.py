"""Which offer and which need may meet, and what stands between those that may not.

Decides the hard constraints, one row of a table each, over all pairs of one commodity at once.
Refuses to choose among pairs that may meet (`streams.core.matching` does) and to put reasons into
words (`streams.core.reasons`).

A pair without a way is judged on the other constraints as if the goods were there already, free:
so "no way" stands alone when it is all that is in between.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np

from schemas.commodity import DEFAULT_SCALE, UNGRADED
from streams.core.lines import (
    DAY_MAX,
    FREE,
    BoolArray,
    Goods,
    IntArray,
    LegGrid,
    LegOf,
    NeedLine,
    OfferLine,
    Options,
)

SHELF_LIFE_TENTHS: Final = 7
"""A way may take at most seven tenths of the shelf life that is left."""
_NO_END: Final = np.iinfo(np.int64).max

Code = Literal[
    "trade",
    "permit",
    "commodity",
    "same_coop",
    "held_back",
    "grade",
    "expired",
    "no_way",
    "shelf_life",
    "needed_by",
    "price",
    "min_lot",
]


_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Board:
    """Offers (rows) and needs (columns), their legs, and per pair what it breaks.

    `breaks[k]` belongs to `CONSTRAINTS[k]`; `money` is ceiling - floor - leg, in rupiah per base
    unit.
    """

    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]
    today: int
    legs: LegGrid
    money: IntArray
    lots: IntArray
    breaks: BoolArray

    @property
    def open(self) -> BoolArray:
        """The pairs that may meet."""
        shut: BoolArray = np.logical_or.reduce(self.breaks)
        return ~shut


@dataclass(frozen=True, slots=True)
class _Pairs:
    """What the constraints look at; rows are `[offer, 1]`, columns `[1, need]`."""

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    today: int
    options: Options
    days: IntArray
    no_way: BoolArray
    money: IntArray
    lots: IntArray
    expires: IntArray


def _trade(p: _Pairs) -> BoolArray:
    barred, contracts = p.options.goods.barred, p.options.contracts
    if not any(offer.commodity in barred for offer in p.offers):
        return np.zeros((1, 1), bool)
    closed = [barred.get(o.commodity, "free") not in ("free", "contract_only") for o in p.offers]
    bound = [o.commodity in barred for o in p.offers]
    loose = [o.line not in contracts for o in p.offers], [n.line not in contracts for n in p.needs]
    either = (_row(loose[0]) > 0) | (_column(loose[1]) > 0)
    return (_row(closed) > 0) | ((_row(bound) > 0) & either)


def _permit(p: _Pairs) -> BoolArray:
    bonds = p.options.bonds
    given = [bonds.get(o.line, FREE) for o in p.offers]
    asked = [bonds.get(n.line, FREE) for n in p.needs]
    if not any(bond.asks for bond in (*given, *asked)):
        return np.zeros((1, 1), bool)
    rows, columns = _codes(given), _codes(asked)
    lacking = [[not o.meets(n) for n in columns] for o in rows]
    table = np.array(lacking, bool).reshape(len(rows), len(columns))
    return table[np.ix_([rows[o] for o in given], [columns[n] for n in asked])]


def _commodity(p: _Pairs) -> BoolArray:
    return _differ([o.commodity for o in p.offers], [n.commodity for n in p.needs])


def _same_coop(p: _Pairs) -> BoolArray:
    return ~_differ([o.coop for o in p.offers], [n.coop for n in p.needs])


def _held_back(p: _Pairs) -> BoolArray:
    if not p.options.held_back:
        return np.zeros((1, 1), bool)
    given, asked = [o.line for o in p.offers], [n.line for n in p.needs]
    rows, columns = _codes(given), _codes(asked)  # what mills make bears the offer's name too
    resting = np.zeros((len(rows), len(columns)), bool)
    for offer, need in p.options.held_back:
        if offer in rows and need in columns:
            resting[rows[offer], columns[need]] = True
    return resting[np.ix_([rows[name] for name in given], [columns[name] for name in asked])]


def _grade(p: _Pairs) -> BoolArray:
    given = [(o.commodity, o.grade) for o in p.offers]
    asked = [(n.grades, n.grade) for n in p.needs]
    rows, columns = _codes(given), _codes(asked)
    refused = np.array(
        [[not _accepts(p.options.goods, *g, *a) for a in columns] for g in rows], bool
    ).reshape(len(rows), len(columns))
    if not refused.any():
        return np.zeros((1, 1), bool)
    return refused[np.ix_([rows[g] for g in given], [columns[a] for a in asked])]


def _expired(p: _Pairs) -> BoolArray:
    return p.expires < p.today


def _no_way(p: _Pairs) -> BoolArray:
    return p.no_way


def _shelf_life(p: _Pairs) -> BoolArray:
    left = p.expires - p.today
    # What is past its date breaks that constraint, not this one.
    return p.days > np.where(left >= 0, SHELF_LIFE_TENTHS * left // 10, _NO_END)


def _needed_by(p: _Pairs) -> BoolArray:
    by = [DAY_MAX if n.needed_by_day is None else n.needed_by_day for n in p.needs]
    return p.days > _column(by) - p.today


def _price(p: _Pairs) -> BoolArray:
    return p.money < 0


def _min_lot(p: _Pairs) -> BoolArray:
    if not any(line.min_lot for lines in (p.offers, p.needs) for line in lines):
        return np.zeros((1, 1), bool)
    supply = _row([o.quantity for o in p.offers])
    demand = _column([n.quantity for n in p.needs])
    return np.minimum(supply, demand) < p.lots


CONSTRAINTS: Final[tuple[tuple[Code, Callable[[_Pairs], BoolArray]], ...]] = (
    ("trade", _trade),
    ("permit", _permit),
    ("commodity", _commodity),
    ("same_coop", _same_coop),
    ("held_back", _held_back),
    ("grade", _grade),
    ("expired", _expired),
    ("no_way", _no_way),
    ("shelf_life", _shelf_life),
    ("needed_by", _needed_by),
    ("price", _price),
    ("min_lot", _min_lot),
)
CODES: Final[tuple[Code, ...]] = tuple(code for code, _ in CONSTRAINTS)


def board(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    legs: LegGrid,
    options: Options,
    today: int,
) -> Board:
    """Judge all pairs; `legs` is in the order of the lines (`grid` makes one of a callable)."""
    no_way = legs.cost < 0
    if no_way.any():
        legs = LegGrid(np.where(no_way, 0, legs.cost), np.where(no_way, 0, legs.days))
    floors = _row([o.floor for o in offers])
    money = _column([n.ceiling for n in needs]) - floors
    money -= legs.cost
    lots = np.broadcast_to(_lots(offers, needs), money.shape)
    expires = [DAY_MAX if o.expires_day is None else o.expires_day for o in offers]
    pairs = _Pairs(
        offers,
        needs,
        today,
        options,
        days=legs.days,
        no_way=no_way,
        money=money,
        lots=lots,
        expires=_row(expires),
    )
    breaks = np.empty((len(CONSTRAINTS), len(offers), len(needs)), bool)
    for k, (_, broken) in enumerate(CONSTRAINTS):
        breaks[k] = broken(pairs)
    return Board(tuple(offers), tuple(needs), today, legs, money, lots, breaks)


def _lots(offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> IntArray:
    """The larger smallest lot of the two of a pair."""
    given, asked = [o.min_lot for o in offers], [n.min_lot for n in needs]
    if not (any(given) or any(asked)):
        return np.zeros((1, 1), np.int64)
    return np.maximum(_row(given), _column(asked))


def grid(
    offers: Sequence[OfferLine], needs: Sequence[NeedLine], leg: LegOf, options: Options
) -> LegGrid:
    """Ask for the leg of each distinct pair of (site, hub, commodity), once."""
    from_keys = [(options.site(o), o.hub, o.commodity) for o in offers]
    to_keys = [(options.site(n), n.hub, n.commodity) for n in needs]
    sellers = dict(zip(reversed(from_keys), reversed(offers), strict=True))
    buyers = dict(zip(reversed(to_keys), reversed(needs), strict=True))
    rows, columns = _codes(from_keys), _codes(to_keys)
    found = [[leg(sellers[a], buyers[b]) or (-1, 0) for b in columns] for a in rows]
    table = np.array(found, np.int64).reshape(len(rows), len(columns), 2)
    at = np.ix_([rows[key] for key in from_keys], [columns[key] for key in to_keys])
    return LegGrid(table[..., 0][at], table[..., 1][at])


def broken_by(
    offer: OfferLine, need: NeedLine, leg: LegOf, options: Options, today: int
) -> tuple[Code, ...]:
    """Name every constraint one pair breaks, in the order of the table; empty: they may meet."""
    legs = grid((offer,), (need,), leg, options)
    one = board((offer,), (need,), legs, options, today)
    return tuple(code for code, broken in zip(CODES, one.breaks[:, 0, 0], strict=True) if broken)


def _accepts(
    goods: Goods, commodity: str, given: str, listed: frozenset[str] | None, least: str | None
) -> bool:
    """Whether a grade serves: it is listed, or it is the least asked for or better."""
    if listed is not None:
        return given in listed
    if least is None or least in (UNGRADED, given):
        return True
    ranks = goods.scales.get(commodity, goods.scales.get(DEFAULT_SCALE, {}))
    return given in ranks and least in ranks and ranks[given] <= ranks[least]


def _codes(keys: Iterable[_Key]) -> dict[_Key, int]:
    return {key: at for at, key in enumerate(dict.fromkeys(keys))}


def _differ(rows: Sequence[str], columns: Sequence[str]) -> BoolArray:
    codes = _codes((*rows, *columns))
    if len(codes) == 1:
        return np.zeros((1, 1), bool)
    return np.not_equal(_row([codes[r] for r in rows]), _column([codes[c] for c in columns]))


def _row(values: Sequence[int]) -> IntArray:
    return np.array(values, np.int64).reshape(-1, 1)


def _column(values: Sequence[int]) -> IntArray:
    return np.array(values, np.int64).reshape(1, -1)
