"""Decides how the market solves a round unless it is told otherwise: the network, exactly.

The ways of the day between the hubs that have lines, and what comes back from accepted matches at
a lower price; `solve_between` over them. A round with more pairs of lines than the machine can
prove in time is answered by `hasty` instead, which says so. What is too much is a number of pairs
and not a time: the same log gives the same answer anywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final

from schemas.yields import Yields
from streams.core.interchange.hasty import answer_hastily
from streams.core.interchange.leg_table import Leg, table_of, united
from streams.core.interchange.legs import LegBook, book_of
from streams.core.interchange.market_round import Problem
from streams.core.interchange.network import Network, Ways
from streams.core.interchange.rest_pools import with_pools
from streams.core.interchange.return_legs import return_legs, with_returns
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.interchange.villages import Villages

PAIRS_MAX: Final = 300_000_000
"""Offers times needs of a family: 514 hubs with 32 lines each are 68 million."""
BOOKS_MAX: Final = 64
HUBS_ALONE_MAX: Final = 64
"""Rounds of more hubs share the book of the whole country for a day, and pick their legs."""
WHOLES_MAX: Final = 8
DAYS_MAX: Final = 32
LOCAL_MODE: Final = "local"
BookName = tuple[tuple[str, ...], tuple[int, ...], bool]
Books = dict[BookName, LegBook]
"""By hubs, days, and whether there are ways inside a hub."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What of the terms is the same in every round; fields as in `Terms`."""

    grams: Mapping[str, int] = field(default_factory=dict)
    freight_micro: Mapping[str, int] = field(default_factory=dict)
    processes: Sequence[Process] = ()
    recipes: Sequence[Process] = ()
    """Processes of any hub that has what they take, or wants what they make; `hub` is empty."""
    yields: Yields = field(default_factory=dict)
    """What a recipe yields at a hub, where that is not what it yields elsewhere.

    In a round of more than `HUBS_ALONE_MAX` hubs everything is counted in one measure: a mill that
    makes more than others counts as one of them, and one that makes less is left out.
    """
    local_micro: int = 0
    """Micro rupiah per kg from a village to a mill of its hub."""
    permits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pooling: bool = False
    """Whether small lots that a round leaves over may trade as one."""
    explain: bool = False
    pairs_max: int = PAIRS_MAX


