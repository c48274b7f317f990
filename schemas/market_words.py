"""Decides what each field between hubs and the market means, for the JSON Schema documents.

One table for the fields of `schemas.market`: a name, or `Type.name` where a type gives the name a
meaning of its own. Refuses to know what follows from a message.
"""

from collections.abc import Mapping
from typing import Final

from schemas.identity import HUB_FORM, MATCH_FORM
from schemas.said_words import Word

AMOUNT: Final = r"[0-9]{1,12}(\.[0-9]{1,6})?"
"""The wire form of a quantity: decimal text in the commodity's base unit."""
_VERSION: Final = (
    "epoch * 2**40 + offset + 1 of the record that last changed it; the highest holds."
)

MARKET: Final[Mapping[str, Word]] = {
    # whose word it is
    "hub": Word("The hub, by the code of its regency or city.", {"pattern": HUB_FORM.pattern}),
    "family": Word("The family of goods that are matched together."),
    "version": Word(_VERSION),
    "generation": Word("Of the consumer group of whoever speaks; an older one is not heeded."),
    "partition": Word("The partition of the events whose hubs have finished."),
    "tick": Word("The tick that is carried out."),
    "told": Word("A sum over all leftovers that it has told; -1 while some are to be told."),
    "Retell.partition": Word("The partition of the events whose hubs are to tell."),
    "Retell.market": Word("The partition of the market that wants to hear."),
    # what is better left for others
    "Outlook.version": Word("Of the market: the record that began the round."),
    "Outlook.tick": Word("The tick of the round that it is of."),
    "Outlook.at_ms": Word("The time of that tick, milliseconds UTC since 1970."),
    "spared": Word("What of which lines other hubs make more of; the rest the hub may match."),
    "Spared.quantity": Word("So much is left for others: decimal text."),
    # what a hub has left over
    "offers": Word("Goods that found no match at home; at most the 500 largest."),
    "needs": Word("Orders that found no goods at home; at most the 500 largest."),
    "inside_offers": Word("What of goods is matched at home, while others may make more of it."),
    "inside_needs": Word("What of orders is matched at home, while others may make more of it."),
    "line": Word("<coop>|<commodity>|<grade>|<lot> of an offer, <coop>|<order> of a need."),
    "coop": Word("The co-op, by the Kemendagri code of its village."),
    "commodity": Word("Code of the goods in the catalogue."),
    "grade": Word("Grade in the commodity's scale; empty: every grade."),
    "grades": Word("Exactly the grades that are accepted; null: `grade` and better."),
    "quantity": Word("How much: decimal text, in the base unit of the commodity."),
    "LegTold.quantity": Word("What is held, or what was committed: decimal text."),
    "Reserve.quantity": Word("Hold at most so much: decimal text."),
    "Commit.quantity": Word("Promise so much of what is held, let the rest go: decimal text."),
    "min_lot": Word("Smallest quantity that may leave at once: decimal text."),
    "floor": Word("Least price, whole rupiah per base unit."),
    "ceiling": Word("Greatest price, the way included, whole rupiah per base unit."),
    "expires_day": Word("Last good day, as days since 1970; -1: none said."),
    "needed_day": Word("Last day of use, as days since 1970; -1: none said."),
    "priority": Word("emergency, staple or normal."),
    "market": Word("domestic or export."),
    "contract": Word("Whether a contract of a partner stands behind it."),
    "counted": Word("Whether its owner was asked for word of it and has just given it."),
    "asks": Word("Permits that the other side must hold, in small letters."),
    "holders": Word("Who of the owners of these lines holds which permits."),
    "Holder.permits": Word("Permits that it holds, in small letters."),
    "LegTold.asks": Word("Permits that its line asked for when it was granted."),
    "LegTold.permits": Word("Permits the other side asked for; its owner held them when granted."),
    "Reserve.asks": Word("Permits that the owner of this line must hold, in small letters."),
    "Reserve.permits": Word("Of the permits that this line asks for, those the other side holds."),
    # legs
    "match": Word("The match, by its id.", {"pattern": MATCH_FORM.pattern}),
    "side": Word("Which end of the match: the goods, or the order that they fill."),
    "state": Word("Where the leg stands; what follows what is told in docs/matching.md."),
    "delivered": Word("How much of it has left or arrived: decimal text."),
    "at_risk": Word("The report that took goods from under a committed leg; empty: none."),
    "stood": Word("Version of the newest word on how the match stands that the leg has heard."),
    "heard": Word("How many acts of this end are in what the market knows."),
    "acts": Word("What was done to the match here that the market has not shown to know."),
    "action": Word("accept, reject, counter, ship, receive, pay or cancel."),
    "actor": Word("Who did it: a co-op, or a hub by its mandate."),
    "at_ms": Word("The hub's time of it, milliseconds UTC since 1970."),
    "refused": Word("What arrived and was not taken: decimal text."),
    "price": Word("Whole rupiah per base unit of the goods given; 0: none named."),
    "final": Word("Nothing more will come."),
    # how a match stands
    "Stand.state": Word("A state of docs/lifecycle.md."),
    "Stand.quantity": Word("What is agreed on, or proposed: decimal text."),
    "Stand.version": Word("Of the market: the record from which it follows."),
    "granted": Word("What the hubs promised when it was proposed: decimal text."),
    "holds": Word("What the line keeps for the match from now on: decimal text."),
    "Stand.delivered": Word("What the acts heard amount to: decimal text."),
    "giver_yes": Word("Whether the side that gives has said yes."),
    "taker_yes": Word("Whether the side that takes has said yes."),
    "counters": Word("How often other terms were named."),
    "shipped": Word("What has left: decimal text."),
    "received": Word("What arrived and was taken: decimal text."),
    "lost": Word("What left and will not arrive: decimal text."),
    "released": Word("What was agreed on and will not leave: decimal text."),
    "expires_ms": Word("When the proposal runs out, ms UTC; -1: it does not."),
    "ship_by_ms": Word("The end of the last day to ship, ms UTC; -1: none said."),
    "arrive_by_ms": Word("The end of the last day to arrive, ms UTC; -1: none said."),
    "least": Word("Hold nothing if less than this is free: decimal text."),
    "ttl_ms": Word("The hold ends by itself so many milliseconds after it is granted."),
    "reason": Word("Why: a short word of the protocol, or what people said."),
}

ENVELOPE: Final[Mapping[str, Word]] = {
    "specversion": Word("Version of CloudEvents."),
    "type": Word("Which message this is."),
    "id": Word("What is said, and after which record: equal for two sayings of the same."),
    "source": Word("/hubs or /market."),
    "time": Word("The time of the tick that the speaker knows: RFC 3339, UTC."),
}
