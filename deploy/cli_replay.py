"""`lumbung replay`: a file of sayings through the whole system, exactly once whatever breaks."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy import replay as replaying
from deploy.options import Data, Jars, Kafka, WarehouseUrl
from deploy.quiet import Progress as Reader
from deploy.settings import Settings, load_at_once
from deploy.stack import opened
from deploy.warehouse_view import counts, longest_rest, sink_progress


def replay(
    file: Annotated[Path, typer.Argument(help="Sayings, one JSON document a line.")],
    *,
    data: Data = None,
    now: Annotated[
        str | None, typer.Option(help="The moment of judging; default the file's latest time.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Hub workers to run.")] = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
    jars: Jars = None,
) -> None:
    """Publish a file as it is, fold and match it, and leave the warehouse in the data folder.

    Prints one JSON object of counts. A second run goes on from what is there: what was said before
    is a duplicate.
    """
    flags = {
        "data_dir": data,
        "kafka.bootstrap": kafka,
        "warehouse.url": warehouse,
        "kafka.jars": jars,
        "streams.workers": workers,
        "streams.commit_seconds": 0.2,
        # A file is taken as it is, to its end: there is no deployment to be stopped.
        "streams.halt_ratio": 0.0,
        "streams.halt_run": 0,
        "metrics.port": 0,
    }
    settings = load_at_once(flags).settings
    lines = replaying.lines_of(file)
    now_ms = replaying.parse_moment(now) if now else replaying.latest_time(lines)
    typer.echo(json.dumps(_replayed(settings, lines, now_ms)))


def _replayed(settings: Settings, lines: list[bytes], now_ms: int) -> dict[str, Any]:
    """Run the whole system over the lines, with a bar for each reader; the counts of it all."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bars,
        opened(settings, tell=lambda step: bars.console.print(f"{step} ...")) as stack,
    ):
        for child in (*stack.workers(), stack.sink()):
            stack.supervisor.add(child)
        readers = (*replaying.READERS.values(), "warehouse")
        tasks = {who: bars.add_task(who, total=None) for who in readers}

        def tell(now: Sequence[Reader]) -> None:
            for reader in now:
                bars.update(tasks[reader.who], completed=reader.done, total=reader.end)

        with sink_progress(stack.bootstrap, settings.warehouse_url) as progress:
            rest = partial(longest_rest, settings.warehouse_url)
            ticks = replaying.Replay(stack, now_ms, tell, progress, rest).run(lines)
        stack.supervisor.stop()
        return {**counts(settings.warehouse_url), "ticks": ticks}
