"""Decides what every process of the system shares: its names, its settings, its logs and its end.

Which parts make which process, the `serve_*` modules decide: a process loads no room that it does
not live in. Each `serve_*` function runs until it is asked to end, and returns its exit code.
"""

import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from deploy.settings import Settings
from deploy.telemetry import PrometheusMeter, export, set_up_logs
from schemas.topics import EVENTS, TOPICS, Topic, changelog_topic

if TYPE_CHECKING:
    from producers.publisher import PublisherOptions


def hub_app_id(settings: Settings) -> str:
    """The consumer group of the hub workers."""
    return f"{settings.streams.app_id}-hub"


def all_topics(settings: Settings) -> tuple[Topic, ...]:
    """Every topic that must be there before a process starts."""
    return (*TOPICS, changelog_topic(hub_app_id(settings)))


def worker_name(number: int) -> str:
    """The static member id of a hub worker."""
    return f"hub-{number}"


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
