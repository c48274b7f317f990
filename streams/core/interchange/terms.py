"""What a round between hubs is given beside lines and legs, and what it gives back.

Decides the records of processes, terms and shipments. Refuses to know how anything is solved.

Quantities are micro base units, prices whole rupiah per base unit, days whole days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from schemas.commodity import UNGRADED
from schemas.identity import MatchId
from schemas.quantity import MICRO
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import GRAMS_PER_KG, LegBook, leg_book
from streams.core.lines import Method, Unmatched

SHELF_FOREVER: Final = 1 << 20


class Process(NamedTuple):
    """A recipe at a place: what it makes of what, at which yield, price, speed and capacity.

    `yield_micro` is micro output per input base unit, `cost` rupiah per base unit of output,
    `capacity` micro input that it can still take on in this round, None for no limit.
    """

    code: str
    input: str
    output: str
    hub: str
    yield_micro: int
    cost: int = 0
    days: int = 0
    capacity: int | None = None
    grade: str = UNGRADED
    shelf_days: int | None = None

    def made_from(self, given: int) -> int:
        """Give the output in micro, rounded down."""
        return given * self.yield_micro // MICRO

    def takes(self, quantity: int) -> int:
        """Give the least input in micro of which so much is made."""
        return -(-quantity * MICRO // self.yield_micro)


@dataclass(frozen=True, slots=True)
class Terms:
    """How hubs trade with each other; all of it is input."""

    legs: LegBook = field(default_factory=lambda: leg_book(()))
    processes: tuple[Process, ...] = ()
    grams: Mapping[str, int] = field(default_factory=dict)
    """Commodity -> grams per base unit; 1 kg where it is absent."""
    freight_micro: Mapping[str, int] = field(default_factory=dict)
    """Commodity -> what a leg costs more for its storage, in millionths; 1 where it is absent."""
    local_idr: Mapping[str, int] = field(default_factory=dict)
    """Commodity -> rupiah per base unit that goods which stay in their hub may cost more."""
    permits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Commodity -> the co-ops that may buy it; where absent, everybody may."""
    within: bool = False
    """Whether pairs inside one hub count too, by legs from a hub to itself."""
    villages: bool = False
    """Whether pairs inside one hub count by legs from village to village; see `inner`."""
    pooling: bool = False
    """Whether small lots, and small orders, of one hub may trade as one."""
    reasons_max: int | None = None
    """Most lines of a commodity's side whose reason is worked out, the largest first."""
    explain: bool = True
    """Whether what is left over is told, with reasons; it takes a third of a round."""
    bundle_arcs_max: int = 60_000
    """Most arcs of a network that is solved as a linear programme."""

    def weight(self, commodity: str) -> int:
        """Grams per base unit."""
        return self.grams.get(commodity, GRAMS_PER_KG)


class Part(msgspec.Struct, frozen=True, gc=False):
    """One way that part of a shipment goes: its legs in order, and the process between them."""

    quantity: int
    given: int
    legs: tuple[Leg, ...]
    days: int
    process: Process | None = None


class Shipment(msgspec.Struct, frozen=True, gc=False):
    """A pair that should trade over hubs.

    `quantity` is micro of the need's commodity, `given` micro of the offer's: they differ only
    where a process lies between. The seller nets `price` per base unit given, the buyer pays
    `buyer_price` per base unit received; `leg_cost` and `processing` are rupiah per base unit
    received, rounded up. `days` is the longest of its parts. `pool` names the pool it was met in,
    `deal` what it is a share of: shipments of one deal were one pair while the round was solved.
    `lots` is the least that a deal may come to, micro of the offer's commodity and of the need's.
    """

    match: MatchId
    offer: str
    need: str
    quantity: int
    given: int
    price: int
    buyer_price: int
    leg_cost: int
    processing: int
    days: int
    parts: tuple[Part, ...]
    pool: str | None = None
    deal: str | None = None
    lots: tuple[int, int] = (0, 0)


class Interchange(msgspec.Struct, frozen=True):
    """A round between hubs; fields as in `streams.core.lines.Round`.

    `money_micro` is the objective before rounding. Where a process or a shared capacity is used,
    the proof is of amounts as fine as anybody likes: there a `gap` below one rupiah is none, and
    `rounding` is how many rupiah it costs that only whole pieces and grams are matched.
    """

    shipments: tuple[Shipment, ...]
    money_micro: int
    objective: int
    certified: bool
    gap: int
    unmatched: tuple[Unmatched, ...]
    digest: str
    method: Method
    rounding: int = 0
