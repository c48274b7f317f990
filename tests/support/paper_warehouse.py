"""The warehouse that the log of `paper_log` leads to, written by hand."""

import sqlite3
from pathlib import Path
from typing import Any

from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MATCHES
from tests.support.paper_log import BAD_LINE, EVENTS_SAID, HUB, MATCH, NEED, A, B
from tests.support.sayings import encoded

AT = "2026-11-22T00:00:00.000Z"
TABLES = {
    "v_ledger": "line_id kind commodity grade lot quantity device sequence occurred_at voided",
    "v_position": "coop commodity grade lot on_hand committed available unit",
    "v_order": ("order_id state commodity grade quantity open delivered market ceiling_price"),
    "v_hub_demand": (
        "hub commodity horizon grade market supply planned demand matched gap unit stage"
    ),
    "v_match": (
        "match_id state version quantity price leg_cost from_coop to_coop commodity grade tier"
        " payment pool pooled shipped_quantity received_quantity refused_quantity lost_quantity"
        " held_quantity freezes_at asked_at opened_at partner"
    ),
    "v_match_history": "match_id step state actor reason at",
    "v_dead_letter": "identity partition offset line reason payload repaired_by",
    "judgement": "verdict",
    "sink_offset": "topic partition next_offset",
}


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """What each view must show."""
    goods = ("LADA-PUTIH", "A", "NOV-1")
    asked = ("LADA-PUTIH", "UNGRADED", "")
    return {
        "v_ledger": [
            (f"{A}:hp1:1#1", "stock.counted", *goods, 120.0, "hp1", 1, AT, 0),
            (f"{A}:hp1:2#1", "stock.issued", *goods, 5.0, "hp1", 2, AT, 0),
            (f"{B}:hp1:1#1", "order.placed", *asked, 50.0, "hp1", 1, AT, 0),
        ],
        "v_position": [(A, *goods, 115.0, 50.0, 45.0, "KGM")],
        "v_order": [(NEED, "open", *asked[:2], 50.0, 50.0, 0.0, "domestic", 150_000)],
        "v_hub_demand": [
            (HUB, "LADA-PUTIH", horizon, "A", "domestic", 115.0, 0, 0, 0, 0, "KGM", "semi")
            for horizon in ("now", "today", "7d", "season")
        ]
        + [
            (HUB, *asked[:1], h, "UNGRADED", "domestic", 0, 0, 50.0, 50.0, 0, "KGM", "semi")
            for h in ("7d", "season")
        ],
        "v_match": [
            (
                *(MATCH, "proposed", 6, 50.0, 129_900, 200, A, B, "LADA-PUTIH", "A", 1),
                *("none", None, 0, 0.0, 0.0, 0.0, 0.0, 50.0, None, None, None, None),
            ),
        ],
        "v_match_history": [(MATCH, 1, "proposed", "lumbung", None, AT)],
        "v_dead_letter": [
            (f"{A}:hp1:1#2", 0, 0, 2, "quantity_negative", encoded(BAD_LINE), None),
            (f"{EVENTS}/0/3", 0, 3, 0, "json_malformed", EVENTS_SAID[3][1], None),
            (f"{EVENTS}/0/4", 0, 4, 0, "sequence_reused", EVENTS_SAID[4][1], None),
        ],
        "judgement": [(verdict,) for verdict in "accepted accepted duplicate".split()]
        + [("rejected",), ("rejected",), ("accepted",)],
        "sink_offset": [(LEDGER, 0, 6), (DEMAND, 0, 4), (MATCHES, 0, 1), (DEAD_LETTER, 0, 3)],
    }


def paper_warehouse(path: Path) -> Path:
    """The warehouse that the log leads to; its views are plain tables here."""
    with sqlite3.connect(path) as connection:
        for name, held in rows().items():
            names = [f'"{column}"' for column in TABLES[name].split()]
            connection.execute(f"CREATE TABLE {name} ({', '.join(names)})")
            marks = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", held)
    connection.close()
    return path
