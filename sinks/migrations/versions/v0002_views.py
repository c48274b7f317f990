"""The public views, as they first stood.

What outsiders read: quantities as decimals in the commodity's base unit, prices in whole rupiah
per base unit, times in UTC, NULL where nothing was said. SQLite shows amounts as REAL and times as
ISO 8601 text, PostgreSQL as numeric, timestamptz and date. A view may gain columns in a later
step, never lose one.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# How each database says the same thing; {0} is the column.
SQLITE = {
    "amount": "{0} / 1000000.0",
    "at": "CASE WHEN {0} > 0 THEN strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000, 'unixepoch')"
    " || printf('.%03dZ', {0} % 1000) END",
    "day": "CASE WHEN {0} >= 0 THEN date({0} * 86400, 'unixepoch') END",
}
POSTGRESQL = {
    "amount": "{0} * 0.000001",
    "at": "CASE WHEN {0} > 0 THEN TIMESTAMP WITH TIME ZONE 'epoch'"
    " + {0} * INTERVAL '1 millisecond' END",
    "day": "CASE WHEN {0} >= 0 THEN DATE '1970-01-01' + CAST({0} AS integer) END",
}
EITHER = {"said": "NULLIF({0}, -1)", "flag": "({0} <> 0)", "word": "NULLIF({0}, '')"}

# A promise that still binds stock: countered keeps its hold, what was shipped has left it.
COMMITTED = """COALESCE((SELECT SUM(m.quantity_micro - m.shipped_micro) FROM match_ m
    WHERE m.offer = p.offer AND m.state IN ('proposed', 'countered', 'accepted')
    AND m.quantity_micro > m.shipped_micro), 0) AS committed_micro"""
RECEIVED = """COALESCE((SELECT SUM(m.received_micro) FROM match_ m
    WHERE m.need = o.order_id), 0) AS delivered_micro"""
SOURCES = {
    "v_position": """SELECT b.*,
        CASE WHEN on_hand_micro - committed_micro - keep_micro > 0
            THEN on_hand_micro - committed_micro - keep_micro ELSE 0 END AS available_micro,
        CASE WHEN on_hand_micro <= 0 THEN committed_micro
            WHEN committed_micro > on_hand_micro THEN committed_micro - on_hand_micro
            ELSE 0 END AS shortfall_micro
        FROM (SELECT p.*, [committed] FROM "position" p) b""".replace("[committed]", COMMITTED),
    "v_ledger": """SELECT l.*,
        CASE WHEN l.voided <> 0 OR EXISTS (SELECT 1 FROM line_void v WHERE v.stem = l.stem)
            THEN 1 ELSE 0 END AS taken_back
        FROM ledger_line l""",
    "v_order": """SELECT b.*,
        CASE WHEN state = 'open' AND quantity_micro > delivered_micro
            THEN quantity_micro - delivered_micro ELSE 0 END AS open_micro
        FROM (SELECT o.*, [received] FROM order_ o) b""".replace("[received]", RECEIVED),
    "v_hub_demand": """SELECT r.*, h.stage, h.unit, h.freshest_ms, h.stalest_ms
        FROM hub_demand r JOIN demand_head h
            ON h.hub = r.hub AND h.commodity = r.commodity AND h.horizon = r.horizon""",
    "v_match": "SELECT * FROM match_",
    "v_match_history": "SELECT * FROM match_history",
    "v_why_not": """SELECT w.*, h.certified
        FROM why_not w JOIN why_not_head h ON h.hub = w.hub AND h.family = w.family""",
    "v_dead_letter": "SELECT * FROM dead_letter",
    "v_cooperative": """SELECT c.*, h.name AS hub_name, s.occurred_ms, s.recorded_ms
        FROM cooperative c
            LEFT JOIN hub h ON h.hub = c.hub LEFT JOIN heard s ON s.coop = c.coop""",
}
# A word `name` is the column itself, `name=how:column` shows it so. The contract's columns stand
# first.
COLUMNS = {
    "v_position": """coop hub commodity grade lot unit on_hand=amount:on_hand_micro
        committed=amount:committed_micro available=amount:available_micro
        shortfall=amount:shortfall_micro expires_on=day:expires_day version
        last_report_at=at:last_report_ms keep=amount:keep_micro min_lot=amount:min_lot_micro
        floor_price=said:floor_price offer""",
    "v_ledger": """line_id coop device sequence kind commodity grade lot
        quantity=amount:quantity_micro unit occurred_at=at:occurred_ms recorded_at=at:recorded_ms
        voided=flag:taken_back hub event_id line said=word:said unit_said=word:unit_said
        reason=word:reason recipe=word:recipe order_no=word:order_no revision target=word:target
        partition offset version""",
    "v_order": """order_id coop hub commodity grade market quantity=amount:quantity_micro unit
        open=amount:open_micro delivered=amount:delivered_micro ceiling_price=said:ceiling_price
        needed_by=day:needed_day priority state order_no min_lot=amount:min_lot_micro revision
        version""",
    "v_hub_demand": """hub commodity stage grade market horizon unit supply=amount:supply_micro
        planned=amount:planned_micro demand=amount:demand_micro matched=amount:matched_micro
        gap=amount:gap_micro freshest_at=at:freshest_ms stalest_at=at:stalest_ms version""",
    "v_match": """match_id tier state commodity to_commodity grade quantity=amount:quantity_micro
        unit from_coop from_hub to_coop to_hub partner=word:partner price=said:price
        leg_cost=said:leg_cost certified=flag:certified at_risk=word:at_risk
        ship_by=day:ship_by_day arrive_by=day:arrive_by_day expires_at=at:expires_ms
        shipped_quantity=amount:shipped_micro received_quantity=amount:received_micro
        refused_quantity=amount:refused_micro payment why=word:why_id why_en=word:why_en offer need
        lot family order_no surplus leg_mode leg_basis leg_days=said:leg_days tick round
        version""",
    "v_match_history": "match_id state at=at:at_ms actor reason=word:reason step",
    "v_why_not": """hub family line kind coop commodity quantity=amount:quantity_micro unit reason
        why=word:why_id why_en=word:why_en certified=flag:certified version""",
    "v_dead_letter": """identity topic partition offset line reason field=word:field coop=word:coop
        payload recorded_at=at:recorded_ms""",
    "v_cooperative": """coop hub kind last_report_at=at:occurred_ms hub_name name kecamatan
        last_heard_at=at:recorded_ms""",
}


def _shown(word: str, ways: dict[str, str]) -> str:
    name, _, how = word.partition("=")
    if not how:
        return f'"{name}"'
    way, _, column = how.partition(":")
    quoted = f'"{column}"'
    return f'{ways[way].format(quoted)} AS "{name}"'


def statements(dialect: str) -> list[str]:
    """Give the words that make every view in `sqlite` or `postgresql`."""
    return [create_view(name, source, COLUMNS[name], dialect) for name, source in SOURCES.items()]


def create_view(name: str, source: str, columns: str, dialect: str) -> str:
    """Give the words that make one view of a source, showing these columns."""
    ways = EITHER | (POSTGRESQL if dialect == "postgresql" else SQLITE)
    shown = ", ".join(_shown(word, ways) for word in columns.split())
    return " ".join(("CREATE VIEW", name, "AS SELECT", shown, f"FROM ({source}) t"))


def upgrade() -> None:
    """Make every view, in the words of the database at hand."""
    connection = op.get_bind()
    for statement in statements(connection.dialect.name):
        # Not through text(): a colon in a time format is no parameter.
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Drop every view."""
    for name in SOURCES:
        op.get_bind().exec_driver_sql(f"DROP VIEW {name}")
