"""Decides what replaying a file means: its bytes as they are, one moment, then ticks until quiet.

Every line goes to the partition of its hub with the same broker timestamp; a tick inside the file
is a barrier: all before it is finished first. Afterwards ticks follow, five seconds of the log's
time apart, until one changes no match, hold or residual. Refuses to judge lines.

Theory of operation. Hubs and the market between them write into each other's logs, so quiet is
when both groups have committed all there is. Commits are read before ends: whoever had committed
everything had said everything, and where the ends show no more than that, nothing was on its way.
A large family rests for some ticks between its rounds, so as many must change nothing. A tick
that changed nothing left only itself in both logs, and the word of each hub partition to
each of the market's that it is done; whatever else is there is news, and costs another tick.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, Protocol

import msgspec

from deploy.errors import Interrupted, LumbungError, UsageError
from deploy.quiet import Progress, progress, until_quiet
from deploy.stack import Stack
from deploy.wiring import groups, hub_app_id
from producers.address import TICK_KEY, Address, address_of
from producers.clock import TickWire, ticks_for
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent
from producers.ticks import tick_of
from schemas import reference
from schemas.decoding import read
from schemas.errors import Unacceptable
from schemas.topics import EVENTS, MARKET, MATCHES
from schemas.validation import AGE_MAX_MS

TICK_MS: Final = 5_000
TICKS_MAX: Final = 1_000
BATCH: Final = 2_000
_TIME: Final = re.compile(rb'"time"\s*:\s*"([^"]{10,40})"')
_YEARS: Final = range(2000, 2100)
READERS: Final[Mapping[str, str]] = {EVENTS: "hub workers", MARKET: "market workers"}
"""Who folds each log."""
Tell = Callable[[Sequence[Progress]], None]


class Log(Protocol):
    """A topic that is written to; `Publisher` is the real one."""

    @property
    def partitions(self) -> int:
        """How many it has."""

    def publish_all(self, records: Sequence[Outgoing]) -> list[Sent]:
        """Send all, in order, or fail."""


def lines_of(path: Path) -> list[bytes]:
    """The lines of a file as they are, blank ones left out."""
    try:
        data = path.read_bytes()
    except OSError as failed:
        raise UsageError("LB-U001", f"{path} cannot be read: {failed}", "Name a file.") from failed
    return [line for line in data.split(b"\n") if line.strip()]


def latest_time(lines: Sequence[bytes]) -> int:
    """The latest sound time of the file, ms UTC.

    A phone whose clock is years ahead must not make everybody else too old: going up from the
    middle of all times, the latest is the last one before a leap of more than the age a saying may
    have.
    """
    times = sorted(ms for line in lines if (ms := _sound_time(line)) is not None)
    if not times:
        raise UsageError(
            "LB-U002",
            "no line of the file tells a time",
            "Say at which moment it is to be judged: --now 2026-11-22T07:00:00+07:00",
        )
    latest = times[(len(times) - 1) // 2]
    for ms in times[(len(times) - 1) // 2 :]:
        if ms - latest > AGE_MAX_MS:
            break
        latest = ms
    return latest


def _sound_time(line: bytes) -> int | None:
    if not _TIME.search(line):
        return None
    try:
        moment = read(line).time
    except Unacceptable:
        return None
    return int(moment.timestamp() * 1000) if moment.year in _YEARS else None


def parse_moment(text: str) -> int:
    """An RFC 3339 time with its offset as ms UTC; UsageError when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as failed:
        raise UsageError(
            "LB-U003", f"{text!r} is not a time", "For example 2026-11-22T07:00:00+07:00"
        ) from failed
    if found.tzinfo is None:
        raise UsageError("LB-U003", f"{text!r} has no offset", "Add +07:00, or Z for UTC.")
    since = found - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay over an open stack."""

    stack: Stack
    now_ms: int
    tell: Tell
    warehouse: Callable[[], Progress]
    rest: Callable[[], int] = lambda: 1
    """How many ticks a large family may wait for its next round; asked when the rest is quiet."""
    stop: Event = field(default_factory=Event)
    """Set from elsewhere, it ends the replay by Interrupted."""

    def run(self, lines: Sequence[bytes]) -> int:
        """Publish all, wait for quiet, tick until nothing changes; returns the ticks it took."""
        settings = self.stack.settings
        options = PublisherOptions(self.stack.bootstrap, EVENTS, client_id="lumbung-replay")
        tracks = [Track(*each) for each in groups(settings).items()]
        ends = [Track(MATCHES, hub_app_id(settings))]
        with (
            Publisher(options) as publisher,
            Publisher(replace(options, topic=MARKET)) as market,
            KafkaTicks(options, tracks) as wire,
            KafkaTicks(options, ends) as matches,
        ):
            ticks = self.through(lines, (publisher, market), wire, matches)
        self._stored()
        return ticks

    def through(
        self, lines: Sequence[bytes], logs: tuple[Log, Log], wire: TickWire, matches: TickWire
    ) -> int:
        """The same without the warehouse; `logs` are the events and the market's."""
        self._publish(lines, logs, wire)
        self._quiet(wire)
        return self._tick(logs, wire, matches)

    def _publish(self, lines: Sequence[bytes], logs: tuple[Log, Log], wire: TickWire) -> None:
        events = logs[0]
        for stretch, tick in _stretches(lines, events.partitions):
            for at in range(0, len(stretch), BATCH):
                events.publish_all(
                    [
                        Outgoing(address.key, line, address.partition, self.now_ms)
                        for line, address in stretch[at : at + BATCH]
                    ]
                )
                self.tell(folded(wire))
            if tick is not None:
                self._quiet(wire)
                for log in logs:
                    everywhere = range(log.partitions)
                    log.publish_all([Outgoing(TICK_KEY, tick, p, self.now_ms) for p in everywhere])
                self._quiet(wire)

    def _tick(self, logs: tuple[Log, Log], wire: TickWire, matches: TickWire) -> int:
        last = wire.last_tick()
        number = last.tick if last else 0
        still, enough = 0, 1
        for k in range(1, TICKS_MAX + 1):
            before = sizes(wire, matches)
            for log in logs:
                at_ms = self.now_ms + k * TICK_MS
                log.publish_all(ticks_for(range(log.partitions), number + k, at_ms))
            self._quiet(wire)
            same = changed_nothing(before, sizes(wire, matches), logs[0].partitions)
            still = still + 1 if same else 0
            if still == 1:
                self._stored()
                enough = self.rest()
            if still and still >= enough:
                return k
        raise LumbungError(
            "LB-P011",
            f"matches, holds or residuals still changed after {TICKS_MAX} ticks",
            "This is a fault of the matcher: keep the data folder and report it.",
        )

    def _quiet(self, wire: TickWire) -> None:
        until_quiet(lambda: self._alive(folded(wire)), tell=self.tell)

    def _stored(self) -> None:
        until_quiet(lambda: self._alive([self.warehouse()]), tell=self.tell)

    def _alive(self, now: list[Progress]) -> list[Progress]:
        self.stack.require_all()
        if self.stop.is_set():
            raise Interrupted(
                "LB-P013", "stopped before all was quiet", "The data stays; run it again to go on."
            )
        return now


