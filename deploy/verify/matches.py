"""The life of each match, from the records of one partition: its name, its parties, its states.

Decides what must hold of a match by itself: the id that follows from what it is, two co-ops, free
goods, a life whose every step is legal and of which nothing is taken back. Matches inside a hub
lie in its partition, those between hubs in the partitions behind. Refuses to know stock:
`promises` and `grants` do.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from deploy.verify.derived import Derived, Newest, Source
from deploy.verify.findings import LIVES
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.lives import (
    HOLDING,
    NEXT,
    Deadlines,
    impossible,
    is_too_late,
    unlawful,
)
from deploy.verify.log import Log
from deploy.verify.match_records import (
    MATCH_TYPE,
    MatchRecord,
    match_id,
    name_of,
    read_any,
    read_match,
    read_version,
)

_TRADED: Final = frozenset({"free", "contract_only"})
TRIES_MAX: Final = 1_000
"""How many matches of a pair between hubs are thought of."""


class Matches:
    """All that one partition says of matches; `lives` by id, each by rising version."""

    def __init__(self, source: Source, end: int, known: Reference, tier: int = 1) -> None:
        """`end` is the end of the partition of events, or of the market."""
        self._tier = tier
        self._from, self._known, self._report = source, known, source.report
        self.report: Final = source.report
        self._newest: Newest[bytes] = Newest(source, end)
        self.lives: dict[str, dict[int, MatchRecord]] = defaultdict(dict)
        self.offsets: dict[tuple[str, int], int] = {}

    def load(self, log: Log) -> None:
        """Read the partition and judge every life."""
        for found in self._from.read(log, read_any):
            at = self._from.at(found.record.offset)
            try:
                self._take(found, at)
            except ValueError as broken:
                self._report.breach(LIVES, f"a match record cannot be read: {broken!r}", at)
        self._newest.settle()
        for name, life in self.lives.items():
            self.lives[name] = dict(sorted(life.items()))
            self._life(name)
        self._pairs()

    def _take(self, found: Derived, at: str) -> None:
        key = (found.record.key or b"").decode("utf-8", "replace")
        offset, raw = found.record.offset, bytes(found.said.data)
        self._newest.see(key, read_version(raw).version, offset, raw)
        if found.said.type != MATCH_TYPE:
            if self._tier != 1:
                what = "a record that is no match among those between hubs"
                self._report.breach(LIVES, what, at, found=found.said.type)
            return
        said = read_match(raw)
        if key != said.match_id:
            self._report.breach(LIVES, f"{said.match_id} is not the key of its record", at)
        if said.amounts.quantity <= 0 or not said.history:
            self._report.breach(LIVES, f"{said.match_id} is a match of nothing", at, found=said)
        elif said.version not in self.lives[said.match_id]:
            self.lives[said.match_id][said.version] = said
            self.offsets[said.match_id, said.version] = offset

    def newest(self) -> Iterator[MatchRecord]:
        """Every match as it stands."""
        for life in self.lives.values():
            yield next(reversed(life.values()))

    def place(self, said: MatchRecord) -> str:
        """Where a record stands."""
        offset = self.offsets[said.match_id, said.version]
        return self._from.at(offset)

    # -------------------------------------------------------------- one life
    def _life(self, name: str) -> None:
        before: MatchRecord | None = None
        for said in self.lives[name].values():
            self._report.held(LIVES)
            self._steps(said)
            if before is None:
                self._parties(said)
            else:
                self._goes_on(before, said)
            before = said

    def _steps(self, said: MatchRecord) -> None:
        steps = said.history
        if steps[0].state not in ("draft", "proposed") or steps[-1].state != said.state:
            self._breach(said, f"the life of {name_of(said)} does not lead to what it is")
        until = Deadlines(said.expires_ms, said.ship_by_day, said.arrive_by_day, said.freezes_ms)
        between = self._tier != 1
        for wrong in unlawful(steps, said.parties, until, between=between):
            self._breach(said, f"{name_of(said)} took {wrong}")
        states = [step.state for step in steps]
        if not between:  # there goods may move for nothing, and become others: `courses` knows
            wrong = impossible(states, said.amounts, said.payment, said.held)
            if wrong:
                self._breach(said, f"{name_of(said)} shows {wrong}", "", said.amounts)

    def _goes_on(self, before: MatchRecord, said: MatchRecord) -> None:
        """A later version tells the same life, and more of it; after its end nothing changes."""
        same = [getattr(before, word) == getattr(said, word) for word in _FIXED]
        if not all(same) or said.history[: len(before.history)] != before.history:
            self._breach(
                said,
                f"{name_of(said)} tells another life than before (also {self.place(before)})",
                before,
                said,
            )
        new = [before.history[-1], *said.history[len(before.history) :]]
        late = self._tier != 1 and all(is_too_late(*pair) for pair in pairwise(new))
        if before.state not in NEXT and said.history != before.history and not late:
            what = f"{name_of(said)} went on after its end (also {self.place(before)})"
            self._breach(said, what, before.state, said.state)
        was, now = before.amounts, said.amounts
        if any(b > n for b, n in zip(was[1:], now[1:], strict=True)):
            what = f"{name_of(said)} takes back what had moved (also {self.place(before)})"
            self._breach(said, what, was, now)
        if before.tick == said.tick and said.held > before.held:
            what = f"{name_of(said)} holds more than a tick granted (also {self.place(before)})"
            self._breach(said, what, before.held, said.held)
        said_anew = any(step.state == "countered" for step in said.history[len(before.history) :])
        agreed = before.micro, before.price
        if before.is_frozen and not said_anew and (said.micro, said.price) != agreed:
            what = f"{name_of(said)} was changed after it was frozen"
            self._breach(said, f"{what} (also {self.place(before)})", agreed, said.micro)
        if before.is_held and not said_anew and (said.micro, said.price) != agreed:
            what = f"{name_of(said)} was changed after a side had said yes"
            self._breach(said, f"{what} (also {self.place(before)})", agreed, said.micro)

    def _parties(self, said: MatchRecord) -> None:
        known, good = self._known, self._known.goods.get(said.commodity)
        coop, _, goods = said.offer.partition("|")
        graded = said.grade == UNGRADED or known.rank(said.commodity, said.grade) is not None
        hubs = (known.hub(said.from_coop), known.hub(said.to_coop))
        made = said.commodity != said.to_commodity
        kind = None if good is None else (good.unit, good.family, good.trade)
        trade = good.trade if good is not None and good.trade in _TRADED else "free"
        facts: dict[str, tuple[object, object]] = {
            "its offer": (
                (said.from_coop, f"{said.commodity}|{said.grade}|{said.lot}"),
                (coop, goods),
            ),
            "its need": (said.to_coop, said.need.partition("|")[0]),
            "two co-ops": (True, said.from_coop != said.to_coop),
            "its hubs": (hubs, (said.from_hub, said.to_hub)),
            # What a recipe makes is the market's affair, wherever it is made.
            "its tier": (1 if hubs[0] == hubs[1] and not made else 2, said.tier),
            "its partition": (self._tier, said.tier),
            "one commodity, or a recipe between": (True, self._becomes(said)),
            "goods of that unit and family": (kind, (said.unit, said.family, trade)),
            "a grade of the goods": (True, graded),
        }
        for fact, (expected, found) in facts.items():
            if expected != found:
                self._breach(said, f"{name_of(said)} is wrong in: {fact}", expected, found)

    def _becomes(self, said: MatchRecord) -> bool:
        made = (said.commodity, said.to_commodity)
        if made[0] == made[1]:
            return True
        recipes = self._known.recipes.values()
        return self._tier != 1 and any(made[0] == used and made[1] in out for used, out in recipes)

    # -------------------------------------------------------------- the names of a pair
    def _pairs(self) -> None:
        """The matches of a pair are named 0, 1, 2 ... by how many of it were settled before."""
        pairs: dict[tuple[int, str, str], list[MatchRecord]] = defaultdict(list)
        for life in self.lives.values():
            first = next(iter(life.values()))
            pairs[first.tier, first.offer, first.need].append(first)
        for pair, firsts in pairs.items():
            names = self._names(pair, firsts)
            for said in firsts:
                if said.match_id not in names:
                    wanted = f"one of {names}"
                    self._breach(said, f"{name_of(said)} is not the id of its pair", wanted)
            found = [self.lives[name] for name in names if name in self.lives]
            for earlier, later in pairwise(found):
                self._follows(earlier, next(iter(later.values())))

    def _names(self, pair: tuple[int, str, str], firsts: list[MatchRecord]) -> list[str]:
        """Between hubs a pair may have been tried before and nobody saw it."""
        if self._tier == 1:
            return [match_id(*pair, n) for n in range(len(firsts))]
        found, left = [], {said.match_id for said in firsts}
        for n in range(TRIES_MAX):
            name = match_id(*pair, n)
            if name in left:
                found.append(name)
                left.discard(name)
            if not left:
                break
        return found

    def _follows(self, earlier: dict[int, MatchRecord], said: MatchRecord) -> None:
        settled = next(
            (one for one in earlier.values() if one.state not in HOLDING or one.is_held), None
        )
        if settled is None or settled.version > said.version:
            open_one = next(iter(earlier.values())).match_id
            self._breach(said, f"{name_of(said)} came while {open_one} of its pair was open")

    def _breach(
        self, said: MatchRecord, what: str, expected: object = "", found: object = ""
    ) -> None:
        self._report.breach(LIVES, what, self.place(said), expected=expected, found=found)


_FIXED: Final = (
    *("tier", "offer", "need", "commodity", "to_commodity", "family", "grade", "lot", "unit"),
    *("from_coop", "from_hub", "to_coop", "to_hub", "pool", "pooled"),
)
