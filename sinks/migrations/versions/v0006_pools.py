"""What a match tells of its pool: the name that its matches share, and how many they are."""

import sqlalchemy as sa
from alembic import op

from sinks.migrations.versions.v0002_views import SOURCES, create_view
from sinks.migrations.versions.v0004_between_hubs import KEY_TEXT
from sinks.migrations.versions.v0005_lives import COLUMNS as FIFTH

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = FIFTH["v_match"]
COLUMNS = {"v_match": f"{BEFORE} pool=word:pool pooled"}


def upgrade() -> None:
    """Make the columns, empty as a rebuild of what was told before leaves them, and the view."""
    op.execute("DROP VIEW v_match")
    name = sa.Column("pool", KEY_TEXT, nullable=False, server_default=sa.text("''"))
    op.add_column("match_", name)
    count = sa.Column("pooled", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("match_", count)
    _view(COLUMNS["v_match"])


def downgrade() -> None:
    """The table and the view as they were."""
    op.execute("DROP VIEW v_match")
    for name in ("pool", "pooled"):
        op.drop_column("match_", name)
    _view(BEFORE)


def _view(columns: str) -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    connection.exec_driver_sql(create_view("v_match", SOURCES["v_match"], columns, dialect))
