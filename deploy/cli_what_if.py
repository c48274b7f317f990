"""`lumbung what-if`: what a change would do to everything that is open now; nothing is touched.

Decides what is told of it. Reads the warehouse and the shipped network, and solves every family
that a change fits twice: as it is and as it would be.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from deploy.cli_ask import url_of
from deploy.errors import EXIT_USAGE, UsageError
from deploy.live_problem import live_problems
from deploy.options import JAKARTA, Data, WarehouseUrl
from schemas.changes import Change, parse_changes
from schemas.problem import Problem, ProblemError
from sinks.engines import reading
from sinks.queries.open_lines import OpenLines, open_lines
from streams.core.answer import answered
from streams.core.differing import difference
from streams.core.supposed import FitsNothing, changed


def what_if(
    changes: Annotated[Path, typer.Argument(help="A file of changes; see docs/matching.md.")],
    *,
    now: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; default today, Jakarta.")
    ] = None,
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Show what another ship, half a harvest or a late one would change in what is open now.

    Prints, family by family, rupiah before and after and the matches and reasons that differ.
    """
    try:
        asked = parse_changes(changes.read_bytes())
    except OSError as failed:
        raise UsageError(
            "LB-U001", f"{changes} cannot be read: {failed}", "Name a file."
        ) from failed
    except ProblemError as wrong:
        typer.echo(f"{changes}: {wrong}", err=True)
        raise typer.Exit(EXIT_USAGE) from wrong
    day = now or datetime.now(JAKARTA)
    with reading(url_of(data, warehouse)) as connection:
        lines = open_lines(connection, day.date())
    try:
        told = compared(lines, asked, day)
    except ProblemError as wrong:
        typer.echo(f"{changes}: {wrong}", err=True)
        raise typer.Exit(EXIT_USAGE) from wrong
    typer.echo(json.dumps(told, ensure_ascii=False))


def compared(lines: OpenLines, changes: Sequence[Change], day: datetime) -> dict[str, Any]:
    """Solve what changes; ProblemError when a change fits nothing anywhere."""
    families, same, fitted = [], [], set()
    for family, problem in live_problems(lines, day.date()):
        other, fits = _as_it_would_be(problem, changes)
        fitted |= fits
        if not fits:
            same.append(family)
            continue
        before, after = answered(problem), answered(other)
        families.append(
            {
                "family": family,
                "before": before.objective,
                "after": after.objective,
                "certified": before.certified and after.certified,
                "difference": msgspec.to_builtins(difference(before, after)),
            }
        )
    for n in range(len(changes)):
        if n not in fitted:
            raise ProblemError(f"$[{n}]", "fits nothing that is open")
    return {"now": day.date().isoformat(), "families": families, "untouched": same}


def _as_it_would_be(problem: Problem, changes: Sequence[Change]) -> tuple[Problem, set[int]]:
    fits = set()
    for n, change in enumerate(changes):
        try:
            problem = changed(problem, [change])
        except FitsNothing:
            continue
        fits.add(n)
    return problem, fits
