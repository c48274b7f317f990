"""The life of each match, from the records of one partition: its name, its parties, its states.

Decides what must hold of a match by itself: the id that follows from what it is, two co-ops, free
goods, a life whose every step is legal and of which nothing is taken back. Matches inside a hub
lie in its partition, those between hubs in the partitions behind. Refuses to know stock:
`promises` and `grants` do.
"""

from base64 import b32encode
from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import Final

import msgspec

from deploy.verify.derived import EPOCH, Derived, Newest, Source
from deploy.verify.findings import LIVES
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.log import Log
from deploy.verify.words import micro

MATCH_TYPE: Final = "lumbung.match.v1"
LIVE: Final = frozenset({"proposed", "countered", "accepted"})
_OFFERED: Final = frozenset(
    {"accepted", "rejected", "countered", "expired", "superseded", "cancelled"}
)
NEXT: Final = {
    "proposed": _OFFERED | {"proposed"},  # proposed again: one of the two sides has said yes
    "countered": _OFFERED,
    "accepted": frozenset({"shipped", "cancelled", "no_show"}),
    "shipped": frozenset({"received", "short"}),
    "received": frozenset({"paid"}),
    "short": frozenset({"paid"}),
}
"""What may follow a state; what is not named here is an end."""
_CLOCK: Final = "lumbung"
TRIES_MAX: Final = 1_000
"""How many matches of a pair between hubs are thought of."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """One moment in a life."""

    state: str
    at_ms: int
    actor: str
    reason: str = ""


class MatchRecord(msgspec.Struct, frozen=True):
    """A match as one record tells it."""

    match_id: str
    tier: int
    state: str
    offer: str
    need: str
    commodity: str
    to_commodity: str
    family: str
    grade: str
    lot: str
    quantity: str
    unit: str
    from_coop: str
    from_hub: str
    to_coop: str
    to_hub: str
    price: int
    leg_cost: int
    leg_days: int
    tick: int
    version: int
    history: list[Step]
    to_quantity: str = ""
    shipped_quantity: str = "0"

    @property
    def micro(self) -> int:
        """Its quantity in millionths of the base unit."""
        return micro(self.quantity)

    @property
    def at(self) -> int:
        """The version within its epoch: the offset of the input record, and one."""
        return self.version % EPOCH

    @property
    def is_held(self) -> bool:
        """Whether a side has said yes."""
        return any(s.actor != _CLOCK and s.state in ("proposed", "accepted") for s in self.history)


class _Versioned(msgspec.Struct, gc=False):
    version: int


class _Any(msgspec.Struct, gc=False):
    type: str
    data: msgspec.Raw


_any = msgspec.json.Decoder(_Any).decode
_record = msgspec.json.Decoder(MatchRecord).decode
_versioned = msgspec.json.Decoder(_Versioned).decode


class Matches:
    """All that one partition says of matches; `lives` by id, each by rising version."""

    def __init__(self, source: Source, end: int, known: Reference, tier: int = 1) -> None:
        """`end` is the end of the partition of events, or of the market."""
        self._tier = tier
        self._from, self._known, self._report = source, known, source.report
        self._newest: Newest[bytes] = Newest(source, end)
        self.lives: dict[str, dict[int, MatchRecord]] = defaultdict(dict)
        self.offsets: dict[tuple[str, int], int] = {}

    def load(self, log: Log) -> None:
        """Read the partition and judge every life."""
        for found in self._from.read(log, _any):
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
        self._newest.see(key, _versioned(raw).version, offset, raw)
        if found.said.type != MATCH_TYPE:
            if self._tier != 1:
                what = "a record that is no match among those between hubs"
                self._report.breach(LIVES, what, at, found=found.said.type)
            return
        said = _record(raw)
        if key != said.match_id:
            self._report.breach(LIVES, f"{said.match_id} is not the key of its record", at)
        if said.micro <= 0 or not said.history:
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
        if steps[0].state != "proposed" or steps[-1].state != said.state:
            self._breach(said, f"the life of {name_of(said)} does not lead to what it is")
        for earlier, later in pairwise(steps):
            if later.state not in NEXT.get(earlier.state, ()) or later.at_ms < earlier.at_ms:
                self._breach(
                    said,
                    f"{name_of(said)} took a step that is not legal",
                    f"after {earlier.state}: {sorted(NEXT.get(earlier.state, ('nothing',)))}",
                    f"{later.state} at {later.at_ms}, {earlier.state} at {earlier.at_ms}",
                )

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
        if before.state not in NEXT and (said.state, said.history) != (
            before.state,
            before.history,
        ):
            self._breach(
                said,
                f"{name_of(said)} went on after its end (also {self.place(before)})",
                before.state,
                said.state,
            )

    def _parties(self, said: MatchRecord) -> None:
        known, good = self._known, self._known.goods.get(said.commodity)
        coop, _, goods = said.offer.partition("|")
        graded = said.grade == UNGRADED or known.rank(said.commodity, said.grade) is not None
        hubs = (known.hub(said.from_coop), known.hub(said.to_coop))
        made = said.commodity != said.to_commodity
        kind = None if good is None else (good.unit, good.family, good.trade)
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
            "free goods of that unit and family": (kind, (said.unit, said.family, "free")),
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
            (one for one in earlier.values() if one.state not in LIVE or one.is_held), None
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
    *("from_coop", "from_hub", "to_coop", "to_hub"),
)


def newest_in(log: Log, topic: str, partition: int) -> dict[str, MatchRecord]:
    """The newest of each match in a partition; what cannot be read is left to others."""
    newest: dict[str, MatchRecord] = {}
    for record in log.records(topic, partition):
        try:
            found = _any(record.value or b"")
            said = _record(found.data) if found.type == MATCH_TYPE else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        held = None if said is None else newest.get(said.match_id)
        if said is not None and (held is None or held.version <= said.version):
            newest[said.match_id] = said
    return newest


def name_of(said: MatchRecord) -> str:
    """A match in a sentence."""
    return f"the match {said.match_id} of {said.offer} for {said.need}"


def match_id(tier: int, offer: str, need: str, n: int) -> str:
    """The id of the n-th match of a pair."""
    text = f"{tier}|{len(offer)}|{offer}|{len(need)}|{need}|{n}".encode()
    return b32encode(blake2b(text, digest_size=10).digest()).decode("ascii")
