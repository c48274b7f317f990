"""Decides how prices at a hub are put into few words, and when they are news.

A stair keeps the steps that are worth most: without one, goods between it and the next count on
the poorer price before it, so what is left out never promises more. Refuses to know who is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from schemas.outlook import GOODS_MAX, STEPS_MAX, Quoted
from schemas.outlook import Step as ToldStep
from streams.core.interchange.outlook import Goods, Quote, Step, within

MOVED_PERCENT: Final = 2
"""A price that moved by no more than this is no news."""


def worded(quotes: Mapping[Goods, Quote]) -> tuple[Quoted, ...]:
    """Prices at a hub as they are told, by the names of the goods; the dearest when too many."""
    told = [
        Quoted(commodity=code, grade=grade, sell=_steps(quote.sell), buy=_steps(quote.buy))
        for (code, grade), quote in quotes.items()
        if quote.sell or quote.buy
    ]
    kept = sorted(told, key=lambda one: (-_best(one), one.commodity, one.grade))[:GOODS_MAX]
    return tuple(sorted(kept, key=lambda one: (one.commodity, one.grade)))


def quotes_in(told: Iterable[Quoted]) -> dict[Goods, Quote]:
    """What was told, as prices."""
    return {
        (one.commodity, one.grade): Quote(
            tuple(Step(*step) for step in one.sell), tuple(Step(*step) for step in one.buy)
        )
        for one in told
    }


def is_news(before: Sequence[Quoted], now: Sequence[Quoted]) -> bool:
    """Whether a price appeared or vanished, or moved by more than `MOVED_PERCENT`."""
    old, new = quotes_in(before), quotes_in(now)
    if old.keys() != new.keys():
        return True
    return any(
        _moved(*stairs) for goods in new for stairs in zip(old[goods], new[goods], strict=True)
    )


def _moved(old: Sequence[Step], new: Sequence[Step]) -> bool:
    for days in sorted({step.days for step in (*old, *new)}):
        before, now = within(old, days), within(new, days)
        if before is None or now is None:
            if before != now:
                return True
        elif 100 * abs(now - before) > MOVED_PERCENT * before:
            return True
    return False


def _steps(stair: Sequence[Step]) -> tuple[ToldStep, ...]:
    """The stair with the steps that gain most over the one before; the last is always one."""
    kept = list(stair)
    while len(kept) > STEPS_MAX:
        gains = [abs(b.idr - a.idr) for a, b in pairwise(kept)]
        del kept[min(range(1, len(kept) - 1), key=lambda n: (gains[n - 1], n))]
    return tuple((step.days, step.idr) for step in kept)


def _best(one: Quoted) -> int:
    return max(idr for _, idr in (*one.sell, *one.buy))
