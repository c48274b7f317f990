"""How long a round between hubs takes, how that grows, and what exactness is worth.

Hubs lie on drawn islands: a few large, many small; legs cost by road on one island and by port and
sea between, and take days. Prices, quantities and places are drawn from a seed. A plain market has
prices alone; a dated one has grades, shelf lives and needed-by days. The clock runs from lines to
shipments: columns, network, flow, proof, ties, parcels, prices, names, and the reasons of the 500
largest lines left on each side. The greedy rules see the same plain markets, pair by pair.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from bench import clearing
from deploy.worker import quiet_collector
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.outlook import Outlooks, inside, outlooks
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Terms
from streams.core.lines import Leg as Way
from streams.core.lines import NeedLine, OfferLine, Options
from streams.core.matching import solve

TODAY: Final = 20_000
HUBS: Final = 514
REASONS: Final = 500
LOCAL_IDR: Final = 120
ISLANDS: Final = (129, 119, 56, 70, 36, 9, 5, 5, 8, 6, 4)
MONEY: Final = Options(bonuses=False)
Draw = np.random.Generator


@dataclass(frozen=True, slots=True)
class Country:
    """Hubs, and between any two: rupiah per kg, days, km."""

    names: list[str]
    cost: np.typing.NDArray[np.int64]
    days: np.typing.NDArray[np.int64]
    km: np.typing.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row; times are milliseconds, `cpu` what this thread had."""

    market: str
    hubs: int
    lines: int
    legs: int
    rounds: int
    p50_ms: float
    p99_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    shipments: float
    certified: float


