"""Decides which version of the tables this program speaks, and brings a database to it.

Refuses to know rows. A database is brought forward inside one transaction: it is at the old
version or at the new one, never between.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from schemas.failpoints import failpoint
from sinks.engines import explained, file_of, reading, shown, sole_writer, writer_engine
from sinks.errors import WarehouseError
from sinks.reference import fill_reference, is_filled

HEAD: Final = "0008"


def upgrade(url: str, *, wait_seconds: float = 10.0) -> None:
    """Make or bring forward the tables and views, and fill in the register.

    Does nothing, and needs no lock, where that is done already. WarehouseBusy while a sink writes,
    WarehouseError when the database cannot be used.
    """
    path = file_of(url)
    if (path is None or path.exists()) and _is_current(url):
        return
    with sole_writer(url, wait_seconds):
        engine = writer_engine(url)
        try:
            with explained(url), engine.begin() as connection:
                failpoint("migrating")
                command.upgrade(alembic_config(connection), "head")
                failpoint("migrating")
                fill_reference(connection)
                failpoint("migrating")
            failpoint("migrating")
        finally:
            engine.dispose()


def revision_of(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def _is_current(url: str) -> bool:
    with reading(url) as connection:
        return revision_of(connection) == HEAD and is_filled(connection)


def alembic_config(connection: Connection | None = None) -> Config:
    """What Alembic is told; no file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def check_version(connection: Connection, url: str) -> None:
    """WarehouseError unless the tables are those this program knows."""
    found = revision_of(connection)
    if found != HEAD:
        raise WarehouseError(
            "LB-W003",
            f"the warehouse {shown(url)} is at version {found or 'none'}, not at {HEAD}",
            "Bring it forward: lumbung db upgrade.",
        )
