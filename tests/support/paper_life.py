"""Whole lives of the match of `paper_log`, written by hand, with all that a worker says of them.

`PAID`: A and B say yes, A ships 30 of the 50 kg, B takes 25 and refuses 5, A ships the other 20,
of which the hub, for B, takes 18 and waits for no more; B says that it paid and A confirms.
`GIVEN_UP`: B asks for 40 kg and A agrees, A ships 30 and gives up the rest, 10 of the 30 arrive,
and nobody says more until the clock does. Nothing here was computed by the program.
"""

from typing import Any, NamedTuple

from tests.support.paper_log import HUB, MATCH, A, B, PaperLog, Tree, ledger, match, position
from tests.support.sayings import NOW_MS, encoded, envelope, tick

FIRST = 7
"""Where the first decision stands: after all of `paper_log`."""
NAMES = ("shipped", "received", "refused", "lost", "held")
PAYMENTS = {"claimed": "claimed", "paid": "confirmed"}
LONG_AGO = 20_776
"""A day so long before the log that the clock may end what should have come by then."""


class Told(NamedTuple):
    """One step: who did what, what else was said, the state after it, and what it touched.

    `amounts` are those of `NAMES`; `has` is what A, or B, has of the goods after it.
    """

    actor: str
    what: str
    more: dict[str, Any]
    state: str
    amounts: str
    has: str = ""
    quantity: str = "50"


PAID = (
    Told(A, "accept", {}, "proposed", "0 0 0 0 50"),
    Told(B, "accept", {}, "accepted", "0 0 0 0 50"),
    Told(A, "ship", {"quantity": "30"}, "shipped", "30 0 0 0 20", "85"),
    Told(
        B, "receive", {"quantity": "25", "refused": "5", "reason": "basah"},
        "shipped", "30 25 5 0 20", "25",
    ),
    Told(A, "ship", {"quantity": "20"}, "shipped", "50 25 5 0 0", "65"),
    Told(HUB, "receive", {"quantity": "18", "final": True}, "short", "50 43 5 2 0", "43"),
    Told(B, "pay", {}, "claimed", "50 43 5 2 0"),
    Told(A, "pay", {}, "paid", "50 43 5 2 0"),
)  # fmt: skip
GIVEN_UP = (
    Told(B, "counter", {"quantity": "40", "price": "120000"}, "countered", "0 0 0 0 50", "", "40"),
    Told(A, "accept", {}, "accepted", "0 0 0 0 40", "", "40"),
    Told(A, "ship", {"quantity": "30"}, "shipped", "30 0 0 0 10", "85", "40"),
    Told(A, "cancel", {"reason": "habis"}, "shipped", "30 0 0 0 0", "", "40"),
    Told(B, "receive", {"quantity": "10"}, "shipped", "30 10 0 0 0", "10", "40"),
    Told("lumbung", "close", {}, "short", "30 10 0 20 0", "", "40"),
)


def decision(actor: str, what: str, sequence: int, **more: Any) -> bytes:
    who = {"actor": actor, "device": "hp1", "sequence": sequence}
    return encoded(envelope("decision", {**who, "match": MATCH, "decision": what, **more}))


def came(quantity: str, version: int, **more: Any) -> Tree:
    """What B has of what it received: the grade of the match, the unnamed lot."""
    goods = {"commodity": "LADA-PUTIH", "grade": "A", "lot": "", "unit": "KGM"}
    terms = {"keep": "0", "min_lot": "0", "floor_price": -1, "expires_day": -1}
    told = {"on_hand": quantity, "last_report_ms": NOW_MS, "version": version}
    return {**goods, **terms, **told, **more}


class PaperLife(PaperLog):
    """The log with a life behind it."""

    def __init__(self, *life: Told) -> None:
        super().__init__()
        self._used = {A: 2, B: 1, HUB: 0}
        self.life = life
        for told in life:
            self._step(told)
        supply, left = ("108", "7") if life == PAID else ("95", "40")
        for sums in self.demand:
            sums["version"] = len(self.events)
            sums["rows"][0]["supply"] = supply
            for row in sums["rows"][1:]:
                row.update(demand=left, matched="0", gap=left)
        for actor, used in self._used.items():
            gates = {"hp1": [used, b"", b"", used]}
            self.state.append((f"coop/{actor}", [len(self.events), NOW_MS, 0, gates]))
        self.state.append(("applied", [len(self.events) - 1, 0]))

    def _step(self, told: Told) -> None:
        offset, actor = len(self.events), told.actor
        if actor == "lumbung":
            self.events.append((b"tick", encoded(tick(2))))
        else:
            sequence = self._used[actor] = self._used[actor] + 1
            value = decision(actor, told.what, sequence, **told.more)
            self.events.append((actor.encode(), value))
            touched = self._touched(told, offset + 1)
            self.ledger.append(ledger(offset, "accepted", actor, sequence, **touched))
        self.matches.append(self._match(told, offset + 1))

    def _match(self, told: Told, version: int) -> Tree:
        history = self.matches[-1]["history"]
        amounts = zip((f"{name}_quantity" for name in NAMES), told.amounts.split(), strict=True)
        reason = told.more.get("reason", told.what)
        step = {"state": told.state, "at_ms": NOW_MS, "actor": told.actor, "reason": reason}
        more: Tree = {"payment": PAYMENTS.get(told.state, "none"), "arrive_by_day": LONG_AGO}
        more["price"] = 120_000 if told.quantity == "40" else 129_900
        more |= {"quantity": told.quantity, "ship_by_day": LONG_AGO, **dict(amounts)}
        return match(version, state=told.state, history=[*history, step], **more)

    def _touched(self, told: Told, version: int) -> Tree:
        """What the ledger tells of positions and orders; a hub names whose they are."""
        if told.what == "ship":
            return {"positions": [position(told.has, version)]}
        if told.what != "receive":
            return {}
        of = {"coop": B} if told.actor == HUB else {}
        order = {**self.ledger[1]["orders"][0], "delivered": told.has, "version": version}
        return {"positions": [came(told.has, version, **of)], "orders": [order]}

    def decided(self, n: int, **more: Any) -> None:
        """The n-th decision was another one; what came of it stays as it is told."""
        told = self.life[n]
        sequence = self.ledger[len(self.ledger) - len(self.life) + n]["sequence"]
        value = decision(told.actor, told.what, sequence, **{**told.more, **more})
        self.events[FIRST + n] = (told.actor.encode(), value)
