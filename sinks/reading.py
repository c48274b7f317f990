"""Decides how the bytes of a derived record become rows; what cannot be read becomes a row too.

Takes a record of any of the sink's topics: the envelope's `type` says what it is. Refuses to know
where rows go and which of two holds. Never raises on data: a record that is no JSON, of an unknown
type, short of a field, or that no column could take is one `FaultRow` with its bytes.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from schemas import records
from schemas.quantity import MICRO
from sinks.rows import (
    INTEGER_MAX,
    DeadLetterRow,
    DemandHeadRow,
    FaultRow,
    HeardRow,
    HubDemandRow,
    JudgementRow,
    LedgerLineRow,
    LineVoidRow,
    MatchHistoryRow,
    MatchRow,
    OrderRow,
    PositionRow,
    RepairRow,
    Row,
    WhyNotHeadRow,
    WhyNotRow,
    Words,
    is_bounded,
)

_DECIMAL: Final = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,6}))?")
_NUL: Final = b"\\u0000"  # PostgreSQL takes no NUL in text
_SPOKE: Final = frozenset({"accepted", "duplicate"})


class _Wrapped(msgspec.Struct, tag_field="type", gc=False):
    """An envelope, read in one go with what is in it; the other attributes say nothing more."""


class _LedgerAsItCame(records.Ledger):
    """msgspec writes `Raw | None` but cannot read it: here `body` is bytes, empty if absent."""

    body: msgspec.Raw = msgspec.Raw()


class _Ledger(_Wrapped, tag=records.LEDGER_TYPE):
    data: _LedgerAsItCame


class _Demand(_Wrapped, tag=records.DEMAND_TYPE):
    data: records.Demand


class _Match(_Wrapped, tag=records.MATCH_TYPE):
    data: records.Match


class _WhyNot(_Wrapped, tag=records.WHY_NOT_TYPE):
    data: records.WhyNot


class _DeadLetter(_Wrapped, tag=records.DEAD_LETTER_TYPE):
    data: records.DeadLetter


_decode: Final = msgspec.json.Decoder(_Ledger | _Demand | _Match | _WhyNot | _DeadLetter).decode


def rows_of(
    topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None
) -> list[Row]:
    """Give the rows of one record, or one FaultRow."""
    try:
        if not value:
            raise ValueError("the record is empty")
        wrapped = _decode(value)
        rows = _READERS[type(wrapped)](wrapped.data)
        _check(rows, value)
    except (ValueError, RecursionError) as unreadable:  # msgspec's and Unicode's are ValueErrors
        why = f"{type(unreadable).__name__}: {unreadable}".replace("\0", "")
        return [FaultRow(topic, partition, offset, Words(why), key or b"", value or b"")]
    return rows


def _check(rows: list[Row], value: bytes) -> None:
    for row in rows:
        if not is_bounded(row):
            raise ValueError(f"a value is too long or too large for {type(row).__name__}")
    if _NUL in value and any(
        "\0" in text for row in rows for text in row if isinstance(text, str)
    ):
        raise ValueError("a text holds NUL")


@lru_cache(maxsize=65_536)
def micro_of(text: str) -> int:
    """Read a signed decimal text as millionths; the empty text is 0. ValueError for any other."""
    if not text:
        return 0
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no quantity")
    sign, whole, decimals = found.groups()
    micro = int(whole) * MICRO + int((decimals or "").ljust(6, "0"))
    if micro > INTEGER_MAX:
        raise ValueError(f"{text} is too large a quantity")
    return -micro if sign else micro


# ------------------------------------------------------------------ ledger
def _ledger(said: records.Ledger) -> list[Row]:
    rows: list[Row] = [_judgement(said)]
    if said.lines:
        rows += [_line(said, line) for line in said.lines]
    if said.positions:
        rows += [_position(said, position) for position in said.positions]
    if said.orders:
        rows += [_order(said, order) for order in said.orders]
    if said.voided:
        rows += [LineVoidRow(stem, said.event_id, said.version) for stem in said.voided]
    if said.repairs:
        rows.append(RepairRow(said.repairs, said.event_id, said.version))
    if said.coop and said.verdict in _SPOKE:
        rows.append(HeardRow(said.coop, said.hub, said.occurred_ms, said.recorded_ms))
    return rows


def _judgement(said: records.Ledger) -> JudgementRow:
    return JudgementRow(
        said.partition,
        said.offset,
        said.verdict,
        said.event_id,
        said.event_type,
        said.coop,
        said.hub,
        said.device,
        said.sequence,
        said.occurred_ms,
        said.recorded_ms,
        said.reason,
        len(said.lines),
        len(said.refused),
        _body(said.body),
        said.version,
    )


def _body(raw: msgspec.Raw | None) -> Words:
    body = b"" if raw is None else bytes(raw)
    return Words("" if body == b"null" else body.decode())


def _line(said: records.Ledger, line: records.LedgerLine) -> LedgerLineRow:
    return LedgerLineRow(
        line.line_id,
        f"{said.event_id}#{line.line}",
        said.event_id,
        said.coop,
        said.hub,
        said.device,
        said.sequence,
        line.line,
        line.kind,
        line.commodity,
        line.grade,
        line.lot,
        micro_of(line.quantity) if line.quantity else None,
        line.unit,
        line.said,
        line.unit_said,
        Words(line.reason),
        line.recipe,
        line.order,
        line.revision,
        line.target,
        int(line.voided),
        said.occurred_ms,
        said.recorded_ms,
        said.partition,
        said.offset,
        said.version,
    )


def _position(said: records.Ledger, at: records.Position) -> PositionRow:
    coop = at.coop or said.coop  # a hub may decide in the name of one of its co-ops
    return PositionRow(
        coop,
        at.commodity,
        at.grade,
        at.lot,
        f"{coop}|{at.commodity}|{at.grade}|{at.lot}",
        said.hub,
        at.unit,
        *(micro_of(at.on_hand), micro_of(at.keep), micro_of(at.min_lot)),
        at.floor_price,
        at.expires_day,
        at.last_report_ms,
        at.version,
    )


def _order(said: records.Ledger, order: records.OrderState) -> OrderRow:
    return OrderRow(
        order.order_id,
        order.order_id.partition("|")[0],
        said.hub,
        order.order,
        order.commodity,
        order.grade,
        order.market,
        micro_of(order.quantity),
        order.unit,
        order.ceiling_price,
        order.needed_day,
        order.priority,
        micro_of(order.min_lot),
        order.state,
        order.revision,
        micro_of(order.delivered),
        order.version,
    )


# ------------------------------------------------------------------ demand
def _demand(said: records.Demand) -> list[Row]:
    hub, commodity, horizon, version = said.hub, said.commodity, said.horizon, said.version
    rows: list[Row] = [
        HubDemandRow(
            hub,
            commodity,
            horizon,
            row.grade,
            row.market,
            *(micro_of(row.supply), micro_of(row.planned), micro_of(row.demand)),
            *(micro_of(row.matched), micro_of(row.gap)),
            version,
        )
        for row in said.rows
    ]
    times = (said.freshest_ms, said.stalest_ms)
    rows.append(DemandHeadRow(hub, commodity, horizon, said.stage, said.unit, *times, version))
    return rows


# ------------------------------------------------------------------ matches
_MICRO_OF_MATCH: Final = {
    "quantity_micro": "quantity",
    "shipped_micro": "shipped_quantity",
    "received_micro": "received_quantity",
    "refused_micro": "refused_quantity",
    "lost_micro": "lost_quantity",
}
_OF_THE_NEED: Final = frozenset({"to_quantity_micro", "to_unit", "buyer_price", "parts"})
_SAME_IN_MATCH: Final = [
    name
    for name in MatchRow._fields
    if name not in (*_MICRO_OF_MATCH, *_OF_THE_NEED, "held_micro")
]
_HELD_WHOLE: Final = frozenset({"proposed", "countered", "accepted"})
_NAME_IN_RECORD: Final = {"order_no": "order"}


def _match(said: records.Match) -> list[Row]:
    fields: dict[str, Any] = {
        name: getattr(said, _NAME_IN_RECORD.get(name, name)) for name in _SAME_IN_MATCH
    }
    fields |= {name: micro_of(getattr(said, of)) for name, of in _MICRO_OF_MATCH.items()}
    fields["certified"] = int(said.certified)
    fields["held_micro"] = _held(said)
    fields |= _of_the_need(said)
    rows: list[Row] = [MatchRow(**fields)]
    name, version = said.match_id, said.version
    for step, at in enumerate(said.history, start=1):
        reason = Words(at.reason)
        rows.append(MatchHistoryRow(name, step, at.state, at.at_ms, at.actor, reason, version))
    return rows


def _held(said: records.Match) -> int:
    """What a match holds of its offer; where it does not say, all that has not left."""
    if said.held_quantity:
        return micro_of(said.held_quantity)
    left = micro_of(said.quantity) - micro_of(said.shipped_quantity)
    return max(0, left) if said.state in _HELD_WHOLE else 0


def _of_the_need(said: records.Match) -> dict[str, Any]:
    """What arrives and what is paid for it; inside a hub that is what was given, and the leg."""
    paid = said.buyer_price
    if paid < 0 <= min(said.price, said.leg_cost):
        paid = said.price + said.leg_cost
    return {
        "to_quantity_micro": micro_of(said.to_quantity or said.quantity),
        "to_unit": said.to_unit or said.unit,
        "buyer_price": paid,
        "parts": Words(msgspec.json.encode(said.parts).decode() if said.parts else ""),
    }


def _why_not(said: records.WhyNot) -> list[Row]:
    rows: list[Row] = [
        WhyNotRow(
            said.hub,
            said.family,
            line.line,
            line.kind,
            line.coop,
            line.commodity,
            micro_of(line.quantity),
            line.unit,
            line.reason,
            Words(line.why_id),
            Words(line.why_en),
            said.version,
        )
        for line in said.lines
    ]
    rows.append(WhyNotHeadRow(said.hub, said.family, int(said.certified), said.version))
    return rows


# ------------------------------------------------------------------ dead letters
def _dead_letter(said: records.DeadLetter) -> list[Row]:
    return [
        DeadLetterRow(
            said.identity,
            said.topic,
            said.partition,
            said.offset,
            said.line,
            said.reason,
            Words(said.field),
            said.coop,
            said.recorded_ms,
            said.payload,
        )
    ]


_READERS: Final[dict[type[_Wrapped], Callable[[Any], list[Row]]]] = {
    _Ledger: _ledger,
    _Demand: _demand,
    _Match: _match,
    _WhyNot: _why_not,
    _DeadLetter: _dead_letter,
}
