"""Clearing as it is told, debt by debt in plain Python: what the quick form must equal.

Only the circulation is found by the same solver, on the same network: which of several equal ones
it gives is part of the answer.
"""

from ortools.graph.python import min_cost_flow

from streams.core.interchange.clearing import TRIMS_MAX, Clearing, Obligation

Rooms = dict[tuple[str, str], int]


def plain_clear(obligations: list[Obligation]) -> Clearing:
    """Clear a sound ledger."""
    rooms: Rooms = {}
    for debt in obligations:
        pair = debt.debtor, debt.creditor
        rooms[pair] = rooms.get(pair, 0) + debt.idr
    flow = circulation(rooms)
    levels = least_levels(rooms, flow)
    rest, cleared = dict(flow), {}
    for debt in sorted(obligations, key=lambda debt: debt.id):
        pair = debt.debtor, debt.creditor
        cleared[debt.id] = min(rest[pair], debt.idr)
        rest[pair] -= cleared[debt.id]
    bound = sum(idr * max(0, 1 + levels[b] - levels[a]) for (a, b), idr in rooms.items())
    ordered = {debt.id: cleared[debt.id] for debt in obligations}
    return Clearing(cleared=ordered, total=sum(flow.values()), bound=bound, levels=levels)


def circulation(rooms: Rooms) -> Rooms:
    """Give what each pair clears, laid arc by arc in the order of names, without loose ends."""
    every = rooms
    for _ in range(TRIMS_MAX):
        debtors, creditors = {a for a, _ in rooms}, {b for _, b in rooms}
        rooms = {(a, b): rooms[a, b] for a, b in rooms if a in creditors and b in debtors}
    place = {party: n for n, party in enumerate(sorted({name for pair in rooms for name in pair}))}
    network = min_cost_flow.SimpleMinCostFlow()
    for debtor, creditor in sorted(rooms):
        network.add_arc_with_capacity_and_unit_cost(
            place[debtor], place[creditor], rooms[debtor, creditor], -1
        )
    for node in place.values():
        network.set_node_supply(node, 0)
    assert network.solve() == network.OPTIMAL
    found = {pair: network.flow(arc) for arc, pair in enumerate(sorted(rooms))}
    return dict.fromkeys(every, 0) | found


def least_levels(rooms: Rooms, flow: Rooms) -> dict[str, int]:
    """Raise from 0 whoever stands too low, till nobody does."""
    levels = dict.fromkeys(sorted({name for pair in rooms for name in pair}), 0)
    moving = True
    while moving:
        moving = False
        for (debtor, creditor), idr in rooms.items():
            if flow[debtor, creditor] < idr and levels[debtor] < levels[creditor] + 1:
                levels[debtor], moving = levels[creditor] + 1, True
            if flow[debtor, creditor] > 0 and levels[creditor] < levels[debtor] - 1:
                levels[creditor], moving = levels[debtor] - 1, True
    return levels
