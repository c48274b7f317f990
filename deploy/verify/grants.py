"""Whether every leg could be granted and committed when its hub did so: asked for, and there.

Theory. A leg's version names the record of the events that made it what it is, so what it took of
its line is held against the books right after that record: all legs of the line, with what a side
of a match inside the hub had said yes to, may not be more than was known of the stock, or than the
order wants. What cannot be known: lines of somebody who never spoke are counted and not
looked at, a hold that was cut or ended before it was told again counts as what was told next. Once
committed, a leg that loses its goods is at risk and no breach. It lets go of what the market says
that its match need not hold, and of nothing else; what the market says at last must be what people
are shown. Where hubs have cut-offs, which a match says that people are shown, goods are granted
while word of them is fresh only; a commit may come for as long as a hold stands.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, PROMISES, Report, place
from deploy.verify.goods import load
from deploy.verify.legs import Legs, Told, name_of
from deploy.verify.lives import ARRIVED, HOLDING, PAYMENTS, is_too_late
from deploy.verify.match_records import MatchRecord
from deploy.verify.messages import COMMIT, COMMITTED, HELD, RESERVE, STAND, Message
from deploy.verify.walk import Walk
from deploy.verify.words import micro

_OFFER_PARTS: Final = 4
_HOLD_MS: Final = 600_000
Inside = Callable[[str], int]
"""What matches inside the hub that a side has said yes to hold of a line, in millionths."""


class Grants:
    """Follows the legs of one partition of hubs while its log is walked."""

    def __init__(self, legs: Legs, events: str, partition: int, report: Report) -> None:
        self._legs, self._report = legs, report
        self._events, self._partition = events, partition
        self._goods: Final = load().goods
        self._asked = legs.asked
        self._due: dict[int, list[tuple[Told, Message | None]]] = defaultdict(list)
        self._old: dict[str, tuple[Told, int, int]] = {}
        """Matches whose goods were granted on old word: how old it was, and might have been."""
        for life in legs.lives.values():
            was: Message | None = None
            for told in life:
                if told.said.state in (HELD, COMMITTED) and _is_news(was, told.said):
                    self._due[told.said.version % EPOCH].append((told, was))
                was = told.said

    def folded(self, walk: Walk, version: int, inside: Inside) -> None:
        """A record was folded: what legs became by it must have been asked for, and be there."""
        for told, was in self._due.pop(version, ()):
            self._report.held(PROMISES)
            if told.said.stood:
                self._has_stood(told, was)
            if was is None or was.state != told.said.state:
                self._was_asked(told)
                self._is_there(walk, told, inside)
            if was is None and told.said.side == "offer":
                self._is_fresh(walk, told)

    def settle(self) -> None:
        """At the end of the log every leg must have had its record."""
        for version, due in sorted(self._due.items()):
            for told, _ in due:
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

    def _has_stood(self, told: Told, was: Message | None) -> None:
        """What a leg has heard was said, and it has let go of as much as that allows."""
        said = told.said
        stands = [a for a in self._asked[said.leg] if a.type == STAND]
        heard = next((a for a in stands if a.version == said.stood), None)
        if heard is None or heard.heard != said.heard:
            what = f"{name_of(said)} has heard what nobody said"
            words = [(a.version, a.heard) for a in stands]
            self._breach(told, what, words, (said.stood, said.heard))
            return
        most = max(said.delivered, heard.delivered + heard.holds)
        if said.quantity > most:
            what = f"{name_of(said)} keeps what its match need not hold"
            self._breach(told, what, f"at most {most}", said.quantity)
        falls = {said.delivered, *(a.delivered + a.holds for a in stands)}
        if was is not None and said.quantity < was.quantity and said.quantity not in falls:
            what = f"{name_of(said)} let go of what its match holds"
            self._breach(told, what, sorted({was.quantity, *falls}), said.quantity)

    def stand(self, newest: Mapping[str, MatchRecord]) -> None:
        """What a leg was told last of its match is what people are shown, or was before."""
        for match, (told, age_ms, most_ms) in self._old.items():
            if match in newest and newest[match].freezes_ms >= 0:
                what = f"{name_of(told.said)} was granted on old word, and its owner was not asked"
                self._breach(told, what, f"at most {most_ms} ms", age_ms)
        for (match, side), asked in self._asked.items():
            stands = [a for a in asked if a.type == STAND]
            last, said = max(stands, key=_version, default=None), newest.get(match)
            if last is None or said is None or said.version < last.version:
                continue
            self._report.held(LIVES)
            for fact, (expected, found) in _facts(last, said).items():
                if expected != found:
                    what = f"the {side} leg of {match} was told otherwise than people were: {fact}"
                    at = f"version {last.version % EPOCH}"
                    self._report.breach(LIVES, what, at, expected=expected, found=found)

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

    def _is_fresh(self, walk: Walk, told: Told) -> None:
        """Keep in mind whose goods nobody had spoken of for too long."""
        coop, *goods = told.said.line.split("|")
        if len(goods) != _OFFER_PARTS - 1 or coop not in walk.books or told.said.at_risk:
            return
        last_ms = walk.book(coop).last_word((goods[0], goods[1], goods[2]))
        if last_ms is None:
            return
        age_ms, most_ms = walk.as_of_ms - last_ms, self._goods[goods[0]].fresh_ms + _HOLD_MS
        if age_ms > most_ms:
            self._old[told.said.match] = told, age_ms, most_ms

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
        return walk.book(coop).wants(number, order) if order is not None and there else 0

    def _breach(self, told: Told, what: str, expected: object, found: object) -> None:
        moment = place(self._events, self._partition, told.said.version % EPOCH - 1)
        places = (self._legs.at(told), moment)
        self._report.breach(PROMISES, what, *places, expected=expected, found=found)


def _is_news(was: Message | None, now: Message) -> bool:
    """Whether what a leg takes may be more, or less, than before."""
    if was is None or was.state != now.state:
        return True
    return was.quantity != now.quantity or (was.stood, was.heard) != (now.stood, now.heard)


def _version(said: Message) -> int:
    return said.version


def _facts(told: Message, said: MatchRecord) -> dict[str, tuple[object, object]]:
    """What a record leaves no choice about in what a leg was told before: as it must be, as it is.

    Terms change by counters only, and what moved does not move back.
    """
    offers = told.side == "offer"
    quantity = said.micro if offers else micro(said.to_quantity or said.quantity)
    moved = said.amounts[1:2] if offers else said.amounts[2:]
    known = (told.shipped,) if offers else (told.received, told.refused, told.lost)
    counters = sum(
        now.state == "countered" and not is_too_late(before, now)
        for before, now in pairwise(said.history)
    )
    facts: dict[str, tuple[object, object]] = {
        "what moved": (known, tuple(map(min, known, moved))),
    }
    if counters == told.counters:
        facts["its terms"] = ((quantity, said.price), (told.quantity, told.price))
    if told.state not in HOLDING:
        facts["its end"] = ((said.state, 0), (told.state, told.holds))
        if told.state in PAYMENTS or told.state in ARRIVED:  # then only the money goes on
            facts["its end"] = (0, told.holds)
    elif offers and told.state == said.state != "shipped":
        facts["its hold"] = (said.held, told.holds)
    return facts
