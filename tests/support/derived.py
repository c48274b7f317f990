"""Builders of derived records as a hub worker writes them, and of what a sink makes of them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from schemas import records
from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MATCHES
from sinks.batch import Batch
from sinks.warehouse import Warehouse

COOP, HUB, OTHER = "19.02.01.2003", "19.02", "19.02.01.2004"
NOW_MS = 1_795_000_000_123
ON_TOPIC: Mapping[str, str] = {
    records.LEDGER_TYPE: LEDGER,
    records.DEMAND_TYPE: DEMAND,
    records.MATCH_TYPE: MATCHES,
    records.WHY_NOT_TYPE: MATCHES,
    records.DEAD_LETTER_TYPE: DEAD_LETTER,
}


class Record(NamedTuple):
    """What a consumer hands over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


def wrapped(kind: str, data: records.Derived, name: str = "x") -> bytes:
    """A derived record in its envelope."""
    out = records.Out(
        type=kind, id=name, source="/test", time="x", data=msgspec.Raw(msgspec.json.encode(data))
    )
    return msgspec.json.encode(out)


def line(event: str, n: int = 1, **other: Any) -> records.LedgerLine:
    fields: dict[str, Any] = {
        "line_id": f"{event}#{n}",
        "line": n,
        "kind": "stock.counted",
        "commodity": "LADA-PUTIH",
        "grade": "A",
        "quantity": "120",
        "unit": "KGM",
        "said": "120",
        "unit_said": "KG",
    }
    return records.LedgerLine(**fields | other)


def position(version: int, on_hand: str = "120", **other: Any) -> records.Position:
    fields: dict[str, Any] = {
        "commodity": "LADA-PUTIH",
        "grade": "A",
        "lot": "",
        "unit": "KGM",
        "on_hand": on_hand,
        "keep": "0",
        "min_lot": "0",
        "floor_price": -1,
        "expires_day": -1,
        "last_report_ms": NOW_MS,
        "version": version,
    }
    return records.Position(**fields | other)


def order(version: int, quantity: str = "50", **other: Any) -> records.OrderState:
    fields: dict[str, Any] = {
        "order": "PO-17",
        "order_id": f"{OTHER}|PO-17",
        "commodity": "LADA-PUTIH",
        "grade": "",
        "market": "domestic",
        "quantity": quantity,
        "unit": "KGM",
        "ceiling_price": 110_000,
        "needed_day": 20_800,
        "priority": "normal",
        "min_lot": "0",
        "state": "open",
        "revision": 1,
        "version": version,
    }
    return records.OrderState(**fields | other)


def ledger(offset: int, verdict: str = "accepted", **other: Any) -> bytes:
    """A judged record at an offset of partition 0; `coop`, `sequence` and parts may be given."""
    coop, sequence = other.get("coop", COOP), other.get("sequence", offset)
    event = f"{coop}:hp1:{sequence}"
    fields: dict[str, Any] = {
        "partition": 0,
        "offset": offset,
        "verdict": verdict,
        "version": offset + 1,
        "event_id": event,
        "event_type": "lumbung.report.v1",
        "coop": coop,
        "hub": HUB,
        "device": "hp1",
        "sequence": sequence,
        "occurred_ms": NOW_MS,
        "recorded_ms": NOW_MS + 5,
    }
    return wrapped(records.LEDGER_TYPE, records.Ledger(**fields | other), event)


def demand(version: int, rows: Iterable[tuple[str, str]] = (("A", "10"),), **other: Any) -> bytes:
    """A demand record whose `rows` are (grade, demanded)."""
    fields: dict[str, Any] = {
        "hub": HUB,
        "commodity": "LADA-PUTIH",
        "stage": "RAW",
        "horizon": "now",
        "unit": "KGM",
        "freshest_ms": NOW_MS,
        "stalest_ms": NOW_MS,
        "version": version,
        "rows": [
            records.DemandRow(
                grade=grade,
                market="domestic",
                supply="5.5",
                planned="0",
                demand=said,
                matched="0",
                gap=said,
            )
            for grade, said in rows
        ],
    }
    return wrapped(records.DEMAND_TYPE, records.Demand(**fields | other))


