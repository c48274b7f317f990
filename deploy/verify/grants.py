"""Whether every leg could be granted and committed when its hub did so: asked for, and there.

Theory. A leg's version names the record of the events that made it what it is, so what it took of
its line is held against the books right after that record: all legs of the line, with what a side
of a match inside the hub had said yes to, may not be more than was known of the stock, or than the
order wants. What cannot be known: lines that no report speaks of (contracts) are counted and not
looked at, a hold that was cut or ended before it was told again counts as what was told next. Once
committed, a leg that loses its goods is at risk and no breach.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, PROMISES, Report, place
from deploy.verify.legs import Legs, Told, name_of
from deploy.verify.messages import COMMIT, COMMITTED, HELD, RESERVE, Message
from deploy.verify.walk import Walk

_OFFER_PARTS: Final = 4
Inside = Callable[[str], int]
"""What matches inside the hub that a side has said yes to hold of a line, in millionths."""


class Grants:
    """Follows the legs of one partition of hubs while its log is walked."""

    def __init__(self, legs: Legs, events: str, partition: int, report: Report) -> None:
        self._legs, self._report = legs, report
        self._events, self._partition = events, partition
        self._asked: dict[tuple[str, str], list[Message]] = defaultdict(list)
        self._due: dict[int, list[Told]] = defaultdict(list)
        for life in legs.lives.values():
            was = ""
            for told in life:
                if told.said.state in (HELD, COMMITTED) and told.said.state != was:
                    self._due[told.said.version % EPOCH].append(told)
                was = told.said.state

    def asked(self, said: Message) -> None:
        """The market asked something of a leg."""
        self._asked[said.leg].append(said)

    def folded(self, walk: Walk, version: int, inside: Inside) -> None:
        """A record was folded: what legs became by it must have been asked for, and be there."""
        for told in self._due.pop(version, ()):
            self._report.held(PROMISES)
            self._was_asked(told)
            self._is_there(walk, told, inside)

    def settle(self) -> None:
        """At the end of the log every leg must have had its record."""
        for version, due in sorted(self._due.items()):
            for told in due:
                what = f"{name_of(told.said)} changed by a record that changes nothing"
                moment = place(self._events, self._partition, version - 1)
                self._report.breach(LIVES, what, self._legs.at(told), moment)

    # -------------------------------------------------------------- was it asked for
    def _was_asked(self, told: Told) -> None:
        said = told.said
        reserved = [a for a in self._asked[said.leg] if a.type == RESERVE and a.line == said.line]
        most = max((a.quantity for a in reserved), default=0)
        if said.quantity > most:
            what = f"{name_of(said)} holds what nobody asked for"
            self._breach(told, what, f"at most {most} of {said.line}", said.quantity)
        commits = {a.quantity for a in self._asked[said.leg] if a.type == COMMIT}
        if said.state == COMMITTED and said.quantity not in commits:
            what = f"{name_of(said)} is committed with what nobody asked for"
            self._breach(told, what, sorted(commits), said.quantity)

    # -------------------------------------------------------------- was it there
    def _is_there(self, walk: Walk, told: Told, inside: Inside) -> None:
        said = told.said
        most = self._stock(walk, said) if said.side == "offer" else self._wanted(walk, said)
        if most is None:
            self._report.count("legs_of_unknown_lines")
            return
        if said.at_risk:
            return  # it was committed before its goods went, within one run
        others = self._legs.promised(said.side, said.line, said.version, but=said.leg)
        taken = said.promised + others + inside(said.line)
        if taken > most:
            what = f"{name_of(said)} was {said.state} beyond what there was of {said.line}"
            self._breach(told, what, f"at most {most}", taken)

    def _stock(self, walk: Walk, said: Message) -> int | None:
        coop, *goods = said.line.split("|")
        if len(goods) != _OFFER_PARTS - 1 or coop not in walk.books:
            return None
        commodity, grade, lot = goods
        level = walk.book(coop).level((commodity, grade, lot))
        return max(0, level.on_hand - level.keep)

    def _wanted(self, walk: Walk, said: Message) -> int | None:
        coop, _, number = said.line.partition("|")
        if coop not in walk.books:
            return None
        order = walk.book(coop).order(number, walk.reader)
        wants = {a.commodity for a in self._asked[said.leg] if a.type == RESERVE}
        there = order is not None and not order.cancelled and order.commodity in wants
        return order.quantity if order is not None and there else 0

    def _breach(self, told: Told, what: str, expected: object, found: object) -> None:
        moment = place(self._events, self._partition, told.said.version % EPOCH - 1)
        places = (self._legs.at(told), moment)
        self._report.breach(PROMISES, what, *places, expected=expected, found=found)
