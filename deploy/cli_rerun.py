"""`lumbung trace MATCH --rerun`: the round that made a match, run again and judged anew.

Decides where it is read from, and the exit code. Refuses to write anything anywhere.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import typer

from deploy import serve_market, serve_streams
from deploy.cli_check import log_of
from deploy.errors import EXIT_CHECK
from deploy.rerun import Cores, rebuilt
from deploy.rerun_page import as_data, page
from deploy.rerun_verdict import Audit, audited
from deploy.settings import Settings
from deploy.verify.kafka_log import opened
from deploy.verify.log import Log
from deploy.yields_file import yields_of
from sinks.engines import reading
from sinks.queries.decided import history_of, match_of
from sinks.queries.shown import Shown

PATIENCE_SECONDS = 5.0
"""How long nothing is said of how far it is, and then between one word and the next."""


def rerun(name: str, language: str, output: str, settings: Settings) -> None:
    """Tell an audit; exit code 5 when the match is unknown, or not proven to be as told."""
    with reading(settings.warehouse_url) as connection:
        told, steps = match_of(connection, name), history_of(connection, name)
    if told is None:
        typer.echo(f"no match is called {name}", err=True)
        raise typer.Exit(EXIT_CHECK)
    with log_of(settings) as bootstrap, opened(bootstrap) as log:
        audit = audit_of(log, (told, steps), _cores_then(settings, told))
    if output == "json":
        typer.echo(json.dumps(as_data(audit), ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(page(audit, language)))
    if audit.verdict not in ("confirmed", "as_told"):
        raise typer.Exit(EXIT_CHECK)


def audit_of(log: Log, match: tuple[Shown, list[Shown]], cores: Cores) -> Audit:
    """Audit one match, with its life so far, over an open log."""
    told, steps = match
    return audited(told, steps, rebuilt(log, told, cores, Progress().tell))


def cores_of(settings: Settings, *, drafted: bool = True) -> Cores:
    """What the workers of these settings fold with; what never was a draft knew no cut-offs."""
    minutes = settings.matching.minutes if drafted else ()
    how = settings.matching
    market = partial(
        serve_market.builder,
        yields=yields_of(settings),
        fairness=how.fairness,
        cut_offs=minutes,
        outlook=how.outlook,
    )
    hub = partial(
        serve_streams.builder, fairness=how.fairness, cut_offs=minutes, outlook=how.outlook
    )
    return Cores(hub, market)


def _cores_then(settings: Settings, told: Shown) -> Cores:
    return cores_of(settings, drafted=told["freezes_at"] is not None)


@dataclass(slots=True)
class Progress:
    """Says on stderr how far a long log is folded."""

    clock: Callable[[], float] = time.monotonic
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._last = self.clock()

    def tell(self, done: int, of: int) -> None:
        """So many records of so many are folded."""
        now = self.clock()
        if now - self._last >= PATIENCE_SECONDS:
            self._last = now
            typer.echo(f"{done} of {of} records", err=True)
