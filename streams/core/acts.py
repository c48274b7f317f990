"""Decides what a saying that is no report does: a profile, a gap, a decision on a match.

The other types (obstacles, visits, contracts) are kept and shown as they were said.
"""

from collections.abc import Callable
from typing import Final

from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import Decision, Gap, Profile
from schemas.judged import Judged
from schemas.resolving import day_of
from schemas.validation import Judge
from streams.core import deals, orders, sequence
from streams.core.promises import Promises
from streams.core.sayings import Touched
from streams.core.state import Applied, Coop, Deal, Step, line_key
from streams.core.view import View


class Act:
    """One saying with a body being carried out; `deals` are those it changed."""

    def __init__(
        self, said: Judged, coop: Coop, view: View, promises: Promises, version: int
    ) -> None:
        self.deals: list[Deal] = []
        self._said, self._coop, self._view = said, coop, view
        self._promises, self._version = promises, version

    def carry_out(self, touched: Touched, now: Applied, judge: Judge) -> Rejection | None:
        """Do what the body asks for; the reason when it cannot be done."""
        act = _ACTS.get(type(self._said.body))
        try:
            if act is not None:
                act(self, touched, now, judge)
        except Unacceptable as fault:
            return Rejection(fault.reason, fault.field, 0, self._said.actor)
        return None

    def _profile(self, touched: Touched, _now: Applied, judge: Judge) -> None:
        said, coop = self._said, self._coop
        key = line_key(said.time_ms, said.device, said.sequence, 0, 0)
        if key <= coop.profile_key:
            return
        coop.profile_key = key
        coop.mandates = [
            (m.hub, day_of(m.since, "since"), day_of(m.until, "until")) for m in said.body.mandates
        ]
        # An amendment counts in the packs of the day, so another pack is another order.
        spoken = [number for number, order in coop.orders.items() if len(order.revisions) > 1]
        before = {number: self._view.seen(said.actor, number) for number in spoken}
        coop.packs = {f"{c}|{w}": micro for (c, w), micro in judge.packs(said.body).items()}
        for number, seen in before.items():
            if self._view.seen(said.actor, number) != seen:
                order = coop.orders[number]
                order.version = self._version
                touched.orders[number] = orders.goods_of(order)

    def _gap(self, _touched: Touched, _now: Applied, _judge: Judge) -> None:
        body = self._said.body
        if not sequence.give_up(self._coop.gates[self._said.device], body.first, body.last):
            raise Unacceptable(Reason.SEQUENCE_TOO_FAR, "data.last")

    def _decision(self, _touched: Touched, now: Applied, _judge: Judge) -> None:
        said, view = self._said, self._view
        deal = view.book.deals.get(said.body.match)
        if deal is None:
            raise Unacceptable(Reason.UNKNOWN_MATCH, "data.match")
        by = deals.sides(deal, said.actor, view.book.coops, view.today(said.hub))
        step = Step("", now.as_of_ms, said.actor, said.body.reason or said.body.decision)
        short = said.body.decision == "accept" and self._promises.is_short(deal)
        if short and deal.state == "proposed":
            raise Unacceptable(Reason.STOCK_GONE, "data.match")
        deals.decide(deal, said.body.decision, by, step)
        step.state = deal.state
        deal.version = self._version
        view.follow_deal(deal, self._version)
        eased = self._promises.weigh([deal.offer], [deal.need], said.id, self._version)
        self.deals = [deal, *(d for d in eased if d is not deal)]


_ACTS: Final[dict[type, Callable[[Act, Touched, Applied, Judge], None]]] = {
    Profile: Act._profile,  # noqa: SLF001 - the table of this class's own acts
    Gap: Act._gap,  # noqa: SLF001
    Decision: Act._decision,  # noqa: SLF001
}
