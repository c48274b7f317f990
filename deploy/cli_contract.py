"""`lumbung contract`: a partner says what it buys or supplies at a village, and until when.

Decides the words and options, and what is refused before it is sent. Refuses to judge: the hub
worker does, in the book of the village's hub.
"""

from typing import Annotated

import typer

from deploy.cli_say import DEVICE, faulty, require_actor, require_village, send_one
from deploy.errors import EXIT_CHECK, UsageError
from deploy.options import Data, Kafka
from deploy.settings import load
from producers.contract import Agreed, agreed
from producers.goods import Goods
from producers.speech import contract_value
from schemas import reference
from schemas.identity import CoopId

Amount = Annotated[str, typer.Argument(help="The whole quantity: 2ton, 1.500kg.")]
As = Annotated[
    str, typer.Option("--as", help="Who speaks for the partner: a hub, 19.02, or a co-op.")
]
Buys = Annotated[
    bool | None, typer.Option("--buy/--supply", help="Whether the partner buys or supplies.")
]
Price = Annotated[
    str, typer.Option(help="Whole rupiah per base unit: most it pays, least it takes.")
]
Permits = Annotated[
    list[str] | None, typer.Option(help="A permit that the other side must hold; again for each.")
]


def contract(
    tag: Annotated[str, typer.Argument(help="The partner's own number: BULOG-7.")],
    goods: Annotated[str, typer.Argument(help="Code or name: BERAS-SPHP, kopra.")],
    amount: Amount,
    *,
    actor: As,
    site: Annotated[str, typer.Option(help="The village it lies in or goes to.")],
    buys: Buys = None,
    since: Annotated[str, typer.Option(help="First day it holds, 2026-12-01.")] = "",
    until: Annotated[str, typer.Option(help="Last day it holds.")] = "",
    grade: Annotated[str, typer.Option(help="Grade; absent is ungraded.")] = "",
    price: Price = "",
    min_lot: Annotated[str, typer.Option(help="Smallest lot, in the unit of the amount.")] = "",
    permit: Permits = None,
    locale: Annotated[str, typer.Option(help="How numbers are written: id or en.")] = "id",
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Say a contract of a partner; it is matched like stock or an order while it holds.

    What a partner buys is an order of that number, what it supplies a lot of that name, both at
    SITE in the book of its hub. Saying it again, with the same number, replaces it; the quantity
    of a supply is what is there when it is said. Subsidised goods go to outlets alone.

    Example: lumbung contract BULOG-7 BERAS-SPHP 2ton --supply --as 19.02 --site 19.02.01.2003
    --since 2026-12-01 --until 2026-12-31 --price 11000
    """
    require_parties(actor, site)
    direction = "" if buys is None else ("buy" if buys else "supply")
    fields = {"contract": tag, "commodity": goods, "amount": amount, "site": site, "since": since,
              "until": until, "grade": grade, "price": price, "min_lot": min_lot,
              "locale": locale}  # fmt: skip
    words = Goods(reference.catalogue(), reference.units())
    found = agreed(actor, direction, fields, permit or (), words)
    if isinstance(found, list):
        faulty(found)
        raise typer.Exit(EXIT_CHECK)
    _send(found, data, kafka)


def require_parties(actor: str, site: str) -> None:
    """Raises UsageError unless both are there, in one hub: LB-U020, LB-U021, LB-U023."""
    require_village(site)
    require_actor(actor)
    register = reference.register()
    hub = register.hub_of(CoopId(site))
    book = actor if register.is_hub(actor) else register.hub_of(CoopId(actor))
    if hub != book:
        raise UsageError(
            "LB-U023",
            f"{site} is in hub {hub}, and {actor} speaks in hub {book}",
            f"A contract lies in the book of its site: say it --as {hub}.",
        )


def _send(found: Agreed, data: Data, kafka: Kafka) -> None:
    def value_of(number: int, at: int) -> bytes:
        return contract_value(found.said(DEVICE, number), at)

    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    typer.echo(send_one(settings, found.actor, value_of, found.read_back))
