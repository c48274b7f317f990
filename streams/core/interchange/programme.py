"""Networks that are no plain flow: yields that disagree, rooms that several arcs share.

Decides such a network by a linear programme, and bounds what any answer could be worth. The
programme's floats decide nothing about the bound: its prices are rounded to integers first and
the bound is computed from them by exact arithmetic, legal for every price there could be.

Theory of operation. Give every need and every room a price, at least 0. Then walk the network
backwards: a node is worth the best of what its arcs lead to, less the rooms they use. Supplies,
demands and rooms at those prices are never less than what any flow is worth.
"""

from collections import defaultdict
from typing import Any, Final, NamedTuple

import numpy as np

from schemas.quantity import MICRO
from streams.core.interchange.parcels import FloatArray
from streams.core.interchange.web import UNLIMITED, Web

PRICE_SCALE: Final = 10**9


class Solved(NamedTuple):
    """Flow per arc in micro at its tail, not exact; `bound` in micro rupiah, exact."""

    flow: FloatArray
    bound: int


def solve_programme(web: Web) -> Solved | None:
    """Solve a network of any gains and bundles; None when the solver finds no optimum."""
    # Loaded at the first use: most rounds need no programme.
    from ortools.linear_solver import pywraplp  # noqa: PLC0415 - see above

    model = pywraplp.Solver.CreateSolver("GLOP")
    rooms = [_real(room) for room in web.room.tolist()]
    flow = [model.NumVar(0, model.infinity(), "") for _ in rooms]
    entering = _by(web.head.tolist())
    leaving = _by(web.tail.tolist())
    gain = (web.gain_up / web.gain_down).tolist()
    needs: list[Any] = []
    for offer, supply in enumerate(web.supply.tolist()):
        model.Add(model.Sum([flow[a] for a in leaving[offer]]) <= _real(supply))
    for need, demand in enumerate(web.demand.tolist(), web.first_need):
        needs.append(model.Add(model.Sum([flow[a] for a in entering[need]]) <= _real(demand)))
    for hub in range(web.first_hub, web.nodes):
        came = model.Sum([flow[a] * gain[a] for a in entering[hub]])
        model.Add(model.Sum([flow[a] for a in leaving[hub]]) == came)
    limited = np.flatnonzero(web.room < UNLIMITED).tolist()
    limits = [model.Add(flow[a] <= rooms[a]) for a in limited]
    shared = [
        model.Add(
            model.Sum([flow[a] * w for a, w in zip(b.arcs, b.weights, strict=True)])
            <= _real(b.room)
        )
        for b in web.bundles
    ]
    model.Maximize(model.Sum([f * w for f, w in zip(flow, web.worth.tolist(), strict=True)]))
    if model.Solve() != model.OPTIMAL:
        return None
    prices = Prices(
        [_whole(c.dual_value()) for c in needs],
        {a: _whole(c.dual_value()) for a, c in zip(limited, limits, strict=True)},
        [_whole(c.dual_value()) for c in shared],
    )
    found = np.array([f.solution_value() for f in flow], np.float64) * MICRO
    return Solved(found, bound_at(web, prices))


class Prices(NamedTuple):
    """Prices in rupiah x PRICE_SCALE, none below 0."""

    needs: list[int]
    rooms: dict[int, int]
    bundles: list[int]


def bound_at(web: Web, prices: Prices) -> int:
    """Give what no flow exceeds, in micro rupiah, rounded up."""
    entering, leaving = _by(web.head.tolist()), _by(web.tail.tolist())
    toll: defaultdict[int, int] = defaultdict(int, prices.rooms)
    for bundle, each in zip(web.bundles, prices.bundles, strict=True):
        for arc, weight in zip(bundle.arcs, bundle.weights, strict=True):
            toll[arc] += weight * each
    worth = web.worth.tolist()
    columns = web.tail.tolist(), web.head.tolist(), web.gain_up.tolist(), web.gain_down.tolist()
    tails, heads, ups, downs = columns
    price = {web.first_need + n: -p for n, p in enumerate(prices.needs)}
    waiting = {node: len(out) for node, out in leaving.items()}
    # What leads nowhere is worth as little as can be: nothing flows into it.
    ready = [*price, *(n for n in range(web.first_hub, web.nodes) if n not in waiting)]
    nowhere = -max(map(abs, worth), default=0) * PRICE_SCALE * web.nodes
    while ready:
        node = ready.pop()
        if node not in price:
            price[node] = max(
                (
                    worth[a] * PRICE_SCALE - toll[a] - (-price[heads[a]] * ups[a] // downs[a])
                    for a in leaving.get(node, ())
                ),
                default=nowhere,
            )
        for arc in entering.get(node, ()):
            waiting[tails[arc]] -= 1
            if not waiting[tails[arc]]:
                ready.append(tails[arc])
    total: int = sum(q * max(0, price.get(o, 0)) for o, q in enumerate(web.supply.tolist()))
    total += sum(q * p for q, p in zip(web.demand.tolist(), prices.needs, strict=True))
    total += sum(int(web.room[a]) * p for a, p in prices.rooms.items())
    total += sum(b.room * p for b, p in zip(web.bundles, prices.bundles, strict=True))
    return -(-total // PRICE_SCALE)


def _by(ends: list[int]) -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for arc, end in enumerate(ends):
        found[end].append(arc)
    return found


def _real(micro: int) -> float:
    return micro / MICRO


def _whole(price: float) -> int:
    return max(0, round(price * PRICE_SCALE))