def folded(wire: TickWire) -> list[Progress]:
    """How far the readers of each log are; their commits are read before the ends, of all logs."""
    done = {(place.topic, place.partition): at for place, at in wire.committed().items()}
    ends = {(place.topic, place.partition): at for place, at in wire.ends().items()}
    return [
        progress(READERS[topic], done, {at: end for at, end in ends.items() if at[0] == topic})
        for topic in dict.fromkeys(topic for topic, _ in ends)
    ]


def sizes(*wires: TickWire) -> Counter[str]:
    """How many records each topic holds."""
    found: Counter[str] = Counter()
    for wire in wires:
        for place, end in wire.ends().items():
            found[place.topic] += end
    return found


def changed_nothing(before: Mapping[str, int], after: Mapping[str, int], partitions: int) -> bool:
    """Whether a tick left nothing but itself in both logs, and every `done` in the market's."""
    alone = {EVENTS: partitions, MARKET: partitions + partitions * partitions, MATCHES: 0}
    return all(after[topic] - before[topic] == grown for topic, grown in alone.items())


def _stretches(
    lines: Sequence[bytes], partitions: int
) -> Iterator[tuple[list[tuple[bytes, Address]], bytes | None]]:
    """The file cut at its ticks: (lines with their addresses, the tick after them or None)."""
    register = reference.register()
    stretch: list[tuple[bytes, Address]] = []
    for line in lines:
        address = address_of(line, register, partitions)
        if address.tick and tick_of(TICK_KEY, line) is not None:
            yield stretch, line
            stretch = []
        else:
            stretch.append(
                (line, Address(None if address.tick else address.key, address.partition))
            )
    yield stretch, None


def summary(counts: msgspec.Struct | dict[str, int], ticks: int) -> dict[str, int]:
    """What is printed when a replay is done."""
    found = counts if isinstance(counts, dict) else msgspec.to_builtins(counts)
    return {**found, "ticks": ticks}
