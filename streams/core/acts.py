"""Decides what a saying that is no report does: a profile, a gap, a decision on a match.

The other types are kept and shown as they were said; what a contract does, its line has done.
"""

from collections.abc import Callable
from typing import Final

from schemas.amounts import price_of, quantity_of
from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import Decision, Gap, Profile
from schemas.judged import Judged
from schemas.quantity import MICRO
from schemas.resolving import day_of
from schemas.validation import Judge
from streams.core import contracts, deal_life, deals, leg_acts, movements, orders, sequence
from streams.core.interchange.hub_stock import At
from streams.core.lifecycle import Act as Done
from streams.core.lifecycle import Refusal
from streams.core.lifecycle_table import Action, Side
from streams.core.promises import Promises
from streams.core.sayings import Touched
from streams.core.state import Applied, Coop, Deal, line_key
from streams.core.view import View


class Act:
    """One saying with a body being carried out; `deals` are those it changed.

    `lines` is what it touched of other co-ops than its speaker: a hub moves what it does not have.
    """

    def __init__(
        self, said: Judged, coop: Coop, view: View, promises: Promises, version: int
    ) -> None:
        self.deals: list[Deal] = []
        self.lines: dict[str, Touched] = {}
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
        self._rights(touched)
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

    def _rights(self, touched: Touched) -> None:
        """Whom goods may go to depends on these: all that the co-op has and wants is news."""
        body, coop = self._said.body, self._coop
        rights = body.outlet, contracts.permits_of(body.permits)
        if rights == (coop.outlet, coop.permits):
            return
        coop.outlet, coop.permits = rights
        for name, level in coop.levels.items():
            touched.levels.setdefault(name, level.on_hand)
        for number, order in coop.orders.items():
            touched.orders.setdefault(number, orders.goods_of(order))

    def _gap(self, _touched: Touched, _now: Applied, _judge: Judge) -> None:
        body = self._said.body
        if not sequence.give_up(self._coop.gates[self._said.device], body.first, body.last):
            raise Unacceptable(Reason.SEQUENCE_TOO_FAR, "data.last")

    def _decision(self, touched: Touched, now: Applied, _judge: Judge) -> None:
        said, view = self._said, self._view
        deal = view.book.deals.get(said.body.match)
        if deal is None:
            self._leg_decision(touched, now)
            return
        by = deals.sides(deal, said.actor, view.book.coops, view.today(said.hub))
        gone = said.body.decision == Action.ACCEPT and self._promises.is_short(deal)
        done = done_by(said.body, by, now.as_of_ms, goods_gone=gone)
        life = deal_life.after(deal, done)
        if isinstance(life, Refusal):
            raise Unacceptable(life.reason, life.field)
        if done.action is Action.SHIP:
            self._move(*deal_life.given_from(deal), -done.quantity, touched)
        elif done.action is Action.RECEIVE and done.quantity:
            self._move(*deal_life.taken_to(deal), done.quantity, touched)
            self._fill(deal.to_coop, deal.order, (deal.commodity, done.quantity), touched)
        deal_life.bring(deal, life, done, said.actor)
        deal.version = self._version
        view.follow_deal(deal, self._version)
        eased = self._promises.weigh([deal.offer], [deal.need], said.id, self._version)
        self.deals = [deal, *(d for d in eased if d is not deal)]

    def _leg_decision(self, touched: Touched, now: Applied) -> None:
        """A match between hubs, or none that is known here."""
        said, view = self._said, self._view
        legs = leg_acts.spoken_for(said.body, view, view.today(said.hub))
        done = done_by(said.body, frozenset(), now.as_of_ms, goods_gone=False)
        if (
            done.action is Action.OPEN
        ):  # between hubs nothing is a draft, and rounds change nothing
            raise Unacceptable(Reason.ALREADY_PROPOSED, "data.decision")
        told = leg_acts.told_of(done, said.actor)
        for leg in leg_acts.allowed(legs, told):
            moved = leg_acts.moved_by(leg, told)
            if moved is not None:
                self._move(moved.coop, moved.position, moved.micro, touched)
                self._fill(moved.coop, moved.order, (moved.commodity, moved.micro), touched)
            view.legs.act(leg.name, told, At(self._version, now.as_of_ms))

    # -------------------------------------------------------------- what a decision moves
    def _move(self, coop: str, name: str, micro: int, touched: Touched) -> None:
        """Move goods onto a co-op's position, at the decision's own time."""
        said = self._said
        key = line_key(said.time_ms, said.device, said.sequence, 0, 0)
        own = self._view.book.coops[coop]
        self._note(coop, movements.move(own, name, key, micro, self._version), touched)

    def _fill(self, coop: str, order: str, goods: tuple[str, int], touched: Touched) -> None:
        """So much of a commodity was received for an order; `goods` is commodity and micro."""
        own = self._view.book.coops[coop]
        self._note(coop, movements.fill(own, order, *goods, self._version), touched)

    def _note(self, coop: str, moved: Touched, touched: Touched) -> None:
        known = touched if coop == self._said.actor else self.lines.setdefault(coop, Touched())
        known.levels = moved.levels | known.levels
        known.orders = moved.orders | known.orders


def done_by(body: Decision, by: frozenset[Side], at_ms: int, *, goods_gone: bool) -> Done:
    """A decision as the table knows it; an amount that was not said is 0."""
    return Done(
        Action(body.decision),
        by,
        at_ms,
        quantity=_micro(body.quantity, "data.quantity"),
        refused=_micro(body.refused, "data.refused"),
        price=max(0, price_of(body.price, "data.price")),
        reason=body.reason,
        final=body.final,
        goods_gone=goods_gone,
    )


def _micro(text: str, field: str) -> int:
    return quantity_of(text, MICRO, field, 0) if text else 0


_ACTS: Final[dict[type, Callable[[Act, Touched, Applied, Judge], None]]] = {
    Profile: Act._profile,  # noqa: SLF001 - the table of this class's own acts
    Gap: Act._gap,  # noqa: SLF001
    Decision: Act._decision,  # noqa: SLF001
}
