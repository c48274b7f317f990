"""Matching inside a hub: offers and needs to proposals, exactly, with proof and reasons.

Decides who should trade how much, the order of priority and the split of the price. Refuses to
know where lines and legs come from, what time it is, and who holds or accepts what.

Theory of operation. Each commodity is solved by itself: pairs never cross. Lines are put in the
order of their names first, so the order of the input means nothing. Emergencies are solved before
all others and what they get is fixed; the rest then share what is left. With `bonuses` off there
is one solve, and its objective is money. With `fairness` on, orders are cut into tenths of which
the first count more (`streams.core.fairness`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec
import numpy as np

from schemas.quantity import MICRO
from streams.core.eligibility import Board, board, grid
from streams.core.fairness import step_idr, steps_of
from streams.core.flow import TIE_MAX, Block, cells
from streams.core.lines import (
    IntArray,
    LegGrid,
    LegOf,
    Method,
    NeedLine,
    OfferLine,
    Options,
    Proposal,
    Round,
)
from streams.core.lots import Answer, solve_block
from streams.core.naming import match_ids
from streams.core.unmatched import explain
from streams.core.worth import worth

HashArray = np.typing.NDArray[np.uint64]
WITHIN_HUB: Final = 1
BETWEEN_HUBS: Final = 2
need_facts = attrgetter(*(name for name in NeedLine.__struct_fields__ if name != "grades"))


class _Part(NamedTuple):
    """One commodity's lines, by name, and their places in the input."""

    commodity: str
    offers: tuple[OfferLine, ...]
    needs: tuple[NeedLine, ...]
    offers_at: tuple[int, ...]
    needs_at: tuple[int, ...]


class _Share(NamedTuple):
    """What one commodity adds to the round; sums are in micro rupiah."""

    result: Round
    objective_micro: int
    gap_micro: int


