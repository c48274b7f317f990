"""Decides what a round says of the lines that it left something of: how much, and why.

Goods whose owner was asked whether they are still there, and never said, were in no round: they
say so. Refuses to find reasons: the matcher has.
"""

from collections.abc import Iterable
from typing import Final

from streams.core.deal_life import UNANSWERED
from streams.core.lines import NeedLine, OfferLine, Round
from streams.core.state import Round as RoundState
from streams.core.state import WhyNot

LEFT_MAX: Final = 500
"""Most lines whose reason a round keeps; the largest quantities stay."""


def left_over(
    answer: Round,
    lines: Iterable[OfferLine | NeedLine],
    resting: Iterable[OfferLine],
    version: int,
) -> RoundState:
    """What of a round is kept; `lines` were in it, `resting` goods wait for word of them."""
    known = {line.line: line for line in lines}
    left: dict[str, WhyNot] = {}
    for one in answer.unmatched:
        line = known[one.line]
        what = line.coop, line.commodity, one.quantity
        left[one.line] = WhyNot(one.side, *what, one.reason, dict(one.figures))
    for offer in resting:
        what = offer.coop, offer.commodity, offer.quantity
        figures: dict[str, int | str] = {"commodity": offer.commodity}
        left[offer.line] = WhyNot("offer", *what, UNANSWERED, figures)
    largest = sorted(left, key=lambda name: (-left[name].quantity, name))[:LEFT_MAX]
    return RoundState(version, answer.certified, {name: left[name] for name in sorted(largest)})
