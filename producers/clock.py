"""The clock: one tick every few seconds to every partition that keeps up.

Decides numbering and pace. A partition whose group has not committed the last tick it got is left
out this time and gets the current number later: numbers rise everywhere, are the same moment
everywhere, and none is ever sent after a higher one. Refuses to know what ticks set going.

Theory of operation. The number is saved before it is sent (`clock_state`). After a death in
between, and when the file is gone or speaks of another log, the place of the last tick is unknown;
then the end of each partition stands for it, and the number is read from the last tick in the
topics.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final, Protocol

from producers.clock_state import ClockFile, ClockState
from producers.publisher import Outgoing
from producers.ticks import TICK_KEY, Place, Said, ready, tick_value

INTERVAL_MS: Final = 5_000


class TickWire(Protocol):
    """What the clock needs of Kafka; `kafka_ticks.KafkaTicks` is the real one."""

    @property
    def places(self) -> Sequence[Place]:
        """Every partition that gets ticks."""

    def ends(self) -> Mapping[Place, int]:
        """The next offset of each partition's log."""

    def committed(self) -> Mapping[Place, int]:
        """The next offset each partition's group will read; without places it never committed."""

    def last_tick(self) -> Said | None:
        """The highest tick in the logs."""

    def send(self, places: Sequence[Place], tick: int, at_ms: int) -> Mapping[Place, int]:
        """Send a tick, wait for every ack and give the offsets; else ClockError."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat: its number (0: none was sent), who got it and who does not keep up."""

    tick: int
    sent: tuple[Place, ...]
    held: tuple[Place, ...]


class Clock:
    """Numbers ticks and sends them. Use it inside `only_clock`."""

    def __init__(self, wire: TickWire, file: ClockFile) -> None:
        self._wire: Final = wire
        self._file: Final = file
        self._said, self._last = _resumed(wire, file.load())

    @property
    def tick(self) -> int:
        """The last number used."""
        return self._said.tick

    def beat(self, now_ms: int) -> Beat:
        """Send the next number wherever the last one is committed. Time never runs backwards."""
        places = ready(self._wire.places, self._last, self._wire.committed())
        held = tuple(place for place in self._wire.places if place not in set(places))
        if not places:
            return Beat(0, (), held)
        said = Said(self._said.tick + 1, max(self._said.at_ms, now_ms))
        self._save(said, sending=True)
        self._said = said
        self._last |= self._wire.send(places, said.tick, said.at_ms)
        self._save(said, sending=False)
        return Beat(said.tick, tuple(places), held)

    def run(
        self,
        stop: Event,
        *,
        now: Callable[[], int],
        interval_ms: int = INTERVAL_MS,
        heard: Callable[[Beat], None] = lambda _: None,
    ) -> None:
        """Beat until `stop` is set; ClockError when a tick cannot be sent."""
        while not stop.is_set():
            heard(self.beat(now()))
            stop.wait(interval_ms / 1000)

    def _save(self, said: Said, *, sending: bool) -> None:
        offsets = {f"{place.topic}/{place.partition}": at for place, at in self._last.items()}
        self._file.save(ClockState(said.tick, said.at_ms, sending, offsets))


def _resumed(wire: TickWire, state: ClockState | None) -> tuple[Said, dict[Place, int]]:
    """Give the last tick, and for each place the offset that must be committed before the next."""
    ends = wire.ends()
    known = {} if state is None else _places(state)
    theirs = all(at < ends.get(place, 0) for place, at in known.items())
    if state is not None and theirs and not state.sending:
        return Said(state.tick, state.at_ms), known
    behind = {place: end - 1 for place, end in ends.items() if end}
    if state is not None and theirs:
        return Said(state.tick, state.at_ms), behind
    return wire.last_tick() or Said(0, 0), behind


def _places(state: ClockState) -> dict[Place, int]:
    parted = {name: name.rpartition("/") for name in state.offsets}
    return {
        Place(topic, int(partition)): state.offsets[name]
        for name, (topic, _, partition) in parted.items()
    }


def ticks_for(partitions: Iterable[int], tick: int, at_ms: int) -> list[Outgoing]:
    """Give the records of one tick: the same bytes to each partition, stamped with its moment."""
    value = tick_value(tick, at_ms)
    return [Outgoing(TICK_KEY, value, partition, at_ms) for partition in partitions]
