"""A small log written by hand, as a worker and a sink would leave it, made to be broken.

One partition. Village A counts 120 kg of pepper (and says one line badly), village B orders
50 kg, A says its first report again, somebody sends rubbish, A uses its sequence for something
else, a tick brings a match, A gives out 5 kg. Nothing here was computed by the program.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import create_engine

from deploy.verify.checker import Names, check_log
from deploy.verify.findings import Report
from deploy.verify.log import LogRecord
from deploy.verify.match_records import match_id
from deploy.verify.warehouse import Warehouse
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MATCHES
from tests.support.sayings import NOW_MS, encoded, envelope, tick

A, B, HUB = "19.02.01.2003", "19.02.01.2004", "19.02"
CHANGELOG = "lumbung-hub-state-changelog"
PEPPER = "LADA-PUTIH|A|NOV-1"
OFFER, NEED = f"{A}|{PEPPER}", f"{B}|PO-1"
MATCH = match_id(1, OFFER, NEED, 0)
BAD_LINE = {"kind": "stock.counted", "commodity": "TELUR", "quantity": "-3", "unit": "KG"}
Tree = dict[str, Any]


def said(coop: str, sequence: int, *lines: Tree) -> bytes:
    data = {"coop": coop, "device": "hp1", "sequence": sequence, "lines": list(lines)}
    return encoded(envelope("report", data))


def counted(quantity: str = "120") -> Tree:
    return {
        "kind": "stock.counted",
        "commodity": "LADA-PUTIH",
        "grade": "A",
        "lot": "NOV-1",
        "quantity": quantity,
        "unit": "KG",
        "floor_price": "110000",
        "keep": "20",
    }


ISSUED = {
    "kind": "stock.issued",
    "commodity": "LADA-PUTIH",
    "grade": "A",
    "lot": "NOV-1",
    "quantity": "5",
    "unit": "KG",
}
PLACED = {
    "kind": "order.placed",
    "order": "PO-1",
    "commodity": "LADA-PUTIH",
    "quantity": "50",
    "unit": "KG",
    "ceiling_price": "150000",
    "needed_by": "2026-11-24",
}
FIRST = said(A, 1, counted(), BAD_LINE)
EVENTS_SAID: list[tuple[bytes | None, bytes]] = [
    (A.encode(), FIRST),
    (B.encode(), said(B, 1, PLACED)),
    (A.encode(), FIRST),
    (A.encode(), b"{rubbish"),
    (A.encode(), said(A, 1, counted("7"))),
    (b"tick", encoded(tick(1))),
    (A.encode(), said(A, 2, ISSUED)),
]


def ledger(offset: int, verdict: str, coop: str = "", sequence: int = 0, **more: Any) -> Tree:
    who: Tree = {}
    if coop:
        who = {
            "event_id": f"{coop}:hp1:{sequence}",
            "event_type": "lumbung.report.v1",
            "coop": coop,
            "hub": HUB,
            "device": "hp1",
            "sequence": sequence,
            "occurred_ms": NOW_MS,
        }
    return {
        "partition": 0,
        "offset": offset,
        "verdict": verdict,
        "version": offset + 1,
        "recorded_ms": NOW_MS,
        **who,
        **more,
    }


def line(coop: str, sequence: int, kind: str, quantity: str, **more: Any) -> Tree:
    return {
        "line_id": f"{coop}:hp1:{sequence}#1",
        "line": 1,
        "kind": kind,
        "commodity": "LADA-PUTIH",
        "quantity": quantity,
        "unit": "KGM",
        **more,
    }


def position(on_hand: str, version: int) -> Tree:
    return {
        "commodity": "LADA-PUTIH",
        "grade": "A",
        "lot": "NOV-1",
        "unit": "KGM",
        "on_hand": on_hand,
        "keep": "20",
        "min_lot": "0",
        "floor_price": 110_000,
        "expires_day": -1,
        "last_report_ms": NOW_MS,
        "version": version,
    }


def ledgers() -> list[Tree]:
    goods = {"grade": "A", "lot": "NOV-1"}
    refused = [{"line": 2, "reason": "quantity_negative", "field": "data.lines.2.quantity"}]
    order = {
        "order": "PO-1",
        "order_id": NEED,
        "state": "open",
        "version": 2,
        "commodity": "LADA-PUTIH",
        "grade": "UNGRADED",
        "quantity": "50",
        "unit": "KGM",
        "ceiling_price": 150_000,
        "needed_day": 20_781,
        "revision": 1,
    }
    first = [line(A, 1, "stock.counted", "120", **goods)]
    placed = [line(B, 1, "order.placed", "50", grade="UNGRADED", order="PO-1", revision=1)]
    issued = [line(A, 2, "stock.issued", "5", **goods)]
    was, now = [position("120", 1)], [position("115", 7)]
    return [
        ledger(0, "accepted", A, 1, lines=first, refused=refused, positions=was),
        ledger(1, "accepted", B, 1, lines=placed, orders=[order]),
        ledger(2, "duplicate", A, 1, positions=was),
        ledger(3, "rejected", reason="json_malformed"),
        ledger(4, "rejected", A, 1, reason="sequence_reused"),
        ledger(6, "accepted", A, 2, lines=issued, positions=now),
    ]


def match(version: int = 6, **more: Any) -> Tree:
    return {
        "match_id": MATCH,
        "tier": 1,
        "state": "proposed",
        "offer": OFFER,
        "need": NEED,
        "commodity": "LADA-PUTIH",
        "to_commodity": "LADA-PUTIH",
        "family": "LADA-BASAH",
        "grade": "A",
        "lot": "NOV-1",
        "quantity": "50",
        "unit": "KGM",
        "from_coop": A,
        "from_hub": HUB,
        "to_coop": B,
        "to_hub": HUB,
        "order": "PO-1",
        "price": 129_900,
        "leg_cost": 200,
        "leg_days": 0,
        "tick": 1,
        "version": version,
        "history": [{"state": "proposed", "at_ms": NOW_MS, "actor": "lumbung", "reason": ""}],
        **more,
    }


def demand(horizon: str, *, dated: bool) -> Tree:
    none = {"planned": "0", "supply": "0", "demand": "0", "matched": "0", "gap": "0"}
    rows = [{**none, "grade": "A", "market": "domestic", "supply": "115"}]
    if dated:
        asked = {"demand": "50", "matched": "50"}
        rows.append({**none, "grade": "UNGRADED", "market": "domestic", **asked})
    return {
        "hub": HUB,
        "commodity": "LADA-PUTIH",
        "stage": "semi",
        "horizon": horizon,
        "unit": "KGM",
        "freshest_ms": NOW_MS,
        "stalest_ms": NOW_MS,
        "version": 7,
        "rows": rows,
    }


def letter(identity: str, offset: int, reason: str, payload: bytes, n: int = 0) -> Tree:
    return {
        "identity": identity,
        "topic": EVENTS,
        "partition": 0,
        "offset": offset,
        "line": n,
        "reason": reason,
        "field": "",
        "coop": A,
        "recorded_ms": NOW_MS,
        "payload": b64encode(payload).decode(),
    }


def letters() -> list[Tree]:
    return [
        letter(f"{A}:hp1:1#2", 0, "quantity_negative", encoded(BAD_LINE), 2),
        letter(f"{EVENTS}/0/3", 3, "json_malformed", EVENTS_SAID[3][1]),
        letter(f"{EVENTS}/0/4", 4, "sequence_reused", EVENTS_SAID[4][1]),
    ]


class PaperLog:
    """Topics as lists that a test may change; derived records are trees until they are read."""

    def __init__(self) -> None:
        self.events = list(EVENTS_SAID)
        self.ledger, self.letters = ledgers(), letters()
        self.matches = [match()]
        self.demand = [
            demand(horizon, dated=horizon in ("7d", "season"))
            for horizon in ("now", "today", "7d", "season")
        ]
        gates = {"hp1": [2, b"", b"", 2]}
        self.state: list[tuple[str, Any]] = [
            (f"coop/{A}", [1, NOW_MS, 0, {"hp1": [1, b"", b"", 1]}]),
            (f"coop/{B}", [2, NOW_MS, 0, {"hp1": [1, b"", b"", 1]}]),
            ("applied", [1, 0]),
            (f"coop/{A}", [7, NOW_MS, 0, gates]),
            ("applied", [6, 0]),
        ]

    def topic(self, name: str) -> list[tuple[bytes | None, bytes | None]]:
        if name == EVENTS:
            return list(self.events)
        if "market" in name:
            return []
        if name == CHANGELOG:
            return [(k.encode(), msgspec.msgpack.encode(v)) for k, v in self.state]
        kinds: dict[str, tuple[str, list[Tree], Callable[[Tree], str]]] = {
            LEDGER: ("lumbung.ledger.v1", self.ledger, lambda d: str(d.get("coop", "unknown"))),
            MATCHES: ("lumbung.match.v1", self.matches, lambda d: str(d["match_id"])),
            DEAD_LETTER: ("lumbung.dead-letter.v1", self.letters, lambda d: str(d["identity"])),
            DEMAND: (
                "lumbung.demand.v1",
                self.demand,
                lambda d: "|".join((d["hub"], d["commodity"], d["horizon"])),
            ),
        }
        kind, trees, key = kinds[name]
        return [
            (key(tree).encode(), msgspec.json.encode({"type": kind, "data": tree}))
            for tree in trees
        ]

    def partitions(self, topic: str) -> int:
        return 0 if "market" in topic else 1

    def end(self, topic: str, partition: int) -> int:
        del partition
        return len(self.topic(topic))

    def records(self, topic: str, partition: int, start: int = 0) -> Iterator[LogRecord]:
        for offset, (key, value) in enumerate(self.topic(topic)):
            if offset >= start:
                yield LogRecord(partition, offset, NOW_MS, key, value)


def checked(log: PaperLog, database: Path | None = None) -> Report:
    """What the checker says of a log and, when there is one, of a warehouse."""
    report = Report()
    if database is None:
        check_log(log, None, Names(), report)
        return report
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        check_log(log, Warehouse(connection, report), Names(), report)
    engine.dispose()
    return report
