"""`lumbung match`: the matcher alone, on a problem written down in a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import EXIT_USAGE, UsageError
from schemas.problem import ProblemError
from streams.core.answer import answer


def match(
    problem: Annotated[Path, typer.Argument(help="A problem file; - reads standard input.")],
) -> None:
    """Solve offers against needs exactly; print proposals, objective, certificate, reasons.

    PROBLEM.json: {"now", "offers": [{"line", "coop", "hub", "commodity", "grade", "quantity",
    "unit", "floor_price", "expires_on", "min_lot"}], "needs": [...], "legs": [{"from", "to",
    "cost_per_kg", "days", "mode", "capacity_kg", "departs_on"}], "local_leg", "recipes":
    [{"recipe", "yield", "cost", "hub"}], "options": {"bonuses": true, "pooling": false}}
    """
    try:
        data = sys.stdin.buffer.read() if str(problem) == "-" else problem.read_bytes()
        typer.echo(answer(data).decode())
    except OSError as failed:
        raise UsageError(
            "LB-U001", f"{problem} cannot be read: {failed}", "Name a file."
        ) from failed
    except ProblemError as wrong:
        typer.echo(f"{problem}: {wrong}", err=True)
        raise typer.Exit(EXIT_USAGE) from wrong
