"""`lumbung clearing`: what co-ops owe each other in rings, and need not pay; nothing is touched.

Decides how it is told. Reads the warehouse; moves no money.
"""

import json
from typing import Annotated, Final

import msgspec
import typer

from deploy import shown
from deploy.cli_ask import url_of
from deploy.errors import CheckFailed
from deploy.live_clearing import Cleared, cleared
from deploy.options import Data, WarehouseUrl
from sinks.engines import reading
from sinks.queries.owed import unpaid
from streams.core.reasons import Text, rupiah

NOTHING_OWED: Final = Text(
    "Tidak ada yang perlu dibayar: tidak ada barang yang sudah diterima dan belum lunas.",
    "Nothing is owed: no goods were received whose money is not confirmed.",
)
NO_RING: Final = Text(
    "Tidak ada yang bisa saling dihapus: utang-utang ini tidak membentuk lingkaran.",
    "Nothing clears: no ring lies in these debts.",
)
PROPOSAL: Final = Text(
    "{total} dari {of} tidak perlu dibayar ({proof}). Ini usulan: Lumbung tidak memindahkan uang.",
    "{total} of {of} need not be paid ({proof}). This is a proposal: Lumbung moves no money.",
)
CLAIMED: Final = Text(
    "Pada 'claimed' pembeli bilang sudah membayar: tanyakan dulu sebelum dihapus.",
    "Where it says 'claimed' the taker says to have paid: ask before you strike it out.",
)


def clearing(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, all of it.")] = False,
    data: Data = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Show which debts between co-ops cancel out in rings: A owes B, B owes C, C owes A.

    A debt is a match whose goods were received and whose money the giver has not confirmed
    (received, short, claimed): the giver's price for what arrived, without freight.

    As much as can be is struck out, proven (gap 0). Everybody pays less and gets as much less, so
    nobody gains or loses. It is a proposal: Lumbung moves no money. Where nothing is left of a
    match and both agree, they tell it with *lumbung match pay*.

    Example: **lumbung clearing --data lumbung-data** prints a row for every match (owed, cleared,
    left), a row for every co-op (what it need no longer pay, what stays), and the total.

    Reads the warehouse only; 0 also when nothing clears, 4 when there is no warehouse.
    """
    with reading(url_of(data, warehouse)) as connection:
        matches = unpaid(connection)
    typer.echo(f"{len(matches)} matches are received and not confirmed as paid", err=True)
    try:
        found = cleared(matches)
    except ValueError as wrong:
        raise CheckFailed(
            "LB-W017", f"debts in the warehouse cannot be cleared: {wrong}", "Run lumbung verify."
        ) from wrong
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))
    elif not found.matches:
        typer.echo("\n".join(NOTHING_OWED))
    else:
        told(found)


def told(found: Cleared) -> None:
    """Print a clearing for people: matches, co-ops, the sum of it."""
    shown.write([msgspec.to_builtins(debt) for debt in found.matches], "wide")
    typer.echo()
    shown.write([msgspec.to_builtins(coop) for coop in found.coops], "wide")
    typer.echo()
    if not found.total:
        typer.echo("\n".join(NO_RING))
    typer.echo("\n".join(summed(found)))
    if any(debt.state == "claimed" and debt.cleared for debt in found.matches):
        typer.echo("\n".join(CLAIMED))


def summed(found: Cleared) -> Text:
    """The total and whether it is proven, in both languages."""
    proofs = (
        Text("terbukti tidak bisa lebih, selisih 0", "proven the most, gap 0")
        if found.certified
        else Text(
            f"belum terbukti; mungkin masih {rupiah(found.gap, 'id')} lagi",
            f"not proven; {rupiah(found.gap, 'en')} more may be possible",
        )
    )
    return Text(
        PROPOSAL.id.format(
            total=rupiah(found.total, "id"), of=rupiah(found.of, "id"), proof=proofs.id
        ),
        PROPOSAL.en.format(
            total=rupiah(found.total, "en"), of=rupiah(found.of, "en"), proof=proofs.en
        ),
    )
