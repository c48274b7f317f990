"""`lumbung get`, `trace`: questions to the warehouse; no Kafka is needed for an answer."""

import base64
import json
from typing import Annotated, Any

import typer

from deploy import shown
from deploy.errors import EXIT_CHECK, UsageError
from deploy.options import Data, Output, WarehouseUrl
from deploy.settings import load
from deploy.story import told
from sinks.engines import reading
from sinks.queries import listing
from sinks.queries.listing import Filters, UnknownFilter
from sinks.queries.trace import trace as find

Hub = Annotated[str, typer.Option(help="Hub, such as 19.02.")]
Coop = Annotated[str, typer.Option(help="Co-op, such as 19.02.01.2003.")]
Commodity = Annotated[str, typer.Option(help="Commodity code, such as KELAPA.")]
Limit = Annotated[int, typer.Option(help="Rows at most.")]


def url_of(data: Data, warehouse: WarehouseUrl) -> str:
    """The warehouse of a data folder."""
    return load({"data_dir": data, "warehouse.url": warehouse}).settings.warehouse_url


def get(
    what: Annotated[str, typer.Argument(help=" | ".join(listing.NAMES))],
    *,
    hub: Hub = "",
    commodity: Commodity = "",
    coop: Coop = "",
    state: Annotated[
        str, typer.Option(help="State of matches or orders; reason of letters.")
    ] = "",
    horizon: Annotated[str, typer.Option(help="now, today, 7d or season.")] = "",
    limit: Limit = listing.LIMIT,
    output: Output = "table",
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """List hubs, co-ops, demand, supply, positions, orders, matches, unmatched or dead letters."""
    if what not in listing.NAMES:
        raise UsageError("LB-U011", f"there is no {what!r}", f"One of {', '.join(listing.NAMES)}.")
    asked = Filters(hub, commodity, state, coop, horizon, limit)
    with reading(url_of(data, warehouse)) as connection:
        try:
            rows = listing.get(connection, what, asked)
        except UnknownFilter as wrong:
            raise UsageError("LB-U012", str(wrong), "Leave that option out.") from wrong
    shown.write([readable(row) for row in rows], output)


def trace(
    name: Annotated[str, typer.Argument(help="A match, order, line, event or dead letter.")],
    *,
    lang: Annotated[str, typer.Option(help="id or en.")] = "id",
    output: Annotated[str, typer.Option("-o", "--output", help="story or json.")] = "story",
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Follow anything both ways: match to lines to reports, and back; exit code 5 when unknown."""
    with reading(url_of(data, warehouse)) as connection:
        found = find(connection, name)
    if not found.kind:
        typer.echo(f"nothing is called {name}", err=True)
        raise typer.Exit(EXIT_CHECK)
    if output == "json":
        typer.echo(json.dumps(_plain(found.as_dict()), ensure_ascii=False, indent=2))
    else:
        told(found, lang)


def readable(row: dict[str, Any]) -> dict[str, Any]:
    """Bytes as text where they are text, else as base64."""
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> Any:
    if not isinstance(value, bytes | memoryview):
        return value
    data = bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(data).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return _text(value)
