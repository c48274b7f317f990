"""Decides what a schedule of faults is, how it is written down, and how one is drawn from a seed.

A schedule is JSON: a seed, how many workers, how long the villages speak, and faults with the
moment of each in seconds from their first word, and more of them from the first tick: hubs and
market speak with each other only then. Knows no process.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from schemas.failpoints import PRODUCER, SINK, WORKER

SPEAKING_SECONDS: Final = 16.0
TICKING_SECONDS: Final = 5.0
WORKERS_MAX: Final = 3
MARKET: Final = "market-0"
MARKET_PERMILLE: Final = 300
"""Of the blows on a worker, those that fall on one of the market."""
SESSION_SECONDS: Final = 3.0
KINDS: Final = {
    "F1": "kill -9 of a worker, of hubs or of the market, at a failpoint or at random",
    "F2": "kill -9 of the sink, at a failpoint or at random",
    "F3": "kill -9 of the broker",
    "F6": "the database is locked by another, or the sink stands still",
    "F7": "a worker stands still for twice its session (zombie)",
    "F8": "workers join and leave, politely and by kill",
    "F9": "kill -9 of the villages' sender, at a failpoint or at random",
    "F13": "the dead-letter topic refuses every record",
    "F15": "a worker's, the sink's or the villages' clock jumps, also backwards",
    "F16": "the disk is full for the sink, the villages' outbox or the broker",
    "F21": "delay, stall, resets, half-open, little bandwidth between a process and the broker",
}
"""Kinds that mix. Every schedule's file also holds F9's duplicates, reorder and delays, F10's bad
input, F11's poison and F14's unknown versions."""
# A kill of a worker is the commonest of deaths; a broker's costs a schedule seconds.
WEIGHTS: Final = {
    "F1": 6, "F2": 4, "F3": 1, "F6": 2, "F7": 2, "F8": 3, "F9": 3, "F13": 2, "F15": 1, "F16": 2,
    "F21": 5,
}  # fmt: skip
TICKING: Final = {"F1": 5, "F7": 2, "F15": 1, "F21": 2}
"""What falls while ticks are folded."""
ROLES: Final = ("hub-0", "hub-1", "hub-2", MARKET, "market-1", "sink", "village")


@dataclass(frozen=True, slots=True)
class Fault:
    """At `at` seconds, this; `told` holds what its kind needs."""

    at: float
    kind: str
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`workers` of hubs and `markets` of the market; `at_ticks` counts from the first tick."""

    seed: int
    workers: int
    faults: tuple[Fault, ...]
    speaking_seconds: float = SPEAKING_SECONDS
    at_ticks: tuple[Fault, ...] = ()
    markets: int = 1

    def write(self, path: Path, **more: Any) -> Path:
        """Keep it as JSON, with what else is to be remembered (and ignored by `read`)."""
        path.write_text(json.dumps({**asdict(self), **more}, indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: Path) -> "Schedule":
        """A schedule from its file."""
        told = json.loads(path.read_text("utf-8"))
        faults, at_ticks = (
            tuple(Fault(each["at"], each["kind"], each["told"]) for each in told[name])
            for name in ("faults", "at_ticks")
        )
        spoken = told["speaking_seconds"]
        return cls(told["seed"], told["workers"], faults, spoken, at_ticks, told["markets"])


def drawn(seed: int, kinds: tuple[str, ...] = tuple(KINDS)) -> Schedule:
    """The schedule of a seed: 4 to 10 faults of these kinds, and up to 3 more while ticks go on.

    One to three workers of hubs, one of the market, or sometimes two.
    """
    chance = random.Random(seed)
    weights = [WEIGHTS[kind] for kind in kinds]
    workers = chance.randint(1, WORKERS_MAX)
    faults: list[Fault] = []
    for _ in range(chance.randint(4, 10)):
        kind = chance.choices(kinds, weights)[0]
        if kind == "F3" and any(fault.kind == "F3" for fault in faults) and "F1" in kinds:
            kind = "F1"
        at = round(chance.uniform(0.5, SPEAKING_SECONDS - 1.0), 2)
        faults.append(Fault(at, kind, DRAWS[kind](chance, workers)))
    return Schedule(
        seed,
        workers,
        _in_order(faults),
        at_ticks=_in_order(_ticking(chance, workers, kinds)),
        markets=1 + (chance.random() < 0.25),
    )


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: fault.at))


