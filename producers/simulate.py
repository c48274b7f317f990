"""Drives the simulated world against the wall clock and publishes what it says.

Decides the pace, that no report leaves before its moment, and counts what left by flaw. Refuses to
know what villages say; the clock and the end are given.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from threading import Event
from typing import Final

from producers.address import address_of
from producers.publisher import Outgoing, Sender, Sent
from producers.world.scene import Home, Scene
from producers.world.world import Spoken, World
from schemas import reference
from schemas.identity import HubId
from schemas.register import Register

SEED_HUBS: Final = tuple(
    HubId(code)
    for code in (
        "19.02 34.02 36.01 36.02 36.03 36.04 36.71 36.72 36.73 36.74 64.02 "
        "65.01 65.02 65.03 65.04 65.71"
    ).split()
)
"""Belitung, Bantul, the eight of Banten, Kutai Kartanegara, the five of Kalimantan Utara."""

_BATCH_MAX: Final = 500
_PAUSE_SECONDS: Final = 0.02


@dataclass(slots=True)
class Tally:
    """So far: records acknowledged, records still owed, and how many spoken bore which flaw."""

    sent: int = 0
    owed: int = 0
    flaws: Counter[str] = field(default_factory=Counter)


def seed_world(seed: int, hubs: Iterable[str] = SEED_HUBS, *, run: int = 1) -> World:
    """Build the world of these hubs from the shipped files; KeyError for an unknown hub."""
    register = reference.register()
    scene = Scene(
        reference.catalogue(),
        reference.table("specialties"),
        reference.table("seasonality"),
        reference.table("consumption"),
    )
    homes = [
        Home(hub, register.hubs[hub].population, register.coops_of(hub))
        for hub in map(HubId, hubs)
    ]
    return World(seed, scene, homes, run=run)


@dataclass(frozen=True, slots=True)
class Pace:
    """Reports a second, whether every co-op awake opens first, and how many reports at most."""

    per_second: int
    opening: bool = True
    reports_max: int | None = None


class Simulation:
    """A world that speaks through a sender; `tally` may be read while it runs.

    `beside` is called again and again once the opening is over: what else the villages do.
    """

    def __init__(
        self,
        world: World,
        sender: Sender,
        pace: Pace,
        *,
        now: Callable[[], int],
        beside: Callable[[], None] = lambda: None,
    ) -> None:
        assert pace.per_second > 0, "a pace is reports a second"
        self.tally: Final = Tally()
        self._world: Final = world
        self._sender: Final = sender
        self._pace: Final = pace
        self._now: Final = now
        self._beside: Final = beside
        self._register: Final = reference.register()
        self._owed: list[Spoken] = []

    def run(self, stop: Event) -> Tally:
        """Publish until `stop` is set or `pace.reports_max` reports are spoken.

        The opening leaves at once, the rest at the pace; records bear their own moment. A broker
        that does not keep up slows the world down: time in the world lags, and what it did not
        confirm is sent again, byte for byte. PublishError when it takes nothing any more.
        """
        if self._pace.opening:
            at_ms = self._now()
            said = chain(self._world.partners(at_ms), self._world.opening(at_ms))
            for batch in _batches(said, _BATCH_MAX):
                if stop.is_set():
                    return self.tally
                self._send(batch)
        self._speak(stop)
        return self.tally

    def _speak(self, stop: Event) -> None:
        stream = self._world.reports(self._now(), 1_000_000 // self._pace.per_second)
        early: tuple[Spoken, ...] = ()
        left = self._pace.reports_max
        while not stop.is_set() and left != 0:
            room = _BATCH_MAX if left is None else min(_BATCH_MAX, left)
            self._beside()
            batch, early = _due(chain(early, stream), self._now(), room)
            if not batch:
                stop.wait(_PAUSE_SECONDS)
                continue
            left = None if left is None else left - len(batch)
            self._send(batch)

    def _send(self, batch: Sequence[Spoken]) -> None:
        due = [*self._owed, *batch]
        records = [_record(spoken, self._register, self._sender.partitions) for spoken in due]
        pairs = list(zip(due, self._sender.publish(records), strict=True))
        self._owed = [spoken for spoken, result in pairs if not isinstance(result, Sent)]
        self.tally.sent += len(pairs) - len(self._owed)
        self.tally.owed = len(self._owed)
        self.tally.flaws.update(spoken.flaw for spoken in batch if spoken.flaw is not None)


def _due(
    stream: Iterator[Spoken], now_ms: int, most: int
) -> tuple[list[Spoken], tuple[Spoken, ...]]:
    """Take what is due, at most `most`; give back the first that is not, taken too early."""
    batch: list[Spoken] = []
    for spoken in stream:
        if spoken.at_ms > now_ms:
            return batch, (spoken,)
        batch.append(spoken)
        if len(batch) == most:
            break
    return batch, ()


def _record(spoken: Spoken, register: Register, partitions: int) -> Outgoing:
    key, partition, _ = address_of(spoken.value, register, partitions)
    return Outgoing(key, spoken.value, partition, spoken.at_ms)


def _batches(stream: Iterable[Spoken], size: int) -> Iterator[list[Spoken]]:
    batch: list[Spoken] = []
    for spoken in stream:
        batch.append(spoken)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
