"""`lumbung match`: the matcher on a problem file, and decisions on matches that were proposed.

A first word that is no decision names a file, so that `lumbung match PROBLEM.json` is `lumbung
match solve PROBLEM.json`. What a decision needs is loaded when one is made: the matcher alone
needs neither Kafka nor a database.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from deploy import cli_decide
from deploy.errors import EXIT_USAGE, UsageError

SOLVE: Final = "solve"
WHAT_IF: Final = "--what-if"


class FileOrDecision(TyperGroup):
    """Takes a lone word that is no decision for the name of a problem file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without any word the file is missing, as `solve` says."""
        return super().parse_args(ctx, args or [SOLVE])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The name, the command and what is left of the words."""
        words = [word for word in args if not word.startswith("--")]
        lone = len(words) == 1 or WHAT_IF in args
        if args[0] not in self.commands and lone:
            args = [SOLVE, *args]
        return super().resolve_command(ctx, args)


match_app: Final = typer.Typer(
    name="match",
    cls=FileOrDecision,
    rich_markup_mode="markdown",
    help="Solve PROBLEM.json exactly, or decide on a match: accept, reject, ship, ...\n\n"
    "**lumbung match PROBLEM.json** solves a problem file (the same as *match solve*).\n\n"
    "**lumbung match accept AMBFGHIJ2345KLMN --as 19.02.01.2003** says yes for that co-op.\n\n"
    "**lumbung get matches** shows which matches wait for whom.",
)
cli_decide.register(match_app)


@match_app.command(name=SOLVE)
def match(
    problem: Annotated[Path, typer.Argument(help="A problem file; - reads standard input.")],
    *,
    what_if: Annotated[
        Path | None, typer.Option(WHAT_IF, help="A file of changes; prints both answers.")
    ] = None,
) -> None:
    """Solve offers against needs exactly; print proposals, objective, certificate, reasons.

    PROBLEM.json: {"now", "offers": [{"line", "coop", "hub", "commodity", "grade", "quantity",
    "unit", "floor_price", "expires_on", "min_lot"}], "needs": [...], "legs": [{"from", "to",
    "cost_per_kg", "days", "mode", "capacity_kg", "departs_on"}], "local_leg", "recipes":
    [{"recipe", "yield", "cost", "hub"}], "options": {"bonuses": true, "pooling": false},
    "accepted_flows", "obligations", "cycles"}
    """
    from deploy.what_if import told_what_if  # noqa: PLC0415 - a decision needs no solver
    from schemas.problem import ProblemError  # noqa: PLC0415 - as above
    from streams.core.answer import answer  # noqa: PLC0415 - as above

    try:
        data = sys.stdin.buffer.read() if str(problem) == "-" else problem.read_bytes()
        if what_if is not None:
            typer.echo(told_what_if(data, str(problem), what_if))
            return
        typer.echo(answer(data).decode())
    except OSError as failed:
        raise UsageError(
            "LB-U001", f"{problem} cannot be read: {failed}", "Name a file."
        ) from failed
    except ProblemError as wrong:
        typer.echo(f"{problem}: {wrong}", err=True)
        raise typer.Exit(EXIT_USAGE) from wrong
