"""What decisions that were carried out have done to legs, in the plainest way.

Decides who may have spoken at which end, what the market must be told of it, and what it moved.
Of what the core says it takes that a decision was carried out, and at which legs of the match; of
a yes also to which terms, out of all that are known here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.facts import ActSaid
from tests.simulation.facts import Leg as LegSaid
from tests.simulation.legs import Leg, Legs, Name
from tests.support.oracle import Moved, ms

MICRO = 1_000_000
Law = Callable[[str, bool, str], None]
Told = Mapping[Name, LegSaid]


class FarDeeds:
    """All decisions on legs; `mandated` are the co-ops that ever let a hub speak for them."""

    def __init__(self, legs: Legs) -> None:
        self.mandated: set[str] = set()
        self._legs = legs

    def done(self, value: bytes, told: Told, at: tuple[int, int], law: Law) -> list[Moved]:
        """Take in a saying that was carried out, and what was told of legs; gives what moved.

        `at` is its version, and the time of its partition.
        """
        said = json.loads(value)
        body = said["data"]
        if body.get("mandates"):
            self.mandated.add(body["coop"])
        if "decision" not in body:
            return []
        moved: list[Moved] = []
        ends = [(n, x) for n, x in self._legs.by_name.items() if n[0] == body["match"]]
        took = [(n, x) for n, x in ends if n in told and _acted(told[n]) > len(x.acts)]
        law("I7", bool(took), f"{said['id']} was carried out at no leg")
        for name, leg in took:
            act = self._act(body, leg, told[name], at[1], law)
            self._legs.act(leg, act, at[0])
            key = (ms(said["time"]), body["device"], body["sequence"], 0)
            moved += _moved(leg, act, key)
        return moved

    def _act(self, body: Any, leg: Leg, told: LegSaid, now_ms: int, law: Law) -> ActSaid:
        what, actor, coop = body["decision"], body["actor"], leg.line.partition("|")[0]
        quantity, refused = (int(body.get(n) or 0) * MICRO for n in ("quantity", "refused"))
        act = ActSaid(
            action=what,
            actor=actor,
            at_ms=now_ms,
            quantity=quantity,
            refused=refused,
            price=int(body.get("price") or 0),
            reason=body.get("reason", ""),
            final=body.get("final", False),
        )
        spoken = f"{actor} says {what} of {quantity} and {refused} at {leg}"
        law("I7", actor == coop or (len(actor) < len(coop) and coop in self.mandated), spoken)
        law("I7", leg.state == "committed" and leg.stand is not None, spoken)
        if what == "accept":
            terms = told.acts[-1].quantity, told.acts[-1].price
            law("I7", _are_known(leg, *terms), f"a yes to {terms}: {spoken}")
            return act._replace(quantity=terms[0], price=terms[1])
        stand: Any = leg.stand
        if what == "ship":
            rest = stand.quantity - stand.shipped - stand.released
            law("I7", leg.side == "offer" and 0 < quantity <= rest, spoken)
        elif what == "receive":
            rest = stand.shipped - stand.received - stand.refused - stand.lost
            law("I7", leg.side == "need" and quantity + refused <= rest, spoken)
        return act


def _acted(told: LegSaid) -> int:
    return told.heard + len(told.acts)


def _are_known(leg: Leg, quantity: int, price: int) -> bool:
    """The terms of the market, or what somebody here has named since."""
    stand: Any = leg.stand
    named = [act for act in leg.acts[leg.heard :] if act.action == "counter"]
    quantities, prices = {act.quantity for act in named}, {act.price for act in named}
    return quantity in {stand.quantity, *quantities} and price in {stand.price, *prices}


def _moved(leg: Leg, act: ActSaid, key: tuple[int, str, int, int]) -> list[Moved]:
    """Off what is offered, or onto what is there of such goods without a lot, for the order."""
    coop, _, name = leg.line.partition("|")
    if act.action == "ship":
        return [Moved(coop, name, -act.quantity // MICRO, key)]
    if act.action == "receive" and act.quantity and leg.stand is not None:
        place = f"{leg.commodity}|{leg.grade}|"
        return [Moved(coop, place, act.quantity // MICRO, key, name)]
    return []
