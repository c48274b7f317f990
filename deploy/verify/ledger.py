"""One partition of the ledger, read beside the log: per input record its one verdict.

Theory. A worker says its verdicts in the order of the log, and after a crash says some again. So
the ledger is read just as far as the record at hand needs; what lies ahead waits, and of what is
behind only a fingerprint stays, to know that it is said alike again. Positions and orders keep
their newest. Refuses to know whether a verdict is right.
"""

from array import array
from collections.abc import Iterator
from sys import intern
from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify.derived import Derived, Newest, Source
from deploy.verify.findings import CONSERVED, JUDGED, Report, place
from deploy.verify.log import Log
from deploy.verify.words import micro

VERDICTS: Final = frozenset({"accepted", "duplicate", "rejected"})
AHEAD_MAX: Final = 50_000
"""A verdict that is not among so many later ones is missing."""
_EPOCH: Final = 2**40


class Line(msgspec.Struct, gc=False):
    """A line as the ledger tells it."""

    line_id: str
    line: int
    kind: str
    commodity: str = ""
    grade: str = ""
    lot: str = ""
    quantity: str = ""
    order: str = ""
    revision: int = 0
    target: str = ""
    voided: bool = False


class Refused(msgspec.Struct, gc=False):
    """A line that was not kept, and why."""

    line: int
    reason: str


class Position(msgspec.Struct, gc=False):
    """A position as the ledger tells it; of the speaker unless it names another co-op."""

    commodity: str
    grade: str
    lot: str
    unit: str
    on_hand: str
    keep: str
    min_lot: str
    floor_price: int
    expires_day: int
    last_report_ms: int
    version: int
    coop: str = ""


class OrderState(msgspec.Struct, gc=False):
    """An order as the ledger tells it."""

    order: str
    order_id: str
    state: str
    version: int
    commodity: str = ""
    grade: str = ""
    market: str = ""
    quantity: str = ""
    unit: str = ""
    ceiling_price: int = -1
    needed_day: int = -1
    priority: str = ""
    min_lot: str = ""
    revision: int = 0
    delivered: str = ""


class _Told(msgspec.Struct, gc=False):
    partition: int
    offset: int
    verdict: str
    version: int
    event_id: str = ""
    coop: str = ""
    hub: str = ""
    device: str = ""
    sequence: int = 0
    occurred_ms: int = 0
    recorded_ms: int = 0
    reason: str = ""
    lines: list[Line] = []
    refused: list[Refused] = []
    positions: list[Position] = []
    orders: list[OrderState] = []


class _Record(msgspec.Struct, gc=False):
    type: str
    data: _Told


_decode = msgspec.json.Decoder(_Record).decode


class Judgement(NamedTuple):
    """The verdict on one input record, and where in the ledger it stands.

    `lines` are the words of the lines kept, `refused` the numbers and reasons of the others.
    """

    verdict: str
    reason: str
    version: int
    who: tuple[str, str, str, str, int, int]
    recorded_ms: int
    lines: tuple[tuple[Any, ...], ...]
    refused: tuple[tuple[int, str], ...]
    at: int


class Touched(NamedTuple):
    """A position or an order as the ledger last told it, and where."""

    said: Any
    at: int


