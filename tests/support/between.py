"""Markets over several hubs, drawn so that every constraint bites, and an independent optimum."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random
from typing import Any

import msgspec
from ortools.linear_solver import pywraplp

from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.terms import Interchange, Part, Process, Terms
from streams.core.lines import NeedLine, OfferLine
from tests.support.lines import TODAY, need, offer

RANK = {"A": 1, "B": 2, "C": 3}
HUBS = ("11.01", "12.02", "13.03", "14.04")
RAW, READY = "KELAPA", "KOPRA"


def market(
    random: Random, size: int, hubs: Sequence[str] = HUBS, *, lots: bool = False
) -> tuple[list[OfferLine], list[NeedLine], list[Leg]]:
    offers = [
        offer(
            f"o{n:03}",
            random.randint(1, 60),
            random.randint(500, 1_500),
            hub=random.choice(hubs),
            coop=f"coop {random.randint(0, size)}",
            grade=random.choice("ABC"),
            expires_day=random.choice([None, TODAY - 1, TODAY + random.randint(0, 12)]),
            min_lot=random.choice((0, random.randint(1, 20))) if lots else 0,
        )
        for n in range(random.randint(1, size))
    ]
    needs = [
        need(
            f"n{n:03}",
            random.randint(1, 60),
            random.randint(700, 2_600),
            hub=random.choice(hubs),
            coop=f"coop {random.randint(0, size)}",
            grades=random.choice([None, None, frozenset("A"), frozenset("AB"), frozenset("AC")]),
            needed_by_day=random.choice([None, TODAY + random.randint(0, 9)]),
            min_lot=random.choice((0, random.randint(1, 15))) if lots else 0,
        )
        for n in range(random.randint(1, size))
    ]
    return offers, needs, legs(random, hubs)


def legs(random: Random, hubs: Sequence[str] = HUBS) -> list[Leg]:
    found = []
    for origin, target in product(hubs, hubs):
        if origin == target:
            continue
        for _ in range(random.choice([0, 1, 1, 2])):
            departs = random.choice([None, None, TODAY + random.randint(-1, 4)])
            cost = random.randint(0, 600) * MICRO + random.choice([0, 300_000])
            found.append(
                Leg(origin, target, cost, random.randint(0, 5), "road", departs_day=departs)
            )
    return found


def days_of(leg: Leg, ready: int = 0) -> int | None:
    """Days from today to arrival, None when it is gone."""
    leaves = ready if leg.departs_day is None else leg.departs_day - TODAY
    return None if leaves < ready else leaves + leg.days


def rupiah(leg: Leg, grams: int = 1000) -> int:
    per_unit = leg.cost_micro * grams
    return -(-per_unit // (1000 * MICRO))


def in_time(o: OfferLine, n: NeedLine | None, days: int) -> bool:
    if o.expires_day is not None:
        left = o.expires_day - TODAY
        if left < 0 or 10 * days > 7 * left:
            return False
    return n is None or n.needed_by_day is None or TODAY + days <= n.needed_by_day


def serves(o: OfferLine, n: NeedLine) -> bool:
    if o.coop == n.coop or o.commodity != n.commodity:
        return False
    return n.grades is None or o.grade in n.grades


May = Callable[[OfferLine, NeedLine], bool]


def everybody(_o: OfferLine, _n: NeedLine) -> bool:
    """Any two lines may meet, as far as permits go."""
    return True


def columns(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    ways: Sequence[Leg],
    terms: Terms,
    may: May = everybody,
) -> list[tuple[int, int, float, float, tuple[Leg, ...], Process | None]]:
    """Every way of every pair: offer, need, input per output, worth per output, legs, process."""
    found: list[tuple[int, int, float, float, tuple[Leg, ...], Process | None]] = []
    between: dict[tuple[str, str], list[Leg]] = {}
    for leg in ways:
        between.setdefault((leg.from_hub, leg.to_hub), []).append(leg)
    for (i, o), (j, n) in product(enumerate(offers), enumerate(needs)):
        if not may(o, n):
            continue
        for leg in between.get((o.hub, n.hub), ()):
            days = days_of(leg)
            if days is None:
                continue
            money = n.ceiling - o.floor - rupiah(leg, terms.weight(o.commodity))
            if serves(o, n) and in_time(o, n, days) and money >= 0:
                found.append((i, j, 1, money, (leg,), None))
        for process in terms.processes:
            found += [(i, j, *way) for way in _made(o, n, ways, process, terms)]
    return found


def _made(
    o: OfferLine, n: NeedLine, ways: Sequence[Leg], process: Process, terms: Terms
) -> Iterator[tuple[float, float, tuple[Leg, ...], Process | None]]:
    if (o.commodity, n.commodity) != (process.input, process.output) or o.coop == n.coop:
        return
    if n.grades is not None and process.grade not in n.grades:
        return
    into: list[Leg | None] = [w for w in ways if (w.from_hub, w.to_hub) == (o.hub, process.hub)]
    onto: list[Leg | None] = [w for w in ways if (w.from_hub, w.to_hub) == (process.hub, n.hub)]
    into += [None] if o.hub == process.hub else []
    onto += [None] if n.hub == process.hub else []
    for first, second in product(into, onto):
        days = 0 if first is None else days_of(first)
        if days is None or not in_time(o, None, days):
            continue
        ready = days + process.days
        total = ready if second is None else days_of(second, ready)
        if total is None or not in_time(_fresh(o), n, total):
            continue
        if process.shelf_days is not None and 10 * (total - ready) > 7 * process.shelf_days:
            continue
        ratio = MICRO / process.yield_micro
        into_cost = 0 if first is None else rupiah(first, terms.weight(o.commodity))
        onto_cost = 0 if second is None else rupiah(second, terms.weight(n.commodity))
        worth = n.ceiling - process.cost - onto_cost - ratio * (o.floor + into_cost)
        ridden = tuple(leg for leg in (first, second) if leg is not None)
        yield ratio, worth, ridden, process


def _fresh(o: OfferLine) -> OfferLine:
    """What is made has a shelf life of its own."""
    return offer(o.line, 1, o.floor)


def optimum(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    ways: Sequence[Leg],
    terms: Terms | None = None,
    may: May = everybody,
) -> float:
    """The optimum by a linear programme over all ways of all pairs, in rupiah."""
    terms = terms or Terms()
    model = pywraplp.Solver.CreateSolver("GLOP")
    supply = [model.Constraint(0, o.quantity / MICRO) for o in offers]
    demand = [model.Constraint(0, n.quantity / MICRO) for n in needs]
    rooms = {
        leg: model.Constraint(0, leg.capacity_kg) for leg in ways if leg.capacity_kg is not None
    }
    mills = {
        p: model.Constraint(0, p.capacity / MICRO)
        for p in terms.processes
        if p.capacity is not None
    }
    goal = model.Objective()
    for i, j, ratio, worth, ridden, process in columns(offers, needs, ways, terms, may):
        x = model.NumVar(0, model.infinity(), "")
        supply[i].SetCoefficient(x, ratio)
        demand[j].SetCoefficient(x, 1)
        goal.SetCoefficient(x, worth)
        for leg in ridden:
            if leg in rooms:
                raw = process is not None and leg.to_hub == process.hub and leg is ridden[0]
                goods = offers[i].commodity if raw else needs[j].commodity
                units = (ratio if raw else 1) * terms.weight(goods) / 1000
                rooms[leg].SetCoefficient(x, rooms[leg].GetCoefficient(x) + units)
        if process in mills:
            mills[process].SetCoefficient(x, ratio)
    goal.SetMaximization()
    assert model.Solve() == model.OPTIMAL
    return float(goal.Value())


def check_legal(
    found: Interchange,
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    terms: Terms | None = None,
) -> None:
    """Every shipment keeps every constraint, and what is left is what is told."""
    terms = terms or Terms()
    left = {("offer", o.line): o.quantity for o in offers}
    left |= {("need", n.line): n.quantity for n in needs}
    by_offer, by_need = {o.line: o for o in offers}, {n.line: n for n in needs}
    value = 0
    for s in found.shipments:
        o, n = by_offer[s.offer], by_need[s.need]
        assert s.given >= max(o.min_lot, 1)
        assert s.quantity >= max(n.min_lot, 1)
        assert o.floor <= s.price
        assert s.buyer_price <= n.ceiling
        assert (s.given, s.quantity) == (
            sum(p.given for p in s.parts),
            sum(p.quantity for p in s.parts),
        )
        paid = 0
        for part in s.parts:
            ways = columns([o], [n], part.legs, terms)
            assert any(way[4:] == (part.legs, part.process) for way in ways)
            paid += worth(part, o, n, terms)
        value += paid
        left["offer", s.offer] -= s.given
        left["need", s.need] -= s.quantity
    assert {line: rest for line, rest in left.items() if rest} == {
        (u.side, u.line): u.quantity for u in found.unmatched
    }
    assert min(left.values(), default=0) >= 0
    assert found.objective == (2 * value + MICRO) // (2 * MICRO)


def worth(part: Part, o: OfferLine, n: NeedLine, terms: Terms) -> int:
    """What one way of a shipment is worth, in micro rupiah."""
    value, here = part.quantity * n.ceiling - part.given * o.floor, o.hub
    if part.process is None:
        assert part.given == part.quantity
        return value - part.quantity * rupiah(part.legs[0], terms.weight(o.commodity))
    assert part.quantity <= part.process.made_from(part.given)
    value -= part.quantity * part.process.cost
    for leg in part.legs:
        raw = here == o.hub and leg.to_hub == part.process.hub
        goods, amount = (o, part.given) if raw else (n, part.quantity)
        value -= amount * rupiah(leg, terms.weight(goods.commodity))
        here = leg.to_hub
    return value


def mixed(
    random: Random, size: int, *, rooms: bool = False, agree: bool = True
) -> tuple[list[OfferLine], list[NeedLine], list[Leg], Terms]:
    """Draw coconuts and copra: raw offers and needs, ready ones, and kilns in some hubs.

    `agree` gives all kilns one yield; `rooms` limits kilns and some legs.
    """
    goods = {RAW: 1_000, READY: 5_000}
    offers, needs, ways = market(random, size)
    picked: list[OfferLine] = []
    for o in offers:
        code = random.choice((RAW, RAW, READY))
        picked.append(_as(o, code, floor=goods[code] * random.randint(50, 130) // 100))
    wanted: list[NeedLine] = []
    for n in needs:
        code = random.choice((RAW, READY, READY))
        wanted.append(_as(n, code, ceiling=goods[code] * random.randint(80, 220) // 100))
    yields = [random.choice((200_000, 250_000, 333_333))] * 9 if agree else [200_000, 250_000]
    kilns = tuple(
        Process(
            f"R{k}",
            RAW,
            READY,
            hub,
            yields[k % len(yields)],
            cost=random.randint(0, 400),
            days=random.randint(0, 3),
            capacity=random.choice((None, random.randint(1, 80) * MICRO)) if rooms else None,
            grade=random.choice(("A", "UNGRADED")),
            shelf_days=random.choice((None, random.randint(2, 9))),
        )
        for k, hub in enumerate(random.sample(HUBS, 2))
    )
    if rooms:
        limits = [random.choice((None, random.randint(1, 60))) for _ in ways]
        ways = [leg._replace(capacity_kg=kg) for leg, kg in zip(ways, limits, strict=True)]
    return picked, wanted, sorted(set(ways), key=str), Terms(processes=kilns, grams={RAW: 1_200})


def _as(line: Any, code: str, **more: Any) -> Any:
    """Either kind of line as one of another commodity."""
    return msgspec.structs.replace(line, commodity=code, family=RAW, **more)
