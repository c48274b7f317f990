"""Who decides what next, in a story: on a match inside the hub, or on an end of one between hubs.

Decides which match is spoken of. On legs speak mostly their own co-ops, mostly what is their turn
by what the hub knows of the match; now and then strangers, and on what is over or not shown yet.
"""

from random import Random
from typing import Any

from schemas.market import LegSide, LegState
from streams.core.interchange.hub_life import known
from streams.core.interchange.hub_state import Leg
from streams.core.partition import Partition
from tests.simulation.words import ANY, DECIDED, body_of, word

_NOT_OURS = {LegSide.OFFER: "receive", LegSide.NEED: "ship"}


def drawn(core: Partition, coops: list[str], chance: Random) -> tuple[str, dict[str, Any]] | None:
    """Give whose word it is and the body of the decision; None when no match stands."""
    deals = [deal for _, deal in sorted(core._view.book.deals.items()) if deal.state in DECIDED]
    legs = [leg for _, leg in sorted(core._desk.side.legs.items()) if leg.line]
    seen = [leg for leg in legs if leg.state is LegState.COMMITTED and leg.life is not None]
    if legs and chance.random() < (0.05 if seen or deals else 0.2):
        return _on_leg(chance.choice(legs), coops, chance)
    if not deals and not seen:
        return None
    which = chance.randrange(len(deals) + len(seen))
    if which < len(deals):
        return word(deals[which], chance)
    return _on_leg(seen[which - len(deals)], coops, chance)


def _on_leg(leg: Leg, coops: list[str], chance: Random) -> tuple[str, dict[str, Any]]:
    life = known(leg)
    mostly = DECIDED.get(life.state, ()) if life is not None else ()
    turns = [what for what in mostly if what != _NOT_OURS[leg.side]]
    what = chance.choice(ANY if chance.random() < 0.06 or not turns else turns)
    actor = chance.choice(coops) if chance.random() < 0.06 else leg.line.partition("|")[0]
    amounts = (life.quantity, life.to_ship, life.under_way) if life is not None else (0, 0, 0)
    body = body_of((leg.match, what), amounts, chance)
    if what == "counter" and chance.random() < 0.4:
        body["price"] = chance.choice(("14000", "17500"))
    return actor, body
