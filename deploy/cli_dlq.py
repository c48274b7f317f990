"""`lumbung dlq`: dead letters as people work with them.

Here are the looking, the audit and the order that a halted partition goes on; `cli_mend` has the
verbs that send. Looking needs no Kafka.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from deploy import audit, halts, shown
from deploy.cli_ask import readable, url_of
from deploy.cli_check import log_of
from deploy.cli_mend import edit, replay
from deploy.errors import EXIT_CHECK
from deploy.options import Data, Kafka, Output, WarehouseUrl
from deploy.picking import Chosen, Coop, Hub, Limit, Reason, Since, Until, selection
from deploy.provision import admin
from deploy.settings import load
from deploy.wiring import groups
from sinks.engines import reading
from sinks.queries.letters import Letter, letters
from sinks.queries.listing import LIMIT, dead_letter

dlq_app: Final = typer.Typer(
    name="dlq",
    no_args_is_help=True,
    help="Dead letters: see, mend and say again what was refused.",
)
dlq_app.command(name="edit")(edit)
dlq_app.command(name="replay")(replay)
_SHORT: Final = ("identity", "reason", "field", "coop", "recorded_at", "repaired_by")


@dlq_app.command(name="list")
def dlq_list(
    *,
    reason: Reason = "",
    coop: Coop = "",
    hub: Hub = "",
    since: Since = "",
    until: Until = "",
    unrepaired: Annotated[
        bool, typer.Option("--unrepaired", help="Only what nobody has repaired.")
    ] = False,
    limit: Limit = LIMIT,
    output: Output = "table",
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Dead letters, newest first."""
    chosen = Chosen(reason, coop, hub, since, until, limit)
    with reading(url_of(data, warehouse)) as connection:
        rows = [
            _row(letter)
            for letter in letters(connection, selection(chosen, unrepaired=unrepaired))
        ]
    if output in ("table", "wide"):
        rows = [{name: row[name] for name in _SHORT} for row in rows]
    shown.write([readable(row) for row in rows], output)


def _row(letter: Letter) -> dict[str, Any]:
    row = letter._asdict()
    at = datetime.fromtimestamp(row.pop("recorded_ms") / 1000, UTC)
    row["recorded_at"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for internal in ("said_ms", "event_type"):
        del row[internal]
    return {name: row[name] or None if row[name] == "" else row[name] for name in row}


@dlq_app.command(name="show")
def dlq_show(
    identity: Annotated[str, typer.Argument(help="As `lumbung dlq list` shows it.")],
    raw: Annotated[bool, typer.Option(help="Write nothing but the original bytes.")] = False,
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """One dead letter: where it was said, what is wrong, and the original bytes."""
    with reading(url_of(data, warehouse)) as connection:
        row = dead_letter(connection, identity)
    if row is None:
        typer.echo(f"no dead letter is called {identity}", err=True)
        raise typer.Exit(EXIT_CHECK)
    if raw:
        typer.get_binary_stream("stdout").write(bytes(row["payload"]))
        return
    typer.echo(json.dumps(readable(row), ensure_ascii=False, indent=2))


@dlq_app.command(name="audit")
def dlq_audit(output: Output = "table", data: Data = None) -> None:
    """Who edited, replayed or resumed what, from this data folder; exit code 5 when tampered."""
    folder = load({"data_dir": data}).settings.data_dir
    rows = [
        {"at": datetime.fromtimestamp(entry.pop("at_ms") / 1000, UTC).isoformat(), **entry}
        for entry in audit.entries(folder)
    ]
    if output in {"table", "wide", "csv"}:  # each act has facts of its own
        columns = dict.fromkeys(name for row in rows for name in row)
        rows = [{name: row.get(name, "") for name in columns} for row in rows]
    shown.write(rows, output)
    broken = audit.broken_at(folder)
    if broken:
        typer.echo(f"line {broken} does not follow from the one before it", err=True)
        raise typer.Exit(EXIT_CHECK)


@dlq_app.command(name="resume")
def dlq_resume(
    *,
    partition: Annotated[
        list[int] | None, typer.Option(help="Only this number, of hubs and market; repeatable.")
    ] = None,
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Let halted partitions go on, once the cause is mended; prints which ones they are, and why.

    The workers hear of it within seconds, wherever they run.
    """
    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    of = groups(settings)
    with log_of(settings) as bootstrap, admin(bootstrap) as client:
        standing = halts.standing(client, of, settings.kafka.partitions)
        wanted = [halt for halt in standing if partition is None or halt.partition in partition]
        for halt in wanted:
            halts.resume(client, of[halt.topic], [halt.partition], topic=halt.topic)
    for halt in wanted:
        audit.note(settings.data_dir, "resume", **halt._asdict())
        typer.echo(f"{halt.partition}\t{halt.offset}\t{halt.why}\t{halt.topic}")
    if not wanted:
        typer.echo("no such partition stands", err=True)
