"""Decides what replaying a file means: its bytes as they are, one moment, then ticks until quiet.

Every line goes to the partition of its hub with the same broker timestamp; a tick inside the file
is a barrier: all before it is finished first. Afterwards ticks follow, five seconds of the log's
time apart, until one changes no match. Refuses to judge lines.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final

import msgspec

from deploy.errors import Interrupted, LumbungError, UsageError
from deploy.quiet import Progress, progress, until_quiet
from deploy.stack import Stack
from deploy.wiring import hub_app_id
from producers.address import TICK_KEY, Address, address_of
from producers.clock import ticks_for
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Outgoing, Publisher, PublisherOptions
from producers.ticks import tick_of
from schemas import reference
from schemas.decoding import read
from schemas.errors import Unacceptable
from schemas.topics import EVENTS, MATCHES
from schemas.validation import AGE_MAX_MS

TICK_MS: Final = 5_000
TICKS_MAX: Final = 1_000
BATCH: Final = 2_000
_TIME: Final = re.compile(rb'"time"\s*:\s*"([^"]{10,40})"')
_YEARS: Final = range(2000, 2100)
Tell = Callable[[Sequence[Progress]], None]


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
    stop: Event = field(default_factory=Event)
    """Set from elsewhere, it ends the replay by Interrupted."""

    def run(self, lines: Sequence[bytes]) -> int:
        """Publish all, wait for quiet, tick until nothing changes; returns the ticks it took."""
        settings = self.stack.settings
        options = PublisherOptions(self.stack.bootstrap, EVENTS, client_id="lumbung-replay")
        tracks = [Track(EVENTS, hub_app_id(settings))]
        ends = [Track(MATCHES, hub_app_id(settings))]
        with (
            Publisher(options) as publisher,
            KafkaTicks(options, tracks) as wire,
            KafkaTicks(options, ends) as matches,
        ):
            self._publish(lines, publisher, wire)
            self._quiet(wire)
            ticks = self._tick(publisher, wire, matches)
        until_quiet(lambda: [self._alive(self.warehouse())], tell=self.tell)
        return ticks

    def _publish(self, lines: Sequence[bytes], publisher: Publisher, wire: KafkaTicks) -> None:
        for stretch, tick in _stretches(lines, publisher.partitions):
            for at in range(0, len(stretch), BATCH):
                publisher.publish_all(
                    [
                        Outgoing(address.key, line, address.partition, self.now_ms)
                        for line, address in stretch[at : at + BATCH]
                    ]
                )
                self.tell([self._folded(wire)])
            if tick is not None:
                self._quiet(wire)
                everywhere = range(publisher.partitions)
                publisher.publish_all(
                    [Outgoing(TICK_KEY, tick, p, self.now_ms) for p in everywhere]
                )
                self._quiet(wire)

    def _tick(self, publisher: Publisher, wire: KafkaTicks, matches: KafkaTicks) -> int:
        last = wire.last_tick()
        number = last.tick if last else 0
        for k in range(1, TICKS_MAX + 1):
            before = sum(matches.ends().values())
            at_ms = self.now_ms + k * TICK_MS
            publisher.publish_all(ticks_for(range(publisher.partitions), number + k, at_ms))
            self._quiet(wire)
            if sum(matches.ends().values()) == before:
                return k
        raise LumbungError(
            "LB-P011",
            f"matches still changed after {TICKS_MAX} ticks",
            "This is a fault of the matcher: keep the data folder and report it.",
        )

    def _quiet(self, wire: KafkaTicks) -> None:
        until_quiet(lambda: [self._alive(self._folded(wire))], tell=self.tell)

    def _folded(self, wire: KafkaTicks) -> Progress:
        read_ = {(p.topic, p.partition): at for p, at in wire.committed().items()}
        ends = {(p.topic, p.partition): at for p, at in wire.ends().items()}
        return progress("hub workers", read_, ends)

    def _alive(self, now: Progress) -> Progress:
        self.stack.require_all()
        if self.stop.is_set():
            raise Interrupted(
                "LB-P013", "stopped before all was quiet", "The data stays; run it again to go on."
            )
        return now


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