def country(hubs: int, seed: int = 1) -> Country:
    """Draw a country of so many hubs."""
    draw = np.random.default_rng(seed)
    sizes = [max(1, n * hubs // HUBS) for n in ISLANDS]
    while sum(sizes) < hubs:
        sizes.append(min(hubs - sum(sizes), int(draw.integers(1, 5))))
    island = np.repeat(np.arange(len(sizes)), sizes)[:hubs]
    middle = draw.uniform((0, 0), (5_000, 1_500), (len(sizes), 2))[island]
    spread = np.sqrt(np.array(sizes))[island][:, None] * 25
    place = middle + draw.normal(0, 1, (hubs, 2)) * spread
    km = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    same = island[:, None] == island[None]
    cost = np.where(same, 120 + 2.97 * km, 830 + 0.55 * km)
    days = np.where(same, 1 + km // 350, 3 + km // 400)
    names = [f"{n:04}" for n in range(hubs)]
    return Country(names, cost.astype(np.int64), days.astype(np.int64), km)


def ways(land: Country, origins: list[int], targets: list[int]) -> Terms:
    """Give the legs from some hubs to others."""
    cost, days, names = land.cost.tolist(), land.days.tolist(), land.names
    legs = (
        Leg(names[i], names[j], cost[i][j] * MICRO, days[i][j])
        for i in origins
        for j in targets
        if i != j
    )
    return Terms(legs=leg_book(legs), reasons_max=REASONS)


def lines(
    land: Country, at: tuple[list[int], list[int]], seed: int, *, dated: bool = False
) -> tuple[list[OfferLine], list[NeedLine]]:
    """Draw an offer at every place of the first list and a need at every one of the second."""
    draw = np.random.default_rng(seed)
    base = int(np.exp(draw.uniform(np.log(3_000), np.log(60_000))))

    def amount(tail: float) -> int:
        return (int(min(draw.pareto(tail) * 4_000 + 200, 3e6)) + 1) * MICRO

    def day(chance: float, low: int, high: int) -> int | None:
        return int(TODAY + draw.integers(low, high)) if dated and draw.random() < chance else None

    offers = [
        OfferLine(
            line=f"o{n:05}",
            coop=f"c{n}",
            hub=land.names[hub],
            family="F",
            commodity="F",
            grade=str(draw.choice(("A", "B", "C"))) if dated else "A",
            quantity=amount(1.25),
            floor=int(base * draw.lognormal(-0.08, 0.1)),
            expires_day=day(0.5, 3, 90),
        )
        for n, hub in enumerate(at[0])
    ]
    accepted = (None, None, None, frozenset("A"), frozenset("AB"))
    needs = [
        NeedLine(
            line=f"n{n:05}",
            coop=f"d{n}",
            hub=land.names[hub],
            family="F",
            commodity="F",
            quantity=amount(1.35),
            ceiling=int(base * draw.lognormal(0.22, 0.12)),
            grades=accepted[int(draw.integers(5))] if dated else None,
            needed_by_day=day(0.5, 2, 30),
        )
        for n, hub in enumerate(at[1])
    ]
    return offers, needs


def halves(land: Country, per_hub: int) -> tuple[list[int], list[int]]:
    """One line a hub: half the hubs offer and half need; else half of each hub's lines."""
    every = range(len(land.names))
    if per_hub == 1:
        return list(every[::2]), list(every[1::2])
    both = [hub for hub in every for _ in range(per_hub // 2)]
    return both, both


def measure(land: Country, per_hub: int, rounds: int, *, dated: bool = False) -> Figure:
    """Solve so many markets of one size."""
    at = halves(land, per_hub)
    terms = ways(land, sorted(set(at[0])), sorted(set(at[1])))
    wall, busy, shipments, certified = [], [], 0, 0
    solve_between(*lines(land, at, 0, dated=dated), terms, MONEY, TODAY)  # loads and warms up
    for seed in range(rounds):
        offers, needs = lines(land, at, seed, dated=dated)
        start, busy_start = time.perf_counter_ns(), time.thread_time_ns()
        found = solve_between(offers, needs, terms, MONEY, TODAY)
        busy.append((time.thread_time_ns() - busy_start) / 1e6)
        wall.append((time.perf_counter_ns() - start) / 1e6)
        shipments += len(found.shipments)
        certified += found.certified
    p50, p99 = (round(float(np.percentile(wall, share)), 1) for share in (50, 99))
    cpu_p50, cpu_p99 = (round(float(np.percentile(busy, share)), 1) for share in (50, 99))
    return Figure(
        market="dated" if dated else "plain",
        hubs=len(land.names),
        lines=len(at[0]) + len(at[1]),
        legs=len(terms.legs.legs),
        rounds=rounds,
        p50_ms=p50,
        p99_ms=p99,
        cpu_p50_ms=cpu_p50,
        cpu_p99_ms=cpu_p99,
        shipments=shipments / rounds,
        certified=certified / rounds,
    )


def against_greedy(land: Country, rounds: int) -> dict[str, float]:
    """Give each rule's value as a share of the optimum's, mean over markets."""
    at = halves(land, 1)
    terms = ways(land, *at)
    shares: dict[str, list[float]] = {}
    for seed in range(rounds):
        offers, needs = lines(land, at, seed)
        best = solve_between(offers, needs, terms, MONEY, TODAY).objective
        where = np.ix_(*at)
        floors = np.array([o.floor for o in offers])[:, None]
        worth = np.array([n.ceiling for n in needs])[None] - floors - land.cost[where]
        orders: dict[str, Any] = {
            "best value first": -worth,
            "nearest first": land.km[where],
            "first come, best offer": _arrivals(np.random.default_rng(seed), worth),
        }
        for name, key in orders.items():
            shares.setdefault(name, []).append(_greedy(offers, needs, worth, key) / best)
    return {name: round(float(np.mean(of)), 4) for name, of in shares.items()}


def _arrivals(draw: Draw, worth: Any) -> Any:
    """Needs come in a drawn order; each takes the offers worth most to it."""
    return draw.permutation(worth.shape[1])[None] * (worth.max() + 1.0) - worth


def _greedy(offers: list[OfferLine], needs: list[NeedLine], worth: Any, key: Any) -> float:
    supply, demand = [o.quantity for o in offers], [n.quantity for n in needs]
    total = 0
    for at in np.argsort(key, axis=None, kind="stable").tolist():
        i, j = divmod(at, len(needs))
        quantity = min(supply[i], demand[j])
        if quantity and worth[i, j] > 0:
            supply[i] -= quantity
            demand[j] -= quantity
            total += quantity * int(worth[i, j])
    return total / MICRO


def against_national(
    rounds: int, hubs: int = 60, per_hub: int = 12, *, dated: bool = False
) -> dict[str, dict[str, float]]:
    """Give what tier 1, then tier 2 over what it leaves, reach of one solve over everything.

    First with hubs that know nothing of each other, then where they spare what that solve sends
    elsewhere.
    """
    land = country(hubs)
    at = halves(land, per_hub)
    every = list(range(hubs))
    terms = ways(land, every, every)
    inner = [Leg(name, name, LOCAL_IDR * MICRO, 0) for name in land.names]
    whole = replace(terms, legs=leg_book([*terms.legs.legs, *inner]), within=True)
    reached: list[tuple[float, float]] = []
    for seed in range(rounds):
        market = lines(land, at, seed, dated=dated)
        best = solve_between(*market, whole, MONEY, TODAY)
        told = outlooks(*market, best.shipments)
        alone, heard = (two_tiers(market, terms, each) for each in ({}, told))
        reached.append((alone / best.objective, heard / best.objective))
    return {
        name: {"mean": round(float(np.mean(of)), 4), "worst": round(min(of), 4)}
        for name, of in zip(("alone", "heard"), zip(*reached, strict=True), strict=True)
    }


def two_tiers(market: tuple[list[OfferLine], list[NeedLine]], terms: Terms, told: Outlooks) -> int:
    """Give the value of hubs by themselves, and then of the market over what they leave."""
    value, left = 0, {line.line: line.quantity for side in market for line in side}
    offers, needs = market
    for hub in sorted({line.hub for side in market for line in side}):
        own = [o for o in offers if o.hub == hub], [n for n in needs if n.hub == hub]
        mine = inside(*own, {one.line: one.quantity for one in told.get(hub, ())})
        found = solve(*mine[:2], lambda _offer, _need: Way(LOCAL_IDR, 0), MONEY, TODAY)
        value += found.objective
        for one in found.proposals:
            left[one.offer] -= one.quantity
            left[one.need] -= one.quantity
    rest = [
        [_resized(line, left[line.line]) for line in side if left[line.line]] for side in market
    ]
    return value + solve_between(rest[0], rest[1], terms, MONEY, TODAY).objective


def _resized(line: Any, quantity: int) -> Any:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return type(line)(**fields | {"quantity": quantity})


def run(rounds: int) -> None:
    """Print tables to stderr and the figures as JSON to stdout."""
    quiet_collector()  # as the worker that solves such rounds does
    few = max(2, rounds // 10)
    land = country(HUBS)
    sizes = [
        measure(land, 1, rounds),
        measure(land, 8, few),
        measure(land, 32, few),
        measure(land, 8, few, dated=True),
        measure(land, 32, few, dated=True),
    ]
    growth = [measure(country(hubs), 1, few) for hubs in (129, 257, 514, 1_028, 2_056)]
    value, tiers = against_greedy(land, few), against_national(few)
    cleared = clearing.figures(rounds)
    for title, rows in (("sizes", sizes), ("growth", growth)):
        print(f"\nbetween hubs: {title}", file=sys.stderr)
        for f in rows:
            print(
                f"{f.market:>6} {f.hubs:>5} hubs {f.lines:>6} lines {f.legs:>8} legs "
                f"{f.rounds:>4} rounds  p50 {f.p50_ms:>8.1f} p99 {f.p99_ms:>8.1f} ms  "
                f"cpu p50 {f.cpu_p50_ms:>8.1f} p99 {f.cpu_p99_ms:>8.1f}  "
                f"{f.shipments:>7.0f} matches {f.certified:>6.1%} certified",
                file=sys.stderr,
            )
    print("\nclearing obligations in rings", file=sys.stderr)
    for row in cleared:
        print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
    print(f"\nvalue against the optimum: {value}\ntwo tiers: {tiers}", file=sys.stderr)
    told: dict[str, Any] = {"cores": os.cpu_count(), "value": value, "two_tiers": tiers}
    told["clearing"] = cleared
    told |= {"sizes": [asdict(f) for f in sizes], "growth": [asdict(f) for f in growth]}
    print(json.dumps(told))
