"""Decides the rows of the warehouse: their columns, what names them, and which of two rows holds.

The one place where the shape of a table is said: `sinks.tables` makes SQL of it, `sinks.reading`
fills it. Quantities are integer millionths of the base unit (`_micro`), prices whole rupiah per
base unit (-1: none said), times milliseconds UTC (`_ms`, 0 or less: none), days since 1970
(`_day`, -1: none). Refuses to know SQL and where records come from.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from operator import itemgetter
from typing import Annotated, Any, Final, NamedTuple, NewType, get_type_hints

Words = NewType("Words", str)
"""Text of any length that no key needs; every other text is bounded by `KEY_LENGTH_MAX`."""
Flag = Annotated[int, "0 or 1"]

KEY_LENGTH_MAX: Final = 200
INTEGER_MAX: Final = 2**63 - 1  # what BIGINT and SQLite's INTEGER hold


class JudgementRow(NamedTuple):
    """One record of the events topic and how it was judged; `body` is JSON, empty for reports."""

    partition: int
    offset: int
    verdict: str
    event_id: str
    event_type: str
    coop: str
    hub: str
    device: str
    sequence: int
    occurred_ms: int
    recorded_ms: int
    reason: str
    line_count: int
    refused_count: int
    body: Words
    version: int


class LedgerLineRow(NamedTuple):
    """One sound line; `stem` is the line as it was said, without the part of a conversion."""

    line_id: str
    stem: str
    event_id: str
    coop: str
    hub: str
    device: str
    sequence: int
    line: int
    kind: str
    commodity: str
    grade: str
    lot: str
    quantity_micro: int | None
    unit: str
    said: str
    unit_said: str
    reason: Words
    recipe: str
    order_no: str
    revision: int
    target: str
    voided: Flag
    occurred_ms: int
    recorded_ms: int
    partition: int
    offset: int
    version: int


class LineVoidRow(NamedTuple):
    """The line `stem` was taken back by a line of `event_id`."""

    stem: str
    event_id: str
    version: int


class PositionRow(NamedTuple):
    """What a co-op has of one (commodity, grade, lot); `offer` names it in matches."""

    coop: str
    commodity: str
    grade: str
    lot: str
    offer: str
    hub: str
    unit: str
    on_hand_micro: int
    keep_micro: int
    min_lot_micro: int
    floor_price: int
    expires_day: int
    last_report_ms: int
    version: int


class OrderRow(NamedTuple):
    """An order as it stands; matches know it by `order_id`, its co-op by `order_no`."""

    order_id: str
    coop: str
    hub: str
    order_no: str
    commodity: str
    grade: str
    market: str
    quantity_micro: int
    unit: str
    ceiling_price: int
    needed_day: int
    priority: str
    min_lot_micro: int
    state: str
    revision: int
    delivered_micro: int
    version: int


class DemandHeadRow(NamedTuple):
    """What all rows of a hub, commodity and horizon share; rows of a lower version are gone."""

    hub: str
    commodity: str
    horizon: str
    stage: str
    unit: str
    freshest_ms: int
    stalest_ms: int
    version: int


class HubDemandRow(NamedTuple):
    """Supply and demand of one grade and market; gap = demand - matched."""

    hub: str
    commodity: str
    horizon: str
    grade: str
    market: str
    supply_micro: int
    planned_micro: int
    demand_micro: int
    matched_micro: int
    gap_micro: int
    version: int


class MatchRow(NamedTuple):
    """A match as it stands; `received`, `refused`, `lost` are of what arrives, `parts` is JSON."""

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
    quantity_micro: int
    unit: str
    from_coop: str
    from_hub: str
    to_coop: str
    to_hub: str
    order_no: str
    price: int
    leg_cost: int
    leg_mode: str
    leg_basis: str
    leg_days: int
    surplus: int
    certified: Flag
    at_risk: str
    ship_by_day: int
    arrive_by_day: int
    expires_ms: int
    shipped_micro: int
    received_micro: int
    refused_micro: int
    payment: str
    partner: str
    why_id: Words
    why_en: Words
    tick: int
    round: str
    to_quantity_micro: int
    to_unit: str
    buyer_price: int
    processing: int
    parts: Words
    lost_micro: int
    held_micro: int
    pool: str
    pooled: int
    freezes_ms: int
    asked_ms: int
    opened_ms: int
    version: int


class MatchHistoryRow(NamedTuple):
    """Step `step` (1, 2, ...) in the life of a match."""

    match_id: str
    step: int
    state: str
    at_ms: int
    actor: str
    reason: Words
    version: int


class WhyNotHeadRow(NamedTuple):
    """The last round of a family in a hub; reasons of a lower version no longer hold."""

    hub: str
    family: str
    certified: Flag
    version: int


class WhyNotRow(NamedTuple):
    """Why an offer or a need (`line`) found no match in the last round, and what is left of it."""

    hub: str
    family: str
    line: str
    kind: str
    coop: str
    commodity: str
    quantity_micro: int
    unit: str
    reason: str
    why_id: Words
    why_en: Words
    version: int


class DeadLetterRow(NamedTuple):
    """What could not be kept: its original bytes, and where in the log it was said."""

    identity: str
    topic: str
    partition: int
    offset: int
    line: int
    reason: str
    field: Words
    coop: str
    recorded_ms: int
    payload: bytes


class RepairRow(NamedTuple):
    """The dead letter `identity` was mended by the report `event_id`."""

    identity: str
    event_id: str
    version: int


class HeardRow(NamedTuple):
    """When a co-op last spoke, by its own clock and by Kafka's; the latest of each holds."""

    coop: str
    hub: str
    occurred_ms: int
    recorded_ms: int


