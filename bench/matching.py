"""How long a round of matching takes inside a hub, all in, and how that grows.

All in is: judge every pair, solve, settle ties, prove, split prices, name matches, explain what is
left. Markets are drawn from a seed: one commodity (the worst case, every pair is a candidate),
three grades, shelf lives, needed-by days, prices that overlap by half, legs ready as a grid. The
first solve, which loads the solver, is told apart. Figures are milliseconds.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

import numpy as np

from bench import interchange
from deploy.worker import quiet_collector
from schemas.quantity import MICRO
from streams.core.lines import LegGrid, NeedLine, OfferLine, Options
from streams.core.matching import solve

TODAY: Final = 20_000
SIZES: Final = (10, 30, 100, 300)
GROWTH: Final = (25, 50, 100, 200, 400)
LOT: Final = 50 * MICRO
MANY: Final = 100
"""Lines a side up to which every round asked for is run; beyond, a tenth of them."""

Market = tuple[list[OfferLine], list[NeedLine], LegGrid]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row; with `lots` half the offers have a minimum lot; `gap_share` is mean gap / value.

    `cpu` is the time this thread had: on a shared machine the other includes waiting for a core.
    """

    offers: int
    needs: int
    lots: bool
    rounds: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    proposals: float
    certified: float
    gap_share: float


def market(size: int, seed: int, *, lots: bool = False) -> Market:
    """Draw a market of `size` offers and needs; the same seed draws the same."""
    random = Random(seed)
    coops = max(2, size // 2)
    offers = [
        OfferLine(
            line=f"o{n:04}",
            coop=f"19.02.01.2{random.randrange(coops):03}",
            hub="19.02",
            family="LADA-BASAH",
            commodity="LADA-PUTIH",
            grade=random.choice(("A", "B", "C")),
            quantity=int(random.paretovariate(1.2) * 40) * MICRO,
            floor=random.randrange(90_000, 130_000),
            expires_day=random.choice((None, TODAY + random.randrange(2, 60))),
            min_lot=random.choice((0, LOT)) if lots else 0,
        )
        for n in range(size)
    ]
    needs = [
        NeedLine(
            line=f"n{n:04}",
            coop=f"19.02.01.2{random.randrange(coops):03}",
            hub="19.02",
            family="LADA-BASAH",
            commodity="LADA-PUTIH",
            quantity=int(random.paretovariate(1.2) * 40) * MICRO,
            ceiling=random.randrange(100_000, 145_000),
            grades=random.choice((None, frozenset("A"), frozenset("AB"), frozenset("ABC"))),
            needed_by_day=random.choice((None, TODAY + random.randrange(0, 9))),
            priority=random.choice(("normal", "normal", "normal", "staple")),
        )
        for n in range(size)
    ]
    draw = np.random.default_rng(seed)
    shape = (size, size)
    return offers, needs, LegGrid(draw.integers(0, 4_000, shape), draw.integers(0, 3, shape))


def measure(size: int, rounds: int, *, lots: bool = False) -> Figure:
    """Solve `rounds` different markets of one size."""
    taken, busy, proposals, certified, gaps = [], [], 0, 0, 0.0
    for seed in range(rounds):
        offers, needs, legs = market(size, seed, lots=lots)
        start, busy_start = time.perf_counter_ns(), time.thread_time_ns()
        found = solve(offers, needs, legs, Options(), TODAY)
        busy.append((time.thread_time_ns() - busy_start) / 1e6)
        taken.append((time.perf_counter_ns() - start) / 1e6)
        proposals += len(found.proposals)
        certified += found.certified
        gaps += found.gap / max(1, found.objective)
    return Figure(
        offers=size,
        needs=size,
        lots=lots,
        rounds=rounds,
        p50_ms=round(float(np.percentile(taken, 50)), 3),
        p99_ms=round(float(np.percentile(taken, 99)), 3),
        max_ms=round(max(taken), 3),
        cpu_p50_ms=round(float(np.percentile(busy, 50)), 3),
        cpu_p99_ms=round(float(np.percentile(busy, 99)), 3),
        proposals=proposals / rounds,
        certified=certified / rounds,
        gap_share=round(gaps / rounds, 6),
    )


def main(argv: list[str] | None = None) -> int:
    """Print a table to stderr and the figures as JSON to stdout."""
    reader = argparse.ArgumentParser(prog="python -m bench matching", description=__doc__)
    reader.add_argument("--rounds", type=int, default=300, help="rounds per size up to 100 lines")
    reader.add_argument("--between", action="store_true", help="measure rounds between hubs")
    asked = reader.parse_args(argv)
    if asked.between:
        interchange.run(asked.rounds)
        return 0
    start = time.perf_counter_ns()
    solve(*market(10, 0), Options(), TODAY)
    first_ms = (time.perf_counter_ns() - start) / 1e6
    quiet_collector()  # as the worker that solves such rounds does
    few = max(5, asked.rounds // 10)
    figures = [measure(n, asked.rounds if n <= MANY else few) for n in SIZES]
    growth = [measure(n, few) for n in GROWTH]
    lots = [measure(n, few, lots=True) for n in (10, 30, 100)]
    print(f"first solve, loads the solver: {first_ms:.0f} ms", file=sys.stderr)
    for title, rows in (("sizes", figures), ("growth", growth), ("minimum lots", lots)):
        _table(title, rows)
    told = {"cores": os.cpu_count(), "first_solve_ms": round(first_ms, 1)}
    parts = {"sizes": figures, "growth": growth, "lots": lots}
    print(json.dumps(told | {name: [asdict(f) for f in rows] for name, rows in parts.items()}))
    return 0


def _table(title: str, rows: list[Figure]) -> None:
    print(
        f"\n{title}\n{'lines':>11} {'rounds':>6} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} "
        f"{'cpu p50':>8} {'cpu p99':>8} {'matches':>8} {'certified':>9} {'gap':>8}",
        file=sys.stderr,
    )
    for f in rows:
        print(
            f"{f.offers:>5}x{f.needs:<5} {f.rounds:>6} {f.p50_ms:>8.2f} {f.p99_ms:>8.2f} "
            f"{f.max_ms:>8.2f} {f.cpu_p50_ms:>8.2f} {f.cpu_p99_ms:>8.2f} "
            f"{f.proposals:>8.1f} {f.certified:>9.1%} {f.gap_share:>8.4%}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    sys.exit(main())
