"""Decides what both legs of a match say when taken together, and what each is still to be asked.

What follows from it is a table, `protocol_table`. Refuses to know when anybody is asked.
"""

from typing import Any

from schemas.market import Commit, LegState, Release, Request, Reserve
from streams.core.interchange import market_life
from streams.core.interchange.market_state import Between, End
from streams.core.interchange.protocol_table import HOLD_MS, OVER, News, Phase


def is_ending(match: Between, now_ms: int) -> bool:
    """True when nothing more may come of what people see."""
    return match.phase is Phase.PROPOSED and market_life.is_over(match, now_ms)


def news_of(match: Between, now_ms: int) -> News | None:
    """What both legs of a match, taken together, say; None when that is nothing yet."""
    over = [end.is_over for end in match.ends]
    if match.phase is Phase.RELEASING:
        return News.ALL_OVER if all(over) else None
    if any(over):
        return News.LEG_OVER
    if is_ending(match, now_ms):
        return News.LIFE_OVER
    if match.phase is Phase.ASKED and all(end.state is LegState.HELD for end in match.ends):
        return News.GRANTED if _agree(match) else News.TOO_LITTLE
    if match.phase is Phase.COMMITTING and all(_is_acknowledged(end) for end in match.ends):
        return News.ACKNOWLEDGED
    return None


def _is_acknowledged(end: End) -> bool:
    return end.state is LegState.COMMITTED and end.quantity == end.agreed


def _agree(match: Between) -> bool:
    """Set what both legs can give, in each one's measure; False below a smallest lot."""
    offer, need = match.ends
    of_offer, of_need = match.grains
    able = offer.quantity // of_offer * of_offer
    quantity = min(need.quantity, able * match.quantity // match.given) // of_need * of_need
    given = -(-quantity * match.given // (match.quantity * of_offer)) * of_offer
    if quantity < max(1, need.least) or given < max(1, offer.least):
        return False
    offer.agreed, need.agreed = given, quantity
    return True


def request_of(match: Between, end: End, generation: int) -> Request | None:
    """What a leg is still to be asked; None when it has said all that is wanted of it."""
    facts: dict[str, Any] = {
        "match": match.match,
        "side": end.side,
        "hub": end.hub,
        "family": match.family,
        "version": match.version,
        "generation": generation,
    }
    if match.phase is Phase.ASKED and end.state is None:
        facts |= {"line": end.line, "commodity": end.commodity}
        facts |= {"quantity": end.asked, "least": end.least, "tick": match.tick}
        other = match.need if end is match.offer else match.offer
        held = tuple(permit for permit in other.permits if permit in end.asks)
        facts |= {"asks": other.asks, "permits": held}
        return Reserve(**facts, ttl_ms=HOLD_MS)
    if match.phase is Phase.COMMITTING and end.state is LegState.HELD:
        return Commit(**facts, quantity=end.agreed)
    if match.phase is Phase.PROPOSED and end.stood < match.stands:
        return market_life.stand_of(match, end, facts | {"version": match.stands})
    if match.phase is Phase.RELEASING and end.state not in OVER:
        return Release(**facts, reason=match.reason)
    return None
