"""`lumbung`: the one door. Decides the verbs and how a failure is told.

Standard output is data, standard error is for people; exit codes are those of `deploy.errors`.
Each verb lives in its own file, which is imported when that verb is called: help must not wait for
a database and a solver.
"""

import logging
import os
import sys
from importlib import import_module
from typing import Any, Final

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_group

from deploy.errors import EXIT_FAILED, EXIT_INTERRUPTED
from deploy.failing import arm_from

VERBS: Final = {
    "demo": ("deploy.cli_demo", "demo", "Real Kafka, five real regions, live matches."),
    "replay": ("deploy.cli_replay", "replay", "Publish a file as it is, fold and match it."),
    "verify": ("deploy.cli_check", "verify", "Check every invariant over topics and warehouse."),
    "rebuild": ("deploy.cli_check", "rebuild", "Make the warehouse anew from the topics."),
    "match": ("deploy.cli_match", "match_app", "Decide on a match; or solve a problem file."),
    "what-if": ("deploy.cli_what_if", "what_if", "What a change would do to all that is open."),
    "why": ("deploy.cli_why", "why", "Why a match, and why an order or goods found none."),
    "clearing": ("deploy.cli_clearing", "clearing", "Debts between co-ops that cancel out."),
    "swaps": ("deploy.cli_swaps", "swaps", "Rings of goods where money finds no match."),
    "report": ("deploy.cli_say", "report_app", "Say something for a co-op: stock, orders."),
    "profile": ("deploy.cli_profile", "profile", "What a co-op is and has: show it, say it anew."),
    "contract": ("deploy.cli_contract", "contract", "Say a partner's contract: buy or supply."),
    "import": ("deploy.cli_say", "import_", "Import a table, with a verdict for every row."),
    "get": ("deploy.cli_ask", "get", "List hubs, stock, orders, demand, matches, dead letters."),
    "trace": ("deploy.cli_ask", "trace", "Follow anything: match to lines to reports, and back."),
    "dlq": (
        "deploy.cli_dlq",
        "dlq_app",
        "Dead letters: see, mend and say again what was refused.",
    ),
    "run": ("deploy.cli_run", "run_app", "Run one process, or the whole system, until Ctrl-C."),
    "broker": ("deploy.cli_broker", "app", "The Kafka that comes along: fetch, start, stop."),
    "topics": ("deploy.cli_admin", "topics_app", "The topics Lumbung lives on: list, apply."),
    "db": ("deploy.cli_admin", "db_app", "The warehouse's tables and views: upgrade, check."),
    "config": ("deploy.cli_admin", "config_app", "The settings in force, and their origin."),
    "doctor": ("deploy.doctor", "doctor", "Look at this machine: what is there, what to mend."),
}
"""Verb: the module it lives in, the command or the group of commands there, what help says."""


class Verbs(TyperGroup):
    """Shows every verb by the table above, and loads the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The name, the command and what is left of the words."""
        name, shown, rest = super().resolve_command(ctx, args)
        return name, shown and loaded(str(name)), rest


def loaded(verb: str) -> Any:
    """The command of a verb, from its own file."""
    module, name, _ = VERBS[verb]
    found = getattr(import_module(module), name)
    alone = typer.Typer(rich_markup_mode="markdown")
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=verb)
    else:
        alone.command(name=verb)(found)
    return get_group(alone).commands[verb]


app: Final = typer.Typer(
    name="lumbung",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def door() -> None:
    """Lumbung, the village granary.

    Village co-operatives say what they have and need, hubs see demand, and exact matching brings
    the two together.

    Start with **lumbung demo**. Every verb explains itself with --help.
    """
    from deploy.settings import LogSettings  # noqa: PLC0415 - help needs neither settings nor logs
    from deploy.telemetry import set_up_logs  # noqa: PLC0415

    # A process says more, in its own log. What a client library mutters on the way is no message
    # to a person: what failed for good is told by our own errors.
    set_up_logs(LogSettings(level="error"), process="lumbung")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def _not_loaded() -> None:
    raise AssertionError("a verb is loaded before it is called")


for _verb, (_, _, _told) in VERBS.items():
    app.command(name=_verb, help=_told)(_not_loaded)


def main() -> None:
    """Run a command line; ends by SystemExit."""
    try:
        arm_from(os.environ)
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
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"{failed.code} {failed.what}", style="bold red")
    if failed.remedy:
        console.print(failed.remedy)
