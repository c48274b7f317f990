"""Which report mended a dead letter: a table of its own, and one more column of a view."""

import sqlalchemy as sa
from alembic import op

from sinks.migrations.versions.v0002_views import COLUMNS as BEFORE
from sinks.migrations.versions.v0002_views import SOURCES as BEFORE_FROM
from sinks.migrations.versions.v0002_views import create_view

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY_TEXT = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
SOURCES = {
    "v_dead_letter": """SELECT d.*, r.event_id AS repaired_by
        FROM dead_letter d LEFT JOIN repair r ON r.identity = d.identity"""
}
COLUMNS = {"v_dead_letter": f"{BEFORE['v_dead_letter']} repaired_by"}


def upgrade() -> None:
    """Make the table, and the view anew."""
    op.create_table(
        "repair",
        sa.Column("identity", KEY_TEXT, primary_key=True, nullable=False),
        sa.Column("event_id", KEY_TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    _anew(SOURCES, COLUMNS)


def downgrade() -> None:
    """The view as it was, and no table."""
    _anew(BEFORE_FROM, BEFORE)
    op.drop_table("repair")


def _anew(sources: dict[str, str], columns: dict[str, str]) -> None:
    connection = op.get_bind()
    for name in SOURCES:
        connection.exec_driver_sql(f"DROP VIEW {name}")
        statement = create_view(name, sources[name], columns[name], connection.dialect.name)
        connection.exec_driver_sql(statement)
