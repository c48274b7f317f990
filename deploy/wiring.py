"""Decides what every process of the system shares: its names, its settings, its logs and its end.

Which parts make which process, the `serve_*` modules decide: a process loads no room that it does
not live in. Each `serve_*` function runs until it is asked to end, and returns its exit code.
"""

import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from deploy.settings import Settings
from deploy.telemetry import PrometheusMeter, export, set_up_logs
from schemas.topics import EVENTS, MARKET, TOPICS, Topic, changelog_topic

if TYPE_CHECKING:
    from producers.publisher import PublisherOptions


FAN_OUT: Final = "fan-out"
"""The one process that brings matches to the topics of hubs; also its static id in its group."""
FIGURES_AFTER_HUBS: Final[Mapping[str, int]] = {
    "sink": 0,
    "clock": 1,
    "world": 2,
    "supervisor": 3,
    FAN_OUT: 4,
    "market": 5,
}
"""Whose figures follow those of the hub workers, and how far after; markets take all the rest."""


def hub_app_id(settings: Settings) -> str:
    """The consumer group of the hub workers."""
    return f"{settings.streams.app_id}-hub"


def market_app_id(settings: Settings) -> str:
    """The consumer group of the market workers."""
    return f"{settings.streams.app_id}-market"


def fan_out_group(settings: Settings) -> str:
    """The consumer group of the fan-out of matches to hubs."""
    return f"{settings.streams.app_id}-fan-out"


def groups(settings: Settings) -> dict[str, str]:
    """The logs that workers fold and the clock ticks, and the group that reads each."""
    return {EVENTS: hub_app_id(settings), MARKET: market_app_id(settings)}


def all_topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic that must be there before a process starts."""
    return (*TOPICS, *(changelog_topic(group) for group in groups(settings).values()))


def worker_name(number: int) -> str:
    """The static member id of a hub worker."""
    return f"hub-{number}"


def market_name(number: int) -> str:
    """The static member id of a market worker."""
    return f"market-{number}"


def figures_at(settings: Settings, name: str, number: int = 0) -> int:
    """How many ports after the first one of `FIGURES_AFTER_HUBS` shows its figures."""
    return settings.streams.workers + FIGURES_AFTER_HUBS[name] + number


def status_file(settings: Settings, name: str) -> Path:
    """Where a worker says that it is ready."""
    return settings.data_dir / "state" / f"{name}.json"


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
        shown = export(meter, host=self.settings.metrics.host, port=first + offset if first else 0)
        structlog.get_logger().info("figures", port=shown.port)
        return meter

    def publisher(self) -> "PublisherOptions":
        """How this process sends to the events topic."""
        # Here, for a worker that comes back must not wait for a client it never uses.
        from producers.publisher import PublisherOptions  # noqa: PLC0415 - as said above

        return PublisherOptions(self.bootstrap, EVENTS, client_id=f"lumbung-{self.name}")


def ending() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
