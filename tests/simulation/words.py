"""What co-ops say of their goods, and what the sides of a match say next: mostly their turn.

Decides the mix of right and wrong decisions by the state of a match. Quantities are whole.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from streams.core.state import Deal
from tests.support.core_logs import DAY, day

MICRO = 1_000_000
Hours = tuple[int, ...] | None
"""Minutes of the local day at which a hub decides; None: as it comes."""
VILLAGES = {
    "19.02": ("01.2003", "01.2004", "01.2007"),
    "11.02": ("01.2001", "01.2002", "01.2004"),
    "12.01": ("01.2003", "01.2004", "01.2005"),
}
GOODS = ("KELAPA", "KELAPA", "KOPRA")
DECIDED = {
    "draft": ("accept", "reject"),
    "proposed": ("accept", "accept", "accept", "accept", "accept", "reject", "counter"),
    "countered": ("accept", "accept", "accept", "counter", "reject"),
    "accepted": ("ship", "ship", "ship", "ship", "cancel", "accept"),
    "shipped": ("receive", "receive", "receive", "ship", "cancel"),
    "received": ("pay",),
    "short": ("pay",),
    "claimed": ("pay",),
}
"""By state what is mostly said, as often as it stands here."""
CUT_OFFS = ((), (), (), (7 * 60, 14 * 60), tuple(range(0, 24 * 60, 60)))
"""When hubs decide, as often as it stands here."""
ANY = ("accept", "reject", "counter", "ship", "receive", "pay", "cancel")


def cut_offs_of(seed: str, hours: Hours) -> tuple[int, ...]:
    """Give the cut-offs of the hub of a story: those asked for, or as it comes, mostly none."""
    return hours if hours is not None else Random(f"{seed} decides").choice(CUT_OFFS)


def haste(cut_offs: tuple[int, ...], chance: Random) -> dict[str, Any]:
    """Where hubs have cut-offs, some orders cannot wait for them."""
    hurried = cut_offs and chance.random() < 0.12
    return {"priority": "emergency"} if hurried else {}


def spoken_line(kind: str, chance: Random, **more: Any) -> dict[str, Any]:
    """Give a line of some goods."""
    commodity = chance.choice(GOODS)
    unit = "BUTIR" if commodity == "KELAPA" else "KG"
    told = {"kind": kind, "commodity": commodity, "quantity": str(chance.randrange(1, 200))}
    return {**told, "unit": unit, **more}


def pact(chance: Random, now_ms: int, sites: Sequence[str]) -> dict[str, Any]:
    """Give the body of a contract about now: a tag that others may have, goods, and its days."""
    goods = spoken_line("", chance)
    since = now_ms + chance.choice((-2, 0, 0, 0, 1, 3)) * DAY
    body = {
        "contract": chance.choice(("MITRA-1", "MITRA-2", "PO-1")),
        "site": chance.choice(sites),
    }
    body |= {name: goods[name] for name in ("commodity", "quantity", "unit")}
    body["direction"] = chance.choice(("buy", "supply"))
    body |= {"since": day(since), "until": day(since + chance.choice((0, 1, 3, 9, 30)) * DAY)}
    bound = {"permits": [" NIB "]} if int(goods["quantity"]) % 3 == 0 else {}
    return body | bound | ({"price": "9000"} if chance.random() < 0.3 else {})


def word(deal: Deal, chance: Random) -> tuple[str, dict[str, Any]]:
    """Give whose word it is, and the body of the decision."""
    what = chance.choice(ANY if chance.random() < 0.06 else DECIDED[deal.state])
    if deal.freezes_ms >= 0 and chance.random() < 0.25:  # its hub has cut-offs
        what = "open"
    to_ship = deal.quantity - deal.shipped - deal.released
    under_way = deal.shipped - deal.received - deal.refused - deal.lost
    body = body_of((deal.match, what), (deal.quantity, to_ship, under_way), chance)
    return _actor(deal, what, chance), body


def body_of(of: tuple[str, str], amounts: tuple[int, int, int], chance: Random) -> dict[str, Any]:
    """Give a decision on a match: `amounts` are what is agreed, to ship and under way, micro."""
    agreed, to_ship, under_way = (amount // MICRO for amount in amounts)
    match, what = of
    body: dict[str, Any] = {"match": match, "decision": what}
    if what == "counter":
        body["quantity"] = str(chance.randrange(1, agreed + 2))
    elif what == "ship":
        body["quantity"] = str(_some(to_ship, chance))
        if chance.random() < 0.06:  # nobody can refuse what is only leaving
            body["refused"] = "3"
    elif what == "receive":
        sound = _some(under_way, chance) if chance.random() < 0.85 else 0
        body["quantity"] = str(sound)
        if chance.random() < 0.4:
            body["refused"] = str(chance.randrange(max(1, under_way - sound + 1)))
        if chance.random() < 0.3:
            body["final"] = True
    elif what == "cancel" and chance.random() < 0.9:
        body["reason"] = "banjir"
    return body


def _some(most: int, chance: Random) -> int:
    """All of it, a part of it, and now and then one too many."""
    return (
        most if chance.random() < 0.5 else chance.choice((most // 2, max(1, most // 3), most + 1))
    )


def _actor(deal: Deal, what: str, chance: Random) -> str:
    if chance.random() < 0.06:
        return chance.choice((deal.from_coop, deal.to_coop))
    if what == "ship" or (what in ("accept", "counter") and deal.accepted_to):
        return deal.from_coop
    if what == "receive" or (what in ("accept", "counter") and deal.accepted_from):
        return deal.to_coop
    return chance.choice((deal.from_coop, deal.to_coop))
