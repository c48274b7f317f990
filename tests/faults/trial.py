"""Runs one schedule from the first word to quiet, and judges what is left.

Decides what a breach is: `lumbung verify` finds one, the warehouse differs from that of an
undisturbed replay of the same lines, it never gets quiet, or a deed itself fails.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Final

from kafka.errors import KafkaError

from deploy.quiet import Progress
from deploy.replay import TICK_MS, folded, parse_moment
from deploy.settings import Settings, load
from deploy.verify import check
from deploy.warehouse_view import sink_progress
from deploy.wiring import groups, hub_app_id, market_app_id
from producers.clock import ticks_for
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Publisher, PublisherOptions
from schemas.topics import EVENTS, MARKET
from sinks.schema import upgrade
from tests.faults.crew import Crew, Life
from tests.faults.deeds import Scene
from tests.faults.hearsay import arriving
from tests.faults.lookout import Lookout
from tests.faults.plant import Plant
from tests.faults.recovered import by_failpoint, recoveries
from tests.faults.schedule import SESSION_SECONDS, Fault, Schedule
from tests.support.dump import Dump, dumped
from tests.support.files import NOW, written

QUIET_SECONDS: Final = 120.0
JUDGED_MAX: Final = 5
_BETWEEN: Final = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What an undisturbed replay of the lines left, and the ticks it took."""

    lines: Sequence[bytes]
    dump: Dump
    ticks: int

    @property
    def between_hubs(self) -> int:
        """How many of its matches are the market's."""
        return sum(json.loads(row)["tier"] == _BETWEEN for row in self.dump.lines["v_match"])


@dataclass
class Outcome:
    """What became of a schedule; recoveries by kind, in seconds, of the kills that fell alone."""

    breaches: list[str] = field(default_factory=list)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    crowded: dict[str, list[float]] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tails: list[str] = field(default_factory=list)
    """What every process said last, where one did not come to its end."""


class NeverQuiet(Exception):
    """Something did not come to its end in time."""


