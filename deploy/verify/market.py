"""One partition of the market: every word of the hubs, and every match that came of them.

Decides that what is said is sound or a dead letter, that residuals and finished ticks are said
once a version, and that people were shown a match only while both hubs had promised what it says:
when its record was written, and at the end. Refuses to know stock: `grants` does.
"""

from collections import defaultdict
from typing import Any, Final

import msgspec

from deploy.verify.derived import EPOCH, Kind
from deploy.verify.findings import LIVES, PROMISES, VERSIONS, Report, place
from deploy.verify.goods import Reference, home
from deploy.verify.legs import Legs, Told, name_of
from deploy.verify.letters import Letters
from deploy.verify.log import Log, LogRecord
from deploy.verify.matches import LIVE, Matches, MatchRecord, newest_in
from deploy.verify.matches import name_of as match_name
from deploy.verify.messages import COMMITTED, DONE, LEG, Message, told
from deploy.verify.sayings import read
from deploy.verify.shapes import TICK
from deploy.verify.words import micro

_type = msgspec.json.Decoder(Kind).decode
_SIDES: Final = ("offer", "need")


class Market:
    """What one process must know of the market: a partition of it whole, of the others legs.

    `here` are the legs of this partition's families, `home` those of this partition's hubs.
    """

    def __init__(
        self, topic: str, place_of: tuple[int, int], known: Reference, report: Report
    ) -> None:
        self._topic, self._number, self._known = topic, place_of[0], known
        self._partitions, self._report = place_of[1], report
        self.here, self.home = Legs(topic, report), Legs(topic, Report())
        self._ends: dict[int, int] = {}
        self._said: dict[Any, tuple[Any, int]] = {}

    def load(self, log: Log, events: str, letters: Letters) -> None:
        """Read all partitions; what nobody can take here must be a dead letter."""
        self._ends = {p: log.end(events, p) for p in range(self._partitions)}
        for partition in range(log.partitions(self._topic)):
            own, count = partition == self._number, 0
            for record in log.records(self._topic, partition):
                count += 1
                if own:
                    self._own(record, letters)
                else:
                    self._other(record)
            if own:
                self._report.count("records", count)
                self._report.count("market_records", count)
        self.here.settle()
        self.home.settle()
        hubs = {leg.said.hub for leg in self.here.newest()}
        ends = {hub: self._ends[home(hub, self._partitions)] for hub in hubs}
        self.here.judge(self._number, ends)

    def _own(self, record: LogRecord, letters: Letters) -> None:
        said = told(record, self._partitions)
        if said is None:
            tick = read(record, self._partitions, self._known) if record.key == b"tick" else None
            if tick is None or tick.type != TICK:
                letters.market(record, self._topic)
        elif said.type == LEG:
            self.here.take(record, said)
            self._hub(record, said)
        else:
            self._again(record, said)

    def _other(self, record: LogRecord) -> None:
        """Of another partition only the legs of this partition's hubs are looked at."""
        try:
            kind = _type(record.value or b"").type
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        said = told(record, self._partitions) if kind == LEG else None
        if said is not None:
            self._hub(record, said)

    def _hub(self, record: LogRecord, said: Message) -> None:
        if home(said.hub, self._partitions) == self._number:
            self.home.take(record, said)

    def _again(self, record: LogRecord, said: Message) -> None:
        """What a hub has left, and that a tick is done, has one content and one version."""
        self._report.held(VERSIONS)
        source = said.partition if said.type == DONE else home(said.hub, self._partitions)
        end = self._ends.get(source, 0)
        at = place(self._topic, record.partition, record.offset)
        if not 0 < said.version % EPOCH <= end:
            what = f"a {said.type} has a version that no record of the log could give it"
            expected = f"1 to {end}, the end of its partition"
            self._report.breach(VERSIONS, what, at, expected=expected, found=said.version % EPOCH)
        name = (said.type, said.hub, said.family, said.version, said.partition, said.tick)
        if said.type == DONE:
            name = (said.type, "", "", 0, said.partition, said.tick)
        content, first = self._said.setdefault(name, (said.content, record.offset))
        if content != said.content:
            what = f"a {said.type} of one name has two different contents"
            places = (place(self._topic, record.partition, first), at)
            self._report.breach(LIVES, what, *places, expected=content, found=said.content)

    # -------------------------------------------------------------- what people saw
    def shown(self, matches: Matches) -> None:
        """Hold every version of every match against the legs, and the legs against the matches."""
        for life in matches.lives.values():
            for said in life.values():
                self._report.held(PROMISES)
                self._covered(matches, said)
        live = {said.match_id for said in matches.newest() if said.state in LIVE}
        for leg in self.here.newest():
            if leg.said.state == COMMITTED and leg.said.match not in live:
                what = f"{name_of(leg.said)} is promised for a match that nobody shows"
                self._report.breach(LIVES, what, self.here.at(leg), found=leg.said.state)
        for said in matches.newest():
            if said.state in LIVE:
                self._stands(matches, said, 2**62, "at the end")

    def _covered(self, matches: Matches, said: MatchRecord) -> None:
        """When a record of a match was written, both legs were committed, or one was over."""
        if said.state in LIVE:
            self._stands(matches, said, said.at - 1, "when it was shown")
            return
        legs = [self.here.as_of((said.match_id, side), said.at - 1) for side in _SIDES]
        if not any(leg is None or leg.said.state != COMMITTED for leg in legs):
            what = f"{match_name(said)} was shown as over, and both its legs stood"
            places = [self.here.at(leg) for leg in legs if leg is not None]
            self._report.breach(LIVES, what, matches.place(said), *places, found=said.state)

    def _stands(self, matches: Matches, said: MatchRecord, offset: int, when: str) -> None:
        amounts = (said.micro, micro(said.to_quantity or said.quantity))
        lines, hubs = (said.offer, said.need), (said.from_hub, said.to_hub)
        for side, wanted, line, hub in zip(_SIDES, amounts, lines, hubs, strict=True):
            leg = self.here.as_of((said.match_id, side), offset)
            if leg is not None and _covers(leg, (line, hub), wanted):
                continue
            what = f"{match_name(said)} was not covered by its {side} leg {when}"
            places = [matches.place(said), *([] if leg is None else [self.here.at(leg)])]
            expected = f"{COMMITTED}, at least {wanted} of {line} in {hub}"
            found = "no such leg" if leg is None else (leg.said.state, leg.said.quantity)
            self._report.breach(PROMISES, what, *places, expected=expected, found=found)


def _covers(leg: Told, of: tuple[str, str], wanted: int) -> bool:
    said = leg.said
    same = (said.line, said.hub) == of
    return same and said.state == COMMITTED and said.quantity >= wanted


def bound(log: Log, topic: str, partitions: range) -> dict[str, int]:
    """What live matches between hubs take of each offer, in millionths, whatever their family."""
    taken: dict[str, int] = defaultdict(int)
    for partition in partitions:
        for said in newest_in(log, topic, partition).values():
            if said.state in LIVE:
                taken[said.offer] += max(0, said.micro - micro(said.shipped_quantity))
    return taken
