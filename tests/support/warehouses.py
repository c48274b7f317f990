"""Fresh warehouses for tests: one is made, the others are copies of its file."""

import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from sinks.engines import reading, writer_engine
from sinks.queries.shown import Shown
from sinks.schema import upgrade


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


def fresh(folder: Path, name: str = "warehouse.db") -> str:
    """The URL of a new, empty warehouse with the register in it."""
    path = folder / name
    path.write_bytes(_made())
    return f"sqlite:///{path}"


def on_postgresql() -> str:
    """The URL of a warehouse emptied for this test, on the server LUMBUNG_TEST_POSTGRES names."""
    server = os.environ.get("LUMBUNG_TEST_POSTGRES")
    if not server:
        pytest.skip("LUMBUNG_TEST_POSTGRES names no database")
    engine = writer_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    upgrade(server)
    return server


def ask(url: str, sql: str) -> list[Shown]:
    """The rows of a query, read as any reader would."""
    with reading(url) as connection:
        found = connection.execute(text(sql))
        return [dict(row) for row in found.mappings()]
