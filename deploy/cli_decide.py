"""`lumbung match open|accept|reject|counter|ship|receive|pay|cancel`: an officer decides.

Decides the words and options of each decision, and nothing else: `deciding` says and sends it.
"""

from typing import Annotated, Any

import typer

from deploy.options import Data, Kafka, WarehouseUrl

MatchArg = Annotated[str, typer.Argument(help="Its number, as `lumbung get matches` shows it.")]
As = Annotated[
    str, typer.Option("--as", help="Who decides: a co-op, 19.02.01.2003, or its hub, 19.02.")
]
Quantity = Annotated[
    str, typer.Option(help="Amount in the goods' base unit, without it: 1.500 (kg, litre, ...).")
]
Reason = Annotated[str, typer.Option(help="Why, in your own words.")]
On = Annotated[str, typer.Option(help="The day it happened or is to happen, 2026-12-01.")]
Locale = Annotated[str, typer.Option(help="How numbers are written: id or en.")]
Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait until the hub has said yes or no.")
]


def register(app: typer.Typer) -> None:
    """Give a group its decisions, in the order in which they come in a match's life."""
    for command in (open_, accept, reject, counter, ship, receive, pay, cancel):
        app.command(command.__name__.rstrip("_"))(command)


def open_(
    match: MatchArg,
    *,
    actor: As,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Look at a match before you answer: for 30 minutes no round changes or withdraws it.

    Example: lumbung match open AMBFGHIJ2345KLMN --as 19.02
    """
    said = {"reason": reason, "on": on}
    _decide("open", match, actor, said, data=data, kafka=kafka, warehouse=warehouse, wait=wait)


def accept(
    match: MatchArg,
    *,
    actor: As,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Say yes. A match is agreed when both sides have, each itself or its hub with a mandate.

    Example: lumbung match accept AMBFGHIJ2345KLMN --as 19.02.01.2003
    """
    said = {"reason": reason, "on": on}
    _decide("accept", match, actor, said, data=data, kafka=kafka, warehouse=warehouse, wait=wait)


def reject(
    match: MatchArg,
    *,
    actor: As,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Say no to a proposal; the goods are free for others at once.

    Example: lumbung match reject AMBFGHIJ2345KLMN --as 19.02 --reason "truk rusak"
    """
    said = {"reason": reason, "on": on}
    _decide("reject", match, actor, said, data=data, kafka=kafka, warehouse=warehouse, wait=wait)


def counter(
    match: MatchArg,
    *,
    actor: As,
    quantity: Quantity = "",
    price: Annotated[str, typer.Option(help="Whole rupiah per base unit.")] = "",
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Answer with other terms, never more than was proposed; the other side is asked then.

    Example: lumbung match counter AMBFGHIJ2345KLMN --as 19.02.01.2003 --price 118000
    """
    said = {"quantity": quantity, "price": price, "reason": reason, "on": on}
    flags: Any = {"data": data, "kafka": kafka, "warehouse": warehouse}
    _decide("counter", match, actor, said, wait=wait, locale=locale, **flags)


def ship(
    match: MatchArg,
    *,
    actor: As,
    quantity: Quantity = "",
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Goods have left, all of them or a part: they leave the giver's stock.

    Example: lumbung match ship AMBFGHIJ2345KLMN --as 19.02.01.2001 --quantity 60
    """
    said = {"quantity": quantity, "reason": reason, "on": on}
    flags: Any = {"data": data, "kafka": kafka, "warehouse": warehouse}
    _decide("ship", match, actor, said, wait=wait, locale=locale, **flags)


def receive(
    match: MatchArg,
    *,
    actor: As,
    quantity: Quantity = "",
    refused: Annotated[
        str, typer.Option(help="What arrived and was not taken, in the base unit.")
    ] = "",
    final: Annotated[
        bool, typer.Option("--final", help="Nothing more will come: what is missing is lost.")
    ] = False,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Goods have arrived: what was taken joins the taker's stock, what was refused does not.

    Example: lumbung match receive AMBFGHIJ2345KLMN --as 19.02.01.2003 --quantity 55 --refused 5
    """
    said = {"quantity": quantity, "refused": refused, "final": final, "reason": reason, "on": on}
    flags: Any = {"data": data, "kafka": kafka, "warehouse": warehouse}
    _decide("receive", match, actor, said, wait=wait, locale=locale, **flags)


def pay(
    match: MatchArg,
    *,
    actor: As,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Money: the taker says that it has paid, the giver that it has come. Lumbung moves none.

    Example: lumbung match pay AMBFGHIJ2345KLMN --as 19.02.01.2003 --on 2026-12-01
    """
    said = {"reason": reason, "on": on}
    _decide("pay", match, actor, said, data=data, kafka=kafka, warehouse=warehouse, wait=wait)


def cancel(
    match: MatchArg,
    *,
    actor: As,
    reason: Reason = "",
    on: On = "",
    wait: Wait = 0,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Take back what was agreed and has not left yet; say why.

    Example: lumbung match cancel AMBFGHIJ2345KLMN --as 19.02.01.2001 --reason "gagal panen"
    """
    said = {"reason": reason, "on": on}
    _decide("cancel", match, actor, said, data=data, kafka=kafka, warehouse=warehouse, wait=wait)


def _decide(
    action: str, match: str, actor: str, said: dict[str, Any], *, wait: float,
    locale: str = "id", data: Data, kafka: Kafka, warehouse: WarehouseUrl,
) -> None:  # fmt: skip
    from deploy.deciding import Wanted, decide  # noqa: PLC0415 - the matcher alone needs no Kafka

    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    decide(Wanted(action, match, actor, said, wait, locale), flags)
