"""What was said of contracts is found among all that was said."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = "judgement_of_contracts"


def upgrade() -> None:
    """An index of the few rows that it is asked for."""
    only = sa.text("event_type = 'lumbung.contract.v1'")
    where: dict[str, Any] = {"sqlite_where": only, "postgresql_where": only}
    op.create_index(NAME, "judgement", ["occurred_ms", "device", "sequence"], **where)


def downgrade() -> None:
    """As it was."""
    op.drop_index(NAME, "judgement")
