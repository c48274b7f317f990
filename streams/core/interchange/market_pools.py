"""Decides what becomes of a pool's matches when some of them are lost: all, or a lot, or none.

Theory of operation. A pool that got a trade is parted into ordinary matches, one a pair, each with
legs, decisions and deliveries of its own. They belong together in one thing: together they are at
least the smallest lot that somebody insists on, and none of them alone need be. So

- a share is granted whole or not at all, and nothing of a pool is committed, or seen by anybody,
  before each of its matches has both its grants or is lost;
- a match is lost when a hub does not grant it or lets it go, when somebody refuses or cancels it,
  and when its time runs out unanswered or unshipped;
- when what is left comes to less than a smallest lot, all that is still only asked for, held or
  proposed without any yes is let go, for the reason `pool_short`, and its pairs may be matched
  anew in the next round. Whom somebody has said yes or no to, or countered, stays as it is.

Refuses to know legs, requests and lines.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from schemas.identity import match_id
from schemas.market import LegState
from streams.core.interchange import market_life
from streams.core.interchange.market_state import Between
from streams.core.interchange.protocol_table import Phase
from streams.core.interchange.terms import Shipment
from streams.core.lifecycle_table import State

POOL_SHORT: Final = "pool_short"
_POOL: Final = 3
"""The tier in the name of a pool, so that none is ever called as a match."""
_LOST: Final = frozenset(
    {State.REJECTED, State.EXPIRED, State.SUPERSEDED, State.CANCELLED, State.NO_SHOW}
)
_ONLY_HELD: Final = frozenset({Phase.ASKED, Phase.COMMITTING})


def pool_names(shipments: Iterable[Shipment]) -> dict[str, tuple[str, int]]:
    """The name of each deal that was parted, from the matches in it, and how many they are."""
    deals: dict[str, list[str]] = {}
    for shipment in shipments:
        if shipment.deal is not None:
            deals.setdefault(shipment.deal, []).append(str(shipment.match))
    return {
        deal: (str(match_id(_POOL, own[0], own[-1], len(own))), len(own))
        for deal, own in ((deal, sorted(names)) for deal, names in deals.items())
        if len(own) > 1
    }


def whole_deals(shipments: Sequence[Shipment], room: int) -> list[Shipment]:
    """The first shipments that there is room for; of a deal all or none."""
    if len(shipments) <= room:
        return list(shipments)
    sizes: dict[str | None, int] = {}
    for shipment in shipments:
        sizes[shipment.deal] = sizes.get(shipment.deal, 0) + 1
    taken: list[Shipment] = []
    chosen: dict[str | None, bool] = {}
    for shipment in shipments:
        if shipment.deal is None:
            if room > 0:
                taken.append(shipment)
                room -= 1
            continue
        if shipment.deal not in chosen:
            chosen[shipment.deal] = sizes[shipment.deal] <= room
            room -= sizes[shipment.deal] if chosen[shipment.deal] else 0
        if chosen[shipment.deal]:
            taken.append(shipment)
    return taken


def is_lost(match: Between) -> bool:
    """Whether nothing of a match will move."""
    if match.life is None:
        return match.phase not in _ONLY_HELD
    return match.life.state in _LOST


def is_short(pool: Iterable[Between]) -> bool:
    """Whether something of a pool is lost and the rest is below a smallest lot."""
    given = quantity = lost = 0
    lots = (0, 0)
    for match in pool:
        lots = match.lots
        if is_lost(match):
            lost += 1
        else:
            given, quantity = given + match.given, quantity + match.quantity
    return bool(lost) and (given < lots[0] or quantity < lots[1])


def may_go(match: Between) -> bool:
    """Whether nobody has said anything to a match yet."""
    if match.life is None:
        return match.phase in _ONLY_HELD
    return market_life.may_go(match)


def has_answered(pool: Iterable[Between]) -> bool:
    """Whether every match of a pool has both its grants, or is lost."""
    return all(
        match.phase is not Phase.ASKED or all(end.state is LegState.HELD for end in match.ends)
        for match in pool
    )
