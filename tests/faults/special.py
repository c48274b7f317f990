"""The faults that do not mix: each has a scenario, which gives figures and the breaches it found.

Decides, for each, what the operator does and what must come of it. `SCENARIOS` is the table.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.provision import admin, provision
from deploy.wiring import all_topics, groups, hub_app_id
from schemas.topics import (
    DEAD_LETTER,
    DEMAND,
    EVENTS,
    LEDGER,
    MARKET,
    MATCHES,
    changelog_topic,
)
from tests.faults.crew import Crew
from tests.faults.deeds import Scene
from tests.faults.plant import Plant
from tests.faults.schedule import Fault, Schedule
from tests.faults.torn import torn_database
from tests.faults.trial import Answer, NeverQuiet, Outcome, Trial

FATAL: Final = 70
_REFUSAL_SECONDS: Final = 45.0
_CUT_BYTES: Final = (1_024, 65_536)
_STEPS: Final = 4
"""How often the point `migrating` is passed on an empty database."""


class Rebuilt(Trial):
    """A part of a log is lost: the worker refuses, the operator has it rebuilt from the events."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.figures: dict[str, Any] = {}

    def live(self, crew: Crew, scene: Scene) -> None:
        """Until all is folded; then the loss, the refusal, the rebuild, the ticks."""
        crew.hire("hub-0")
        crew.hire("market-0")
        self.hire_sink(crew)
        self.until("workers", lambda: crew.status("hub-0").get("ready"))
        crew.hire("village")
        self.until("village", (self.folder / "village.done").exists)
        self._until_folded()
        for name in ("village", "hub-0", "market-0", "sink"):
            crew.dismiss(name, politely=True)
        self.lose()
        began = time.monotonic()
        crew.hire("hub-0")
        self.until("refusal", lambda: any(end.exit_code == FATAL for end in crew.ends))
        self.figures["refused_after_seconds"] = round(time.monotonic() - began, 1)
        crew.dismiss("hub-0", politely=True)
        self.rebuild(crew)
        self._tick(scene)

    def lose(self) -> None:
        """The fault."""
        raise NotImplementedError

    def rebuild(self, crew: Crew) -> None:
        """What the operator does."""
        raise NotImplementedError

    def _until_folded(self) -> None:
        with self.wire() as wire:
            self.until_folded(wire)

    def _remake(self, topics: list[str]) -> None:
        """Delete topics and the workers' groups, and make the topics anew."""
        with admin(self.plant.direct) as client:
            client.delete_topics(topics)
            deadline = time.monotonic() + _REFUSAL_SECONDS
            # They have members until their sessions are over: static ones never say so.
            for group in groups(self.settings).values():
                while "OK" not in str(client.delete_groups([group])[group]):
                    assert time.monotonic() < deadline, "the group could not be deleted"
                    time.sleep(0.5)
            time.sleep(1.0)
        provision(
            self.plant.direct, all_topics(self.settings), partitions=self.settings.kafka.partitions
        )


class ChangelogDeleted(Rebuilt):
    """F18."""

    def lose(self) -> None:
        """The changelog is made anew, empty."""
        log = changelog_topic(hub_app_id(self.settings)).name
        with admin(self.plant.direct) as client:
            client.delete_topics([log])
        time.sleep(1.0)
        provision(
            self.plant.direct, all_topics(self.settings), partitions=self.settings.kafka.partitions
        )

    def rebuild(self, crew: Crew) -> None:
        """The group's offsets are reset; the worker folds everything again."""
        self._remake([])
        began = time.monotonic()
        crew.hire("hub-0")
        crew.hire("market-0")
        crew.hire("sink")
        self._until_folded()
        self.figures["folded_again_seconds"] = round(time.monotonic() - began, 1)


