"""Builders of sayings as plain trees and bytes: one sound example of everything, made to be bent.

The village is Buluh Tumbang in Belitung (hub 19.02), the moment
2026-11-22 07:00 WIB, the record's own timestamp the same.
"""

import json
from datetime import datetime
from typing import Any

from schemas import reference
from schemas.identity import partition_of
from schemas.validation import Judge

COOP = "19.02.01.2003"
GONE_COOP = "19.02.01.2001"  # a code that the register does not know
OTHER_COOP = "34.02.01.2001"  # Bantul: another hub
HUB = "19.02"
DEVICE = "hp1"
SEQUENCE = 42
TIME = "2026-11-22T07:00:00+07:00"
NOW_MS = round(datetime.fromisoformat(TIME).timestamp() * 1000)
PARTITIONS = 8
HOME = partition_of(HUB, PARTITIONS)
KEY = COOP.encode()
MATCH = "ABCDEFGHIJKLMN27"

Tree = dict[str, Any]

COUNTED: Tree = {
    "kind": "stock.counted",
    "commodity": "LADA-PUTIH",
    "grade": "A",
    "lot": "NOV-1",
    "quantity": "120",
    "unit": "KG",
    "floor_price": "110000",
    "expires_on": "2027-05-01",
    "min_lot": "50",
    "keep": "20",
}
RECEIVED: Tree = {
    "kind": "stock.received",
    "commodity": "IKAN-TENGGIRI",
    "quantity": "80",
    "unit": "KG",
    "reason": "catch",
}
ISSUED: Tree = {**COUNTED, "kind": "stock.issued", "quantity": "5", "reason": "sale"}
for _term in ("floor_price", "expires_on", "min_lot", "keep"):
    del ISSUED[_term]
CONVERTED: Tree = {
    "kind": "stock.converted",
    "recipe": "R01",
    "inputs": [{"commodity": "PADI-GKP", "quantity": "100", "unit": "KG"}],
    "outputs": [{"commodity": "PADI-GKG", "quantity": "82", "unit": "KG"}],
}
PLANNED: Tree = {
    "kind": "supply.planned",
    "commodity": "BERAS-MED",
    "quantity": "3",
    "unit": "TON",
    "ready_on": "2027-03-10",
}
PLACED: Tree = {
    "kind": "order.placed",
    "order": "PO-17",
    "commodity": "BERAS-MED",
    "quantity": "2",
    "unit": "TON",
    "ceiling_price": "14000",
    "needed_by": "2026-12-01",
    "priority": "staple",
    "market": "domestic",
}
AMENDED: Tree = {
    "kind": "order.amended",
    "order": "PO-17",
    "revision": 2,
    "quantity": "3",
    "unit": "TON",
}
CANCELLED: Tree = {"kind": "order.cancelled", "order": "PO-16"}
VOIDED: Tree = {"kind": "line.voided", "line": f"{COOP}:{DEVICE}:40#2", "reason": "salah ketik"}
LINES = (COUNTED, RECEIVED, ISSUED, CONVERTED, PLANNED, PLACED, AMENDED, CANCELLED, VOIDED)

SAID: Tree = {"coop": COOP, "device": DEVICE, "sequence": SEQUENCE}
ACTED: Tree = {"actor": HUB, "device": DEVICE, "sequence": SEQUENCE}
PROFILE: Tree = {
    **SAID,
    "land": True,
    "outlet": True,
    "permits": ["PIRT 123/2026"],
    "flagship": ["LADA-PUTIH"],
    "packs": [{"commodity": "BERAS-MED", "pack": "KARUNG", "quantity": "25", "unit": "KG"}],
    "working_capital": "3000000000",
    "mandates": [{"hub": HUB, "since": "2026-01-01", "until": "2026-12-31"}],
}
GAP: Tree = {**SAID, "first": 12, "last": 14}
OBSTACLE: Tree = {**SAID, "category": "road", "text": "Jembatan putus.\nTruk tidak bisa lewat."}
VISIT: Tree = {**SAID, "by": "pengawas", "on": "2026-11-20", "text": "Gudang rapi."}
DECISION: Tree = {
    **ACTED,
    "match": MATCH,
    "decision": "accept",
    "quantity": "100",
    "price": "112000",
    "on": "2026-11-22",
    "reason": "setuju",
}
CONTRACT: Tree = {
    **ACTED,
    "contract": "BULOG-7",
    "direction": "buy",
    "site": COOP,
    "commodity": "BERAS-MED",
    "quantity": "10",
    "unit": "TON",
    "since": "2026-11-01",
    "until": "2027-01-31",
    "grade": "A",
    "min_lot": "500",
    "price": "13000",
    "permits": ["SPB 9"],
}
TICK: Tree = {"tick": 7}
BODIES: dict[str, Tree] = {
    "profile": PROFILE,
    "gap": GAP,
    "obstacle": OBSTACLE,
    "visit": VISIT,
    "decision": DECISION,
    "contract": CONTRACT,
}


def report(*lines: Any, **data: Any) -> Tree:
    """A sound report of these lines; further arguments replace parts of its body."""
    return envelope("report", {**SAID, "lines": list(lines), **data})


def envelope(name: str, data: Any, **attributes: Any) -> Tree:
    """The envelope of `lumbung.<name>.v1` that agrees with who speaks in `data`."""
    actor = str(data.get("actor", data.get("coop", "")))
    kind = "hubs" if len(actor) == len(HUB) else "coops"
    tree = {
        "specversion": "1.0",
        "type": f"lumbung.{name}.v1",
        "id": f"{actor}:{data.get('device')}:{data.get('sequence')}",
        "source": f"/{kind}/{actor}/devices/{data.get('device')}",
        "time": TIME,
        "data": data,
    }
    return {**tree, **attributes}


def tick(number: Any = 7, **attributes: Any) -> Tree:
    """The clock's saying."""
    tree = envelope("tick", {"tick": number}, id=f"tick:{number}", source="/clock")
    return {**tree, **attributes}


def encoded(tree: Any) -> bytes:
    """Compact JSON in UTF-8, as most devices write it."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def without(tree: Tree, *names: str) -> Tree:
    """The tree with some of its fields left out."""
    return {name: part for name, part in tree.items() if name not in names}


def judge() -> Judge:
    """A judge over the shipped catalogue, units and register."""
    return Judge(reference.catalogue(), reference.units(), reference.register(), PARTITIONS)
