"""What people decided in a hub on matches between hubs, held against what its legs told of it.

Theory. A decision that was carried out is one act at the leg of each end it speaks for, nothing
else is an act, and acts stand in the order of the log; a leg tells an act from the version of its
decision on and not before. Goods move where it was said: what ships leaves the line of the offer,
what is received comes to the taker, as goods of the need's commodity, of the grade the market told
(none where a recipe lies between) and of no lot, and fills the order. Refuses to know what the
market made of it: `between` does.
"""

from bisect import bisect_left
from collections import Counter
from typing import Any, Final

from deploy.verify.deeds import amount_of
from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, Report, place
from deploy.verify.goods import UNGRADED
from deploy.verify.legs import Legs, Name, Told, name_of
from deploy.verify.messages import RESERVE, STAND, Act
from deploy.verify.sayings import Saying
from deploy.verify.walk import Moment, Walk
from deploy.verify.words import HUB, price

_SIDES: Final = ("offer", "need")
_MOVES: Final = {"ship": "offer", "receive": "need"}
"""What moves goods, and at which end."""


class HubActs:
    """The decisions of one partition on matches between hubs."""

    def __init__(self, legs: Legs, events: str, partition: int, report: Report) -> None:
        self._legs, self._report = legs, report
        self._events, self._partition = events, partition
        self._at: Counter[Name] = Counter()

    def takes(self, now: Moment) -> bool:
        """Whether a record was a request to a leg, or a decision on a match between hubs."""
        if now.asked is not None:
            return True
        match = None if now.did is None else str(now.did.data["match"])
        return match is not None and any(self._life((match, side)) for side in _SIDES)

    def folded(self, walk: Walk, now: Moment) -> None:
        """The market asked something of a leg, or a decision was carried out at one."""
        if now.asked is not None and now.asked.match:
            self._legs.ask(now.asked)
        if now.did is None:
            return
        self._report.held(LIVES)
        said, match = now.did, str(now.did.data["match"])
        names = [(match, side) for side in _SIDES if self._may(said, (match, side))]
        found = [name for name in names if self._is_next(name, said, walk, now)]
        if not found:
            self._is_none(names, said, walk, now)
        for name in found:
            self._terms(name, said, now)
            self._legs.did(name, self._legs.acts[name][self._at[name]])
            self._at[name] += 1
        self._move(walk, said)

    def settle(self) -> None:
        """At the end of the log nothing may be told that nobody decided."""
        for name, acts in self._legs.acts.items():
            if acts and self._at[name] < len(acts):
                told = self._life(name)[-1]
                what = f"{name_of(told.said)} tells an act that nobody decided on"
                found = acts[self._at[name]]
                self._report.breach(LIVES, what, self._legs.at(told), found=found)

    # -------------------------------------------------------------- one decision
    def _life(self, name: Name) -> list[Told]:
        """What was told of a leg of a line; nothing where none ever held one."""
        life = self._legs.lives.get(name, [])
        return life if any(told.said.line for told in life[:1]) else []

    def _may(self, said: Saying, name: Name) -> bool:
        """Whether an actor may speak for a leg: its co-op does, a hub may have its mandate."""
        life = self._life(name)
        if not life:
            return False
        coop = life[0].said.line.partition("|")[0]
        return said.actor == coop or HUB.fullmatch(said.actor) is not None

    def _is_next(self, name: Name, said: Saying, walk: Walk, now: Moment) -> bool:
        """Whether a decision is the next act of a leg, told from its own version on."""
        acts, n, life = self._legs.acts.get(name, []), self._at[name], self._life(name)
        if n >= len(acts) or _told(acts[n]) != _expected(said, walk):
            return False
        wholes = [told.said.heard + len(told.said.acts) for told in life]
        first = bisect_left(wholes, n + 1)  # the first telling that knows of it
        before = life[first - 1].said.version % EPOCH if first else 0
        return before < now.version <= life[first].said.version % EPOCH

    def _terms(self, name: Name, said: Saying, now: Moment) -> None:
        """A yes is to terms that the market told this leg, or that were named here."""
        act = self._legs.acts[name][self._at[name]]
        if act.action != "accept":
            return
        asked = [one for one in self._legs.asked[name] if one.type == STAND]
        terms = {(one.quantity, one.price) for one in asked}
        own = [one for one in self._legs.acts[name][: self._at[name]] if one.action == "counter"]
        named = {(q, p) for one in own for q in _either(one.quantity, terms, 0)
                 for p in _either(one.price, terms, 1)}  # fmt: skip
        if (act.quantity, act.price) not in terms | named:
            what = f"{said.id} said yes to terms of {name[0]} that nobody told"
            found = (act.quantity, act.price)
            self._report.breach(LIVES, what, self._name(now), expected=terms, found=found)

    def _is_none(self, names: list[Name], said: Saying, walk: Walk, now: Moment) -> None:
        match = said.data["match"]
        told = [self._life(name)[-1] for name in names]
        next_ = [self._legs.acts.get(name, [])[self._at[name] :][:1] for name in names]
        self._report.breach(
            LIVES,
            f"{said.id} was carried out and is not the next act of a leg of {match}",
            self._name(now),
            *(self._legs.at(one) for one in told),
            expected=_expected(said, walk),
            found=[_told(acts[0]) for acts in next_ if acts] or "no act",
        )

    def _name(self, now: Moment) -> str:
        return place(self._events, self._partition, now.version - 1)

    # -------------------------------------------------------------- what it moves
    def _move(self, walk: Walk, said: Saying) -> None:
        """Goods move by a decision, whatever is told of it."""
        name = (str(said.data["match"]), _MOVES.get(said.data["decision"], ""))
        quantity, life = amount_of(said, "quantity"), self._life(name)
        if not life or not quantity or not self._may(said, name):
            return
        coop, _, line = life[0].said.line.partition("|")
        book = walk.book(coop)
        if name[1] == "offer":
            commodity, grade, lot = line.split("|")
            book.move(said, (commodity, grade, lot), -quantity)
            return
        asked = self._legs.asked[name]
        commodity = next((one.commodity for one in asked if one.type == RESERVE), "")
        grade = next((one.grade for one in asked if one.type == STAND), "")
        book.move(said, (commodity, grade or UNGRADED, ""), quantity)
        if line in book.asked:
            book.fill(line, commodity, quantity)


def _expected(said: Saying, walk: Walk) -> tuple[Any, ...]:
    """A decision as its act must be told; the terms of a yes are looked at apart."""
    data, kind = said.data, said.data["decision"]
    amounts = (amount_of(said, "quantity"), amount_of(said, "refused"))
    asked = max(0, price(data["price"]) or 0)
    if kind == "accept":
        amounts, asked = (0, amounts[1]), 0
    return kind, said.actor, walk.as_of_ms, *amounts, asked, data["reason"], data["final"]


def _told(act: Act) -> tuple[Any, ...]:
    return tuple(act._replace(quantity=0, price=0) if act.action == "accept" else act)


def _either(said: int, terms: set[tuple[int, int]], at: int) -> set[int]:
    """What was named, or where nothing was, what the market told."""
    return {said} if said else {one[at] for one in terms}
