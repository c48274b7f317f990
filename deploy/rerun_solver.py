"""The second judge's solvers: a linear programme by GLOP, and CP-SAT where lots are indivisible.

Decides what a phase of a round could be worth at most, and what these solvers find themselves.
Refuses to know what was told, and shares nothing with the matcher: that one runs flows through
OR-tools' network solver and proves them by shortest paths.

Theory of operation. The programme's prices are floats, so they prove nothing as they are. They are
rounded to integers, and every offer's price is raised until no way is worth more than its two ends
and its rooms: at such prices no answer whatever is worth more than all supplies, demands and rooms
at their prices (weak duality). That sum is formed of Python integers. Where worths are whole
rupiah the prices of a plain network are too, and the bound is exact.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from math import gcd
from typing import Any, Final, NamedTuple

from deploy.rerun_model import Column, Programme
from deploy.rerun_rules import worth_more
from schemas.quantity import MICRO

COLUMNS_MAX: Final = 400_000
"""Most ways of one phase; a linear programme of so many takes minutes."""
LOT_COLUMNS_MAX: Final = 20_000
SAT_EFFORT: Final = 30.0
"""CP-SAT's own measure of work, not time: the same problem ends alike on every machine."""
SAT_MAX: Final = 1 << 61
SCALES: Final = (1, 1_000, 1_000_000, 1_000_000_000)
"""Parts of a rupiah that prices are rounded to; each bound holds, the least of them counts."""
_NEAR: Final = 1e-7


class Second(NamedTuple):
    """Micro rupiah with bonuses: the answer it found, and what no answer exceeds.

    None where the phase is too much for it.
    """

    found: int | None
    bound: int | None


class _Relaxed(NamedTuple):
    """Amounts received by column, and the prices of needs and rooms."""

    amounts: list[float]
    needs: list[float]
    rooms: dict[Hashable, float]


def second(asked: Programme) -> Second:
    """Solve a phase anew."""
    if not asked.columns:
        return Second(0, 0)
    relaxed = _glop(asked) if len(asked.columns) <= COLUMNS_MAX else None
    if relaxed is None:
        return Second(None, None)
    bound = min(_bound(asked, relaxed, scale) for scale in SCALES)
    amounts = _whole(asked, relaxed.amounts)
    if not _is_short(asked, amounts):
        return Second(_worth(asked, amounts), bound)
    if not asked.is_plain or len(asked.columns) > LOT_COLUMNS_MAX:
        return Second(None, bound)
    found, ceiling = _sat(asked)
    return Second(found, bound if ceiling is None else min(bound, ceiling))


# ------------------------------------------------------------------ the linear programme
def _glop(asked: Programme) -> _Relaxed | None:
    from ortools.linear_solver import pywraplp  # noqa: PLC0415 - only who asks for it waits

    model = pywraplp.Solver.CreateSolver("GLOP")
    supply = [model.Constraint(0, each / MICRO) for each in asked.supply]
    demand = [
        model.Constraint(0, 0 if need in asked.tenths else each / MICRO)
        for need, each in enumerate(asked.demand)
    ]
    rooms = {name: model.Constraint(0, room / MICRO) for name, room in asked.rooms.items()}
    goal = model.Objective()
    for need, tenths in asked.tenths.items():
        for room, bonus in tenths:
            filled = model.NumVar(0, room / MICRO, "")
            demand[need].SetCoefficient(filled, -1)
            goal.SetCoefficient(filled, bonus)
    amounts = []
    for column in asked.columns:
        way = column.way
        amount = model.NumVar(0, model.infinity(), "")
        supply[column.offer].SetCoefficient(amount, way.up / way.down)
        demand[column.need].SetCoefficient(amount, 1)
        goal.SetCoefficient(amount, way.rate / way.down)
        for name, weight in _weights(column).items():
            if name in rooms:
                rooms[name].SetCoefficient(amount, weight / way.down)
        amounts.append(amount)
    goal.SetMaximization()
    if model.Solve() != model.OPTIMAL:
        return None
    return _Relaxed(
        [amount.solution_value() for amount in amounts],
        [each.dual_value() for each in demand],
        {name: each.dual_value() for name, each in rooms.items()},
    )


def _weights(column: Column) -> dict[Hashable, int]:
    found: defaultdict[Hashable, int] = defaultdict(int)
    for ride in column.way.rides:
        found[ride.room] += column.way.weight(ride)
    return found


