"""What matches between hubs tell beside: what arrives, what the buyer pays, and the ways."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from sinks.migrations.versions.v0002_views import COLUMNS as BEFORE
from sinks.migrations.versions.v0002_views import SOURCES, create_view

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY_TEXT = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
ADDED: dict[str, tuple[Any, str]] = {
    "to_quantity_micro": (sa.BigInteger(), "0"),
    "to_unit": (KEY_TEXT, "''"),
    "buyer_price": (sa.BigInteger(), "-1"),
    "processing": (sa.BigInteger(), "0"),
    "parts": (sa.Text(), "''"),
}
COLUMNS = {
    "v_match": f"""{BEFORE["v_match"]} to_quantity=amount:to_quantity_micro to_unit
        buyer_price=said:buyer_price processing parts=word:parts"""
}
# Inside a hub what arrives is what was given, and the buyer pays the leg beside the price.
AS_READ_ANEW = """UPDATE match_ SET to_quantity_micro = quantity_micro, to_unit = unit,
    buyer_price = CASE WHEN price >= 0 AND leg_cost >= 0 THEN price + leg_cost ELSE -1 END"""


def upgrade() -> None:
    """Make the columns and fill them as a rebuild would, then the view anew."""
    op.execute("DROP VIEW v_match")
    for name, (kind, default) in ADDED.items():
        column = sa.Column(name, kind, nullable=False, server_default=sa.text(default))
        op.add_column("match_", column)
    op.execute(AS_READ_ANEW)
    _view(COLUMNS["v_match"])


def downgrade() -> None:
    """The table and the view as they were."""
    op.execute("DROP VIEW v_match")
    for name in ADDED:
        op.drop_column("match_", name)
    _view(BEFORE["v_match"])


def _view(columns: str) -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    connection.exec_driver_sql(create_view("v_match", SOURCES["v_match"], columns, dialect))