def solve(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    leg: LegOf | LegGrid,
    options: Options,
    today: int,
) -> Round:
    """Match offers to needs; `today` is a day since 1970-01-01.

    The names of the offers must differ, so must those of the needs, and every quantity must be
    above 0 (ValueError). The round depends on what goes in, not on its order.
    """
    check(offers)
    check(needs)
    shares = [_solve_part(part, leg, options, today) for part in _parts(offers, needs)]
    results = [share.result for share in shares]
    methods = {result.method for result in results}
    return Round(
        proposals=tuple(
            sorted((p for r in results for p in r.proposals), key=attrgetter("offer", "need"))
        ),
        objective=half_up(sum(share.objective_micro for share in shares)),
        certified=all(result.certified for result in results),
        gap=-(-sum(share.gap_micro for share in shares) // MICRO),
        unmatched=tuple(
            sorted((u for r in results for u in r.unmatched), key=attrgetter("side", "line"))
        ),
        digest=_digest([result.digest for result in results]),
        method="greedy" if "greedy" in methods else "exact",
    )


def half_up(micro: int) -> int:
    """Round micro to whole, halves up."""
    return (2 * micro + MICRO) // (2 * MICRO)


def check(lines: Sequence[OfferLine] | Sequence[NeedLine]) -> None:
    """ValueError when two lines bear one name or one is of nothing."""
    if len({line.line for line in lines}) != len(lines):
        raise ValueError("two lines bear one name")
    if any(line.quantity <= 0 for line in lines):
        raise ValueError("a line of nothing")


def _parts(offers: Sequence[OfferLine], needs: Sequence[NeedLine]) -> Iterable[_Part]:
    """Part the lines by commodity, in the order of the commodities' names."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    columns: defaultdict[str, list[int]] = defaultdict(list)
    for at, offer in enumerate(offers):
        rows[offer.commodity].append(at)
    for at, need in enumerate(needs):
        columns[need.commodity].append(at)
    for commodity in sorted({*rows, *columns}):
        given = [at for _, at in sorted([(offers[at].line, at) for at in rows[commodity]])]
        asked = [at for _, at in sorted([(needs[at].line, at) for at in columns[commodity]])]
        yield _Part(
            commodity,
            tuple(offers[at] for at in given),
            tuple(needs[at] for at in asked),
            tuple(given),
            tuple(asked),
        )


def _solve_part(part: _Part, leg: LegOf | LegGrid, options: Options, today: int) -> _Share:
    legs = _legs(part, leg, options)
    pairs = board(part.offers, part.needs, legs, options, today)
    value = worth(pairs, options)
    flow, answers = _phases(pairs, value, options)
    methods: set[Method] = {answer.method for answer in answers}
    at = cells(flow != 0)
    money = zip(flow[at].tolist(), pairs.money[at].tolist(), strict=True)
    gap = sum(answer.gap for answer in answers)
    result = Round(
        proposals=tuple(_proposals(pairs, flow, options)),
        objective=0,  # rounded once, over all parts
        certified=gap == 0,
        gap=0,
        unmatched=explain(pairs, flow),
        digest=_part_digest(part, legs, options, today),
        method="greedy" if "greedy" in methods else "exact",
    )
    return _Share(result, sum(quantity * rupiah for quantity, rupiah in money), gap)


def _legs(part: _Part, leg: LegOf | LegGrid, options: Options) -> LegGrid:
    if isinstance(leg, LegGrid):
        at = np.ix_(part.offers_at, part.needs_at)
        return LegGrid(leg.cost[at], leg.days[at])
    return grid(part.offers, part.needs, leg, options)


def _phases(pairs: Board, value: IntArray, options: Options) -> tuple[IntArray, list[Answer]]:
    """Solve emergencies, fix what they get, solve the rest; give the flow and each answer."""
    supply = np.array([o.quantity for o in pairs.offers], np.int64)
    demand = np.array([n.quantity for n in pairs.needs], np.int64)
    block = Block(supply, demand, value, pairs.open, _ties(pairs))
    steps = steps_of(pairs.needs, step_idr(pairs.needs, options))
    first = np.array([n.priority == "emergency" for n in pairs.needs], bool)
    flow = np.zeros(value.shape, np.int64)
    answers: list[Answer] = []
    everybody = (slice(None),)
    for columns in (first, ~first) if options.bonuses and first.any() else everybody:
        part = Block(
            supply=supply - flow.sum(1),
            demand=demand[columns],
            worth=value[:, columns],
            open=block.open[:, columns],
            tie=block.tie[:, columns],
            steps=None if steps is None else steps.of(columns),
        )
        answer = solve_block(part, pairs.lots[:, columns], options.effort)
        flow[:, columns] = answer.flow
        answers.append(answer)
    return flow, answers


def _ties(pairs: Board) -> IntArray:
    """Give each pair a weight of 1 to 4095 that follows from the two names alone."""
    rows = hashes(offer.line for offer in pairs.offers)[:, None]
    columns = hashes(need.line for need in pairs.needs)[None]
    mixed = (rows ^ (columns * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    high = (mixed >> np.uint64(40)).astype(np.int64)
    return high - high // TIE_MAX * TIE_MAX + 1


def hashes(names: Iterable[str]) -> HashArray:
    """Give a 64-bit number that follows from each name."""
    return np.frombuffer(b"".join(map(_hashed, names)), "<u8")


@lru_cache(maxsize=65_536)
def _hashed(name: str) -> bytes:
    """Lines come back every round under the same names."""
    return blake2b(name.encode(), digest_size=8).digest()


def _proposals(pairs: Board, flow: IntArray, options: Options) -> Iterable[Proposal]:
    at = cells(flow != 0)
    offers = [pairs.offers[i] for i in at[0].tolist()]
    needs = [pairs.needs[j] for j in at[1].tolist()]
    names = match_ids(
        (
            WITHIN_HUB if offer.hub == need.hub else BETWEEN_HUBS,
            offer.line,
            need.line,
            options.finished.get((offer.line, need.line), 0),
        )
        for offer, need in zip(offers, needs, strict=True)
    )
    tables = (flow, pairs.money, pairs.legs.cost, pairs.legs.days)
    columns = (offers, needs, names, *(table[at].tolist() for table in tables))
    for offer, need, name, quantity, money, leg_cost, days in zip(*columns, strict=True):
        price = offer.floor + money // 2
        yield Proposal(
            match=name,
            offer=offer.line,
            need=need.line,
            quantity=quantity,
            price=price,
            buyer_price=price + leg_cost,
            leg_cost=leg_cost,
            days=days,
        )


def _part_digest(part: _Part, legs: LegGrid, options: Options, today: int) -> str:
    """Name everything this part was solved from."""
    goods = options.goods
    offers, needs = {o.line for o in part.offers}, {n.line for n in part.needs}
    facts: list[object] = [
        part.offers,
        [(*need_facts(n), n.grades and sorted(n.grades)) for n in part.needs],
        [today, options.bonuses, options.effort],
        [goods.barred.get(part.commodity), goods.scales.get(part.commodity)],
        sorted(pair for pair in options.keep if pair[0] in offers and pair[1] in needs),
        sorted(pair for pair in options.held_back if pair[0] in offers and pair[1] in needs),
        sorted((*p, n) for p, n in options.finished.items() if p[0] in offers and p[1] in needs),
        sorted(options.contracts & (offers | needs)),
        *([options.fairness] if options.fairness else ()),
        *sorted((line, *bond) for line, bond in options.bonds.items() if line in offers | needs),
    ]
    code = sha256(msgspec.msgpack.encode(facts))
    for table in (legs.cost, legs.days):
        code.update(blake2b(table.tobytes()).digest())
    return code.hexdigest()


def _digest(parts: Iterable[str]) -> str:
    return sha256("".join(parts).encode()).hexdigest()
