"""The tables of the granary, as they first stood.

A frozen text: later steps change the tables, never this one. In a table's words a bare name is a
BIGINT, `$` a key text, `~` a text of any length, `%` bytes; `?` may be NULL; what stands before
`|` is the key.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY_TEXT = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
KINDS: dict[str, Any] = {"$": KEY_TEXT, "~": sa.Text(), "%": sa.LargeBinary()}

TABLES = {
    "judgement": (
        "partition offset | verdict$ event_id$ event_type$ coop$ hub$ device$ sequence "
        "occurred_ms recorded_ms reason$ line_count refused_count body~ version"
    ),
    "ledger_line": (
        "line_id$ | stem$ event_id$ coop$ hub$ device$ sequence line kind$ commodity$ "
        "grade$ lot$ quantity_micro? unit$ said$ unit_said$ reason~ recipe$ order_no$ "
        "revision target$ voided occurred_ms recorded_ms partition offset version"
    ),
    "line_void": "stem$ | event_id$ version",
    "position": (
        "coop$ commodity$ grade$ lot$ | offer$ hub$ unit$ on_hand_micro keep_micro "
        "min_lot_micro floor_price expires_day last_report_ms version"
    ),
    "order_": (
        "order_id$ | coop$ hub$ order_no$ commodity$ grade$ market$ quantity_micro unit$ "
        "ceiling_price needed_day priority$ min_lot_micro state$ revision version"
    ),
    "demand_head": "hub$ commodity$ horizon$ | stage$ unit$ freshest_ms stalest_ms version",
    "hub_demand": (
        "hub$ commodity$ horizon$ grade$ market$ | supply_micro planned_micro demand_micro "
        "matched_micro gap_micro version"
    ),
    "match_": (
        "match_id$ | tier state$ offer$ need$ commodity$ to_commodity$ family$ grade$ lot$ "
        "quantity_micro unit$ from_coop$ from_hub$ to_coop$ to_hub$ order_no$ price "
        "leg_cost leg_mode$ leg_basis$ leg_days surplus certified at_risk$ ship_by_day "
        "arrive_by_day expires_ms shipped_micro received_micro refused_micro payment$ "
        "partner$ why_id~ why_en~ tick round$ version"
    ),
    "match_history": "match_id$ step | state$ at_ms actor$ reason~ version",
    "why_not_head": "hub$ family$ | certified version",
    "why_not": (
        "hub$ family$ line$ | kind$ coop$ commodity$ quantity_micro unit$ reason$ why_id~ why_en~ "
        "version"
    ),
    "dead_letter": (
        "identity$ | topic$ partition offset line reason$ field~ coop$ recorded_ms payload%"
    ),
    "heard": "coop$ | hub$ occurred_ms recorded_ms",
    "sink_fault": "topic$ partition offset | reason~ key% value%",
    "hub": "hub$ | name$ province$ province_name$ kind$ zone$",
    "cooperative": "coop$ | hub$ name$ kecamatan$ kind$",
    "sink_offset": "topic$ partition | next_offset epoch log$",
    "meta": "name$ | value~",
}
INDEXES = {
    "judgement_by_event": ("judgement", ["event_id"]),
    "match_by_offer": ("match_", ["offer"]),
    "match_by_need": ("match_", ["need"]),
    "cooperative_by_hub": ("cooperative", ["hub", "coop"]),
}


def _column(word: str, *, key: bool) -> sa.Column[Any]:
    name = word.rstrip("$~%?")
    kind = next((KINDS[sign] for sign in word if sign in KINDS), sa.BigInteger())
    return sa.Column(name, kind, primary_key=key, nullable=word.endswith("?"), autoincrement=False)


def upgrade() -> None:
    """Make every table and index."""
    for name, words in TABLES.items():
        keys, _, rest = words.partition("|")
        columns = [_column(word, key=True) for word in keys.split()]
        columns += [_column(word, key=False) for word in rest.split()]
        op.create_table(name, *columns, sqlite_with_rowid=False)
    for name, (table, columns_of) in INDEXES.items():
        op.create_index(name, table, columns_of)


def downgrade() -> None:
    """Drop everything: what it held is in the topics."""
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    for name in TABLES:
        op.drop_table(name)