class PowerLost(Rebuilt):
    """F4."""

    def lose(self) -> None:
        """The broker dies, and the ends of the events' active segments with it."""
        chance = random.Random(self.schedule.seed)
        self.plant.broker.kill()
        cut = 0
        for log in sorted(self.plant.broker.folder.topics.glob(f"{EVENTS}-*/*.log")):
            size = log.stat().st_size
            lost = min(size // 2, chance.randint(*_CUT_BYTES))
            with log.open("r+b") as file:
                file.truncate(size - lost)
            cut += lost
        self.plant.broker.start()
        self.figures["cut_bytes"] = cut

    def rebuild(self, crew: Crew) -> None:
        """Everything derived is made anew, and the villages say again what they ever said."""
        logs = [changelog_topic(group).name for group in groups(self.settings).values()]
        self._remake([MARKET, LEDGER, DEMAND, MATCHES, DEAD_LETTER, *logs])
        for old in ("warehouse.db*", "outbox.db*", "village.*"):
            for path in self.folder.glob(old):
                path.unlink()
        began = time.monotonic()
        crew.hire("hub-0")
        crew.hire("market-0")
        self.hire_sink(crew)
        crew.hire("village")
        self.until("village", (self.folder / "village.done").exists)
        self._until_folded()
        self.figures["whole_again_seconds"] = round(time.monotonic() - began, 1)


class MigrationKilled(Trial):
    """F20: the sink dies between any two steps of making its tables, while villages speak."""

    def hire_sink(self, crew: Crew) -> None:
        """Each life dies one step later; the one after the last goes on."""
        for step in range(1, _STEPS + 1):
            if step == 1:
                crew.hire("sink", LUMBUNG_FAILPOINT="migrating:1")
            self.until("death", lambda step=step: _deaths(crew, "migrating") >= step)
            if step < _STEPS:
                crew.arm("sink", "migrating", step + 1)
                crew.kill("sink")


class TwoSinks(Trial):
    """F22: a second sink is started beside the first, and the first is killed meanwhile."""

    def hire_sink(self, crew: Crew) -> None:
        super().hire_sink(crew)
        crew.hire("sink_2")


def _deaths(crew: Crew, point: str) -> int:
    return sum(end.point.startswith(point) for end in crew.ends)


def _run(trial: Trial) -> dict[str, Any]:
    outcome: Outcome = trial.run()
    found = {
        "breaches": outcome.breaches,
        "deaths": dict(outcome.deaths),
        "recoveries": outcome.recoveries | outcome.crowded,
        "failpoints": dict(outcome.points),
    }
    return found | getattr(trial, "figures", {})


def _on_a_plant(kind: type[Trial], schedule: Schedule) -> Callable[[Path, Answer], dict[str, Any]]:
    def scenario(folder: Path, answer: Answer) -> dict[str, Any]:
        with Plant(folder / "kafka") as plant:
            return _run(kind(plant, folder / "run", schedule, answer))

    return scenario


def _kills(kind: str, who: str, points: tuple[str, ...], every: float) -> tuple[Fault, ...]:
    return tuple(
        Fault(0.5 + n * every, kind, {"who": who, "point": point, "nth": 1})
        for n, point in enumerate(points)
    )


def _broker_kills(count: int, every: float) -> tuple[Fault, ...]:
    return tuple(Fault(1.0 + n * every, "F3", {"down_seconds": 0.0}) for n in range(count))


def _half_open() -> tuple[Fault, ...]:
    weather = {"swallow": "both", "for_good": True}
    told = {"who": "hub-0", "seconds": 2.0, "weather": weather}
    return (Fault(4.0, "F21", told),)


def _lost() -> tuple[Fault, ...]:
    """What a worker says is lost, what it commits arrives, and it dies."""
    weather = {"delay_seconds": 0.4, "swallow": "request", "producers": True}
    told = {"who": "hub-0", "seconds": 3.5, "weather": weather, "kill": True}
    return (Fault(1.0, "F21", told), Fault(10.0, "F21", told))


__all__ = ["SCENARIOS", "NeverQuiet"]
SCENARIOS: Final[dict[str, Callable[[Path, Answer], dict[str, Any]]]] = {
    "F3-five": _on_a_plant(Trial, Schedule(3, 2, _broker_kills(5, 8.0), 45.0)),
    "F4": _on_a_plant(PowerLost, Schedule(4, 1, (), 8.0)),
    "F18": _on_a_plant(ChangelogDeleted, Schedule(18, 1, (), 8.0)),
    "F19": torn_database,
    "F20": _on_a_plant(MigrationKilled, Schedule(20, 1, (), 8.0)),
    "F21-half-open": _on_a_plant(Trial, Schedule(21, 1, _half_open(), 12.0)),
    "F21-lost": _on_a_plant(Trial, Schedule(212, 1, _lost(), 20.0)),
    "F22": _on_a_plant(TwoSinks, Schedule(22, 1, _kills("F2", "sink", ("", "", ""), 4.0), 14.0)),
}
