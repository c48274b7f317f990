"""`lumbung swaps`: rings of goods where money finds no match; nothing is touched.

Decides how rings are told. Reads the warehouse and the shipped network and catalogue.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import typer

from deploy.cli_ask import url_of
from deploy.errors import CheckFailed, UsageError
from deploy.live_swaps import UnknownRing, barter_of, left_over, proposed, unit_words
from deploy.options import JAKARTA, Data, WarehouseUrl
from schemas import reference
from schemas.problem import ProblemError
from sinks.engines import reading
from sinks.queries.open_lines import OpenLines, open_lines
from streams.core.interchange.beside import SwapLine, SwapsLine, swap_lines
from streams.core.reasons import Text, rupiah

NONE: Final = Text(
    "Tidak ada lingkaran barang: yang tersisa tidak saling dibutuhkan, atau harganya, ongkosnya "
    "atau jumlahnya tidak cocok.",
    "No ring of goods: what is left is not needed by each other, or prices, freight or amounts "
    "do not fit.",
)


AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Limit = Annotated[int, typer.Option(min=1, help="Rings at most, the most valuable.")]
Refuse = Annotated[
    list[str] | None,
    typer.Option(
        help="A ring somebody said no to: its id, or its co-ops in order with commas between; may "
        "be given again.",
        metavar="RING",
    ),
]
Now = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; default today, Jakarta.")
]


def swaps(
    *,
    as_json: AsJson = False,
    limit: Limit = 20,
    refuse: Refuse = None,
    now: Now = None,
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Show rings of goods of two to four co-ops where money finds no match: rice for fish.

    What is open is solved with money first. Of what that leaves, each co-op of a ring gives goods
    to the next, counted at the middle of the catalogue's price band; values may differ by 20 %,
    evened out in cash. Who receives bears the freight. It is a proposal: nothing is promised.

    Example: **lumbung swaps --data lumbung-data** tells every ring in Indonesian and English,
    each under its id. Did somebody say no? **lumbung swaps --refuse 19.02.01.2003,19.02.01.2004**
    keeps the other rings and solves the rest again without that one.

    Reads the warehouse only; 0 also when there is no ring, 2 when --refuse names none, 4 when
    there is no warehouse.
    """
    day, said = now or datetime.now(JAKARTA), refuse or []
    with reading(url_of(data, warehouse)) as connection:
        lines = open_lines(connection, day.date())
    found = rings(lines, day, said)
    best = sorted(found.proposals, key=lambda ring: (ring.freight - ring.value, ring.swap))
    shown = msgspec.structs.replace(found, proposals=best[:limit])
    if as_json:
        typer.echo(json.dumps(_told(shown, day, said, len(best)), ensure_ascii=False, indent=2))
    elif not best:
        typer.echo("\n".join(NONE))
    else:
        tell(shown, len(best))


def rings(lines: OpenLines, day: datetime, refused: list[str]) -> SwapsLine:
    """Solve with money, then swap what is left; progress goes to standard error.

    UsageError when a refusal names no ring; CheckFailed when something that is open has no price.
    """
    try:
        left = left_over(lines, day.date(), lambda text: typer.echo(text, err=True))
        barter, posed = barter_of(left, day.date())
        found = proposed(barter, refused)
    except UnknownRing as wrong:
        raise UsageError(
            "LB-U014",
            f"no ring is called {wrong}",
            "Give the id as lumbung swaps tells it, or its two to four co-ops.",
        ) from wrong
    except ProblemError as wrong:
        raise CheckFailed(
            "LB-W018", f"what is open cannot be swapped: {wrong}", "Run lumbung verify."
        ) from wrong
    return swap_lines(found, posed, (reference.catalogue(), unit_words()))


def _told(found: SwapsLine, day: datetime, refused: list[str], rings: int) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return {"now": day.date().isoformat(), "refused": refused, "rings": rings, **told}


def tell(found: SwapsLine, rings: int) -> None:
    """Print rings for people: id, parties and worth, then the reason in both languages."""
    for ring in found.proposals:
        typer.echo(_headed(ring))
        for language in ("id", "en"):
            typer.echo(f"  {language}: {ring.why[language]}")
        typer.echo()
    proof = Text("terbukti", "proven") if found.exact else Text("belum terbukti", "not proven")
    shown = len(found.proposals)
    typer.echo(
        f"{shown} dari {rings} lingkaran; semuanya bernilai {rupiah(found.worth, 'id')} sesudah "
        f"ongkos, pilihan {proof.id}. Ini usulan."
    )
    typer.echo(
        f"{shown} of {rings} rings; all are worth {rupiah(found.worth, 'en')} after freight, the "
        f"choice is {proof.en}. This is a proposal."
    )


def _headed(ring: SwapLine) -> str:
    worth = rupiah(ring.value - ring.freight, "en")
    return f"{ring.swap}  {','.join(ring.parties)}  {worth}  {ring.method}"
