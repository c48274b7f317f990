"""`lumbung verify` and `lumbung rebuild`: is everything as the log says, and make it so again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from deploy.broker.kit import prepare
from deploy.cli_broker import kafka_folder
from deploy.errors import EXIT_CHECK, DependencyError
from deploy.options import Data, Kafka, WarehouseUrl
from deploy.settings import Settings, load
from deploy.wiring import hub_app_id, market_app_id


@contextmanager
def kafka_of(settings: Settings) -> Iterator[str]:
    """A data folder's Kafka: the one given, the one that runs there, or one started for now."""
    if settings.kafka.bootstrap is not None:
        yield settings.kafka.bootstrap
        return
    broker = prepare(jars=settings.kafka.jars).broker(kafka_folder(settings), tied=True)
    if broker.pid is not None and broker.bootstrap is not None:
        yield broker.bootstrap
        return
    with broker:
        assert broker.bootstrap is not None, "a started broker has an address"
        yield broker.bootstrap


@contextmanager
def log_of(settings: Settings) -> Iterator[str]:
    """As `kafka_of`, for those who only read: DependencyError when nothing was ever said there."""
    folder = kafka_folder(settings)
    if settings.kafka.bootstrap is None and not folder.exists():
        raise DependencyError(
            "LB-K020",
            f"there is no log in {settings.data_dir}",
            "Name the data folder of a demo or replay with --data, or a Kafka with --kafka.",
        )
    with kafka_of(settings) as bootstrap:
        yield bootstrap


def verify(
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that read; default one a core.")
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or file of a process's figures, to be checked too; repeatable."
        ),
    ] = None,
    as_data: Annotated[
        bool, typer.Option("--json", help="Data alone: nothing about a breach on stderr.")
    ] = False,
) -> None:
    """Check every invariant over topics and warehouse, with a program of its own.

    Prints a JSON summary; exit code 5 and the first breach, with its records, when one fails.
    """
    from deploy.verify import check  # noqa: PLC0415 - the checker loads its own reference tables

    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings = load(flags).settings
    with log_of(settings) as bootstrap:
        report = check(
            bootstrap,
            settings.warehouse_url,
            app_id=hub_app_id(settings),
            market_id=market_app_id(settings),
            jobs=jobs,
            metrics=metrics or (),
        )
    typer.echo(json.dumps(report.summary()))
    if not report.ok:
        if not as_data:
            typer.echo(str(report.first), err=True)
        raise typer.Exit(EXIT_CHECK)


def rebuild(data: Data = None, kafka: Kafka = None, warehouse: WarehouseUrl = None) -> None:
    """Make the warehouse anew from the topics; readers see the old one until it is done."""
    from sinks.log import LogOptions  # noqa: PLC0415 - nobody else here needs a database
    from sinks.rebuild import rebuild as build  # noqa: PLC0415 - as above

    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings = load(flags).settings
    with log_of(settings) as bootstrap:
        build(LogOptions(bootstrap), settings.warehouse_url)
    typer.echo(settings.warehouse_url)
