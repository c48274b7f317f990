"""Decides how a judged saying reads in the ledger: its lines, positions, orders, and dead letters."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from schemas import records
from schemas.errors import Rejection
from schemas.judged import LEDGER_KINDS, ORDER_KINDS, OrderLine, PlanLine, StockLine, VoidLine
from schemas.quantity import format_quantity as decimal
from streams.core.book import Good
from streams.core.envelope import Row, stamp, wrapped
from streams.core.orders import OrderView
from streams.core.state import Level, Order


def lines(
    event_id: str, said: Iterable[Any], voided: frozenset[int], units: dict[str, Good]
) -> list[records.LedgerLine]:
    """The judged lines in words; `voided` names the line numbers that were taken back."""
    return [_WORDS[type(line)](event_id, line, units, line.n in voided) for line in said]


def _stock(
    event_id: str, line: StockLine, units: dict[str, Good], voided: bool
) -> records.LedgerLine:
    kind = "stock.converted" if line.part else LEDGER_KINDS[line.kind]
    part = f".{line.part}" if line.part else ""
    quantity = -line.quantity if line.part and line.kind == "o" else line.quantity
    return records.LedgerLine(
        line_id=f"{event_id}#{line.n}{part}",
        line=line.n,
        kind=kind,
        commodity=line.commodity,
        grade=line.grade,
        lot=line.lot,
        quantity=decimal(quantity),
        unit=units[line.commodity].unit,
        said=line.said,
        unit_said=line.unit,
        reason=line.reason,
        recipe=line.recipe,
        voided=voided,
    )


def _plan(event_id: str, line: PlanLine, units: dict[str, Good], voided: bool) -> records.LedgerLine:
    return records.LedgerLine(
        line_id=f"{event_id}#{line.n}",
        line=line.n,
        kind="supply.planned",
        commodity=line.commodity,
        grade=line.grade,
        lot=line.lot,
        quantity=decimal(line.quantity),
        unit=units[line.commodity].unit,
        said=line.said,
        unit_said=line.unit,
        voided=voided,
    )


def _order(event_id: str, line: OrderLine, units: dict[str, Good], voided: bool) -> records.LedgerLine:
    good = units.get(line.commodity)
    return records.LedgerLine(
        line_id=f"{event_id}#{line.n}",
        line=line.n,
        kind=ORDER_KINDS[line.kind],
        commodity=line.commodity,
        grade=line.grade,
        # An amendment's quantity is in the unit it was said in: it does not name the commodity.
        quantity=decimal(line.quantity) if good and line.quantity >= 0 else "",
        unit=good.unit if good else "",
        said=line.said,
        unit_said=line.unit,
        order=line.order,
        revision=line.revision,
        voided=voided,
    )


def _void(event_id: str, line: VoidLine, units: dict[str, Good], voided: bool) -> records.LedgerLine:
    coop = event_id.partition(":")[0]
    return records.LedgerLine(
        line_id=f"{event_id}#{line.n}",
        line=line.n,
        kind="line.voided",
        reason=line.reason,
        target=f"{coop}:{line.device}:{line.sequence}#{line.line}",
        voided=voided,
    )


_WORDS: Final[dict[type, Any]] = {
    StockLine: _stock,
    PlanLine: _plan,
    OrderLine: _order,
    VoidLine: _void,
}


def position(name: str, level: Level, units: dict[str, Good]) -> records.Position:
    """A level in words; `name` is `commodity|grade|lot`."""
    commodity, grade, lot = name.split("|", 2)
    return records.Position(
        commodity=commodity,
        grade=grade,
        lot=lot,
        unit=units[commodity].unit,
        on_hand=decimal(level.on_hand),
        keep=decimal(level.keep),
        min_lot=decimal(level.min_lot),
        floor_price=level.floor,
        expires_day=level.expires_day,
        last_report_ms=level.last_ms,
        version=level.version,
    )


def order(
    coop: str, name: str, seen: OrderView | None, kept: Order, units: dict[str, Good]
) -> records.OrderState:
    """An order in words; one whose placing is unknown or taken back says only that."""
    if seen is None:
        return records.OrderState(
            order=name, order_id=f"{coop}|{name}", state="unplaced", version=kept.version
        )
    return records.OrderState(
        order=name,
        order_id=f"{coop}|{name}",
        commodity=seen.commodity,
        grade=seen.grade,
        market=_plain(seen.market),
        quantity=decimal(seen.quantity),
        unit=units[seen.commodity].unit,
        ceiling_price=seen.ceiling,
        needed_day=seen.needed_day,
        priority=_plain(seen.priority),
        min_lot=_plain(decimal(seen.min_lot)),
        state="cancelled" if seen.cancelled else "open",
        revision=seen.revision,
        version=kept.version,
    )


# The encoder leaves out a default when it is the very same object; equal text must not look otherwise.
_DEFAULTS: Final = {d: d for d in records.OrderState.__struct_defaults__ if isinstance(d, str)}


def _plain(text: str) -> str:
    return _DEFAULTS.get(text, text)


def dead_letter(
    identity: str,
    where: tuple[str, int, int],
    fault: Rejection,
    recorded_ms: int,
    payload: bytes,
) -> Row:
    """A dead letter, keyed by its identity; `where` is topic, partition, offset."""
    topic, partition, offset = where
    letter = records.DeadLetter(
        identity=identity,
        topic=topic,
        partition=partition,
        offset=offset,
        line=fault.line,
        reason=fault.reason,
        field=fault.field,
        coop=fault.coop,
        recorded_ms=recorded_ms,
        payload=payload,
    )
    source = f"/topics/{topic}/{partition}"
    return identity.encode(), wrapped(
        records.DEAD_LETTER_TYPE, identity, source, stamp(recorded_ms), letter
    )


def body(value: Any) -> msgspec.Raw:
    """The data of a saying that is not a report, as it was said."""
    return msgspec.Raw(msgspec.json.encode(value))