def _bound(asked: Programme, relaxed: _Relaxed, scale: int) -> int:
    """What no answer exceeds, micro rupiah, from prices rounded to parts of a rupiah."""
    needs = [round(price * scale) for price in relaxed.needs]
    needs = [price if n in asked.tenths else max(0, price) for n, price in enumerate(needs)]
    rooms = {name: max(0, round(price * scale)) for name, price in relaxed.rooms.items()}
    offers = [0] * len(asked.supply)
    for column in asked.columns:
        way = column.way
        left = scale * way.rate - way.down * needs[column.need]
        left -= sum(w * rooms.get(name, 0) for name, w in _weights(column).items())
        offers[column.offer] = max(offers[column.offer], -(-left // way.up))
    total = _dot(asked.supply, offers)
    for at, price in enumerate(needs):
        for room, bonus in asked.tenths.get(at, [(asked.demand[at], 0)]):
            total += room * max(0, bonus * scale + price)
    total += sum(asked.rooms[name] * price for name, price in rooms.items())
    return -(-total // scale)


def _dot(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


# ------------------------------------------------------------------ whole millionths
def _whole(asked: Programme, relaxed: Sequence[float]) -> dict[int, int]:
    """The programme's amounts as micro, by column, inside every supply, demand and room."""
    wanted = {at: round(x * MICRO) for at, x in enumerate(relaxed) if x * MICRO > _NEAR}
    if asked.is_plain:
        wanted = _peeled(asked, wanted)
    supply, demand, rooms = list(asked.supply), list(asked.demand), dict(asked.rooms)
    kept: dict[int, int] = {}
    for at in sorted(wanted, key=lambda n: (-wanted[n], n)):
        column = asked.columns[at]
        way, rides = column.way, _weights(column)
        quantity = min(wanted[at], demand[column.need], supply[column.offer] * way.down // way.up)
        for name, weight in rides.items():
            if name in rooms and weight:
                quantity = min(quantity, rooms[name] * way.down // weight)
        if quantity > 0:
            kept[at] = quantity
            supply[column.offer] -= way.takes(quantity)
            demand[column.need] -= quantity
            for name, weight in rides.items():
                if name in rooms:
                    rooms[name] -= -(-quantity * weight // way.down)
    return kept


def _peeled(asked: Programme, wanted: Mapping[int, int]) -> dict[int, int]:
    """Exact amounts of a corner of the programme: a line that is used up leaves its last way all.

    The ways that a corner uses form trees, so there is always a line with one way left to settle.
    """
    left = [*asked.supply, *asked.demand]
    ends = {at: _ends(asked, at) for at in wanted}
    ways: defaultdict[int, set[int]] = defaultdict(set)
    used: defaultdict[int, int] = defaultdict(int)
    for at, lines in ends.items():
        for line in lines:
            ways[line].add(at)
            used[line] += wanted[at]
    full = {line for line, sum_ in used.items() if left[line] - sum_ <= _NEAR * left[line] + 1}
    waiting, settled = [line for line in full if len(ways[line]) == 1], dict[int, int]()
    while waiting:
        line = waiting.pop()
        if len(ways[line]) != 1:
            continue
        (at,) = ways[line]
        settled[at] = amount = max(0, left[line])
        for end in ends[at]:
            ways[end].discard(at)
            left[end] -= amount
            if end in full and len(ways[end]) == 1:
                waiting.append(end)
    return {at: settled.get(at, amount) for at, amount in wanted.items()}


def _ends(asked: Programme, at: int) -> tuple[int, int]:
    column = asked.columns[at]
    return column.offer, len(asked.supply) + column.need


def _worth(asked: Programme, amounts: Mapping[int, int]) -> int:
    total, met = 0, defaultdict[int, int](int)
    for at, quantity in amounts.items():
        column = asked.columns[at]
        total += column.way.worth(column.way.takes(quantity), quantity)
        met[column.need] += quantity
    return total + sum(worth_more(tenths, met[n]) for n, tenths in asked.tenths.items())


def _is_short(asked: Programme, amounts: Mapping[int, int]) -> bool:
    """Whether a pair carries something, and less than its lot."""
    carried: defaultdict[tuple[int, int], int] = defaultdict(int)
    for at, quantity in amounts.items():
        column = asked.columns[at]
        carried[column.offer, column.need] += quantity
    return any(quantity < asked.lots.get(pair, 0) for pair, quantity in carried.items())


# ------------------------------------------------------------------ indivisible lots
def _sat(asked: Programme) -> tuple[int | None, int | None]:
    """The best answer that keeps the lots, and its bound; None where it finds none."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - as above

    rooms = [room for tenths in asked.tenths.values() for room, _ in tenths]
    unit = gcd(*asked.supply, *asked.demand, *asked.lots.values(), *rooms) or 1
    rates = sum(abs(column.way.rate) for column in asked.columns)
    rates += sum(bonus for tenths in asked.tenths.values() for _, bonus in tenths)
    if rates * max(*asked.supply, *asked.demand) // unit > SAT_MAX:
        return None, None
    model, amounts = cp_model.CpModel(), list[Any]()
    rows: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
    for column in asked.columns:
        i, j = column.offer, column.need
        most = min(asked.supply[i], asked.demand[j]) // unit
        least = asked.lots.get((i, j), 0) // unit
        amount, trades = model.new_int_var(0, most, ""), model.new_bool_var("")
        model.add(amount <= most * trades)
        model.add(amount >= least * trades)
        rows["offer", i].append(amount)
        rows["need", j].append(amount)
        amounts.append(amount)
    for (side, at), row in rows.items():
        model.add(sum(row) <= (asked.supply if side == "offer" else asked.demand)[at] // unit)
    goal = sum(c.way.rate * x for c, x in zip(asked.columns, amounts, strict=True))
    for need, tenths in asked.tenths.items():
        filled = [model.new_int_var(0, room // unit, "") for room, _ in tenths]
        model.add(sum(filled) == sum(rows["need", need]))
        goal += sum(bonus * part for part, (_, bonus) in zip(filled, tenths, strict=True))
    model.maximize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = SAT_EFFORT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, None
    found = {at: solver.value(amount) * unit for at, amount in enumerate(amounts)}
    worth = _worth(asked, found)
    return worth, worth if status == cp_model.OPTIMAL else None
