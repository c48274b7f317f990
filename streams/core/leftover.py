"""Decides what a round says of the lines that it left something of: how much, and why.

Goods whose owner was asked whether they are still there, and never said, were in no round: they
say so; goods that another hub wants, and whose owner was asked for its sake, say that. So do lines
that the hub spares for others. Refuses to find reasons: the matcher has.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from streams.core.deal_life import UNANSWERED
from streams.core.lines import NeedLine, OfferLine, Round
from streams.core.state import Round as RoundState
from streams.core.state import WhyNot

COUNT_WANTED: Final = "count_wanted"
"""Why goods wait that another hub wants: word of them is old, and their owner was asked."""
OUTLOOK: Final = "outlook"
"""Why goods and orders wait that others make more of."""
LEFT_MAX: Final = 500
"""Most lines whose reason a round keeps; the largest quantities stay."""


class Beside(NamedTuple):
    """What a round does not have: goods without word of them, and what is spared, micro by line.

    Goods that are `asked` for are in it, but another hub wants them and waits for word of them.
    """

    resting: Iterable[OfferLine]
    asked: Iterable[OfferLine]
    spared: Mapping[str, int]


def left_over(
    answer: Round,
    lines: Iterable[OfferLine | NeedLine],
    beside: Beside,
    version: int,
) -> RoundState:
    """What of a round is kept; `lines` are all there were."""
    known = {line.line: line for line in lines}
    left: dict[str, WhyNot] = {}
    for one in answer.unmatched:
        line = known[one.line]
        what = line.coop, line.commodity, one.quantity
        left[one.line] = WhyNot(one.side, *what, one.reason, dict(one.figures))
    for name, much in beside.spared.items():
        line, whole = known[name], much + (left[name].quantity if name in left else 0)
        side = "offer" if isinstance(line, OfferLine) else "need"
        told: dict[str, int | str] = {"spared": much}
        left[name] = WhyNot(side, line.coop, line.commodity, whole, OUTLOOK, told)
    wanted = [(o, left[o.line].quantity) for o in beside.asked if o.line in left]
    for offer in beside.resting:
        left[offer.line] = _waits(offer, offer.quantity, UNANSWERED)
    for offer, quantity in wanted:
        left[offer.line] = _waits(offer, quantity, COUNT_WANTED)
    largest = sorted(left, key=lambda name: (-left[name].quantity, name))[:LEFT_MAX]
    return RoundState(version, answer.certified, {name: left[name] for name in sorted(largest)})


def _waits(offer: OfferLine, quantity: int, reason: str) -> WhyNot:
    what = offer.coop, offer.commodity, quantity
    return WhyNot("offer", *what, reason, {"commodity": offer.commodity})