class FaultRow(NamedTuple):
    """A record that this sink could not read, kept whole."""

    topic: str
    partition: int
    offset: int
    reason: Words
    key: bytes
    value: bytes


Row = (
    JudgementRow
    | LedgerLineRow
    | LineVoidRow
    | PositionRow
    | OrderRow
    | DemandHeadRow
    | HubDemandRow
    | MatchRow
    | MatchHistoryRow
    | WhyNotHeadRow
    | WhyNotRow
    | DeadLetterRow
    | RepairRow
    | HeardRow
    | FaultRow
)


class Rule(Enum):
    """Which of two rows of one name holds, whatever order they come in."""

    NEWEST = "the highest version; of equal ones the last, which says the same"
    JUDGED = "the highest version; of equal ones the first verdict by alphabet"
    LOWEST = "the lowest offset or version"
    LATEST = "the latest of each time"


class Shape(NamedTuple):
    """How rows are named (their first `keys` columns) and which holds."""

    table: str
    keys: int
    rule: Rule


SHAPES: Final[Mapping[type[Row], Shape]] = {
    JudgementRow: Shape("judgement", 2, Rule.JUDGED),
    LedgerLineRow: Shape("ledger_line", 1, Rule.NEWEST),
    LineVoidRow: Shape("line_void", 1, Rule.LOWEST),
    PositionRow: Shape("position", 4, Rule.NEWEST),
    OrderRow: Shape("order_", 1, Rule.NEWEST),
    DemandHeadRow: Shape("demand_head", 3, Rule.NEWEST),
    HubDemandRow: Shape("hub_demand", 5, Rule.NEWEST),
    MatchRow: Shape("match_", 1, Rule.NEWEST),
    MatchHistoryRow: Shape("match_history", 2, Rule.NEWEST),
    WhyNotHeadRow: Shape("why_not_head", 2, Rule.NEWEST),
    WhyNotRow: Shape("why_not", 3, Rule.NEWEST),
    DeadLetterRow: Shape("dead_letter", 1, Rule.LOWEST),
    RepairRow: Shape("repair", 1, Rule.LOWEST),
    HeardRow: Shape("heard", 1, Rule.LATEST),
    FaultRow: Shape("sink_fault", 3, Rule.LOWEST),
}
LOWEST_BY: Final[Mapping[type[Row], str]] = {
    LineVoidRow: "version", DeadLetterRow: "offset", RepairRow: "version", FaultRow: "offset",
}  # fmt: skip


def columns_of(shape: type[Row]) -> dict[str, Any]:
    """Give a row's columns by name, in order, with what each holds."""
    return get_type_hints(shape)


def _of_kind(shape: type[Row], wanted: type) -> Callable[[Row], Any]:
    at = [i for i, kind in enumerate(columns_of(shape).values()) if kind is wanted]
    return itemgetter(*(at * 2 if len(at) == 1 else at))  # of a single index no tuple comes


_TEXTS: Final = {shape: _of_kind(shape, str) for shape in SHAPES}
_NUMBERS: Final = {shape: _of_kind(shape, int) for shape in SHAPES}


def is_bounded(row: Row) -> bool:
    """Whether every key text and every number of a row fits its column, in either database."""
    texts, numbers = _TEXTS[type(row)](row), _NUMBERS[type(row)](row)
    # Most rows are shorter as a whole than one text may be, and joining is the quickest look.
    if len("".join(texts)) > KEY_LENGTH_MAX and max(map(len, texts)) > KEY_LENGTH_MAX:
        return False
    return bool(min(numbers) >= -INTEGER_MAX and max(numbers) <= INTEGER_MAX)
