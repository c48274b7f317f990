"""What the market's prices mean to the lines of one hub.

Decides the form of prices between hubs, and what a line would bring elsewhere at them: an offer
above its floor, a need below its ceiling. Refuses to know where prices come from
(`streams.core.interchange.quoting`), how they reach a hub, and what a round makes of an outlook
(`Options.outlook`).

Goods keep for days and needs wait for days, so a price is a stair: the more days under way a line
allows, the better its price. Lines on contracts, lines that ask for permits and emergencies look
nowhere else: they stay in their hub, or do not wait. What only one round promises is not
counted on: of the last few the poorest holds (`steady`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streams.core.interchange.sides import days_left, days_until, serves
from streams.core.lines import FREE, NeedLine, OfferLine, Options

Goods = tuple[str, str]
"""Commodity and grade."""


class Step(NamedTuple):
    """From so many days under way on, the price is this: whole rupiah per base unit."""

    days: int
    idr: int


class Quote(NamedTuple):
    """What other hubs pay for a grade, net of freight, and what it costs from them, with freight.

    Days rise; what others pay rises with them, what they ask falls. Empty: nobody wants, or has,
    any.
    """

    sell: tuple[Step, ...] = ()
    buy: tuple[Step, ...] = ()


Quotes = Mapping[str, Mapping[Goods, Quote]]
"""By hub, then by goods; what nobody wants or has is not in it."""


def outlook(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    quotes: Mapping[Goods, Quote],
    options: Options,
    today: int,
) -> dict[str, int]:
    """Give `Options.outlook` for lines of one hub, from the quotes of that hub."""
    found: dict[str, int] = {}
    for offer in offers:
        steps = quotes.get((offer.commodity, offer.grade), Quote()).sell
        paid = within(steps, days_left(offer, today))
        if paid is not None and paid > offer.floor and _looks(offer.line, options):
            found[offer.line] = paid - offer.floor
    grades: defaultdict[str, list[tuple[str, Quote]]] = defaultdict(list)
    for (commodity, grade), quote in quotes.items():
        grades[commodity].append((grade, quote))
    for need in needs:
        asked = [
            within(quote.buy, days_until(need, today))
            for grade, quote in grades[need.commodity]
            if accepts(need, grade, options)
        ]
        least = min((idr for idr in asked if idr is not None), default=need.ceiling)
        waits = need.priority != "emergency" and _looks(need.line, options)
        if least < need.ceiling and waits:
            found[need.line] = need.ceiling - least
    return found


def steady(outlooks: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Give the poorest of what each of some rounds promises a line; none where one promises none.

    Hubs that all hear of one good price would all wait for it, and the next be a poor one.
    """
    lines = set(outlooks[0]).intersection(*outlooks) if outlooks else set()
    return {line: min(each[line] for each in outlooks) for line in sorted(lines)}


def accepts(need: NeedLine, grade: str, options: Options) -> bool:
    """Whether goods of a grade serve a need, contracts and permits aside."""
    ask = need.commodity, need.grades, need.grade, False, FREE
    return serves((need.commodity, grade, False, FREE), ask, options.goods)


def _looks(line: str, options: Options) -> bool:
    return line not in options.contracts and not options.bonds.get(line, FREE).asks


def within(steps: Sequence[Step], days: int) -> int | None:
    """Give the price for goods that may be so many days under way."""
    fits = [step.idr for step in steps if step.days <= days]
    return fits[-1] if fits else None
