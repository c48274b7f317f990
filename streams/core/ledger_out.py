"""Decides the bytes of a ledger record: what was judged, line by line, and what it touched.

One record per judged record makes the ledger most of what a worker writes, so lines of stock and
the positions under them are written by hand: every word in them has passed a check that leaves no
character JSON would escape. Free text and all that is rarer goes through the encoder. A test reads
every form back into `schemas.records.Ledger`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from schemas import records, topics
from schemas.commodity import UNGRADED
from schemas.judged import (
    LEDGER_KINDS,
    ORDER_KINDS,
    Judged,
    JudgedLine,
    OrderLine,
    PlanLine,
    StockLine,
    VoidLine,
)
from schemas.quantity import format_quantity
from streams.core.book import Good
from streams.core.orders import OrderView
from streams.core.plain import Step
from streams.core.state import Level, Order

Goods = Mapping[str, Good]
Gone = frozenset[int]
"""The line numbers of a saying that were taken back."""
_NONE_GONE: Final[Gone] = frozenset()
_encode: Final = msgspec.json.Encoder().encode


def record(place: tuple[int, int, int, int], at: str, verdict: str, inside: str) -> bytes:
    """A whole record; `place` is partition, offset, version and broker time of what was judged."""
    partition, offset, version, recorded_ms = place
    return (
        f'{{"specversion":"1.0","type":"{records.LEDGER_TYPE}",'
        f'"id":"{topics.EVENTS}/{partition}/{offset}","source":"/partitions/{partition}",'
        f'"time":"{at}","data":{{"partition":{partition},"offset":{offset},"verdict":"{verdict}",'
        f'"version":{version},"recorded_ms":{recorded_ms}{inside}}}}}'
    ).encode()


def speaker(said: Judged) -> str:
    """Who said it and when."""
    return (
        f',"event_id":"{said.id}","event_type":"{said.type}","coop":"{said.actor}",'
        f'"hub":"{said.hub}","device":"{said.device}","sequence":{said.sequence},'
        f'"occurred_ms":{said.time_ms}'
    )


def field(name: str, parts: list[str]) -> str:
    """A list as a field of a record; nothing when it is empty."""
    return f',"{name}":[{",".join(parts)}]' if parts else ""


def text(name: str, value: Any) -> str:
    """Any value as a field of a record, by the encoder."""
    return f',"{name}":{_encode(value).decode()}'


def stock(event_id: str, steps: Sequence[Step], levels: Mapping[str, Level], goods: Goods) -> str:
    """The lines of a plain saying and the positions under them."""
    said: list[str] = []
    touched: dict[str, str] = {}
    for line, name, _ in steps:
        said.append(_stock(event_id, line, _NONE_GONE, goods))
        level = levels.get(name)
        if level is not None:  # what came later in the run may have dropped it
            touched[name] = position(line, level, goods)
    positions = f',"positions":[{",".join(touched.values())}]' if touched else ""
    return f'{positions},"lines":[{",".join(said)}]'


# ------------------------------------------------------------------ lines
def lines(event_id: str, said: Iterable[JudgedLine], gone: Gone, goods: Goods) -> list[str]:
    """The judged lines."""
    return [_LINES[type(line)](event_id, line, gone, goods) for line in said]


def _stock(event_id: str, line: StockLine, gone: Gone, goods: Goods) -> str:
    n, micro = line.n, line.quantity
    kind, name, more = LEDGER_KINDS[line.kind], f"{event_id}#{n}", ""
    if line.part:
        kind, name, more = "stock.converted", f"{name}.{line.part}", f',"recipe":"{line.recipe}"'
        micro = -micro if line.kind == "o" else micro
    if line.reason:
        more += text("reason", line.reason)
    if n in gone:
        more += ',"voided":true'
    return (
        f'{{"line_id":"{name}","line":{n},"kind":"{kind}","commodity":"{line.commodity}",'
        f'"grade":"{line.grade or UNGRADED}","lot":"{line.lot}",'
        f'"quantity":"{format_quantity(micro)}","unit":"{goods[line.commodity].unit}",'
        f'"said":"{line.said}","unit_said":"{line.unit}"{more}}}'
    )


def _plan(event_id: str, line: PlanLine, gone: Gone, goods: Goods) -> str:
    return _written(
        records.LedgerLine(
            line_id=f"{event_id}#{line.n}",
            line=line.n,
            kind="supply.planned",
            commodity=line.commodity,
            grade=line.grade or UNGRADED,
            lot=line.lot,
            quantity=format_quantity(line.quantity),
            unit=goods[line.commodity].unit,
            said=line.said,
            unit_said=line.unit,
            voided=line.n in gone,
        )
    )


def _order(event_id: str, line: OrderLine, gone: Gone, goods: Goods) -> str:
    good = goods.get(line.commodity)
    return _written(
        records.LedgerLine(
            line_id=f"{event_id}#{line.n}",
            line=line.n,
            kind=ORDER_KINDS[line.kind],
            commodity=line.commodity,
            grade=line.grade,
            # An amendment's quantity is in the unit it was said in: it names no commodity.
            quantity=format_quantity(line.quantity) if good and line.quantity >= 0 else "",
            unit=good.unit if good else "",
            said=line.said,
            unit_said=line.unit,
            order=line.order,
            revision=line.revision,
            voided=line.n in gone,
        )
    )


def _void(event_id: str, line: VoidLine, gone: Gone, _: Goods) -> str:
    coop = event_id.partition(":")[0]
    return _written(
        records.LedgerLine(
            line_id=f"{event_id}#{line.n}",
            line=line.n,
            kind="line.voided",
            reason=line.reason,
            target=f"{coop}:{line.device}:{line.sequence}#{line.line}",
            voided=line.n in gone,
        )
    )


def _written(value: records.LedgerLine | records.OrderState) -> str:
    return _encode(value).decode()


_LINES: Final[dict[type, Any]] = {
    StockLine: _stock,
    PlanLine: _plan,
    OrderLine: _order,
    VoidLine: _void,
}


# ------------------------------------------------------------------ what was touched
def position(line: StockLine, level: Level, goods: Goods) -> str:
    """The position that a line of stock speaks of, as it stands."""
    return (
        f'{{"commodity":"{line.commodity}","grade":"{line.grade or UNGRADED}","lot":"{line.lot}",'
        f'"unit":"{goods[line.commodity].unit}","on_hand":"{format_quantity(level.on_hand)}",'
        f'"keep":"{format_quantity(level.keep)}","min_lot":"{format_quantity(level.min_lot)}",'
        f'"floor_price":{level.floor},"expires_day":{level.expires_day},'
        f'"last_report_ms":{level.last_ms},"version":{level.version}}}'
    )


def moved(of: str, name: str, level: Level, goods: Goods) -> str:
    """A position that a decision moved; `of` is its co-op when that did not speak, else ""."""
    commodity, grade, lot = name.split("|", 2)
    shown = position(StockLine(0, "i", commodity, grade, lot, 0, "", ""), level, goods)
    return f'{{"coop":"{of}",{shown[1:]}' if of else shown


def order(coop: str, name: str, seen: OrderView | None, kept: Order, goods: Goods) -> str:
    """An order as it stands; one whose placing is unknown or taken back says only that."""
    if seen is None:
        unplaced = records.OrderState(
            order=name,
            order_id=f"{coop}|{name}",
            state="unplaced",
            version=kept.version,
            market="domestic",
            quantity="0",
            priority="normal",
            min_lot="0",
        )
        return _written(unplaced)
    return _written(
        records.OrderState(
            order=name,
            order_id=f"{coop}|{name}",
            commodity=seen.commodity,
            grade=seen.grade,
            market=seen.market,
            quantity=format_quantity(seen.quantity),
            unit=goods[seen.commodity].unit,
            ceiling_price=seen.ceiling,
            needed_day=seen.needed_day,
            priority=seen.priority,
            min_lot=format_quantity(seen.min_lot),
            state="cancelled" if seen.cancelled else "open",
            revision=seen.revision,
            version=kept.version,
            delivered=format_quantity(seen.delivered) if seen.delivered else "",
        )
    )


def refused(entries: Iterable[tuple[int, str, str]]) -> list[str]:
    """The lines that were not sound, with reason and field."""
    return [
        _encode(records.Refused(line=n, reason=reason, field=where)).decode()
        for n, reason, where in entries
    ]
