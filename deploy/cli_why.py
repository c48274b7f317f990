"""`lumbung why`: why a match, and why something of an order or of goods is still unmatched.

Decides what is asked and in which form it is told; nothing is touched. Reads the warehouse, and
solves the families of what is asked about, each once.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import Connection

from deploy import shown
from deploy.cli_ask import url_of
from deploy.errors import EXIT_CHECK, CheckFailed
from deploy.live_swaps import unit_words
from deploy.options import JAKARTA, Data, WarehouseUrl
from deploy.story import told as tell_trace
from deploy.why_answer import Desk, by_place
from deploy.why_live import asked, read
from deploy.why_party import Role, cleared
from deploy.why_story import as_json, as_row, for_a_party, story
from schemas import reference
from schemas.problem import ProblemError
from sinks.engines import reading
from sinks.queries import listing
from sinks.queries.listing import Filters
from sinks.queries.trace import Trace, trace
from streams.core.matching import BETWEEN_HUBS


class Tongue(StrEnum):
    """A language that is told."""

    ID = "id"
    EN = "en"


Name = Annotated[
    str | None, typer.Argument(help="A match, an order, goods (an offer), or a line of a report.")
]
Every = Annotated[bool, typer.Option("--all", help="Every unmet order and unsold lot.")]
Hub = Annotated[str, typer.Option(help="With --all: only of this hub.")]
Goods = Annotated[str, typer.Option(help="With --all: only of this commodity.")]
Lang = Annotated[Tongue, typer.Option(help="The language of a story.")]
As = Annotated[
    Role,
    typer.Option(
        help="Who reads: an auditor sees figures of both sides, an officer those of the own hub, "
        "a co-op its own."
    ),
]
Form = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        help="Of one: story or json. Of --all: table, wide, json, ndjson or csv.",
        metavar="FORM",
    ),
]
Now = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; default today, Jakarta.")
]


def why(
    name: Name = None,
    *,
    every: Every = False,
    hub: Hub = "",
    commodity: Goods = "",
    lang: Lang = Tongue.ID,
    role: As = Role.AUDITOR,
    output: Form = "",
    now: Now = None,
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Tell why: of a match why these two, of an order or goods what is left and why.

    A line is judged inside its hub and against all other hubs: the reason names what stands
    between it and the nearest partner, such as a ship that comes too late, a grade, a price, a lot
    that is too small. What is open is solved as it stands now; nothing is promised and nothing is
    written.

    Example: **lumbung why '19.02.01.2004|PO-17' --lang en**, or **lumbung why --all --hub 19.02
    -o csv**.

    Exit code 5 when nothing is called so.
    """
    form = _form(output, (name, hub, commodity), every=every)
    day = (now or datetime.now(JAKARTA)).replace(tzinfo=JAKARTA)
    with reading(url_of(data, warehouse)) as connection:
        try:
            if name is None:
                _all(connection, day, (hub, commodity), (role, form))
            else:
                _one(connection, day, name, (role, form, lang))
        except ProblemError as wrong:
            raise CheckFailed(
                "LB-W020", f"what is open cannot be solved: {wrong}", "Run lumbung verify."
            ) from wrong


def _form(output: str, said: tuple[str | None, str, str], *, every: bool) -> str:
    """The form of output; a usage error where what is said does not go together."""
    name, hub, commodity = said
    if every == (name is not None):
        raise typer.BadParameter("name one line, order or match, or give --all")
    if (hub or commodity) and not every:
        raise typer.BadParameter("--hub and --commodity choose among --all")
    forms = shown.FORMS if every else ("story", "json")
    if output and output not in forms:
        raise typer.BadParameter(f"-o is one of {', '.join(forms)} here")
    return output or forms[0]


def _all(
    connection: Connection, day: datetime, chosen: tuple[str, str], how: tuple[Role, str]
) -> None:
    """Tell every line of which something waits."""
    hub, commodity = chosen
    if commodity and reference.catalogue().get(commodity) is None:
        _unknown(f"no commodity is called {commodity}", "lumbung get supply lists codes.")
    if hub and not listing.get(connection, "hubs", Filters(hub=hub)):
        _unknown(f"no hub is called {hub}", "lumbung get hubs lists them.")
    role, output = how
    units = unit_words()
    desk = Desk(read(connection, _ms(day)), day.date(), lambda said: typer.echo(said, err=True))
    told = by_place(desk.every(hub, commodity))
    shown.write([as_row(each, role, units) for each in told], output)


def _one(connection: Connection, day: datetime, name: str, how: tuple[Role, str, Tongue]) -> None:
    """Tell of a match, or of the goods and orders that a name leads to."""
    role, output, lang = how
    found = trace(connection, name)
    if not found.kind:
        _unknown(
            f"nothing is called {name}",
            "lumbung get orders, get positions and get matches list names; goods are called "
            "COOP|COMMODITY|GRADE|LOT, orders COOP|NUMBER.",
        )
    if found.kind == "match":
        _match(found, how)
        return
    lines = asked(found)
    if not lines:
        _unknown(
            f"{name} tells of no goods and no order", f"See what it says: lumbung trace {name}."
        )
    desk = Desk(read(connection, _ms(day)), day.date(), lambda _: None)
    units = unit_words()
    answers = [desk.told(each) for each in lines]
    if output == "json":
        _write(
            {
                "name": name,
                "kind": found.kind,
                "now": day.date().isoformat(),
                "role": str(role),
                "lines": [as_json(each, role, units) for each in answers],
            }
        )
        return
    for each in answers:
        for said in story(each, role, units, "id" if lang is Tongue.ID else "en"):
            typer.echo(said)


def _match(found: Trace, how: tuple[Role, str, Tongue]) -> None:
    """Why this one: as `trace` tells it, as far as a role is cleared for both sides."""
    role, output, lang = how
    matches = [
        match
        if cleared(role, "between" if match["tier"] == BETWEEN_HUBS else "hub")
        else for_a_party(match)
        for match in found.matches
    ]
    if output == "json":
        _write({"name": found.id, "kind": "match", "role": str(role), "matches": matches})
    else:
        tell_trace(
            Trace(found.id, kind="match", matches=matches, history=found.history), str(lang)
        )


def _write(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _ms(day: datetime) -> int:
    return int(day.timestamp() * 1000)


def _unknown(what: str, remedy: str) -> NoReturn:
    typer.echo(f"{what}\n{remedy}", err=True)
    raise typer.Exit(EXIT_CHECK)