class Ledger:
    """The ledger of one partition of the topic `events`."""

    def __init__(self, log: Log, topic: str, events: str, partition: int, report: Report) -> None:
        self._events, self._partition = events, partition
        self._end = log.end(events, partition)
        self._from = Source(topic, self._partition, report, JUDGED)
        self._told: Iterator[Derived] = self._from.read(log, _decode)
        self._report = report
        self._prints = array("q")
        self._ahead: dict[int, Judgement] = {}
        self._walked = -1
        self._unjudged: dict[int, str] = {}
        touched = Source(topic, self._partition, report, CONSERVED)
        self._positions: Newest[Position] = Newest(touched, self._end)
        self._orders: Newest[OrderState] = Newest(touched, self._end)

    # -------------------------------------------------------------- what it says
    def verdict(self, offset: int) -> Judgement | None:
        """The verdict on the next record, None when there is none."""
        self._walked = offset
        found = self._ahead.pop(offset, None)
        while found is None and len(self._ahead) <= AHEAD_MAX:
            told = next(self._told, None)
            if told is None:
                return None
            now = self._take(told)
            if now is not None and now[0] == offset:
                found = now[1]
            elif now is not None:
                self._ahead[now[0]] = now[1]
        return found

    def pass_over(self, offset: int, what: str) -> None:
        """The record at an offset is a tick or a request of the market: nobody judges it."""
        self._walked = offset
        self._unjudged[offset] = what
        found = self._ahead.pop(offset, None)
        if found is not None:
            self._never(offset, found)

    def settle(self) -> None:
        """Read what is left once the log has been walked."""
        for told in self._told:
            now = self._take(told)
            if now is not None:
                self._ahead[now[0]] = now[1]
        for offset in sorted(self._ahead):
            self._never(offset, self._ahead[offset])
        self._positions.settle(compacted=False)
        self._orders.settle(compacted=False)

    def positions(self) -> dict[tuple[str, str, str, str], Touched]:
        """Positions by (co-op, commodity, grade, lot)."""
        held = self._positions.held
        return {name: Touched(found.said, found.offset) for name, found in held.items()}

    def orders(self) -> dict[str, Touched]:
        """Orders by id."""
        return {name: Touched(held.said, held.offset) for name, held in self._orders.held.items()}

    def at(self, offset: int) -> str:
        """Name a record of the ledger."""
        return self._from.at(offset)

    # -------------------------------------------------------------- taking in
    def _take(self, told: Derived) -> tuple[int, Judgement] | None:
        """Fold one record: the offset it judges and how, None when that was known before."""
        data: _Told = told.said.data
        at = told.record.offset
        try:
            now = _judgement(data, at)
        except ValueError as broken:
            self._report.breach(JUDGED, f"a ledger record is broken: {broken!r}", self.at(at))
            return None
        self._touch(data, at)
        if now.verdict not in VERDICTS or data.partition != self._partition:
            what = "a verdict nobody knows, or one of another partition"
            self._report.breach(JUDGED, what, self.at(at), found=(now.verdict, data.partition))
        if not 0 <= data.offset < self._end:
            self._never(data.offset, now)
            return None
        if data.version % _EPOCH != data.offset + 1:
            what = f"the verdict on offset {data.offset} has the version of another record"
            version = f"version {data.offset + 1}"
            self._report.breach(JUDGED, what, self.at(at), expected=version, found=data.version)
        return (data.offset, now) if self._is_first(data.offset, now) else None

    def _is_first(self, offset: int, now: Judgement) -> bool:
        if offset >= len(self._prints):
            self._prints.extend([0] * (offset + 1 - len(self._prints)))
        told, known = hash(now[:-1]) or 1, self._prints[offset]
        self._prints[offset] = told
        if known == told:
            return False
        if known:
            before = self._ahead.get(offset)
            self._report.breach(
                JUDGED,
                f"the record at offset {offset} was judged twice, and not alike",
                place(self._events, self._partition, offset),
                *((self.at(before.at),) if before else ()),
                self.at(now.at),
                expected="as before" if before is None else before[:-1],
                found=now[:-1],
            )
            return False
        if offset < self._walked or offset in self._unjudged:
            self._never(offset, now)
            return False
        return True

    def _never(self, offset: int, judged: Judgement) -> None:
        if offset in self._unjudged:
            what = f"{self._unjudged[offset]} was judged as a saying"
        elif offset <= self._walked:
            what = f"the verdict on offset {offset} comes after {AHEAD_MAX} later ones"
        else:
            what = f"a verdict on offset {offset}, but no record stands at that place"
        self._report.breach(JUDGED, what, self.at(judged.at), found=judged[:-1])

    def _touch(self, data: _Told, at: int) -> None:
        coop = intern(data.coop)
        for said in data.positions:
            of, said.coop = said.coop or coop, ""
            name = (
                of,
                intern(said.commodity),
                intern(said.grade),
                intern(said.lot),
            )
            self._positions.see(name, said.version, at, said)
        for asked in data.orders:
            self._orders.see(asked.order_id, asked.version, at, asked)


def _judgement(data: _Told, at: int) -> Judgement:
    who = (data.event_id, data.coop, data.hub, data.device, data.sequence, data.occurred_ms)
    lines = tuple([words_of(line) for line in data.lines])
    refused = tuple([(line.line, line.reason) for line in data.refused])
    return Judgement(
        data.verdict, data.reason, data.version, who, data.recorded_ms, lines, refused, at
    )


def words_of(line: Line) -> tuple[Any, ...]:
    """What a ledger line says, to be compared with the checker's own reading of the report."""
    kind, said = line.kind, line.quantity
    return (
        line.line_id,
        kind,
        line.commodity,
        "" if kind.startswith("order.") else line.grade,
        line.lot,
        micro(said) if said else None,
        line.order,
        line.revision,
        line.target,
    )
