"""Decides how Alembic runs a step: on the given connection, copying SQLite's tables where it must.

Run by Alembic alone, with `connection` among the attributes of its configuration. The caller owns
the transaction: a step that fails leaves nothing behind, in either database.
"""

from alembic import context

from sinks.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
