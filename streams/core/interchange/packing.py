"""Which of many proposals to take when some of them want the same thing.

Decides the set of the largest worth in which no two share anything, and says whether that is
proven. Refuses to know what is shared and what a proposal is.

Theory of operation. This is set packing, which is NP-hard. Proposals that share nothing, even over
others, are chosen apart. Within such a part the search branches on the proposal of the largest
worth, and cuts where what is left, one of each group that shares a thing, is worth too little. Its
effort is a number of nodes, never time, so that the same input gives the same answer. Where it
runs out the best set seen stands, never less than "the largest first" gives; it is called greedy,
and the bound says what it may have missed.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Choice(Generic[Thing]):
    """A proposal: its name, what it is worth (above 0) and what it needs for itself alone."""

    name: str
    worth: int
    uses: Collection[Thing]


class Packing(NamedTuple):
    """Places of the chosen, in the order given; `proven` for those whose part was searched."""

    chosen: tuple[int, ...]
    proven: frozenset[int]
    worth: int
    bound: int

    @property
    def exact(self) -> bool:
        """Whether no other set is worth more."""
        return self.worth == self.bound


def pack(choices: Sequence[Choice[Thing]], effort: int) -> Packing:
    """Choose; `effort` is how many nodes each part may search."""
    order = sorted(range(len(choices)), key=lambda at: (-choices[at].worth, choices[at].name))
    chosen: list[int] = []
    proven: list[int] = []
    worth = bound = 0
    for part in _parts([choices[at].uses for at in order]):
        found = _search([choices[order[n]] for n in part], effort)
        places = [order[part[n]] for n in _bits(found.taken)]
        chosen += places
        worth, bound = worth + found.worth, bound + found.bound
        if found.worth == found.bound:
            proven += places
    return Packing(tuple(sorted(chosen)), frozenset(proven), worth, bound)


def _parts(uses: Sequence[Collection[Thing]]) -> Iterator[list[int]]:
    """Give groups of places that are joined by what they share."""
    root = list(range(len(uses)))

    def of(at: int) -> int:
        while root[at] != at:
            root[at] = at = root[root[at]]
        return at

    first: dict[Thing, int] = {}
    for at, things in enumerate(uses):
        for thing in things:
            other = of(first.setdefault(thing, at))
            root[max(of(at), other)] = min(of(at), other)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at in range(len(uses)):
        groups[of(at)].append(at)
    yield from groups.values()


class _Found(NamedTuple):
    taken: int
    worth: int
    bound: int


class _State(NamedTuple):
    """What may still be taken, what is, and its worth; sets are bits, the largest worth lowest."""

    free: int
    taken: int
    worth: int


def _search(part: Sequence[Choice[Thing]], effort: int) -> _Found:
    users: defaultdict[Thing, int] = defaultdict(int)
    for at, choice in enumerate(part):
        for thing in choice.uses:
            users[thing] |= 1 << at
    groups = [[users[thing] for thing in choice.uses] for choice in part]
    clash = [_union(group) | 1 << at for at, group in enumerate(groups)]
    worth = [choice.worth for choice in part]
    everything = (1 << len(part)) - 1
    best = _largest_first(everything, clash, worth)
    todo = [_State(everything, 0, 0)]
    while todo and effort:
        now = todo.pop()
        if now.worth > best.worth:
            best = now
        if not now.free or now.worth + _at_most(now.free, groups, worth) <= best.worth:
            continue
        effort -= 1
        at = (now.free & -now.free).bit_length() - 1
        todo.append(now._replace(free=now.free & ~(1 << at)))
        todo.append(_State(now.free & ~clash[at], now.taken | 1 << at, now.worth + worth[at]))
    left = [state.worth + _at_most(state.free, groups, worth) for state in todo]
    return _Found(best.taken, best.worth, max([best.worth, *left]))


def _largest_first(free: int, clash: Sequence[int], worth: Sequence[int]) -> _State:
    taken = total = 0
    while free:
        at = (free & -free).bit_length() - 1
        taken, total, free = taken | 1 << at, total + worth[at], free & ~clash[at]
    return _State(0, taken, total)


def _at_most(free: int, groups: Sequence[Sequence[int]], worth: Sequence[int]) -> int:
    """Bound what the free may add: of all that share one thing at most one counts."""
    total = 0
    while free:
        at = (free & -free).bit_length() - 1
        total += worth[at]
        free &= ~(max((group & free for group in groups[at]), key=int.bit_count, default=0))
        free &= ~(1 << at)
    return total


def _union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
