"""Short rings of goods: two to four parties, each giving something to the next.

Decides which rings to propose, how much of everything, and who adds cash. Refuses to know prices
beyond the reference (`streams.core.interchange.swaps`), what anybody accepts, and words.

Theory of operation. Rings are found from the first of their parties in the order of names. In a
ring nobody may give and get values that differ by more than the stated share; the largest amounts
that keep it are reached by lowering what is too much until nothing is. A line serves one ring at a
time, so a set of rings is chosen (`streams.core.interchange.packing`); then what is left is looked
at again. A ring that somebody refused is left out, and so is a gift that its taker refused; the
other rings stay as they are and only what became free is solved again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import le, sub
from typing import Final, Literal, NamedTuple

import msgspec

from schemas.identity import MatchId, match_id
from schemas.quantity import MICRO
from streams.core.interchange.packing import Choice, pack
from streams.core.interchange.swaps import (
    PERCENT,
    Barter,
    Basket,
    Baskets,
    Line,
    Rules,
    Transfer,
    baskets,
    filled,
    value_of,
    worth_of,
)

_LOWERED_MAX: Final = 1_000
"""Most times a ring's amounts are lowered; what has not settled by then is no ring."""

RINGS: Final = 3
"""The tier of a ring, for its name."""

Ring = tuple[str, ...]
Moves = tuple[Basket, ...]


class Refused(NamedTuple):
    """What people said no to: rings, by their parties in order, and gifts (giver, taker)."""

    rings: frozenset[Ring] = frozenset()
    gifts: frozenset[tuple[str, str]] = frozenset()


NOBODY: Final = Refused()


class Cycle(NamedTuple):
    """One ring: `moves[k]` go from party k to the next, the last to the first.

    `cash` is what each party gets in money to even it out, below 0 where it pays; it adds to 0.
    `method` is exact where no other choice of rings was worth more in its round.
    """

    id: MatchId
    parties: Ring
    moves: Moves
    cash: tuple[int, ...]
    value: int
    freight: int
    round: int
    method: Literal["exact", "greedy"]

    @property
    def transfers(self) -> Iterator[tuple[str, str, Transfer]]:
        """Giver, taker and what goes."""
        for at, basket in enumerate(self.moves):
            taker = self.parties[(at + 1) % len(self.parties)]
            for move in basket:
                yield self.parties[at], taker, move


class Cycles(NamedTuple):
    """All that is proposed; `worth` is value less freight, `bound` what no choice exceeds.

    The bound adds up over rounds, each over the rings that its lines allow in full.
    """

    cycles: tuple[Cycle, ...]
    worth: int
    bound: int
    exact: bool


def find_cycles(barter: Barter, refused: Refused = NOBODY) -> Cycles:
    """Propose rings of goods; the answer depends on what goes in, not on its order."""
    rules = barter.rules
    no = Refused(frozenset(map(_turned, refused.rings)), refused.gifts)
    found: list[Cycle] = []
    worth = bound = 0
    exact = True
    for number in range(1, rules.rounds + 1):
        wide, all_seen = baskets(barter)
        every = list(islice(_rings(wide, rules, no), rules.rings_max + 1))
        all_seen &= len(every) <= rules.rings_max
        del every[rules.rings_max :]
        choices = [
            Choice("|".join(ring), worth_of(chain.from_iterable(moves)), _uses(moves))
            for ring, moves in every
        ]
        packing = pack(choices, rules.effort)
        exact &= all_seen and packing.exact
        worth, bound = worth + packing.worth, bound + packing.bound
        if not packing.chosen:
            break
        chosen = [
            _cycle(*every[at], number, proven=all_seen and at in packing.proven)
            for at in packing.chosen
        ]
        found += chosen
        barter = without(barter, chosen)
    return Cycles(tuple(sorted(found, key=lambda c: (c.parties, c.round))), worth, bound, exact)


