"""One partition of the market: every word of the hubs, and what matches take in the end.

Decides that what is said is sound or a dead letter, and that residuals and finished ticks are said
once a version. Refuses to know stock, `grants` does, and what people were shown: `between` does.
"""

from collections import defaultdict
from collections.abc import Container
from typing import Any

import msgspec

from deploy.verify.derived import EPOCH, Kind
from deploy.verify.findings import LIVES, VERSIONS, Report, place
from deploy.verify.goods import Reference, home
from deploy.verify.legs import Legs
from deploy.verify.letters import Letters
from deploy.verify.lives import HOLDING
from deploy.verify.log import Log, LogRecord
from deploy.verify.match_records import MatchRecord, newest_in
from deploy.verify.messages import DONE, LEG, Message, told
from deploy.verify.sayings import read
from deploy.verify.shapes import TICK

_type = msgspec.json.Decoder(Kind).decode


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


def elsewhere(
    log: Log, topic: str, partitions: range, wanted: Container[str]
) -> tuple[dict[str, int], dict[str, MatchRecord]]:
    """What live matches between hubs take of each offer, in millionths; and some of them.

    They lie by family, so those of any hub may be in any partition; kept are those wanted.
    """
    taken: dict[str, int] = defaultdict(int)
    found: dict[str, MatchRecord] = {}
    for partition in partitions:
        for name, said in newest_in(log, topic, partition).items():
            if said.state in HOLDING:
                taken[said.offer] += said.held
            if name in wanted:
                found[name] = said
    return taken, found
