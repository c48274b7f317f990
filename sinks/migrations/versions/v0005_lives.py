"""What the life of a match tells beside: what was lost, what is held, what came for an order."""

import sqlalchemy as sa
from alembic import op

from sinks.migrations.versions.v0002_views import COLUMNS as FIRST
from sinks.migrations.versions.v0002_views import COMMITTED, RECEIVED, create_view
from sinks.migrations.versions.v0002_views import SOURCES as BEFORE_FROM
from sinks.migrations.versions.v0004_between_hubs import COLUMNS as FOURTH

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ADDED = (("match_", "lost_micro"), ("match_", "held_micro"), ("order_", "delivered_micro"))
BEFORE = {
    "v_match": FOURTH["v_match"],
    "v_position": FIRST["v_position"],
    "v_order": FIRST["v_order"],
}
COLUMNS = BEFORE | {
    "v_match": f"""{BEFORE["v_match"]} lost_quantity=amount:lost_micro
        held_quantity=amount:held_micro"""
}
# Records say what a match holds and what came for an order; views no longer add it up.
HELD = """COALESCE((SELECT SUM(m.held_micro) FROM match_ m
    WHERE m.offer = p.offer AND m.held_micro > 0), 0) AS committed_micro"""
SOURCES = BEFORE_FROM | {
    "v_position": BEFORE_FROM["v_position"].replace(COMMITTED, HELD),
    "v_order": BEFORE_FROM["v_order"].replace(f", {RECEIVED}", ""),
}
# As the views added it up before; until this step nothing was told as lost.
AS_READ_ANEW = (
    """UPDATE match_ SET held_micro = quantity_micro - shipped_micro
    WHERE state IN ('proposed', 'countered', 'accepted') AND quantity_micro > shipped_micro""",
    """UPDATE order_ SET delivered_micro = COALESCE((SELECT SUM(m.received_micro) FROM match_ m
    WHERE m.need = order_.order_id), 0)""",
)


def upgrade() -> None:
    """Make the columns and fill them as a rebuild would, then the views anew."""
    _drop()
    for table, name in ADDED:
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column(table, column)
    for statement in AS_READ_ANEW:
        op.execute(statement)
    _make(SOURCES, COLUMNS)


def downgrade() -> None:
    """The tables and the views as they were."""
    _drop()
    for table, name in ADDED:
        op.drop_column(table, name)
    _make(BEFORE_FROM, BEFORE)


def _drop() -> None:
    for name in COLUMNS:
        op.execute(f"DROP VIEW {name}")


def _make(sources: dict[str, str], columns: dict[str, str]) -> None:
    connection = op.get_bind()
    for name, shown in columns.items():
        statement = create_view(name, sources[name], shown, connection.dialect.name)
        connection.exec_driver_sql(statement)
