"""`lumbung run streams|market|sink|fan-out|clock|world|all`: one process of the system, or all.

Each command imports its own process only: a worker that is started again must be back at once.
"""

from typing import Annotated, Final

import typer

from deploy.errors import ConfigError
from deploy.options import Data, Kafka, WarehouseUrl
from deploy.settings import Settings, load
from deploy.wiring import FAN_OUT, Process, ending, market_name, worker_name
from producers.clock import INTERVAL_MS

run_app: Final = typer.Typer(
    name="run", no_args_is_help=True, help="Run one process, or the whole system, until Ctrl-C."
)


def _process(name: str, data: Data, kafka: Kafka, warehouse: WarehouseUrl = None) -> Process:
    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings = load(flags).settings
    if settings.kafka.bootstrap is None:
        raise ConfigError(
            "LB-C010",
            "this process does not know where Kafka is",
            "Give --kafka HOST:PORT (`lumbung broker start` tells) or LUMBUNG_KAFKA__BOOTSTRAP.",
        )
    return Process(name, settings, settings.kafka.bootstrap)


@run_app.command()
def streams(
    worker: Annotated[int, typer.Option(help="Number of this worker, 0, 1, 2, ...")] = 0,
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """A hub worker: judges, folds, matches; one a core."""
    from deploy.serve_streams import serve_streams  # noqa: PLC0415 - its own process only

    raise typer.Exit(serve_streams(_process(worker_name(worker), data, kafka), worker))


@run_app.command()
def market(
    worker: Annotated[int, typer.Option(help="Number of this worker, 0, 1, 2, ...")] = 0,
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """A market worker: matches what hubs have left over between them."""
    from deploy.serve_market import serve_market  # noqa: PLC0415 - its own process only

    raise typer.Exit(serve_market(_process(market_name(worker), data, kafka), worker))


@run_app.command()
def sink(data: Data = None, kafka: Kafka = None, warehouse: WarehouseUrl = None) -> None:
    """The warehouse's sink: topics into tables; one per warehouse."""
    from deploy.serve_sink import serve_sink  # noqa: PLC0415 - its own process only

    raise typer.Exit(serve_sink(_process("sink", data, kafka, warehouse)))


@run_app.command(name="fan-out")
def fan_out(data: Data = None, kafka: Kafka = None) -> None:
    """The fan-out: every match into the topics of its two hubs; one per system."""
    from deploy.serve_fan_out import serve_fan_out  # noqa: PLC0415 - its own process only

    raise typer.Exit(serve_fan_out(_process(FAN_OUT, data, kafka)))


@run_app.command()
def clock(
    data: Data = None,
    kafka: Kafka = None,
    interval_ms: Annotated[int, typer.Option(help="Time between ticks.")] = INTERVAL_MS,
) -> None:
    """The clock: a tick to every partition that keeps up; one per system."""
    from deploy.serve_villages import serve_clock  # noqa: PLC0415 - its own process only

    raise typer.Exit(serve_clock(_process("clock", data, kafka), interval_ms))


@run_app.command()
def world(
    *,
    data: Data = None,
    kafka: Kafka = None,
    seed: Annotated[int, typer.Option(help="The same seed says the same.")] = 1,
    rate: Annotated[int, typer.Option(help="Reports a second.")] = 20,
    opening: Annotated[bool, typer.Option(help="Begin with a count of everything.")] = True,
    reports: Annotated[int, typer.Option(help="Fall silent after so many; 0: never.")] = 0,
    run: Annotated[int, typer.Option(help="Run on this data: each has phones of its own.")] = 1,
) -> None:
    """Simulated villages of the five real regions."""
    from deploy.serve_villages import serve_world  # noqa: PLC0415 - its own process only
    from producers.simulate import Pace  # noqa: PLC0415

    pace = Pace(rate, opening=opening, reports_max=reports or None)
    raise typer.Exit(serve_world(_process("world", data, kafka), seed, pace, run))


@run_app.command(name="all")
def everything(data: Data = None, kafka: Kafka = None, warehouse: WarehouseUrl = None) -> None:
    """Broker, topics, workers, sink, fan-out and clock under one supervisor, until Ctrl-C."""
    from deploy.stack import opened  # noqa: PLC0415 - one process alone needs no supervisor

    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings: Settings = load(flags).settings
    with opened(settings, tell=lambda step: typer.echo(f"{step} ...", err=True)) as stack:
        stop = ending()
        clock = stack.child("clock", "clock")
        for child in (*stack.workers(), stack.sink(), stack.fan_out(), clock):
            stack.supervisor.add(child)
        typer.echo(stack.bootstrap)
        stack.watch(stop)
