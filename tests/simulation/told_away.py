"""What a hub's partition tells the market in a straight run, held against lines and legs.

The straight run says every version of every leg. Each must be what the legs of the design are
after that record; after a tick the leftovers told must be what the oracle, deals and legs leave of
every line, and whoever hears all that was told must come to the sum that the tick's end names.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from schemas import reference
from schemas.identity import CommodityCode
from schemas.market import read
from schemas.quantity import MICRO
from streams.core.interchange.tally import Tally
from tests.simulation.afar import FarDeeds
from tests.simulation.craft import FAMILY, HOME, PARTITIONS
from tests.simulation.facts import Fact, Name
from tests.simulation.legs import IsOld, Legs, Room
from tests.simulation.stories import Expected, Story
from tests.support.core_logs import DAY, HOUR, Logged
from tests.support.oracle import Moved

Law = Callable[[str, bool, str], None]
PIECE, THOUSANDTH = MICRO, 1_000
"""Micro; nothing is matched in smaller parts, counted or weighed."""
WIB_MS = 7 * HOUR
Words = list[tuple[int, Fact]]
"""What a record led to, with the market's partition that is told."""


class Between:
    """One story's words to the market; `rows` is the newest of each leg and leftover."""

    def __init__(self, story: Story, law: Law) -> None:
        self.rows: dict[Name, tuple[int, str]] = {}
        self.done: dict[tuple[int, int], int] = {}
        """By tick and partition of the market: what stands for all that was told."""
        self.legs = Legs()
        self.deeds = FarDeeds(self.legs)
        self._law, self._number, self._left = law, story.number, f"{story.hub}|{FAMILY}"
        self._cut_offs = story.cut_offs
        self._tallies = [Tally() for _ in range(PARTITIONS)]
        self._abouts: dict[Name, Any] = {}
        self._now_ms = 0

    def follow(
        self,
        record: Logged,
        expected: Expected,
        version: int,
        words: Words,
        lines: tuple[Room, Iterable[tuple[str, str, str]], IsOld],
    ) -> None:
        """One record and what was said of it; `lines` are those there are, and their room."""
        room, places, is_old = lines
        if self._cut_offs:  # without, no word is too old
            self.legs.is_old = is_old
        self._hear(record, expected, version, room)
        for place, (name, told, content, about) in words:
            if name[0] != "done":
                self._law("I6", place == HOME, f"{name} is told to partition {place}")
                self.rows[name] = (told, content)
                self._abouts[name] = about
            if name[0] == "left":
                self._tallies[place].put(name[1], self._number, told)
        self._legs(record, expected, words)
        if expected.tick:
            self._leftovers(expected.tick, room, places)
            self._finished(expected.tick, words)
        else:
            early = [name for _, (name, *_) in words if name[0] != "leg"]
            self._law("I6", not early, f"{early} is told after record {record.offset}")

    def decided(self, record: Logged, version: int, words: Words) -> list[Moved]:
        """A decision on a match between hubs was carried out; what it moved."""
        told = {(n[1], n[2]): about for _, (n, _, _, about) in words if n[0] == "leg"}
        now_ms = self._now_ms or record.timestamp
        return self.deeds.done(record.value, told, (version, now_ms), self._law)

    def _hear(self, record: Logged, expected: Expected, version: int, room: Room) -> None:
        self._now_ms = self._now_ms or record.timestamp
        if expected.verdict == "market":
            request: Any = read(record.value)
            self.legs.hear(request, version, self._now_ms, room)
        if expected.tick:
            self._now_ms = max(self._now_ms, record.timestamp)
            self.legs.tick(version, self._now_ms)
            self.legs.answered(self._now_ms, self._next_cut_off)
        said = expected.verdict in ("accepted", "")
        cause = json.loads(record.value)["id"] if said else "unknown"
        self.legs.weigh(room, cause, version, self._now_ms)

    def _legs(self, record: Logged, expected: Expected, words: Words) -> None:
        """Every leg is told as it must be, and so is the one that a request asked about."""
        for name, leg in self.legs.by_name.items():
            full = ("leg", *name)
            version = self.rows.get(full, (0, ""))[0]
            shown = self._abouts.get(full), version
            what = f"after record {record.offset} {full} is told as {shown}, not {leg.told}"
            self._law("I5", shown == leg.told, what)
        told = {name[1:] for _, (name, *_) in words if name[0] == "leg"}
        strange = told - self.legs.by_name.keys()
        self._law("I5", not strange, f"{strange} is told and nobody's leg")
        if expected.verdict == "market":
            request: Any = read(record.value)
            name = (getattr(request, "match", ""), str(getattr(request, "side", "")))
            unanswered = name in self.legs.by_name and name not in told
            self._law("I10", not unanswered, f"record {record.offset} has no answer")

    def _leftovers(self, tick: int, room: Room, places: Iterable[tuple[str, str, str]]) -> None:
        """What hub and market did not match of each line, in pieces or thousandths.

        Goods that wait to be counted are not told; that they have just been, is.
        """
        right, goods = {}, reference.catalogue().commodities
        for side, line, commodity in places:
            left = room(side, line, commodity) - self.legs.promised(side, line, commodity)
            least = PIECE if goods[CommodityCode(commodity)].unit == "EA" else THOUSANDTH
            if left >= least and not self.legs.waits(line):
                right[line] = left - left % least, self.legs.asked.get(line, (0, 0))[1] > 0
        shown = self._abouts.get(("left", self._left), {})
        self._law("I6", shown == right, f"left after tick {tick}: {shown}, not {right}")

    def _next_cut_off(self, now_ms: int) -> int:
        """The hubs of all stories are in western Indonesia."""
        day = (now_ms + WIB_MS) // DAY * DAY - WIB_MS
        moments = [day + n * DAY + m * 60_000 for n in (0, 1) for m in self._cut_offs]
        return min(at for at in moments if at > now_ms)

    def _finished(self, tick: int, words: Words) -> None:
        """Every partition of the market hears that a tick is done, after all that it led to."""
        done = [place for place, (name, *_) in words if name[0] == "done"]
        self._law("I6", sorted(done) == [*range(PARTITIONS)], f"tick {tick} is done at {done}")
        last = dict(words)
        for place, (name, _, _, about) in last.items():
            self._law("I6", name[0] == "done", f"{name} is told after the end of tick {tick}")
            self.done[tick, place] = about[1]
            due = self._tallies[place].sum(self._number)
            what = f"tick {tick} ends with {about[1]} for partition {place}, not {due}"
            self._law("I6", about == (tick, due), what)
