"""`lumbung profile`: what a co-op is and has, shown, or said anew.

Decides the words and options, that what is not spoken of stays as it was said last, and what is
refused before it is sent. Refuses to judge: the hub worker does.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from deploy.cli_ask import url_of
from deploy.cli_say import DEVICE, faulty, require_village, send_one
from deploy.errors import EXIT_CHECK, UsageError
from deploy.options import Data, Kafka, WarehouseUrl
from deploy.settings import load
from producers.goods import Goods
from producers.profile import LISTS, Changes, Profiled, fields_of, profiled
from producers.speech import profile_value
from schemas import reference
from sinks.engines import reading
from sinks.errors import WarehouseMissing
from sinks.queries.letters import newest_profile

Texts = list[str] | None
Flag = bool | None
Outlet = Annotated[Flag, typer.Option("--outlet/--no-outlet", help="It sells subsidised goods.")]
Land = Annotated[Flag, typer.Option("--land/--no-land", help="It has land of its own.")]
Permits = Annotated[Texts, typer.Option(help="A permit it holds; again for each.")]
Packs = Annotated[
    Texts, typer.Option(help="What a pack holds: KOPRA:KARUNG=50kg; again for each.")
]
Flagship = Annotated[Texts, typer.Option(help="Goods it stands for; again for each.")]
Mandates = Annotated[
    Texts,
    typer.Option(help="A hub that may decide for it: HUB:DAY or HUB:DAY:DAY; again for each."),
]
Clear = Annotated[Texts, typer.Option(help=f"Empty a list: {', '.join(LISTS)}; again for each.")]


def profile(
    coop: Annotated[str, typer.Argument(help="Village code, such as 19.02.01.2003.")],
    *,
    outlet: Outlet = None,
    land: Land = None,
    permit: Permits = None,
    pack: Packs = None,
    flagship: Flagship = None,
    mandate: Mandates = None,
    capital: Annotated[str, typer.Option(help="Working capital, whole rupiah.")] = "",
    clear: Clear = None,
    locale: Annotated[str, typer.Option(help="How numbers are written: id or en.")] = "id",
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Show what a co-op has said of itself, or say it anew; without options nothing is sent.

    What you do not speak of stays as the warehouse has it. Permits, packs, flagship goods and
    mandates are lists: name all of one, or none of it. Packs count from now on; a mandate lets a
    hub accept, ship and receive for the co-op on those days.

    Example: lumbung profile 19.02.01.2003 --outlet --permit "NIB 81200" --pack KOPRA:KARUNG=50kg
    --mandate 19.02:2026-12-01:2027-11-30
    """
    require_village(coop)
    wares, hubs = (flagship or (), pack or ()), mandate or ()
    changes = Changes(land, outlet, permit or (), *wares, hubs, capital, clear or ())
    before = _before(coop, url_of(data, warehouse))
    if changes == Changes():
        typer.echo(json.dumps(before or {}, ensure_ascii=False, indent=2))
        return
    words = Goods(reference.catalogue(), reference.units())
    found = profiled(coop, before or {}, changes, words, "en" if locale == "en" else "id")
    if isinstance(found, list):
        faulty(found)
        raise typer.Exit(EXIT_CHECK)
    _require_hubs(found)
    _send(found, data, kafka)


def _before(coop: str, url: str) -> Mapping[str, Any] | None:
    """What was said last, as the warehouse knows it; None, told, where it knows nothing."""
    try:
        with reading(url) as connection:
            body = newest_profile(connection, coop)
    except WarehouseMissing:
        body = None
    if body is None:
        typer.echo(f"{coop}: belum ada profil di sini / no profile is known here yet", err=True)
        return None
    return fields_of(json.loads(body))


def _require_hubs(found: Profiled) -> None:
    """Raises UsageError when a mandate is for no hub: LB-U024."""
    for mandate in found.fields.get("mandates", ()):
        if not reference.register().is_hub(mandate["hub"]):
            raise UsageError("LB-U024", f"{mandate['hub']} is no hub", "Hubs look like 19.02.")


def _send(found: Profiled, data: Data, kafka: Kafka) -> None:
    def value_of(number: int, at: int) -> bytes:
        return profile_value(found.said(DEVICE, number), at)

    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    told = json.dumps(found.fields, ensure_ascii=False)
    typer.echo(send_one(settings, found.coop, value_of, told))
