"""Decides which lines of a family stand on a contract, and what binds them beyond what they say.

Goods that move by contract only go from a partner's contract to whom it is for: to the line of
another contract, or to the order of a co-op that has an outlet. What a village has itself is never
of a contract, whatever it says of it: such goods go no further. Refuses to match.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from streams.core import contracts
from streams.core.lines import FREE, Bond, NeedLine, OfferLine
from streams.core.state import Coop, Term


class Standing(NamedTuple):
    """Lines on contracts, by name; what binds lines, by name; whose tag they bear, by name."""

    contracts: frozenset[str]
    bonds: dict[str, Bond]
    tags: dict[str, str]

    @property
    def bound(self) -> set[str]:
        """Lines that stay in their hub: on contracts, or only for who holds a permit."""
        asking = {line for line, bond in self.bonds.items() if bond.asks}
        return asking | self.contracts

    def site(self, line: OfferLine | NeedLine) -> str:
        """The village where a line's goods are, or go to."""
        return self.bonds.get(line.line, FREE).site or line.coop

    def partner(self, offer: str, need: str) -> str:
        """The tag of the contract that a match of two lines is of, "" when it is of none."""
        return self.tags.get(offer) or self.tags.get(need, "")


NONE: Final = Standing(frozenset(), {}, {})


def standing(
    coops: Mapping[str, Coop],
    barred: Mapping[str, str],
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
) -> Standing:
    """How the lines of a family stand; `barred` are trade classes of goods that are not free."""
    lines: tuple[OfferLine | NeedLine, ...] = (*offers, *needs)
    terms = {
        line.line: term for line in lines if (term := term_of(coops[line.coop], line)) is not None
    }
    if not terms and not any(line.commodity in barred for line in lines):
        return NONE  # nearly always
    bound = {
        line.line
        for line in lines
        if _is_bound(line, terms.get(line.line), coops[line.coop], barred)
    }
    asked = any(term.permits for term in terms.values())
    bonds = {
        line.line: _bond(terms.get(line.line), coops[line.coop], asked=asked) for line in lines
    }
    bonds = {name: bond for name, bond in bonds.items() if bond != FREE}
    return Standing(frozenset(bound), bonds, {name: term.tag for name, term in terms.items()})


def term_of(own: Coop, line: OfferLine | NeedLine) -> Term | None:
    """The terms of the contract that a line stands on, None when it is its owner's own."""
    if not own.contracts:
        return None
    return _term(own, line.line.partition("|")[2], offers=isinstance(line, OfferLine))


def _term(own: Coop, name: str, *, offers: bool) -> Term | None:
    return contracts.of_offer(own, name) if offers else contracts.of_need(own, name)


def bond_of(own: Coop, name: str, *, offers: bool) -> Bond:
    """What permits bind a position or an order of an actor, and which the actor holds."""
    return _bond(_term(own, name, offers=offers), own, asked=True)


def _is_bound(
    line: OfferLine | NeedLine, term: Term | None, own: Coop, barred: Mapping[str, str]
) -> bool:
    """Whether contract goods may come from a line, or go to it."""
    by_contract = barred.get(line.commodity) == "contract_only"
    if isinstance(line, NeedLine):
        return term is not None or (by_contract and own.outlet)
    return term is not None and (contracts.is_hub(line.coop) or not by_contract)


def _bond(term: Term | None, own: Coop, *, asked: bool) -> Bond:
    holds = tuple(own.permits) if asked else ()
    return Bond(holds=holds) if term is None else Bond(term.site, tuple(term.permits), holds)
