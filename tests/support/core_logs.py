"""Records for the core: builders of sayings and of their lines; the log gives them offsets.

All co-ops are of one hub, so one partition sees them all.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

HUB = "19.02"
COOPS = tuple(f"{HUB}.01.20{n:02}" for n in (3, 4, 7, 8, 10, 12))
A, B, C = COOPS[:3]
NOON = 1_795_320_000_000  # 2026-11-22, 11:00 in the hub's zone
HOUR = 3_600_000
DAY = 24 * HOUR

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """A record before it has an offset."""

    key: bytes
    value: bytes
    timestamp: int = NOON


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of the log."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def day(ms: int) -> str:
    return iso(ms)[:10]


def event(kind: str, name: str, source: str, data: dict[str, Any], at: int) -> bytes:
    frame = {"specversion": "1.0", "type": f"lumbung.{kind}.v1", "id": name, "source": source}
    return json.dumps({**frame, "time": iso(at), "data": data}, separators=(",", ":")).encode()


def said(
    kind: str,
    who_says: tuple[str, str, int],
    body: dict[str, Any],
    at: int = NOON,
) -> Saying:
    """Any saying of an actor; its record is stamped with the time it speaks of."""
    actor, device, sequence = who_says
    who = "actor" if kind in ("decision", "contract") else "coop"
    room = "hubs" if len(actor) == len(HUB) else "coops"
    data = {who: actor, "device": device, "sequence": sequence, **body}
    name = f"{actor}:{device}:{sequence}"
    value = event(kind, name, f"/{room}/{actor}/devices/{device}", data, at)
    return Saying(actor.encode(), value, max(at, NOON))


def report(coop: str, sequence: int, *lines: Line, at: int = NOON, device: str = "hp1") -> Saying:
    return said("report", (coop, device, sequence), {"lines": list(lines)}, at)


def tick(n: int, at: int) -> Saying:
    return Saying(b"tick", event("tick", f"tick:{n}", "/clock", {"tick": n}, at), at)


def decision(
    actor: str, sequence: int, match: str, what: str, at: int = NOON, **more: Any
) -> Saying:
    body = {"match": match, "decision": what, **more}
    return said("decision", (actor, "desk", sequence), body, at)


def profile(coop: str, sequence: int, at: int = NOON, **body: Any) -> Saying:
    return said("profile", (coop, "desk", sequence), body, at)


# ------------------------------------------------------------------ lines
def line(
    kind: str, quantity: int | str, commodity: str = "KELAPA", unit: str = "", **more: Any
) -> Line:
    unit = unit or {"KELAPA": "BUTIR", "VCO": "LITER"}.get(commodity, "KG")
    told = {"kind": kind, "commodity": commodity, "quantity": str(quantity), "unit": unit}
    return {**told, **{name: value for name, value in more.items() if value != ""}}


def counted(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.counted", quantity, commodity, **more)


def received(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.received", quantity, commodity, **more)


def issued(quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("stock.issued", quantity, commodity, **more)


def planned(quantity: int | str, ready_on: str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("supply.planned", quantity, commodity, ready_on=ready_on, **more)


def placed(order: str, quantity: int | str, commodity: str = "KELAPA", **more: Any) -> Line:
    return line("order.placed", quantity, commodity, order=order, **more)


def amended(order: str, revision: int, **more: Any) -> Line:
    return {"kind": "order.amended", "order": order, "revision": revision, **more}


def cancelled(order: str, revision: int = 0) -> Line:
    told: Line = {"kind": "order.cancelled", "order": order}
    return {**told, "revision": revision} if revision else told


def voided(coop: str, sequence: int, n: int = 1, device: str = "hp1") -> Line:
    return {"kind": "line.voided", "line": f"{coop}:{device}:{sequence}#{n}"}


def records(log: Iterable[Saying], first: int = 0) -> list[Logged]:
    return [Logged(at, s.timestamp, s.key, s.value) for at, s in enumerate(log, first)]
