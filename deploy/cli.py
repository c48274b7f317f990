"""`lumbung`: the one door. Decides the verbs and how a failure is told; each verb lives in its own file.

Standard output is data, standard error is for people; exit codes are those of `deploy.errors`.
"""

import os
import sys
from typing import Any, Final

import typer
from rich.console import Console

from deploy import cli_ask, cli_broker, cli_check, cli_demo, cli_match, cli_replay, cli_run, cli_say
from deploy import doctor as cli_doctor
from deploy.errors import EXIT_FAILED, EXIT_INTERRUPTED

app: Final = typer.Typer(
    name="lumbung",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=(
        "Lumbung, the village granary: village co-operatives say what they have and need, hubs see "
        "demand, and exact matching brings the two together.\n\n"
        "Start with **lumbung demo**. Every verb explains itself with --help."
    ),
)
for part in (cli_demo, cli_replay, cli_check, cli_match, cli_say, cli_ask, cli_run):
    part.register(app)
app.add_typer(cli_broker.app)
app.command(name="doctor")(cli_doctor.doctor)


def main() -> None:
    """Run a command line; ends by SystemExit."""
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone; what was not written is of no use to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
    except Exception as failed:
        if not _explains_itself(failed):
            raise
        tell(failed)
        sys.exit(failed.exit_code)  # type: ignore[attr-defined]  # all three error trees have it


def _explains_itself(failed: Any) -> bool:
    """True for the error trees of the rooms: each tells what happened and what to do."""
    return all(hasattr(failed, name) for name in ("code", "what", "remedy", "exit_code"))


def tell(failed: Any) -> None:
    """What happened, what to do, and a code to look up, on stderr."""
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]{failed.code}[/] {failed.what}", markup=True, soft_wrap=True)
    if failed.remedy:
        console.print(failed.remedy, soft_wrap=True, markup=False)
