"""Decides how rows are written for whoever asked: table, JSON, NDJSON or CSV on stdout."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table

from deploy.errors import UsageError

FORMS: Final = ("table", "wide", "json", "ndjson", "csv")
_NARROW: Final = 9
_WIDEST: Final = 100_000


def write(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Write rows in one of `FORMS`; a table shows the first columns, `wide` all of them."""
    if form not in FORMS:
        raise UsageError(
            "LB-U010", f"{form!r} is no form of output", f"One of {', '.join(FORMS)}."
        )
    if form == "json":
        typer.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
    elif form == "ndjson":
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
    elif form == "csv":
        _csv(rows)
    else:
        _table(rows, None if form == "wide" else _NARROW)


def _csv(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        out = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def _table(rows: Sequence[Mapping[str, Any]], columns: int | None) -> None:
    if not rows:
        Console(stderr=True).print("nothing found")
        return
    # Only a person at a terminal is served by folding; a pipe or `wide` gets whole lines.
    folds = columns is not None and sys.stdout.isatty()
    console = Console() if folds else Console(width=_WIDEST)
    names = list(rows[0])[:columns]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=not folds)
    for row in rows:
        table.add_row(*(cell(row[name]) for name in names))
    console.print(table)


def cell(value: Any) -> str:
    """A value as a table shows it: nothing is a dash, whole numbers lose their point.

    Numbers are written out: a millionth is 0.000001.
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)
