"""What a match tells of its time as a draft: when it is proposed, was asked about, was seen."""

import sqlalchemy as sa
from alembic import op

from sinks.migrations.versions.v0002_views import SOURCES, create_view
from sinks.migrations.versions.v0006_pools import COLUMNS as SIXTH

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ADDED = ("freezes_ms", "asked_ms", "opened_ms")
BEFORE = SIXTH["v_match"]
COLUMNS = {
    "v_match": f"{BEFORE} freezes_at=at:freezes_ms asked_at=at:asked_ms opened_at=at:opened_ms"
}


def upgrade() -> None:
    """Make the columns, as a rebuild of what was told before leaves them, and the view."""
    op.execute("DROP VIEW v_match")
    for name in ADDED:
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("-1"))
        op.add_column("match_", column)
    _view(COLUMNS["v_match"])


def downgrade() -> None:
    """The table and the view as they were."""
    op.execute("DROP VIEW v_match")
    for name in ADDED:
        op.drop_column("match_", name)
    _view(BEFORE)


def _view(columns: str) -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    connection.exec_driver_sql(create_view("v_match", SOURCES["v_match"], columns, dialect))