class Exchange:
    """Solves rounds over a network; remembers the legs of the day.

    Partitions of a worker share it, and each folds in a thread of its own: what is remembered is
    what any thread would find anew. One of them works it out, which takes seconds for the whole
    country, and the others wait for it where `alone` is a lock.
    """

    def __init__(self, network: Network, manner: Manner) -> None:
        self._network, self.manner = network, manner
        self._ways: dict[int, Ways] = {}
        self.alone: AbstractContextManager[Any] = nullcontext()
        self.villages: Villages | None = None
        self._books: Books = {}
        self._wholes: Books = {}

    def __call__(self, problem: Problem) -> Interchange:
        """Match a round's lines; pairs inside one hub are that hub's own affair."""
        terms, lines = self.terms(problem), (problem.offers, problem.needs)
        if len(problem.offers) * len(problem.needs) > self.manner.pairs_max:
            return answer_hastily(*lines, terms, problem.options, problem.today)
        found = solve_between(*lines, terms, problem.options, problem.today)
        if self.manner.pooling:
            found = with_pools(found, lines, terms, problem.options, problem.today)
        return found

    def whole(self, problem: Problem) -> Interchange:
        """Match lines inside hubs and between them at once, as both tiers could together."""
        terms, lines = self.terms(problem), (problem.offers, problem.needs)
        if self.villages is not None:
            ways = united([terms.legs.legs, self.villages.legs(*lines)])
            terms = replace(terms, legs=book_of(ways), villages=True)
        terms = replace(terms, explain=False)
        found = solve_between(*lines, terms, problem.options, problem.today)
        if self.manner.pooling:
            found = with_pools(found, lines, terms, problem.options, problem.today)
        return found

    def terms(self, problem: Problem) -> Terms:
        """Under which terms a round is solved: the ways and recipes of its day and its lines."""
        manner = self.manner
        codes = {o.commodity for o in problem.offers} | {n.commodity for n in problem.needs}
        here = tuple(p for p in manner.processes if {p.input, p.output} & codes)
        here += self._made(problem)
        legs = self._legs(problem, here)
        back = return_legs(problem.flows, legs, problem.today)
        return Terms(
            legs=with_returns(legs, back) if back else legs,
            processes=here,
            grams=manner.grams,
            freight_micro=manner.freight_micro,
            permits=manner.permits,
            explain=manner.explain,
        )

    def _made(self, problem: Problem) -> tuple[Process, ...]:
        """Recipes at the hubs that have what they take, or want what they make."""
        given: dict[str, set[str]] = {}
        wanted: dict[str, set[str]] = {}
        for offer in problem.offers:
            given.setdefault(offer.commodity, set()).add(offer.hub)
        for need in problem.needs:
            wanted.setdefault(need.commodity, set()).add(need.hub)
        hubs = {o.hub for o in problem.offers} | {n.hub for n in problem.needs}
        alone = len(hubs) <= HUBS_ALONE_MAX
        return tuple(
            process
            for recipe in self.manner.recipes
            if recipe.input in given and recipe.output in wanted
            for process in self._at(
                recipe, given[recipe.input] | wanted[recipe.output], alone=alone
            )
        )

    def _at(self, recipe: Process, hubs: set[str], *, alone: bool) -> Iterator[Process]:
        """A recipe at hubs; own yields only among few hubs, for they cost the one measure."""
        for hub in sorted(hubs):
            own = self.manner.yields.get((hub, recipe.code), recipe.yield_micro)
            if alone:
                yield recipe._replace(hub=hub, yield_micro=own)
            elif own >= recipe.yield_micro:  # nobody promises more than the mill makes
                yield recipe._replace(hub=hub)

    def _legs(self, problem: Problem, processes: Sequence[Process]) -> LegBook:
        """The ways of the day, and of the days on which what is processed is ready.

        What is processed where it lies, or where it is wanted, goes to the mill and comes from it.
        """
        places = {o.hub for o in problem.offers} | {n.hub for n in problem.needs}
        hubs = tuple(sorted(places | {p.hub for p in processes}))
        days = tuple(sorted({0} | {p.days for p in processes}))
        when = tuple(problem.today + day for day in days)
        if len(hubs) <= HUBS_ALONE_MAX:
            return self._book(self._books, hubs, when, local=bool(processes))
        every = self._network.hubs
        whole = self._book(self._wholes, every, when, local=bool(processes))
        return whole.between(frozenset(hubs))

    def _book(
        self, books: Books, hubs: Sequence[str], days: tuple[int, ...], *, local: bool
    ) -> LegBook:
        """The ways between hubs on some days, remembered; `local` for mills where goods lie."""
        asked = (tuple(hubs), days, local)
        with self.alone:
            return books.get(asked) or self._work_out(books, asked)

    def _work_out(self, books: Books, asked: BookName) -> LegBook:
        hubs, days, local = asked
        most = BOOKS_MAX if books is self._books else WHOLES_MAX
        for old in list(books)[: 1 - most]:
            books.pop(old, None)
        legs = [self._on(day).all_legs(hubs) for day in days]
        if local:
            cost = self.manner.local_micro
            legs.append(table_of([Leg(hub, hub, cost, 0, LOCAL_MODE) for hub in hubs]))
        books[asked] = book_of(united(legs))
        return books[asked]

    def _on(self, day: int) -> Ways:
        """The ways of a day, remembered."""
        found = self._ways.get(day)
        if found is None:
            for old in sorted(self._ways)[: 1 - DAYS_MAX]:
                self._ways.pop(old, None)
            found = self._ways.setdefault(day, self._network.on(day))
        return found
