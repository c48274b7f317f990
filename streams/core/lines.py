"""The words of the matcher: offer and need lines, legs, options, and what a round gives back.

Decides the form of what goes in and comes out. Refuses to know how lines come from reports, where
goods and rates are filed, and how a round is solved.

Quantities are integer millionths (micro) of the commodity's base unit, prices and costs whole
rupiah per base unit, days whole days since 1970-01-01.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from schemas.commodity import DEFAULT_SCALE, Catalogue
from schemas.identity import CommodityCode, MatchId
from streams.core.grain import grain_of

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Priority = Literal["emergency", "staple", "normal"]
Method = Literal["exact", "greedy"]

DAY_MAX: Final = 1 << 40
"""Stands for "never" where a line gives no day."""


class OfferLine(msgspec.Struct, frozen=True, gc=False):
    """What a co-op can give; `floor` is the least it takes, `expires_day` its last good day."""

    line: str
    coop: str
    hub: str
    family: str
    commodity: str
    grade: str
    quantity: int
    floor: int
    expires_day: int | None = None
    min_lot: int = 0


class NeedLine(msgspec.Struct, frozen=True, gc=False):
    """What a co-op asks for; `ceiling` is the most it pays, the leg included.

    `grades` lists exactly what it accepts. Without it `grade` is the least it accepts, and better
    grades serve too; without either every grade serves.
    """

    line: str
    coop: str
    hub: str
    family: str
    commodity: str
    quantity: int
    ceiling: int
    grades: frozenset[str] | None = None
    grade: str | None = None
    needed_by_day: int | None = None
    priority: Priority = "normal"
    min_lot: int = 0
    market: str = "domestic"


class Leg(NamedTuple):
    """A way from a seller to a buyer: rupiah per base unit, rounded up, and whole days."""

    cost: int
    days: int


LegOf = Callable[[OfferLine, NeedLine], Leg | None]
"""Gives the way of a pair, None when there is none.

It may look at co-op, hub and commodity of the two lines and at their sites only: it is asked once
per distinct pair of those, not once per pair of lines.
"""


@dataclass(frozen=True, slots=True)
class LegGrid:
    """Legs worked out beforehand, `[offer, need]` in the order the lines are given to `solve`.

    A negative cost means that there is no way.
    """

    cost: IntArray
    days: IntArray


@dataclass(frozen=True, slots=True)
class Goods:
    """What the matcher must know of commodities, from the catalogue, made once."""

    barred: Mapping[str, str] = field(default_factory=dict)
    """Commodity -> trade class, for those that are not traded freely."""
    scales: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Commodity (or `*`) -> grade -> rank, 1 the best."""
    grains: Mapping[str, int] = field(default_factory=dict)
    """Commodity -> micro that amounts of it are whole multiples of; 1 where it is absent."""

    def grain(self, commodity: str) -> int:
        """How fine a commodity is matched, in micro."""
        return self.grains.get(commodity, 1)


def goods_of(catalogue: Catalogue) -> Goods:
    """Take from the catalogue what the matcher needs."""
    scales: dict[str, dict[str, int]] = {
        code: {str(grade.code): grade.rank for grade in catalogue.scale(code)}
        for code in (*catalogue.commodities, CommodityCode(DEFAULT_SCALE))
    }
    return Goods(
        barred={c.code: c.trade for c in catalogue.commodities.values() if c.trade != "free"},
        scales=scales,
        grains={str(c.code): grain_of(c.unit) for c in catalogue.commodities.values()},
    )


class Bond(NamedTuple):
    """What a line is bound by beyond what it says: few are.

    `site` is the village where its goods are or go to, "" for that of its co-op; `asks` are the
    permits that the other side must hold, `holds` those that its owner does.
    """

    site: str = ""
    asks: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()

    def meets(self, other: "Bond") -> bool:
        """Whether each of two owners holds all permits that the other's line asks for."""
        return set(self.asks) <= set(other.holds) and set(other.asks) <= set(self.holds)


FREE: Final = Bond()


@dataclass(frozen=True, slots=True)
class Options:
    """How a round is solved; all of it is input, so the same input gives the same round."""

    bonuses: bool = True
    """False: pure money, one solve, nobody goes first."""
    keep: frozenset[tuple[str, str]] = frozenset()
    """Pairs (offer, need) proposed before, which stay unless something clearly better comes."""
    finished: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many matches of a pair have ended, for the id of the next."""
    held_back: frozenset[tuple[str, str]] = frozenset()
    """Pairs (offer, need) that somebody refused and that rest for a while."""
    contracts: frozenset[str] = frozenset()
    """Lines that stand on a contract: contract-only goods go from such a line to such a line."""
    bonds: Mapping[str, Bond] = field(default_factory=dict)
    """By line, what binds it beyond what it says."""
    goods: Goods = field(default_factory=Goods)
    fairness: int = 0
    """How much more the first tenth of an order counts than its last, in percent of the middle
    ceiling; 0: orders are not cut. It steers, so without bonuses it means nothing."""
    effort: int = 40_000
    """Bounds the search that minimum lots need: solves x (open pairs + 300), some 60 ms."""

    def site(self, line: OfferLine | NeedLine) -> str:
        """The village where a line's goods are, or go to."""
        return self.bonds.get(line.line, FREE).site or line.coop


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """A pair that should trade: the seller nets `price`, the buyer pays `buyer_price`."""

    match: MatchId
    offer: str
    need: str
    quantity: int
    price: int
    buyer_price: int
    leg_cost: int
    days: int


class Unmatched(msgspec.Struct, frozen=True, gc=False):
    """What is left of a line, why (a code of `streams.core.reasons`), and the figures of it."""

    line: str
    side: Literal["offer", "need"]
    quantity: int
    reason: str
    figures: Mapping[str, int | str]


class Round(msgspec.Struct, frozen=True):
    """The result: everything sorted by line, `digest` the SHA-256 of all that went in.

    `objective` is money alone, whole rupiah rounded half up. `gap` is how much better, in whole
    rupiah rounded up and with bonuses counted, any other answer could be; certified means proven
    to be 0.
    """

    proposals: tuple[Proposal, ...]
    objective: int
    certified: bool
    gap: int
    unmatched: tuple[Unmatched, ...]
    digest: str
    method: Method
