"""Builders of offer and need lines, quantities in whole base units; rounds and what they say."""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from schemas.quantity import MICRO
from schemas.reference import catalogue
from streams.core.lines import (
    Leg,
    LegGrid,
    LegOf,
    NeedLine,
    OfferLine,
    Options,
    Round,
    Unmatched,
    goods_of,
)
from streams.core.matching import solve

TODAY = 20_000
FREE = Leg(0, 0)
GOODS = goods_of(catalogue())


def offer(line: str, quantity: int = 100, floor: int = 1_000, **more: Any) -> OfferLine:
    fields: dict[str, Any] = {
        "coop": f"seller of {line}",
        "hub": "19.02",
        "family": "LADA",
        "grade": "A",
    }
    fields |= {"commodity": "LADA-PUTIH"} | more
    if "min_lot" in fields:
        fields["min_lot"] = int(fields["min_lot"]) * MICRO
    return OfferLine(line=line, quantity=quantity * MICRO, floor=floor, **fields)


def need(line: str, quantity: int = 100, ceiling: int = 2_000, **more: Any) -> NeedLine:
    fields: dict[str, Any] = {"coop": f"buyer of {line}", "hub": "19.02", "family": "LADA"}
    fields |= {"commodity": "LADA-PUTIH"} | more
    if "min_lot" in fields:
        fields["min_lot"] = int(fields["min_lot"]) * MICRO
    return NeedLine(line=line, quantity=quantity * MICRO, ceiling=ceiling, **fields)


def free(_offer: OfferLine, _need: NeedLine) -> Leg:
    """Everything is next door."""
    return FREE


def run(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    leg: LegOf | LegGrid = free,
    options: Options | None = None,
) -> Round:
    return solve(offers, needs, leg, options or Options(goods=GOODS), TODAY)


def traded(found: Round) -> dict[tuple[str, str], int]:
    return {(p.offer, p.need): p.quantity // MICRO for p in found.proposals}


def why(found: Round, line: str) -> Unmatched:
    return next(rest for rest in found.unmatched if rest.line == line)


def over(cost: int, days: int = 0) -> LegOf:
    return lambda _offer, _need: Leg(cost, days)


def drawn(
    random: Random, size: int, lots: bool = False
) -> tuple[list[OfferLine], list[NeedLine], LegGrid]:
    """Draw a small market in which every constraint bites somewhere."""
    offers = [
        offer(
            f"o{n}",
            random.randint(1, 40),
            random.randint(500, 1_500),
            coop=f"coop {random.randint(0, size)}",
            grade=random.choice("ABC"),
            expires_day=random.choice([None, TODAY - 1, TODAY + random.randint(0, 9)]),
            min_lot=random.randint(0, 20) if lots else 0,
        )
        for n in range(_count(random, size))
    ]
    needs = [
        need(
            f"n{n}",
            random.randint(1, 40),
            random.randint(500, 2_500),
            coop=f"coop {random.randint(0, size)}",
            grades=random.choice([None, frozenset("A"), frozenset("AB")]),
            needed_by_day=random.choice([None, TODAY + random.randint(0, 6)]),
            min_lot=random.randint(0, 12) if lots else 0,
        )
        for n in range(_count(random, size))
    ]
    shape = (len(offers), len(needs))
    cost = [random.choice([-1, *range(0, 400, 50)]) for _ in range(shape[0] * shape[1])]
    days = [random.randint(0, 4) for _ in cost]
    return offers, needs, LegGrid(_grid(cost, shape), _grid(days, shape))


def _count(random: Random, size: int) -> int:
    """Mostly a crowd, now and then nobody."""
    return random.randint(size // 2, size) if random.random() < 0.95 else 0


def _grid(values: list[int], shape: tuple[int, int]) -> Any:
    return np.array(values, np.int64).reshape(shape)
