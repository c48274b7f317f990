"""`lumbung config`, `topics`, `db`: what is set, what the log and the database are made of."""

from typing import Annotated, Final

import typer

from deploy import shown
from deploy.cli_check import kafka_of
from deploy.options import Data, Kafka, Output, WarehouseUrl
from deploy.provision import provision
from deploy.settings import load
from deploy.wiring import all_topics
from schemas.topics import OF_A_HUB
from sinks.engines import reading
from sinks.schema import revision_of, upgrade

config_app: Final = typer.Typer(no_args_is_help=True, help="The settings in force.")
topics_app: Final = typer.Typer(no_args_is_help=True, help="The topics Lumbung lives on.")
db_app: Final = typer.Typer(no_args_is_help=True, help="The warehouse's tables and views.")


@config_app.command(name="show")
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
    output: Output = "table",
) -> None:
    """Every setting and its value; flags of other verbs are not among them."""
    rows = [
        {"setting": name, "value": value, **({"origin": where} if origin else {})}
        for name, value, where in load().rows()
    ]
    shown.write(rows, output)


@topics_app.command(name="list")
def topics_list(output: Output = "table") -> None:
    """The topic table: names, keys, what partitions them, how long they are kept, who writes."""
    settings = load().settings
    rows = [
        {
            "topic": topic.name,
            "key": topic.key,
            "partition_by": topic.partition_by,
            "kept": topic.kept,
            "sole_writer": topic.sole_writer,
            "partitions": topic.count(settings.kafka.partitions),
        }
        for topic in (*all_topics(settings), OF_A_HUB)
    ]
    shown.write(rows, output)


@topics_app.command(name="apply")
def topics_apply(data: Data = None, kafka: Kafka = None) -> None:
    """Make the topics that are missing, add partitions where an older version made too few.

    What else differs is told and left as it is.
    """
    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    with kafka_of(settings) as bootstrap:
        made = provision(
            bootstrap,
            all_topics(settings),
            partitions=settings.kafka.partitions,
            replication=settings.kafka.replication,
        )
    for growth in made.grown:
        typer.echo(str(growth), err=True)
    for difference in made.differences:
        typer.echo(str(difference), err=True)
    for name in made.created:
        typer.echo(name)


@db_app.command(name="upgrade")
def db_upgrade(data: Data = None, warehouse: WarehouseUrl = None) -> None:
    """Bring the warehouse's tables and views up to this version; twice changes nothing."""
    settings = load({"data_dir": data, "warehouse.url": warehouse}).settings
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.warehouse_url)
    db_check(data, warehouse)


@db_app.command(name="check")
def db_check(data: Data = None, warehouse: WarehouseUrl = None) -> None:
    """The revision of the warehouse's tables."""
    settings = load({"data_dir": data, "warehouse.url": warehouse}).settings
    with reading(settings.warehouse_url) as connection:
        typer.echo(revision_of(connection) or "none")
