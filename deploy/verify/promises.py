"""Whether every promise could be kept at the moment it was made.

Theory. Quantity and price of a match change only at ticks and by counters, and its record names
the tick. So a match's promise belongs to the moment after that tick was folded, and there the
books say what the offer had and the need wanted. A match counts from its tick until the record
that ends it: of the offer all that was granted until both sides agreed, then what has not left
yet; of the need what is still to come. What compaction has taken away can only make the sum
smaller, never wrongly larger. When goods go later, that is no breach: only a promise beyond them
is. What matches between hubs take of a line is not there for those inside.
"""

from collections import defaultdict
from collections.abc import Container
from typing import Final, NamedTuple

from deploy.verify import pacts
from deploy.verify.books import Order
from deploy.verify.deeds import Deeds
from deploy.verify.findings import PROMISES, place
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.legs import Legs
from deploy.verify.lives import HOLDING
from deploy.verify.match_records import MatchRecord, name_of
from deploy.verify.matches import Matches
from deploy.verify.shelves import Level
from deploy.verify.walk import Moment, Walk
from deploy.verify.words import UNSAID

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


_YES: Final = frozenset({"accept", "counter"})


class _Event(NamedTuple):
    version: int
    match: str


class Promises:
    """Follows the promises of one partition while its log is walked."""

    def __init__(
        self, deeds: Deeds, matches: Matches, legs: Legs, events: str, known: Reference
    ) -> None:
        """`deeds` has folded a record before its promises are looked at."""
        self._matches, self._events, self._legs = matches, events, legs
        self._deeds, self._known, self._report = deeds, known, matches.report
        self._at_tick: dict[int, dict[str, MatchRecord]] = defaultdict(dict)
        self._held: set[str] = set()
        self._live: dict[str, dict[str, MatchRecord]] = defaultdict(dict)
        ends: list[_Event] = []
        for name, life in matches.lives.items():
            for said in life.values():
                self._at_tick[said.tick].setdefault(name, said)
            ended = next((said for said in life.values() if said.state not in HOLDING), None)
            if ended is not None:
                ends.append(_Event(ended.at, name))
        self._ends = sorted(ends, reverse=True)

    def folded(self, walk: Walk, now: Moment) -> None:
        """A record was folded: what was promised by it must be there."""
        while self._ends and self._ends[-1].version <= now.version:
            self._end(self._ends.pop().match)
        made = self._at_tick.pop(now.tick, {}) if now.tick else {}
        for name, said in made.items():
            for line in (said.offer, said.need):
                self._live[line][name] = said
        for said in made.values():
            self._report.held(PROMISES)
            self._made(walk, said, now)
        if now.did is not None and now.did.data["decision"] in _YES:
            name = str(now.did.data["match"])
            self._held.add(name)
            if now.did.data["decision"] == "accept":
                self._granted(walk, name, now)

    def held(self, line: str) -> int:
        """What live matches that a side has said yes to hold of a line, in millionths."""
        return self._taken(line, self._held)

    def _still(self, line: str) -> set[str]:
        """Matches of a line that a round may have left alone though nobody had said yes."""
        lives = self._matches.lives
        return {
            n for n in self._live.get(line, {}) if next(reversed(lives[n].values())).held_still
        }

    def _taken(self, line: str, among: Container[str] | None = None, but: str = "") -> int:
        """What live matches take of a line: all of them, or those among some."""
        live = self._live.get(line, {}).items()
        return sum(
            self._deeds.takes("offer" if line == said.offer else "need", said)
            for name, said in live
            if name != but and (among is None or name in among)
        )

    def _brought(self, of: MatchRecord) -> set[str]:
        """The matches that bring a need the goods of one: it may have asked for others before."""
        live = self._live.get(of.need, {}).items()
        return {name for name, said in live if said.commodity == of.commodity}

    def settle(self, walk: Walk) -> None:
        """At the end of the log every promise must have had its tick."""
        for tick, made in self._at_tick.items():
            for said in made.values():
                self._report.breach(
                    PROMISES,
                    f"{name_of(said)} was made at tick {tick}, which the log does not have",
                    self._matches.place(said),
                    expected=f"at most tick {walk.tick}",
                    found=tick,
                )

    def _end(self, match: str) -> None:
        said = next(iter(self._matches.lives[match].values()))
        for line in (said.offer, said.need):
            self._live[line].pop(match, None)

    # -------------------------------------------------------------- a promise is made
    def _made(self, walk: Walk, said: MatchRecord, now: Moment) -> None:
        level = _level(walk, said)
        order = _order(walk, said)
        if order is None or order.cancelled or order.commodity != said.commodity:
            self._breach(said, now, "serves an order that does not ask for this", "", order)
            return
        promised = self._taken(said.offer)
        promised += self._legs.promised("offer", said.offer, now.version)
        free = level.on_hand - level.keep
        if promised > free:
            self._breach(said, now, "promises more than there is", f"at most {free}", promised)
        wanted = self._taken(said.need, self._brought(said))
        wanted += self._legs.promised("need", said.need, now.version)
        if wanted > (asked := _asked(walk, said, order)):
            what = "promises more than is asked for"
            self._breach(said, now, what, f"at most {asked}", wanted)
        self._terms(walk, said, now, level, order)
        self._pacts(walk, said, now)

    def _pacts(self, walk: Walk, said: MatchRecord, now: Moment) -> None:
        """Contracts are kept: their days, who they are for, and their name on the match."""
        books = walk.book(said.from_coop), walk.book(said.to_coop)
        given = pacts.of_stock(books[0], (said.commodity, said.grade, said.lot))
        asked = pacts.of_order(books[1], said.need.partition("|")[2])
        today = (walk.as_of_ms + self._known.hubs[said.to_hub] * HOUR_MS) // DAY_MS
        for book, pact in zip(books, (given, asked), strict=True):
            if not pacts.is_open(book, pact, today):
                self._breach(said, now, "was made while its contract was shut", "", pact)
        ends = pacts.right(books[0], given), pacts.right(books[1], asked)
        trade = self._known.goods[said.commodity].trade
        wrong = pacts.wrong(*ends, (said.from_coop, said.to_coop), trade)
        if wrong:
            self._breach(said, now, wrong, "", ends)
        partner = next((pact.tag for pact in (given, asked) if pact is not None), "")
        if said.partner != partner:
            self._breach(said, now, "names another contract", partner, said.partner)

    def _terms(
        self, walk: Walk, said: MatchRecord, now: Moment, level: Level, order: Order
    ) -> None:
        countered = any(step.state == "countered" for step in said.history)
        good = self._known.goods[said.commodity]
        floor = good.price_min if level.floor == UNSAID else level.floor
        ceiling = good.price_max if order.ceiling == UNSAID else order.ceiling
        inside = floor <= said.price <= ceiling - said.leg_cost and said.leg_cost >= 0
        if not inside and not countered:  # people may agree on any price
            band = f"a price from {floor} to {ceiling} less the leg of {said.leg_cost}"
            self._breach(said, now, "has a price outside of what both said", band, said.price)
        asked, given = (self._known.rank(said.commodity, g) for g in (order.grade, said.grade))
        any_grade = order.grade in ("", UNGRADED) or order.grade == said.grade
        if not any_grade and (asked is None or given is None or given > asked):
            what = "gives a grade below what is asked for"
            self._breach(said, now, what, order.grade, said.grade)
        today = (walk.as_of_ms + self._known.hubs[said.to_hub] * HOUR_MS) // DAY_MS
        arrives = today + said.leg_days
        last = min((d for d in (level.expires, order.needed) if d != UNSAID), default=arrives)
        if arrives > last:
            self._breach(said, now, "comes too late, or spoilt", f"by day {last}", arrives)
        if not countered:
            self._lots(walk, said, now, (level, order))

    def _lots(self, walk: Walk, said: MatchRecord, now: Moment, ends: tuple[Level, Order]) -> None:
        """At least both smallest lots; a need may take less only as the last of what it wants."""
        level, order = ends
        alone = (self._held | self._still(said.need)) & self._brought(said)
        left = _asked(walk, said, order) - self._taken(said.need, alone, but=said.match_id)
        left -= self._legs.promised("need", said.need, now.version)  # other hubs fill that
        least = max(level.min_lot, min(order.min_lot, left))
        if said.micro < least:
            self._breach(said, now, "is less than a lot", f"at least {least}", said.micro)

    def _granted(self, walk: Walk, name: str, now: Moment) -> None:
        """A hold never exceeds the stock known when it was granted."""
        parties = next(iter(self._matches.lives.get(name, {}).values()), None)
        said = None if parties is None else self._live[parties.offer].get(name)
        if said is None:
            return  # compaction may have taken what it was when it was accepted
        self._report.held(PROMISES)
        held = self.held(said.offer) + self._legs.promised("offer", said.offer, now.version)
        level = _level(walk, said)
        free = max(0, level.on_hand - level.keep)
        if held > free:
            self._breach(said, now, "was accepted beyond the stock", f"at most {free}", held)

    def _breach(
        self, said: MatchRecord, now: Moment, what: str, expected: object, found: object
    ) -> None:
        source = self._matches.place(said)
        partition = int(source.split("/")[-2])
        moment = place(self._events, partition, now.version - 1)
        sentence = f"{name_of(said)} {what}"
        self._report.breach(PROMISES, sentence, source, moment, expected=expected, found=found)


def _level(walk: Walk, said: MatchRecord) -> Level:
    return walk.book(said.from_coop).level((said.commodity, said.grade, said.lot))


def _order(walk: Walk, said: MatchRecord) -> Order | None:
    return walk.book(said.to_coop).order(said.need.partition("|")[2], walk.reader)


def _asked(walk: Walk, said: MatchRecord, order: Order) -> int:
    return walk.book(said.to_coop).wants(said.need.partition("|")[2], order)
