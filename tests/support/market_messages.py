"""One message of every type that hubs and the market say to each other."""

from typing import Any

from schemas.market import (
    WIRE_MAX_MICRO,
    ActTold,
    Commit,
    Done,
    LeftNeed,
    LeftOffer,
    LegSide,
    LegState,
    LegTold,
    Message,
    Release,
    Reserve,
    Residual,
    Retell,
    Stand,
)
from schemas.outlook import Outlook, Spared
from schemas.permits import Holder

END: dict[str, Any] = {
    "match": "A" * 16,
    "side": LegSide.NEED,
    "hub": "19.02",
    "family": "PADI",
    "version": 9,
}
OFFER = LeftOffer(line="o", coop="c", commodity="X", grade="A", quantity=1_500_000, floor=9)
NEED = LeftNeed(line="n", coop="d", commodity="X", quantity=2, ceiling=9, grades=("A", "B"))
BOUND = LeftOffer(
    line="p", coop="19.02", commodity="X", grade="A", quantity=1, floor=9, asks=("nib 12",)
)
HOLDERS = (Holder(coop="c", permits=("halal", "nib 12")),)
INSIDE: dict[str, Any] = {"inside_offers": (OFFER,), "inside_needs": (NEED,)}
LINES: dict[str, Any] = {"offers": (OFFER, BOUND), "needs": (NEED,), "holders": HOLDERS}
RESIDUAL = Residual(hub="19.02", family="PADI", version=7, **LINES, **INSIDE)
DONE_HERE = ActTold(action="ship", actor="c", at_ms=8, quantity=1_500_000, reason="pagi")
LEG = LegTold(
    **END,
    line="n",
    state=LegState.COMMITTED,
    quantity=5,
    at_risk="r",
    generation=3,
    stood=7,
    heard=1,
    acts=(DONE_HERE,),
    permits=("halal",),
)
RIGHTS: dict[str, Any] = {"asks": ("halal",), "permits": ("nib 12",)}
SO_MUCH: dict[str, Any] = {"quantity": WIRE_MAX_MICRO, "least": 1, "ttl_ms": 600_000}
RESERVE = Reserve(**END, **RIGHTS, line="n", commodity="X", **SO_MUCH)
SPARED = Spared(line="o", quantity=1_500_000)
OUTLOOK = Outlook(hub="19.02", family="PADI", version=9, tick=8, at_ms=7, spared=(SPARED,))
MESSAGES: tuple[Message, ...] = (
    RESIDUAL,
    Done(partition=3, tick=8, version=9),
    LEG,
    RESERVE,
    Commit(**END, quantity=3),
    Release(**END, reason="rejected"),
    Stand(**END, state="shipped", quantity=9, granted=9, price=7, shipped=4, heard=2, holds=5),
    Retell(partition=3, market=5, tick=8, version=9),
    OUTLOOK,
)
