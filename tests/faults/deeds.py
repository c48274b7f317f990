"""What each kind of fault does, as a table: from what the schedule tells to signals and weather.

Every deed undoes itself before it returns: a stopped process goes on, a locked database is let go,
the weather clears.
"""

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults.crew import Crew
from tests.faults.plant import Plant, limited
from tests.faults.proxy import CALM, Weather

_BEFORE_NEXT_SECONDS: Final = 8.0
_FAR_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Blow:
    """A kill or a move: whom, when (monotonic), the partitions it held, and its kind."""

    kind: str
    who: str
    at: float
    partitions: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when (monotonic) a fault lasted, its kind, and on whom: its kind, if nobody."""

    kind: str
    who: str
    begun: float
    ended: float


@dataclass
class Scene:
    """What deeds act on; `blows` is what fell, `spells` is when every deed was under way."""

    plant: Plant
    crew: Crew
    warehouse: Path
    blows: list[Blow] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    ticked_at: float | None = None
    """When the first tick was sent (monotonic)."""

    def do(self, kind: str, told: dict[str, Any]) -> None:
        """Do a deed, to its end."""
        begun = time.monotonic()
        try:
            DEEDS[kind](self, told, kind)
        finally:
            self.spells.append(Spell(kind, told.get("who", kind), begun, time.monotonic()))

    def kill(self, kind: str, who: str) -> bool:
        """Kill -9 and note it."""
        held = frozenset(self.crew.partitions(who))
        fell = self.crew.kill(who)
        if fell:
            self.blows.append(Blow(kind, who, time.monotonic(), held))
        else:
            self.missed.append(f"{kind} {who}")
        return fell


def _kill(scene: Scene, told: dict[str, Any], kind: str) -> None:
    """Kill; with a point, so that the next life dies at it."""
    who = told["who"]
    if who not in scene.crew.posts:
        who = scene.crew.workers()[0]  # that worker has left meanwhile
    if told["point"]:
        scene.crew.arm(who, told["point"], told["nth"])
    deadline = time.monotonic() + _BEFORE_NEXT_SECONDS
    while not scene.kill(kind, who) and time.monotonic() < deadline:
        scene.missed.pop()
        time.sleep(0.1)


def _broker(scene: Scene, told: dict[str, Any], kind: str) -> None:
    scene.blows.append(Blow(kind, "broker", time.monotonic()))
    scene.plant.kill(told["down_seconds"])


def _database(scene: Scene, told: dict[str, Any], _: str) -> None:
    if told["how"] == "stop":
        _stopped(scene, "sink", told["seconds"])
        return
    with (
        suppress(sqlite3.OperationalError),  # the sink writes at this moment: it has the lock
        closing(sqlite3.connect(scene.warehouse, timeout=2.0, isolation_level=None)) as held,
    ):
        held.execute("PRAGMA wal_autocheckpoint = 0")
        held.execute("BEGIN IMMEDIATE")
        time.sleep(told["seconds"])
        held.execute("ROLLBACK")


def _zombie(scene: Scene, told: dict[str, Any], kind: str) -> None:
    who = told["who"] if told["who"] in scene.crew.posts else scene.crew.workers()[0]
    scene.blows.append(Blow(kind, who, time.monotonic(), frozenset(scene.crew.partitions(who))))
    _stopped(scene, who, told["seconds"])


def _stopped(scene: Scene, who: str, seconds: float) -> None:
    scene.crew.send(who, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        scene.crew.send(who, signal.SIGCONT)


def _move(scene: Scene, told: dict[str, Any], kind: str) -> None:
    here = scene.crew.workers()
    scene.blows.append(Blow(kind, f"{len(here)} to {told['to']}", time.monotonic()))
    for n in range(3):
        name = f"hub-{n}"
        if n < told["to"]:
            scene.crew.hire(name)
        elif name in scene.crew.posts:
            scene.crew.send(name, signal.SIGCONT)
            scene.crew.dismiss(name, politely=told["politely"])


def _letters(scene: Scene, told: dict[str, Any], _: str) -> None:
    scene.plant.refuse_letters(True)
    try:
        time.sleep(told["seconds"])
    finally:
        scene.plant.refuse_letters(False)


def _clock(scene: Scene, told: dict[str, Any], kind: str) -> None:
    who = told["who"] if told["who"] in scene.crew.posts else scene.crew.workers()[0]
    scene.crew.shift_clock(who, told["steps"])
    scene.kill(kind, who)


def _disk(scene: Scene, told: dict[str, Any], kind: str) -> None:
    who = told["who"]
    if who == "broker":
        begun = time.monotonic()
        if scene.plant.fill_disk(told["seconds"]):
            scene.blows.append(Blow("F3", who, begun))
        return
    pid = scene.crew.pid(who)
    if pid is None:
        scene.missed.append(f"{kind} {who}")
    else:
        limited(pid, told["seconds"])


def _network(scene: Scene, told: dict[str, Any], _: str) -> None:
    """Bad weather for a while; `kill`: the process dies in it.

    Where only what is produced is lost, a far network comes first: then the loss begins between
    the acknowledgement of one batch and the arrival of the next, and commits overtake both.
    """
    proxy, weather = scene.plant.proxies[told["who"]], Weather(**told["weather"])
    if weather.producers:
        proxy.set(Weather(delay_seconds=weather.delay_seconds))
        time.sleep(_FAR_SECONDS)
    proxy.set(weather)
    try:
        time.sleep(told["seconds"])
        if told.get("kill"):
            scene.kill("F1", told["who"])
    finally:
        proxy.set(CALM)


Deed = Callable[[Scene, dict[str, Any], str], None]
DEEDS: Final[dict[str, Deed]] = {
    "F1": _kill,
    "F2": _kill,
    "F3": _broker,
    "F6": _database,
    "F7": _zombie,
    "F8": _move,
    "F9": _kill,
    "F13": _letters,
    "F15": _clock,
    "F16": _disk,
    "F21": _network,
}
