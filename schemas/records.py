"""Decides the wire form of what the streams derive: ledger, demand, match and dead letter.

Every record is a CloudEvents 1.0 envelope like the events themselves. Values are absolute and
carry a version, `epoch * 2**40 + offset + 1` of the input record that last changed them: a reader
keeps the highest per key and may see any record any number of times. Quantities are decimal
strings in the commodity's base unit, prices whole rupiah per base unit (-1: none said), times
milliseconds UTC, days days since 1970 (-1: none).
"""

from typing import Final

import msgspec

EPOCH_STEP: Final = 2**40
LEDGER_TYPE: Final = "lumbung.ledger.v1"
DEMAND_TYPE: Final = "lumbung.demand.v1"
MATCH_TYPE: Final = "lumbung.match.v1"
WHY_NOT_TYPE: Final = "lumbung.why-not.v1"
DEAD_LETTER_TYPE: Final = "lumbung.dead-letter.v1"
HORIZONS: Final = ("now", "today", "7d", "season")


class Derived(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """Base of the derived forms: open to readers, so that fields can be added."""


class LedgerLine(Derived):
    """One line as judged; `line_id` is `<event id>#<line>`, with `.<part>` in a conversion.

    `quantity` is in base units, `said` and `unit_said` are the words of the report. `order` and
    `revision` speak of orders, `target` is the line that a void takes back.
    """

    line_id: str
    line: int
    kind: str
    commodity: str = ""
    grade: str = ""
    lot: str = ""
    quantity: str = ""
    unit: str = ""
    said: str = ""
    unit_said: str = ""
    reason: str = ""
    recipe: str = ""
    order: str = ""
    revision: int = 0
    target: str = ""
    voided: bool = False


class Position(Derived):
    """What a co-op has of one (commodity, grade, lot); `grade` and `lot` may be empty.

    `coop` is left out where it is the speaker's own: a hub may decide in a co-op's name.
    """

    commodity: str
    grade: str
    lot: str
    unit: str
    on_hand: str
    keep: str
    min_lot: str
    floor_price: int
    expires_day: int
    last_report_ms: int
    version: int
    coop: str = ""


class OrderState(Derived):
    """One order of a co-op with every sound revision folded in: open, cancelled, or unplaced.

    `delivered` is what was received for it, left out while that is nothing.

    Text is left out only where it is empty: msgspec knows other defaults by identity, not by
    value.
    """

    order: str
    order_id: str
    state: str
    version: int
    commodity: str = ""
    grade: str = ""
    market: str = ""
    quantity: str = ""
    unit: str = ""
    ceiling_price: int = -1
    needed_day: int = -1
    priority: str = ""
    min_lot: str = ""
    revision: int = 0
    delivered: str = ""


class Refused(Derived):
    """A line of an accepted report that was not sound."""

    line: int
    reason: str
    field: str


class Ledger(Derived):
    """One judged record: accepted, duplicate or rejected, and what it touched, as it stands.

    (partition, offset) of the input record identify it; `event_id` is empty when it could not be
    read. `repairs` is the dead letter that an accepted report mends.
    """

    partition: int
    offset: int
    verdict: str
    version: int
    event_id: str = ""
    event_type: str = ""
    coop: str = ""
    hub: str = ""
    device: str = ""
    sequence: int = 0
    occurred_ms: int = 0
    recorded_ms: int = 0
    reason: str = ""
    lines: list[LedgerLine] = []
    refused: list[Refused] = []
    positions: list[Position] = []
    orders: list[OrderState] = []
    voided: list[str] = []
    body: msgspec.Raw | None = None
    repairs: str = ""


class DemandRow(Derived):
    """Supply and demand of one grade and market within a horizon; gap = demand - matched."""

    grade: str
    market: str
    supply: str
    planned: str
    demand: str
    matched: str
    gap: str


class Demand(Derived):
    """All rows of a hub, commodity and horizon."""

    hub: str
    commodity: str
    stage: str
    horizon: str
    unit: str
    freshest_ms: int
    stalest_ms: int
    version: int
    rows: list[DemandRow]


class Moment(Derived):
    """One step in the life of a match."""

    state: str
    at_ms: int
    actor: str
    reason: str = ""


class WayLeg(Derived):
    """One leg of a way between hubs; the cost is rupiah per kg, -1 stands for any day.

    `back` is "yes" where something goes there anyway, to come home, and else left out.
    """

    from_hub: str
    to_hub: str
    mode: str
    days: int
    cost_per_kg: str
    basis: str
    departs_day: int = -1
    back: str = ""


class WayPart(Derived):
    """One way that part of a match goes; where a recipe lies on it, it names recipe and hub.

    `given` is in the unit of the offer's goods, `quantity` in that of the need's.
    """

    given: str
    quantity: str
    days: int
    legs: list[WayLeg]
    recipe: str = ""
    recipe_hub: str = ""


class Match(Derived):
    """A match as it stands, with its whole life so far.

    `commodity`, `quantity`, `unit` and `price` are those of the goods given. What arrives, and
    what the buyer pays for it, are told apart in a match between hubs; inside a hub they are the
    same, and `to_quantity`, `to_unit`, `buyer_price` (-1: price and leg) are left out.

    `quantity` is what is agreed. Of what was shipped, that which was received, refused and lost is
    told apart. `held_quantity` is what the offer may give to nobody else. `pool` names the
    `pooled` matches that were one trade of small lots, or of small orders; else it is empty.

    A draft is proposed at `freezes_ms`, unless its owner was asked at `asked_ms` whether the goods
    are there and has given no newer word of them; between hubs it is when the market decided,
    after a cut-off. Somebody looked at the match at `opened_ms`.
    """

    match_id: str
    tier: int
    state: str
    offer: str
    need: str
    commodity: str
    to_commodity: str
    family: str
    grade: str
    lot: str
    quantity: str
    unit: str
    from_coop: str
    from_hub: str
    to_coop: str
    to_hub: str
    order: str
    price: int
    leg_cost: int
    leg_mode: str
    leg_basis: str
    leg_days: int
    surplus: int
    certified: bool
    at_risk: str
    ship_by_day: int
    arrive_by_day: int
    expires_ms: int
    shipped_quantity: str
    received_quantity: str
    refused_quantity: str
    payment: str
    partner: str
    why_id: str
    why_en: str
    tick: int
    round: str
    version: int
    history: list[Moment]
    to_quantity: str = ""
    to_unit: str = ""
    buyer_price: int = -1
    processing: int = 0
    parts: list[WayPart] = []
    lost_quantity: str = "0"
    held_quantity: str = ""
    pool: str = ""
    pooled: int = 0
    freezes_ms: int = -1
    asked_ms: int = -1
    opened_ms: int = -1


class WhyNotLine(Derived):
    """Why an offer or a need found no full match: what is left, the binding reason in words."""

    line: str
    kind: str
    coop: str
    commodity: str
    quantity: str
    unit: str
    reason: str
    why_id: str
    why_en: str


class WhyNot(Derived):
    """All that the last round of a family in a hub left unmatched; replaces what was said."""

    hub: str
    family: str
    certified: bool
    version: int
    lines: list[WhyNotLine]


class DeadLetter(Derived):
    """What could not be kept, with its original bytes as base64 and where it was said."""

    identity: str
    topic: str
    partition: int
    offset: int
    line: int
    reason: str
    field: str
    coop: str
    recorded_ms: int
    payload: bytes


class Out(msgspec.Struct, kw_only=True, gc=False):
    """The CloudEvents envelope of a derived record."""

    specversion: str = "1.0"
    type: str
    id: str
    source: str
    time: str
    data: msgspec.Raw


def version_of(epoch: int, offset: int) -> int:
    """The version that an input record at `offset` gives to what it changes."""
    return epoch * EPOCH_STEP + offset + 1


def offset_of(version: int) -> int:
    """The offset of the input record that gave a version; -1 when none did."""
    return version % EPOCH_STEP - 1
