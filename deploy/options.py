"""The options that many verbs share, each explained once."""

from datetime import timedelta, timezone
from pathlib import Path
from typing import Annotated, Final

import typer

JAKARTA: Final = timezone(timedelta(hours=7))
"""Whose day it is where nobody names one."""
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Data folder: Kafka's log, the warehouse, logs. Default lumbung-data."
    ),
]
Kafka = Annotated[
    str | None,
    typer.Option("--kafka", help="HOST:PORT of a Kafka to use instead of the embedded one."),
]
WarehouseUrl = Annotated[
    str | None,
    typer.Option("--warehouse", help="Database URL; default an SQLite file in the data folder."),
]
Jars = Annotated[
    Path | None, typer.Option("--jars", help="A folder with the broker's jars, used as it is.")
]
Output = Annotated[
    str, typer.Option("-o", "--output", help="table, json, ndjson or csv.", metavar="FORM")
]
