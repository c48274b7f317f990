"""How long it takes to clear obligations in rings, and how much of them clears.

Obligations lie between parties drawn at random, evenly or with a few large ones; amounts
follow a Pareto law. The clock runs from records to records: columns, flow, proof, shares.
"""

import time
from typing import Any, Final, NamedTuple

import numpy as np

from streams.core.interchange.clearing import Obligation, clear

PARTIES: Final = 514
OBLIGATIONS: Final = 50_000
GROWTH: Final = (12_500, 25_000, 100_000, 200_000)


class Figure(NamedTuple):
    """One row; times are milliseconds, `cpu` what this thread had, `share` what cleared."""

    market: str
    parties: int
    obligations: int
    rounds: int
    p50_ms: float
    p99_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    share: float
    certified: float


def obligations(seed: int, count: int, parties: int, *, hubs_of_trade: bool) -> list[Obligation]:
    """Draw so many debts between so many parties."""
    draw = np.random.default_rng(seed)
    weight = np.arange(1, parties + 1) ** (-0.8 if hubs_of_trade else 0.0)
    ends = draw.choice(parties, (count, 2), p=weight / weight.sum())
    ends[:, 1] += ends[:, 0] == ends[:, 1]
    ends %= parties
    idr = (draw.pareto(1.2, count) * 1e6 + 1e5).astype(np.int64).tolist()
    return [
        Obligation(f"d{n:06}", f"{debtor:04}", f"{creditor:04}", idr[n])
        for n, (debtor, creditor) in enumerate(ends.tolist())
    ]


def measure(rounds: int, count: int = OBLIGATIONS, *, hubs_of_trade: bool) -> Figure:
    """Clear so many ledgers of so many obligations."""
    wall, busy, shares, certified = [], [], [], 0
    clear(obligations(0, 1_000, PARTIES, hubs_of_trade=hubs_of_trade))  # loads and warms up
    for seed in range(rounds):
        given = obligations(seed, count, PARTIES, hubs_of_trade=hubs_of_trade)
        start, busy_start = time.perf_counter_ns(), time.thread_time_ns()
        found = clear(given)
        busy.append((time.thread_time_ns() - busy_start) / 1e6)
        wall.append((time.perf_counter_ns() - start) / 1e6)
        shares.append(found.total / sum(o.idr for o in given))
        certified += found.certified
    p50, p99, cpu_p50, cpu_p99 = (
        round(float(np.percentile(times, share)), 1)
        for times in (wall, busy)
        for share in (50, 99)
    )
    market = "a few large" if hubs_of_trade else "even"
    return Figure(
        market,
        PARTIES,
        count,
        rounds,
        p50,
        p99,
        cpu_p50,
        cpu_p99,
        round(float(np.mean(shares)), 3),
        certified / rounds,
    )


def figures(rounds: int) -> list[dict[str, Any]]:
    """Give both rows as data, and a fifth of the rounds of the even one smaller and larger."""
    rows = [measure(rounds, hubs_of_trade=large) for large in (False, True)]
    rows += [measure(max(1, rounds // 5), count, hubs_of_trade=False) for count in GROWTH]
    return [row._asdict() for row in rows]
