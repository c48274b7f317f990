"""${message}."""

${imports if imports else "from alembic import op"}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Bring the tables to this step."""
    ${upgrades if upgrades else "op.get_bind()"}


def downgrade() -> None:
    """Bring the tables back to the step before."""
    ${downgrades if downgrades else "op.get_bind()"}