class Trial:
    """One schedule on a plant, in a folder of its own."""

    def __init__(self, plant: Plant, folder: Path, schedule: Schedule, answer: Answer) -> None:
        self.plant: Final = plant
        self.folder: Final = folder
        self.schedule: Final = schedule
        self._answer: Final = answer
        self.settings: Final = self._told()
        self._warehouse: Final = folder / "warehouse.db"
        self.outcome: Final = Outcome()

    def run(self) -> Outcome:
        """From empty topics to a verdict."""
        began = time.monotonic()
        self.folder.mkdir(parents=True)
        self.plant.ensure()
        self.plant.fresh_topics(self.settings)
        crew = self._crew()
        partitions = self.settings.kafka.partitions
        market = market_app_id(self.settings)
        lookout = Lookout(self.plant.direct, self._warehouse, partitions, market)
        scene = Scene(self.plant, crew, self._warehouse)
        try:
            self.live(crew, scene)
            if not self.outcome.breaches:
                self._judge()
        except NeverQuiet as stuck:
            self.outcome.breaches.append(f"never quiet: {stuck}")
            self.outcome.tails = [*crew.tails(), f"--- broker\n{self.plant.broker.folder.tail(8)}"]
        finally:
            crew.close()
            lookout.close()
        if self.outcome.breaches:
            with suppress(KafkaError):
                self.plant.write_down(self.folder / "topics.ndjson.gz")
        self._measure(scene, crew.ends, lookout)
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    # Living

    def live(self, crew: Crew, scene: Scene) -> None:
        """From the first process to quiet."""
        for n in range(self.schedule.workers):
            crew.hire(f"hub-{n}")
        for n in range(self.schedule.markets):
            crew.hire(f"market-{n}")
        self.hire_sink(crew)
        # The first words are said when somebody listens, so that faults fall into the work.
        self.until("workers", lambda: any(crew.status(w).get("ready") for w in crew.workers()))
        crew.hire("village")
        self.until("villages", (self.folder / "village.begun").exists)
        self._disturb(scene, self.schedule.faults)
        self.until("village", self._village)
        crew.dismiss("village", politely=True)
        self._tick(scene)

    def _village(self) -> Progress:
        """How many lines were said, and one more until all are acknowledged."""
        told, done = self.folder / "village.said", self.folder / "village.done"
        said = int(told.read_text()) if told.exists() else 0
        return Progress("village", said, said + (not done.exists()))

    def hire_sink(self, crew: Crew) -> None:
        """One sink; the scenarios that are about sinks do it otherwise."""
        upgrade(self.settings.warehouse_url)
        crew.hire("sink")

    def _disturb(self, scene: Scene, faults: Sequence[Fault]) -> None:
        """Do every deed at its moment, each in its own thread, and wait for all to be undone."""
        began = time.monotonic()
        with ThreadPoolExecutor(max_workers=16) as doing:
            running: list[tuple[Fault, Future[None]]] = []
            for fault in faults:
                time.sleep(max(0.0, began + fault.at - time.monotonic()))
                running.append((fault, doing.submit(scene.do, fault.kind, fault.told)))
        for fault, future in running:
            failed = future.exception()
            if failed is not None:
                self.outcome.breaches.append(f"{fault} could not be done: {failed!r}")

    def _tick(self, scene: Scene) -> None:
        """As many ticks as the undisturbed replay took, each when all before it is done."""
        with ExitStack() as held:
            wire = held.enter_context(self.wire())
            self.until_folded(wire)
            logs = [held.enter_context(Publisher(self._to(topic))) for topic in (EVENTS, MARKET)]
            with self._disturbed(scene):
                for number in range(1, self._answer.ticks + 1):
                    at_ms = parse_moment(NOW) + number * TICK_MS
                    for log in logs:
                        log.publish_all(ticks_for(range(log.partitions), number, at_ms))
                    self.until_folded(wire, f"tick {number}")
            self._all_quiet(wire)

    @contextmanager
    def _disturbed(self, scene: Scene) -> Iterator[None]:
        """What is done inside goes on beside the deeds of the ticks, and all are undone after."""
        scene.ticked_at = time.monotonic()
        deeds = Thread(target=self._disturb, args=(scene, self.schedule.at_ticks), name="deeds")
        deeds.start()
        try:
            yield
        finally:
            deeds.join()

    def wire(self) -> KafkaTicks:
        """How far the workers are; use as a context."""
        tracks = [Track(*each) for each in groups(self.settings).items()]
        return KafkaTicks(self._to(EVENTS), tracks)

    def _to(self, topic: str) -> PublisherOptions:
        return PublisherOptions(self.plant.direct, topic, client_id="trial")

    def until_folded(self, wire: KafkaTicks, what: str = "workers") -> None:
        """Until hubs and market have said all they had to say to each other."""
        self.until(what, lambda: folded(wire))

    def until(self, what: str, look: Any) -> None:
        deadline, seen = time.monotonic() + QUIET_SECONDS, None
        while True:
            if self.plant.raised():
                self.outcome.deaths["broker by itself"] += 1
            found = look()
            if _is_so(found):
                return
            if found != seen:
                deadline, seen = time.monotonic() + QUIET_SECONDS, found
            if time.monotonic() > deadline:
                raise NeverQuiet(f"{what}: {found}")
            time.sleep(0.1)

    # Judging

    def _judge(self) -> None:
        """Judge a moment of quiet, while all processes still run.

        Who takes a partition over, be it because its neighbour was sent home, says again what may
        not have been heard: then the logs have grown, and a later moment is judged.
        """
        with self.wire() as wire:
            for _ in range(JUDGED_MAX):
                self._all_quiet(wire)
                before = self.plant.ends()
                found = list(self._found())
                if self.plant.ends() == before:
                    self.outcome.breaches += found
                    return
        raise NeverQuiet(f"the logs grew during each of {JUDGED_MAX} judgements")

    def _all_quiet(self, wire: KafkaTicks) -> None:
        self.until_folded(wire, "after the ticks")
        with sink_progress(self.plant.direct, self.settings.warehouse_url) as look:
            self.until("sink", look)

    def _found(self) -> Iterator[str]:
        url, app_id = self.settings.warehouse_url, hub_app_id(self.settings)
        market_id = market_app_id(self.settings)
        report = check(self.plant.direct, url, app_id=app_id, market_id=market_id)
        if not report.ok:
            yield f"verify: {report.first}"
        differences = self._answer.dump.differences(dumped(self.folder))
        yield from (f"differs: {line}" for line in differences[:12])

    def _measure(self, scene: Scene, ends: Sequence[Life], lookout: Lookout) -> None:
        self.outcome.missed += scene.missed
        self.outcome.deaths.update(f"{end.who.partition('-')[0]} {end.exit_code}" for end in ends)
        fallen = by_failpoint(ends, scene.blows)
        self.outcome.points.update(end.point.partition(":")[0] for end in fallen)
        for name, seconds, alone in recoveries(scene, fallen, lookout):
            told = self.outcome.recoveries if alone else self.outcome.crowded
            told.setdefault(name, []).append(round(seconds, 2))

    # Settings

    def _told(self) -> Settings:
        flags = {
            "data_dir": self.folder,
            "streams.app_id": f"s{self.schedule.seed % 10**9}",
            "streams.session_seconds": SESSION_SECONDS,
            "streams.heartbeat_seconds": 1.0,
            "streams.rebalance_seconds": 8.0,
            "streams.commit_seconds": 0.2,
            "streams.run_records_max": 20,
            "matching.cut_offs": "",  # as the undisturbed replay: no schedule waits for an hour
            "metrics.port": 0,
        }
        return load(flags).settings

    def _crew(self) -> Crew:
        streams = self.settings.streams
        told = {
            "LUMBUNG_METRICS__PORT": "0",
            "LUMBUNG_MATCHING__CUT_OFFS": self.settings.matching.cut_offs,
            "LUMBUNG_STREAMS__APP_ID": streams.app_id,
            "LUMBUNG_STREAMS__SESSION_SECONDS": str(streams.session_seconds),
            "LUMBUNG_STREAMS__HEARTBEAT_SECONDS": str(streams.heartbeat_seconds),
            "LUMBUNG_STREAMS__REBALANCE_SECONDS": str(streams.rebalance_seconds),
            "LUMBUNG_STREAMS__COMMIT_SECONDS": str(streams.commit_seconds),
            "LUMBUNG_STREAMS__RUN_RECORDS_MAX": str(streams.run_records_max),
        }
        crew = Crew(self.folder, told, lambda name: self.plant.proxies[name].address)
        arrived = arriving(self._answer.lines, self.schedule.seed)
        file = written(self.folder / "arriving.ndjson", arrived)
        crew.settings_of_village = (
            str(file),
            str(self.folder),
            self.plant.proxies["village"].address,
            str(self.schedule.speaking_seconds),
            str(parse_moment(NOW)),
        )
        return crew


def _is_so(found: Any) -> bool:
    """Whether what was looked for is there: everybody at the end of what there is to read."""
    if isinstance(found, Progress):
        return found.quiet
    return all(map(_is_so, found)) if isinstance(found, list) else bool(found)
