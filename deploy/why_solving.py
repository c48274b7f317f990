"""A family of live state, solved: what each line would get now, and why something is left of it.

Decides that a line is judged twice: against its own hub as the hub does it, without recipes, and
against all others with ships and recipes as the market does it. Refuses to find reasons itself
(`streams.core.interchange.why`), to put them into words and to know who may read them.

Theory of operation. What is proposed already stays as it is: only what that leaves is solved, once
a family and without reasons. Those are worked out afterwards, for the lines that somebody asks
about only: they cost more than the solution where lines are many.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec

from deploy.why_live import Key, Proposed, Side
from schemas import reference
from schemas.problem import Problem
from streams.core.grain import GRAIN
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.posing import terms_of
from streams.core.interchange.road import Road, hub_numbers
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Shipment, Terms
from streams.core.interchange.why import Left, explain_part
from streams.core.lines import NeedLine, OfferLine, Unmatched
from streams.core.posed import Posed, pose
from streams.core.unmatched import Figures

Where = Literal["everywhere", "hub", "between"]
Line = OfferLine | NeedLine
Goods = TypeVar("Goods", OfferLine, NeedLine)
TRADED: Final[dict[str, Side]] = {"offer": "need", "need": "offer"}
"""Side: the other one."""


class Found(NamedTuple):
    """Why a line has something left, seen from one place; `partner` is who comes nearest."""

    where: Where
    reason: str
    figures: Figures
    partner: Line | None = None


class Next(NamedTuple):
    """What a line would get if all that is open were solved now; micro of its own goods."""

    partner: Line
    quantity: int
    days: int


@dataclass(frozen=True)
class Family:
    """A family of which what is not proposed is solved; lines have all that is open of them."""

    posed: Posed
    terms: Terms
    proposed: tuple[Proposed, ...]
    shipments: tuple[Shipment, ...] = ()

    @cached_property
    def lines(self) -> dict[Key, Line]:
        """Every line by its side and name."""
        offers: dict[Key, Line] = {("offer", o.line): o for o in self.posed.offers}
        needs: dict[Key, Line] = {("need", n.line): n for n in self.posed.needs}
        return offers | needs

    @cached_property
    def left(self) -> dict[Key, int]:
        """How much of every line finds nobody, in micro; what is less than a grain is nothing."""
        left = {key: line.quantity for key, line in self.lines.items()}
        for each in self._taken:
            left["offer", each.offer] -= each.given
            left["need", each.need] -= each.quantity
        return {key: rest if rest >= GRAIN else 0 for key, rest in left.items()}

    @cached_property
    def nexts(self) -> dict[Key, list[Next]]:
        """What every line would get, from or for whom."""
        found: defaultdict[Key, list[Next]] = defaultdict(list)
        for s in self.shipments:
            offer, need = self.lines["offer", s.offer], self.lines["need", s.need]
            found["offer", s.offer].append(Next(need, s.given, s.days))
            found["need", s.need].append(Next(offer, s.quantity, s.days))
        return dict(found)

    @cached_property
    def _left(self) -> Left:
        """What `left` says, by side."""
        left = Left({}, {})
        for (side, line), rest in self.left.items():
            (left.offer if side == "offer" else left.need)[line] = rest
        return left

    @cached_property
    def _taken(self) -> list[Proposed | Shipment]:
        return [*self.proposed, *self.shipments]

    def reasons(self, wanted: Iterable[Key]) -> dict[Key, list[Found]]:
        """Explain lines of which something is left: first inside their hub, then over hubs."""
        keys = {key for key in wanted if self.left[key]}
        found: defaultdict[Key, list[Found]] = defaultdict(list)
        by_hub: defaultdict[str, set[Key]] = defaultdict(set)
        for key in keys:
            by_hub[self.lines[key].hub].add(key)
        for hub, mine in sorted(by_hub.items()):
            near = [line for line in self.lines.values() if line.hub == hub]
            for rest in self._explained(mine, near, self._inside(hub)):
                found[rest.side, rest.line].append(self._found("hub", rest))
        if keys:
            far = replace(self.terms, within=False)
            for rest in self._explained(keys, list(self.lines.values()), self._road(far)):
                found[rest.side, rest.line].append(self._found("between", rest))
        return dict(found)

    def _explained(self, keys: set[Key], among: Sequence[Line], road: Road) -> Iterator[Unmatched]:
        """Explain lines against those among which they stand."""
        all_offers = [line for line in among if isinstance(line, OfferLine)]
        all_needs = [line for line in among if isinstance(line, NeedLine)]
        offers = [line for line in all_offers if ("offer", line.line) in keys]
        needs = [line for line in all_needs if ("need", line.line) in keys]
        options = self.posed.options
        passes = [(offers, all_needs, "offer"), (all_offers, needs, "need")]
        if 2 * len(keys) > sum(self.left[_key(line)] > 0 for line in among):
            passes = [(all_offers, all_needs, "")]  # one pass over all is less work then
        for given, asked, side in passes:
            if side and not (asked if side == "need" else given):
                continue
            told = explain_part((given, asked), self._left, self._taken, road, options)
            yield from (
                rest for rest in told if side in ("", rest.side) and (rest.side, rest.line) in keys
            )

    def _inside(self, hub: str) -> Road:
        """A hub by itself, where goods go as they are."""
        return self._road(
            replace(self.terms, legs=leg_book(self._local.get(hub, ())), processes=())
        )

    @cached_property
    def _local(self) -> dict[str, list[Leg]]:
        found: defaultdict[str, list[Leg]] = defaultdict(list)
        for leg in self.terms.legs.legs:
            if leg.from_hub == leg.to_hub:
                found[leg.from_hub].append(leg)
        return dict(found)

    def _road(self, terms: Terms) -> Road:
        places = {line.hub for line in self.lines.values()}
        hubs = hub_numbers(terms.legs, places | {p.hub for p in terms.processes})
        return Road(terms, self.posed.today, hubs)

    def _found(self, where: Where, rest: Unmatched) -> Found:
        name = rest.figures.get("with")
        if name is None:
            return Found(where, rest.reason, rest.figures)
        key: Key = (TRADED[rest.side], str(name))
        partner = self.lines.get(key)
        return Found(where, rest.reason, rest.figures, partner)


def solved(
    problem: Problem, proposed: Iterable[Proposed] = (), refused: Iterable[tuple[str, str]] = ()
) -> Family:
    """Solve what is not proposed; pairs that were refused rest.

    ProblemError as `streams.core.posed.pose`. What is proposed of lines that are not there counts
    for nothing.
    """
    catalogue = reference.catalogue()
    offers, needs = {o.line for o in problem.offers}, {n.line for n in problem.needs}
    rest = sorted({pair for pair in refused if pair[0] in offers and pair[1] in needs})
    options = msgspec.structs.replace(problem.options, held_back=rest)
    asked = msgspec.structs.replace(problem, options=options)
    posed = pose(asked, catalogue, reference.units())
    terms = replace(terms_of(asked, posed, catalogue), explain=False)
    here = tuple(p for p in proposed if p.offer in offers and p.need in needs)
    family = Family(posed, terms, here)
    found = solve_between(
        [_less(o, family.left["offer", o.line]) for o in posed.offers if family.left[_key(o)]],
        [_less(n, family.left["need", n.line]) for n in posed.needs if family.left[_key(n)]],
        terms,
        posed.options,
        posed.today,
    )
    return replace(family, shipments=found.shipments)


def _less(line: Goods, quantity: int) -> Goods:
    return msgspec.structs.replace(line, quantity=quantity)


def _key(line: Line) -> Key:
    return ("offer" if isinstance(line, OfferLine) else "need"), line.line
