"""`lumbung broker fetch|start|stop|status`: the embedded Kafka from the command line.

Decides what these verbs print: one line of data on stdout. Refuses to know how a broker lives.
A broker started here outlives the command; its folder is `kafka` in the data folder.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from deploy.broker.kit import prepare
from deploy.broker.node import Broker
from deploy.broker.probe import is_ready
from deploy.errors import EXIT_DEPENDENCY, LumbungError
from deploy.settings import Settings, load

app: Final = typer.Typer(name="broker", no_args_is_help=True, help="The embedded Kafka broker.")

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder; the broker keeps its own in it.")
]
Jars = Annotated[
    Path | None, typer.Option("--jars", help="A folder with the broker's jars, to use as it is.")
]


def kafka_folder(settings: Settings) -> Path:
    """Where the embedded broker of a data folder keeps everything."""
    return settings.data_dir / "kafka"


@app.command()
def fetch(jars: Jars = None) -> None:
    """Bring the broker's jars into the cache and check every one; prints where they are."""
    settings = load({"kafka.jars": jars}).settings
    typer.echo(prepare(jars=settings.kafka.jars).jars)


@app.command()
def start(
    data: Data = None,
    jars: Jars = None,
    heap_mb: Annotated[int | None, typer.Option(help="Memory of its JVM, in MB.")] = None,
) -> None:
    """Start a broker that stays; prints its HOST:PORT, which stays the same over restarts."""
    flags = {"data_dir": data, "kafka.jars": jars, "kafka.heap_mb": heap_mb}
    settings = load(flags).settings
    kit = prepare(jars=settings.kafka.jars)
    broker = kit.broker(kafka_folder(settings), heap_mb=settings.kafka.heap_mb, tied=False)
    typer.echo(broker.start())


@app.command()
def stop(data: Data = None) -> None:
    """Stop the broker of a data folder; its topics stay. Stopping none is no failure."""
    broker = _broker(data)
    pid = broker.pid
    clean = broker.stop()
    typer.echo(f"stopped {pid}" if pid is not None else "none was running")
    if not clean:
        raise LumbungError(
            "LB-K005",
            f"the broker (pid {pid}) did not end when asked and was killed",
            "Nothing acknowledged is lost; its next start takes a few seconds longer.",
        )


@app.command()
def status(
    data: Data = None,
    output: Annotated[str, typer.Option("-o", "--output", help="table or json")] = "table",
) -> None:
    """Whether the broker of a data folder serves; exit code 4 when it does not."""
    broker = _broker(data)
    pid, bootstrap = broker.pid, broker.bootstrap
    ready = pid is not None and bootstrap is not None and is_ready(bootstrap)
    told: dict[str, Any] = {
        "ready": ready,
        "pid": pid,
        "bootstrap": bootstrap if pid is not None else None,
        "folder": str(broker.folder.root),
        "log": str(broker.folder.log_file),
    }
    if output == "json":
        typer.echo(json.dumps(told))
    else:
        state = "serves" if ready else "is starting" if pid is not None else "does not run"
        typer.echo(f"{state}  {told['bootstrap'] or '-'}  pid {pid or '-'}  {told['folder']}")
    if not ready:
        raise typer.Exit(EXIT_DEPENDENCY)


def _broker(data: Path | None) -> Broker:
    """The broker of a data folder, to look at or to stop: that needs neither jars nor Java."""
    folder = kafka_folder(load({"data_dir": data}).settings)
    return Broker(folder, Path(), Path(), tied=False)
