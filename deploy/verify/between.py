"""What people were shown of matches between hubs, held against what their legs told the market.

Theory. Both legs tell every act until the market has heard it, so the log of the market holds all
that was ever done to a match, in the order in which it counts. A record of version V must show
just what was heard before V: each act is one moment of its history, also one that came too late
and changed nothing, and then its hub cannot have known of what was faster. Between acts stand only
moments of the clock, and ends because goods or a leg were gone, of which a leg must tell, or
because its pool came to too little, of which another match of it must have been lost. While a
match holds goods, its legs cover it: all that was granted until both sides agreed, then what is
still to leave and still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.verify.courses import Came, Course
from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, PROMISES, Report
from deploy.verify.legs import Legs, Told, name_of
from deploy.verify.licences import lacking
from deploy.verify.lives import HOLDING, LUMBUNG, PAYMENTS
from deploy.verify.match_records import MatchRecord, Step, grains_of
from deploy.verify.match_records import name_of as match_name
from deploy.verify.matches import Matches
from deploy.verify.messages import COMMITTED, OVER, Act
from deploy.verify.words import UNSAID, micro

_SIDES: Final = ("offer", "need")
_OTHER: Final = {"offer": "need", "need": "offer"}
_SETTLED: Final = frozenset({"received", "short", "claimed"})
"""States in which legs may stand, with nothing promised any more."""
_LOST: Final = frozenset({"cancelled", "superseded"})
_ALWAYS: Final = 2**62
_POOL_SHORT: Final = "pool_short"
_NEVER: Final = frozenset({"rejected", "expired", "superseded", "cancelled", "no_show"})
"""States of a match of which nothing came."""


@dataclass(slots=True)
class _Done:
    """An act, at which end, where in the log of the market it was heard first, and what by then.

    `knew` is the place in that log of whatever its hub had surely been told of when it was done.
    """

    act: Act
    side: str
    offset: int
    knew: int


@dataclass(slots=True)
class _Life:
    """A match as far as it is folded: its course, the next step, the next act."""

    course: Course
    acts: list[_Done]
    at: int = 1
    done: int = 0
    astray: bool = False
    legs: list[Told] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SIDES, 0))
    """Where the newest step stands that somebody else than a side took, by side."""


class Between:
    """The matches of one partition of the market against its legs."""

    def __init__(self, legs: Legs, matches: Matches, report: Report) -> None:
        self._legs, self._matches, self._report = legs, matches, report
        self._pools: dict[str, list[MatchRecord]] = {}

    def check(self) -> None:
        """Hold every record of every match against the legs, and the legs against the matches."""
        for said in self._matches.newest():
            if said.pool:
                self._pools.setdefault(said.pool, []).append(said)
        for records in self._matches.lives.values():
            self._match(list(records.values()))
        states = {said.match_id: said.state for said in self._matches.newest()}
        for leg in self._legs.newest():
            state = states.get(leg.said.match, "nothing")
            settled = state in _SETTLED and not leg.said.promised
            if leg.said.state == COMMITTED and state not in HOLDING and not settled:
                what = f"{name_of(leg.said)} is promised for a match that nobody shows"
                self._report.breach(LIVES, what, self._legs.at(leg), found=leg.said.state)

    def _match(self, records: Sequence[MatchRecord]) -> None:
        life = self._begun(records[0])
        if life is None:
            what = f"{match_name(records[0])} was shown, and its legs never stood"
            self._report.breach(PROMISES, what, self._matches.place(records[0]))
        for said in records:
            self._report.held(PROMISES)
            self._report.held(LIVES)
            if life is not None and not life.astray:
                self._advance(life, said)
                self._shown(life, said)
            if said.state in HOLDING:
                self._covered(life, said, said.at - 1, "when it was shown")
        newest = records[-1]
        if newest.state in HOLDING:
            self._covered(life, newest, _ALWAYS, "at the end")

    def _begun(self, first: MatchRecord) -> _Life | None:
        """A match as both ends promised it; None where they never did."""
        legs = [self._legs.lives.get((first.match_id, side), ()) for side in _SIDES]
        agreed = [next((t.said for t in life if t.said.state == COMMITTED), None) for life in legs]
        if agreed[0] is None or agreed[1] is None:
            return None
        short = lacking(agreed[0], agreed[1])
        if short:
            what = f"{match_name(first)} lacks a permit that a contract of its ends asks for"
            places = self._matches.place(first)
            self._report.breach(PROMISES, what, places, expected=[], found=sorted(short))
        countered = any(step.state == "countered" for step in first.history)
        price = UNSAID if countered else first.price
        whole = agreed[0].quantity, agreed[1].quantity
        course = Course(*whole, price, grains_of(first, *whole))
        told = sorted((one for life in legs for one in life), key=_place)
        return _Life(course, _heard(told), legs=told)

    # -------------------------------------------------------------- step by step
    def _advance(self, life: _Life, said: MatchRecord) -> None:
        """Fold all that a record may know of."""
        steps = said.history
        while not life.astray:
            step = steps[life.at] if life.at < len(steps) else None
            next_ = life.acts[life.done] if life.done < len(life.acts) else None
            act = next_ if next_ is not None and next_.offset < said.at else None
            if step is not None and self._by_itself(life, step, act, said):
                life.at += 1
            elif act is not None:
                life.done += 1
                self._act(life, act, step, said)
            elif step is None:
                return
            else:
                what = f"{match_name(said)} took a step that nobody decided on"
                self._astray(life, said, what, "no act", (step.state, step.actor))

    def _by_itself(self, life: _Life, step: Step, act: _Done | None, said: MatchRecord) -> bool:
        """Fold a step of the clock, or an end because something was lost; False if it is none."""
        before = said.at if act is None else act.offset + 1
        lost = step.actor != LUMBUNG and step.state in _LOST
        if step.actor != LUMBUNG and not (lost and self._is_over(life, step, before)):
            return False
        if step.state == "superseded" and step.actor == LUMBUNG:
            risks = {t.said.at_risk for t in life.legs if t.offset < said.at}
            risks |= {_POOL_SHORT} if self._lost_another(said) else set()
            if step.reason not in risks - {""}:
                what = f"{match_name(said)} was superseded by what took no goods of it"
                self._astray(life, said, what, sorted(risks), step.reason)
        life.course.pass_time(step.state)
        life.moved = dict.fromkeys(_SIDES, said.at)
        return True

    def _lost_another(self, said: MatchRecord) -> bool:
        """Whether another match of its pool came to nothing, or was never shown at all."""
        pool = self._pools.get(said.pool, [])
        causes = {
            step.reason != _POOL_SHORT
            for other in pool
            if other.match_id != said.match_id
            for step in other.history
            if step.state in _NEVER
        }
        return bool(said.pool) and (len(pool) < said.pooled or True in causes)

    def _is_over(self, life: _Life, step: Step, before: int) -> bool:
        """Whether a leg told, before some place of the log, that it is over for that reason."""
        told = [t.said for t in life.legs if t.offset < before and t.said.state in OVER]
        return any((one.hub, one.reason) == (step.actor, step.reason) for one in told)

    def _act(self, life: _Life, done: _Done, step: Step | None, said: MatchRecord) -> None:
        """An act must be the next step, unless it amounts to nothing."""
        act, course = done.act, life.course
        came = course.carry(act, done.side)
        if came is Came.NOTHING:
            return
        if step is None:
            what = f"{match_name(said)} does not tell what was done to it"
            self._astray(life, said, what, (act.action, act.actor), "no step")
            return
        life.at += 1
        reason = act.reason or act.action
        is_told = step.reason == reason
        if came is Came.REFUSED:
            reason = f"{act.action}: and why it came too late"
            is_told = step.reason.startswith(f"{act.action}: ")
            grain = act.action == "counter" and course.offer != course.need
            if life.moved[done.side] <= done.knew and not grain:
                what = f"{match_name(said)} refused what nobody was faster than"
                self._astray(life, said, what, (act.action, act.actor), step.reason)
                return
        else:
            life.moved[_OTHER[done.side]] = done.offset + 1
        expected = (course.state, act.at_ms, act.actor)
        found = (step.state, step.at_ms, step.actor)
        if expected != found or not is_told:
            what = f"{match_name(said)} tells another step than was done"
            self._astray(life, said, what, (*expected, reason), (*found, step.reason))

    def _shown(self, life: _Life, said: MatchRecord) -> None:
        """A record shows what the acts come to."""
        course = life.course
        if life.astray:
            return
        price = said.price if course.price == UNSAID else course.price
        expected = (course.state, *course.amounts, course.quantity, price, course.holds("offer"))
        arrives = micro(said.to_quantity or said.quantity)
        found = (said.state, *said.amounts, arrives, said.price, said.held)
        if expected != found:
            what = f"{match_name(said)} is not what its acts lead to"
            self._astray(life, said, what, expected, found)
        payment = PAYMENTS.get(course.state, "none")
        if said.payment != payment:
            what = f"{match_name(said)} shows a payment that nobody spoke of"
            self._astray(life, said, what, payment, said.payment)

    def _astray(
        self, life: _Life, said: MatchRecord, what: str, expected: object, found: object
    ) -> None:
        """What comes after it can only be wrong as well."""
        life.astray = True
        acts = life.acts[max(0, life.done - 1) : life.done]
        told = [self._legs.at(t) for t in life.legs if acts and t.offset == acts[0].offset]
        places = (self._matches.place(said), *told)
        self._report.breach(LIVES, what, *places, expected=expected, found=found)

    # -------------------------------------------------------------- what legs hold
    def _covered(self, life: _Life | None, said: MatchRecord, until: int, when: str) -> None:
        agreed = said.state in ("accepted", "shipped")
        arrives = micro(said.to_quantity or said.quantity)
        least = {"offer": said.held, "need": 0 if agreed else arrives}
        gone = {"offer": 0, "need": 0}
        if life is not None and not life.astray:
            gone = life.course.gone
            least = {side: max(least[side], life.course.holds(side)) for side in _SIDES}
        ends = {"offer": (said.offer, said.from_hub), "need": (said.need, said.to_hub)}
        for side in _SIDES:
            leg = self._legs.as_of((said.match_id, side), until)
            if leg is not None and _covers(leg, ends[side], least[side] + gone[side]):
                continue
            what = f"{match_name(said)} was not covered by its {side} leg {when}"
            places = [self._matches.place(said), *([] if leg is None else [self._legs.at(leg)])]
            line, hub = ends[side]
            expected = f"{COMMITTED}, at least {least[side] + gone[side]} of {line} in {hub}"
            found = "no such leg" if leg is None else (leg.said.state, leg.said.quantity)
            self._report.breach(PROMISES, what, *places, expected=expected, found=found)


def _covers(leg: Told, of: tuple[str, str], wanted: int) -> bool:
    said = leg.said
    same = (said.line, said.hub) == of
    return same and said.state == COMMITTED and said.quantity >= wanted


def _place(told: Told) -> int:
    return told.offset


def _heard(told: Sequence[Told]) -> list[_Done]:
    """The acts of both legs in the order in which the market heard them, each once."""
    done: list[_Done] = []
    newest, known, knew = ({"offer": 0, "need": 0} for _ in range(3))
    for one in told:
        said = one.said
        if said.version > newest[said.side]:
            newest[said.side] = said.version
            new = said.acts[max(0, known[said.side] - said.heard) :]
            known[said.side] += len(new)
            done += [_Done(act, said.side, one.offset, knew[said.side]) for act in new]
            knew[said.side] = said.stood % EPOCH
    return done