A_MATCH: Mapping[str, Any] = {
    "match_id": "ABCDEFGHIJKLMNOP",
    "tier": 1,
    "offer": f"{COOP}|LADA-PUTIH|A|",
    "need": f"{OTHER}|PO-17",
    "commodity": "LADA-PUTIH",
    "to_commodity": "LADA-PUTIH",
    "family": "lada",
    "grade": "A",
    "lot": "",
    "quantity": "50",
    "unit": "KGM",
    "from_coop": COOP,
    "from_hub": HUB,
    "to_coop": OTHER,
    "to_hub": HUB,
    "order": "PO-17",
    "price": 100_000,
    "leg_cost": 12,
    "leg_mode": "road",
    "leg_basis": "estimated",
    "leg_days": 1,
    "surplus": 500_000,
    "certified": True,
    "at_risk": "",
    "ship_by_day": -1,
    "arrive_by_day": 20_800,
    "expires_ms": NOW_MS + 86_400_000,
    "shipped_quantity": "0",
    "received_quantity": "0",
    "refused_quantity": "0",
    "payment": "none",
    "partner": "",
    "why_id": "paling dekat",
    "why_en": "nearest",
    "tick": 1,
    "round": "r1",
}


def match(version: int, state: str = "proposed", **other: Any) -> bytes:
    """A match of the position and the order above, with a life of as many steps as `steps`."""
    steps = other.pop("steps", ("proposed",))
    history = [
        records.Moment(state=each, at_ms=NOW_MS + i, actor="clock", reason="")
        for i, each in enumerate(steps)
    ]
    fields = {**A_MATCH, "state": state, "version": version, "history": history, **other}
    return wrapped(records.MATCH_TYPE, records.Match(**fields))


def why_not(version: int, lines: Iterable[str] = (), **other: Any) -> bytes:
    """All that a round left over, by line."""
    told: dict[str, Any] = {
        "kind": "need",
        "coop": OTHER,
        "commodity": "LADA-PUTIH",
        "quantity": "7",
        "unit": "KGM",
        "reason": "no_leg",
        "why_id": "tidak ada jalan",
        "why_en": "no way",
    } | other
    left = [records.WhyNotLine(line=each, **told) for each in lines]
    said = records.WhyNot(hub=HUB, family="lada", certified=True, version=version, lines=left)
    return wrapped(records.WHY_NOT_TYPE, said)


def dead_letter(offset: int, identity: str = "", payload: bytes = b"{", **other: Any) -> bytes:
    fields: dict[str, Any] = {
        "identity": identity or f"lumbung.events.v1/0/{offset}",
        "topic": "lumbung.events.v1",
        "partition": 0,
        "offset": offset,
        "line": 0,
        "reason": "json_malformed",
        "field": "",
        "coop": COOP,
        "recorded_ms": NOW_MS,
        "payload": payload,
    }
    return wrapped(records.DEAD_LETTER_TYPE, records.DeadLetter(**fields | other))


def topic_of(value: bytes) -> str:
    """The topic that a record belongs on."""
    return ON_TOPIC[msgspec.json.decode(value, type=records.Out).type]


def laid(values: Iterable[bytes], start: Mapping[str, int] | None = None) -> list[Record]:
    """Records in the order given, each at the next offset of partition 0 of its topic."""
    ends = dict(start or {})
    found = []
    for value in values:
        topic = topic_of(value)
        found.append(Record(topic, 0, ends.get(topic, 0), b"key", value))
        ends[topic] = ends.get(topic, 0) + 1
    return found


def write(warehouse: Warehouse, records_in: Iterable[Record]) -> Batch:
    """Write records as one batch."""
    batch = Batch()
    batch.take(records_in, warehouse.reached)
    warehouse.apply(batch)
    return batch
