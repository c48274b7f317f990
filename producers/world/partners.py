"""What partners of some hubs say when the world begins: one supplies rice, one buys coconuts.

Decides their goods, amounts and prices, within the bands of the catalogue. Refuses to know chance:
every run of the world has the same partners.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from producers.speech import contract_value, local_time
from schemas.events import Contract

DAYS: Final = 30
"""How long a partner's contract holds, from the day it is said."""


class Partner(NamedTuple):
    """One partner at one hub; price in whole rupiah per base unit."""

    hub: str
    tag: str
    direction: Literal["buy", "supply"]
    commodity: str
    quantity: str
    unit: str
    price: str


PARTNERS: Final = (
    Partner("36.71", "BULOG-1", "supply", "BERAS-MED", "20", "TON", "12500"),
    Partner("36.01", "PABRIK-1", "buy", "KELAPA", "40000", "BUTIR", "5800"),
)


def said_by_partners(
    sites: Iterable[tuple[str, str]], device: str, now_ms: int
) -> Iterator[tuple[str, bytes]]:
    """Give hub and bytes of each contract; `sites` are hubs, each with a village of it."""
    villages = dict(sites)
    for partner in PARTNERS:
        site = villages.get(partner.hub)
        if site is None:
            continue
        today = local_time(partner.hub, now_ms).date()
        contract = Contract(
            actor=partner.hub,
            device=device,
            sequence=1,
            contract=partner.tag,
            direction=partner.direction,
            site=site,
            commodity=partner.commodity,
            quantity=partner.quantity,
            unit=partner.unit,
            price=partner.price,
            since=today,
            until=today + timedelta(days=DAYS),
        )
        yield partner.hub, contract_value(contract, now_ms)