def find_again(found: Cycles, refused: Refused, barter: Barter) -> Cycles:
    """Solve again after a no: rings that nobody refused stay, what became free is swapped anew.

    The barter is the one `found` was made from. Rings that stay count with what they are worth.
    """
    kept = [cycle for cycle in found.cycles if not _is_refused(cycle.parties, refused)]
    rest = find_cycles(without(barter, kept), refused)
    standing = sum(cycle.value - cycle.freight for cycle in kept)
    return Cycles(
        tuple(sorted((*kept, *rest.cycles), key=lambda c: (c.parties, c.round))),
        worth=standing + rest.worth,
        bound=standing + rest.bound,
        exact=rest.exact and all(cycle.method == "exact" for cycle in kept),
    )


def without(barter: Barter, cycles: Iterable[Cycle]) -> Barter:
    """Take what cycles use off the lines."""
    taken: defaultdict[tuple[str, str], int] = defaultdict(int)
    for cycle in cycles:
        for _, _, move in cycle.transfers:
            taken["offer", move.offer.line] += move.units * MICRO
            taken["need", move.need.line] += move.units * MICRO
    offers = [_less(line, taken["offer", line.line]) for line in barter.offers]
    needs = [_less(line, taken["need", line.line]) for line in barter.needs]
    return barter._replace(
        offers=[offer for offer in offers if offer.quantity > 0],
        needs=[need for need in needs if need.quantity > 0],
    )


def _less(line: Line, quantity: int) -> Line:
    return msgspec.structs.replace(line, quantity=line.quantity - quantity) if quantity else line


def _rings(wide: Baskets, rules: Rules, refused: Refused) -> Iterator[tuple[Ring, Moves]]:
    """Every ring that can be evened out, from its first party on."""
    for first in sorted(wide):
        todo: list[Ring] = [(first,)]
        while todo:
            path = todo.pop()
            for taker in sorted(wide.get(path[-1], ()), reverse=True):
                if (path[-1], taker) in refused.gifts:
                    continue
                if taker == first and path not in refused.rings:
                    moves = _evened([wide[a][b] for a, b in _ends(path)], rules)
                    if moves is not None:
                        yield path, moves
                elif taker > first and taker not in path and len(path) < rules.parties_max:
                    todo.append((*path, taker))


def _ends(ring: Ring) -> Iterator[tuple[str, str]]:
    return zip(ring, (*ring[1:], ring[0]), strict=True)


def _evened(given: Sequence[Basket], rules: Rules) -> Moves | None:
    """Give the largest amounts at which nobody gives and gets too different values."""
    moves, least = list(given), PERCENT - rules.cash_percent
    for _ in range(_LOWERED_MAX):
        values = list(map(value_of, moves))
        nearest = map(min, (values[-1], *values[:-1]), (*values[1:], values[0]))
        limits = [PERCENT * value // least for value in nearest]
        if not all(values):
            return None
        if all(map(le, values, limits)):
            return tuple(moves)
        moves = [filled(basket, limit) for basket, limit in zip(moves, limits, strict=True)]
    return None


def _uses(moves: Moves) -> set[tuple[str, str]]:
    every = list(chain.from_iterable(moves))
    return {("offer", m.offer.line) for m in every} | {("need", m.need.line) for m in every}


def _cycle(ring: Ring, moves: Moves, number: int, *, proven: bool) -> Cycle:
    values = list(map(value_of, moves))
    every = list(chain.from_iterable(moves))
    lines = msgspec.json.encode([[m.offer.line, m.need.line] for m in every]).decode()
    return Cycle(
        id=match_id(RINGS, msgspec.json.encode(ring).decode(), lines, 0),
        parties=ring,
        moves=moves,
        cash=tuple(map(sub, values, (values[-1], *values[:-1]))),
        value=sum(values),
        freight=sum(values) - worth_of(every),
        round=number,
        method="exact" if proven else "greedy",
    )


def _turned(ring: Ring) -> Ring:
    """The same ring from its first party on."""
    at = ring.index(min(ring))
    return ring[at:] + ring[:at]


def _is_refused(ring: Ring, refused: Refused) -> bool:
    return ring in set(map(_turned, refused.rings)) or not refused.gifts.isdisjoint(_ends(ring))
