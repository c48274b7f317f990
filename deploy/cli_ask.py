"""`lumbung get`, `trace`: questions to the warehouse; no Kafka is needed but for `--rerun`."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deploy import shown
from deploy.errors import EXIT_CHECK, UsageError
from deploy.options import Data, Kafka, Output, WarehouseUrl
from deploy.settings import load
from deploy.story import told
from sinks.engines import reading
from sinks.queries import listing
from sinks.queries.decided import history_of, match_of
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
    what: Annotated[str, typer.Argument(help=" | ".join((*listing.NAMES, "match ID")))],
    name: Annotated[str, typer.Argument(help="Of `get match`: the match, by its id.")] = "",
    *,
    hub: Hub = "",
    commodity: Commodity = "",
    coop: Coop = "",
    state: Annotated[
        str, typer.Option(help="State of matches or orders; reason of letters.")
    ] = "",
    horizon: Annotated[str, typer.Option(help="now, today, 7d or season.")] = "",
    tier: Annotated[int, typer.Option(help="Of matches: 1 inside a hub, 2 between hubs.")] = 0,
    limit: Limit = listing.LIMIT,
    output: Output = "table",
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """List hubs, co-ops, demand, supply, positions, orders, matches, unmatched or dead letters.

    `matches` tells who must answer next, and what was shipped, received and refused; `match ID`
    tells one match whole, with its history.
    """
    if what == "match" and name:
        one(name, output, url_of(data, warehouse))
        return
    if what not in listing.NAMES or name:
        known = ", ".join((*listing.NAMES, "match ID"))
        raise UsageError(
            "LB-U011", f"there is no {f'{what} {name}'.strip()!r}", f"One of {known}."
        )
    asked = Filters(hub, commodity, state, coop, horizon, tier, limit)
    with reading(url_of(data, warehouse)) as connection:
        try:
            rows = listing.get(connection, what, asked)
        except UnknownFilter as wrong:
            raise UsageError("LB-U012", str(wrong), "Leave that option out.") from wrong
    if what == "matches" and output == "table":
        rows = [brief(row) for row in rows]
    shown.write([readable(row) for row in rows], output)


def one(name: str, output: str, url: str) -> None:
    """Tell one match whole, then its life; exit code 5 when the warehouse has none of that id."""
    with reading(url) as connection:
        match = match_of(connection, name)
        history = history_of(connection, name)
    if match is None:
        typer.echo(f"no match is called {name}", err=True)
        raise typer.Exit(EXIT_CHECK)
    if output in ("json", "ndjson"):
        life = [{key: step[key] for key in ("state", "at", "actor", "reason")} for step in history]
        shown.write([{**match, "history": life}], output)
    elif output == "csv":
        shown.write([match], output)
    else:
        shown.write([{"field": key, "value": value} for key, value in match.items()], "wide")
        typer.echo()
        shown.write(history, "wide")


def brief(row: Mapping[str, Any]) -> dict[str, Any]:
    """A match in the nine columns of a table; `moved` is shipped/received/refused."""
    goods, becomes = row["commodity"], row["to_commodity"]
    way = goods if goods == becomes else f"{goods} → {becomes}"
    pool = f" (pool of {row['pooled']})" if row.get("pooled") else ""
    moved = [row[f"{what}_quantity"] for what in ("shipped", "received", "refused")]
    return {
        "match_id": row["match_id"],
        "tier": row["tier"],
        "state": row["state"],
        "goods": f"{shown.cell(row['quantity'])} {row['unit']} {way}{pool}",
        "from": row["from_coop"],
        "to": row["to_coop"],
        "moved": "/".join(map(shown.cell, moved)) if any(moved) else "",
        "payment": "" if row["payment"] == "none" else row["payment"],
        "awaits": row["awaits"],
    }


def trace(
    name: Annotated[str, typer.Argument(help="A match, order, line, event or dead letter.")],
    *,
    lang: Annotated[str, typer.Option(help="id or en.")] = "id",
    output: Annotated[str, typer.Option("-o", "--output", help="story or json.")] = "story",
    again: Annotated[
        bool,
        typer.Option(
            "--rerun",
            help="Of a match: rebuild its round from the log, let another solver check it.",
        ),
    ] = False,
    data: Data = None,
    warehouse: WarehouseUrl = None,
    kafka: Kafka = None,
) -> None:
    """Follow anything both ways: match to lines to reports, and back; exit code 5 when unknown.

    With **--rerun** the round that made a match is rebuilt from the log, another solver checks
    that nothing better was to be had, and one page tells an auditor what was found. Only this
    reads Kafka: the one of the data folder, or **--kafka**. Exit code 5 also when what is found
    differs from what was told, or the other solver cannot prove it.
    """
    if again:
        from deploy.cli_rerun import rerun  # noqa: PLC0415 - a trace needs no core and no solver

        flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
        rerun(name, lang, output, load(flags).settings)
        return
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
