"""Decides which parts make the warehouse's sink: the log, the database, the loop between them."""

from deploy.wiring import Process, ending, figures_at
from sinks.log import Log, LogOptions
from sinks.loop import Sink
from sinks.schema import upgrade
from sinks.warehouse import open_warehouse


def serve_sink(process: Process) -> int:
    """The warehouse's sink, until it is asked to end."""
    stop = ending()
    meter = process.meter(figures_at(process.settings, "sink"))
    url = process.settings.warehouse_url
    upgrade(url)
    with Log(LogOptions(process.bootstrap)) as log, open_warehouse(url) as warehouse:
        Sink(log, warehouse, meter=meter).run(stop)
    return 0
