"""`lumbung match PROBLEM.json --what-if CHANGES.json`: two answers and what lies between them.

Decides which file a fault is told of. Refuses to know what a change does
(`schemas.changes`, `streams.core.supposed`).
"""

from pathlib import Path

import typer

from deploy.errors import EXIT_USAGE, UsageError
from schemas.problem import ProblemError
from streams.core.differing import what_if

_OF_CHANGES = "$["


def told_what_if(problem: bytes, name: str, changes: Path) -> str:
    """Give both answers and the difference as JSON; a fault ends the command, naming its file."""
    try:
        return what_if(problem, changes.read_bytes()).decode()
    except OSError as failed:
        raise UsageError(
            "LB-U001", f"{changes} cannot be read: {failed}", "Name a file."
        ) from failed
    except ProblemError as wrong:
        place = str(changes) if wrong.path.startswith(_OF_CHANGES) else name
        typer.echo(f"{place}: {wrong}", err=True)
        raise typer.Exit(EXIT_USAGE) from wrong
