"""Decides which parts make which process: a hub worker, the sink, the clock, the simulated world.

The only place where every room is known. Each `serve_*` runs one process of the system until it is
asked to end, and returns its exit code.
"""

import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from deploy.settings import Settings
from deploy.telemetry import PrometheusMeter, export, set_up_logs
from producers.clock import Beat, Clock
from producers.clock_state import ClockFile, only_clock
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Publisher, PublisherOptions
from producers.simulate import Pace, Simulation, seed_world
from schemas import reference
from schemas.topics import EVENTS, TOPICS, Topic, changelog_topic
from sinks.log import Log, LogOptions
from sinks.loop import Sink
from sinks.schema import upgrade
from sinks.warehouse import open_warehouse
from streams.agents import app as hub_worker
from streams.agents.options import WorkerOptions
from streams.core.building import Builder

WORKER: Final = "hub"


def hub_app_id(settings: Settings) -> str:
    """The consumer group of the hub workers."""
    return f"{settings.streams.app_id}-hub"


def all_topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic that must be there before a process starts."""
    return (*TOPICS, changelog_topic(hub_app_id(settings)))


def now_ms() -> int:
    """The wall clock, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Process:
    """What every process is told: its name, its settings, where Kafka is."""

    name: str
    settings: Settings
    bootstrap: str

    def meter(self, offset: int) -> PrometheusMeter:
        """Logs and figures set up; the exporter listens at the first port plus `offset`."""
        set_up_logs(self.settings.log, process=self.name)
        meter = PrometheusMeter()
        first = self.settings.metrics.port
        shown = export(
            meter, host=self.settings.metrics.host, port=first + offset if first else 0
        )
        structlog.get_logger().info("figures", port=shown.port)
        return meter

    def publisher(self) -> PublisherOptions:
        """How this process sends to the events topic."""
        return PublisherOptions(self.bootstrap, EVENTS, client_id=f"lumbung-{self.name}")


def ending() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def builder(partitions: int) -> Builder:
    """The pure core over the shipped reference tables."""
    return Builder(
        reference.catalogue(),
        reference.units(),
        reference.register(),
        reference.legs(),
        partitions,
    )


def serve_streams(process: Process, worker: int) -> int:
    """A hub worker, until it is asked to end; 70 when going on could cost exactness."""
    settings = process.settings
    meter = process.meter(worker)
    made = builder(settings.kafka.partitions)
    state = settings.data_dir / "state" / process.name
    state.mkdir(parents=True, exist_ok=True)
    options = WorkerOptions(
        bootstrap=process.bootstrap,
        worker=process.name,
        state_dir=state,
        app_id=hub_app_id(settings),
        status_file=status_file(settings, process.name),
        run_records_max=settings.streams.run_records_max,
        session_seconds=settings.streams.session_seconds,
        heartbeat_seconds=settings.streams.heartbeat_seconds,
        rebalance_seconds=settings.streams.rebalance_seconds,
        commit_seconds=settings.streams.commit_seconds,
    )
    return hub_worker.run(hub_worker.create_app(options, made.partition, meter))


def status_file(settings: Settings, name: str) -> Path:
    """Where a worker says that it is ready."""
    return settings.data_dir / "state" / f"{name}.json"


def serve_sink(process: Process) -> int:
    """The warehouse's sink, until it is asked to end."""
    stop = ending()
    meter = process.meter(process.settings.streams.workers)
    url = process.settings.warehouse_url
    upgrade(url)
    with Log(LogOptions(process.bootstrap)) as log, open_warehouse(url) as warehouse:
        Sink(log, warehouse, meter=meter).run(stop)
    return 0


def serve_clock(process: Process, interval_ms: int) -> int:
    """The clock, until it is asked to end."""
    stop = ending()
    process.meter(process.settings.streams.workers + 1)
    folder = process.settings.data_dir
    log = structlog.get_logger()

    def heard(beat: Beat) -> None:
        if beat.held:
            log.warning("partitions do not keep up", tick=beat.tick, held=len(beat.held))

    track = Track(EVENTS, hub_app_id(process.settings))
    with only_clock(folder), KafkaTicks(process.publisher(), [track]) as wire:
        clock = Clock(wire, ClockFile(folder / "clock.json"))
        clock.run(stop, now=now_ms, interval_ms=interval_ms, heard=heard)
    return 0


def serve_world(process: Process, seed: int, pace: Pace) -> int:
    """The simulated villages, until they are asked to fall silent."""
    stop = ending()
    process.meter(process.settings.streams.workers + 2)
    with Publisher(process.publisher()) as sender:
        tally = Simulation(seed_world(seed), sender, pace, now=now_ms).run(stop)
    structlog.get_logger().info("world", sent=tally.sent, owed=tally.owed, **tally.flaws)
    return 0