def _ticking(chance: random.Random, workers: int, kinds: tuple[str, ...]) -> Iterator[Fault]:
    """Up to three blows on workers, most of them at once."""
    mine = [kind for kind in kinds if kind in TICKING]
    for _ in range(chance.randrange(4) if mine else 0):
        kind = chance.choices(mine, [TICKING[each] for each in mine])[0]
        told = DRAWS[kind](chance, workers)
        if told["who"] in ("sink", "village"):
            told["who"] = MARKET
        yield Fault(round(TICKING_SECONDS * chance.random() ** 2, 2), kind, told)


def _someone(chance: random.Random, workers: int) -> str:
    """A worker, of hubs or of the market."""
    hub = f"hub-{chance.randrange(workers)}"
    return MARKET if chance.randrange(1_000) < MARKET_PERMILLE else hub


def _worker(chance: random.Random, workers: int) -> dict[str, Any]:
    return {"who": _someone(chance, workers)} | _point(chance, tuple(WORKER), 12)


def _point(chance: random.Random, points: tuple[str, ...], most: int) -> dict[str, Any]:
    """Half of the kills fall at random, half at a failpoint of the next life."""
    if chance.random() < 0.5:
        return {"point": ""}
    return {"point": chance.choice(points), "nth": chance.randint(1, most)}


def _moving(chance: random.Random, _: int) -> dict[str, Any]:
    return {"to": chance.randint(1, WORKERS_MAX), "politely": chance.random() < 0.6}


def _network(chance: random.Random, workers: int) -> dict[str, Any]:
    who = chance.choice([*(f"hub-{n}" for n in range(workers)), MARKET, "sink", "village"])
    weather: dict[str, Any] = chance.choice(
        [
            {"delay_seconds": round(chance.uniform(0.05, 0.5), 2)},
            {"delay_seconds": 2.0},
            {"stalled": True},
            {"reset_permille": 50},
            {"swallow": "answer"},
            {"swallow": "both"},
            {"delay_seconds": 0.4, "swallow": "request", "producers": True},
            {"bytes_per_second": 20_000},
        ]
    )
    kill = "producers" in weather and who.startswith(("hub", "market"))
    seconds = round(chance.uniform(1.5, 6.0), 2)
    return {"who": who, "seconds": seconds, "weather": weather, "kill": kill}


def _clock(chance: random.Random, workers: int) -> dict[str, Any]:
    """Shifts in seconds, with the moments of the process's life at which they begin."""
    shifts = [3_600, -3_600, 315_360_000, -315_360_000]
    first, second = chance.choice(shifts), chance.choice(shifts)
    who = chance.choice([_someone(chance, workers), "sink", "village"])
    return {"who": who, "steps": f"0:{first},{chance.randint(1, 6)}:{second},9:0"}


Draw = Callable[[random.Random, int], dict[str, Any]]
DRAWS: Final[dict[str, Draw]] = {
    "F1": _worker,
    "F2": lambda chance, _: {"who": "sink"} | _point(chance, tuple(SINK)[:-1], 10),
    "F3": lambda chance, _: {"down_seconds": round(chance.uniform(0.0, 1.5), 2)},
    "F6": lambda chance, _: {
        "how": chance.choice(["lock", "stop"]),
        "seconds": round(chance.uniform(2.0, 9.0), 2),
    },
    "F7": lambda chance, workers: {
        "who": _someone(chance, workers),
        "seconds": 2 * SESSION_SECONDS,
    },
    "F8": _moving,
    "F9": lambda chance, _: {"who": "village"} | _point(chance, tuple(PRODUCER), 6),
    "F13": lambda chance, _: {"seconds": round(chance.uniform(1.0, 4.0), 2)},
    "F15": _clock,
    "F16": lambda chance, _: {
        "who": chance.choice(["sink", "sink", "village", "village", "broker"]),
        "seconds": round(chance.uniform(1.0, 5.0), 2),
    },
    "F21": _network,
}
