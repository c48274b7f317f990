"""Decides how the market solves a round unless it is told otherwise: the network, exactly.

The ways of the day between the hubs that have lines; `solve_between` over them. A round with more
pairs of lines than the machine can prove in time is answered by `hasty` instead, which says so.
What is too much is a number of pairs and not a time: the same log gives the same answer anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.core.interchange.hasty import answer_hastily
from streams.core.interchange.legs import LegBook, leg_book
from streams.core.interchange.market_round import Problem
from streams.core.interchange.network import Network, Ways
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms

PAIRS_MAX: Final = 300_000_000
"""Offers times needs of a family: 514 hubs with 32 lines each are 68 million."""
BOOKS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Manner:
    """What of the terms is the same in every round; fields as in `Terms`."""

    grams: Mapping[str, int] = field(default_factory=dict)
    freight_micro: Mapping[str, int] = field(default_factory=dict)
    processes: Sequence[Process] = ()
    permits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pooling: bool = False
    reasons_max: int | None = 0
    pairs_max: int = PAIRS_MAX


class Exchange:
    """Solves rounds over a network; remembers the legs of the day."""

    def __init__(self, network: Network, manner: Manner) -> None:
        self._network, self._manner = network, manner
        self._ways: Ways | None = None
        self._books: dict[tuple[str, ...], LegBook] = {}

    def __call__(self, problem: Problem) -> Interchange:
        """Match a round's lines; pairs inside one hub are that hub's own affair."""
        manner = self._manner
        codes = {o.commodity for o in problem.offers} | {n.commodity for n in problem.needs}
        here = tuple(p for p in manner.processes if {p.input, p.output} & codes)
        terms = Terms(
            legs=self._legs(problem, here),
            processes=here,
            grams=manner.grams,
            freight_micro=manner.freight_micro,
            permits=manner.permits,
            pooling=manner.pooling,
            reasons_max=manner.reasons_max,
        )
        lines = (problem.offers, problem.needs)
        if len(problem.offers) * len(problem.needs) > manner.pairs_max:
            return answer_hastily(*lines, terms, problem.options, problem.today)
        return solve_between(*lines, terms, problem.options, problem.today)

    def _legs(self, problem: Problem, processes: Sequence[Process]) -> LegBook:
        if self._ways is None or self._ways.today != problem.today:
            self._ways, self._books = self._network.on(problem.today), {}
        places = {o.hub for o in problem.offers} | {n.hub for n in problem.needs}
        hubs = tuple(sorted(places | {p.hub for p in processes}))
        found = self._books.get(hubs)
        if found is None:
            if len(self._books) >= BOOKS_MAX:
                self._books.clear()
            found = self._books[hubs] = leg_book(self._ways.all_legs(hubs))
        return found
