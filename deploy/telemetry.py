"""Figures and logs of a process: a Prometheus registry made from the catalogue, and structlog.

Decides how figures are kept, where they are shown and what a log line looks like. Refuses to
know any figure by name: `schemas.metrics` does.
"""

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from deploy.settings import LogSettings
from schemas.metrics import BY_NAME, CATALOGUE, Kind, Metric

# A label that takes more values than this is a mistake that would fill Prometheus' memory.
SERIES_MAX: Final = 1_024


class PrometheusMeter:
    """A Meter over a registry of its own; a name outside the catalogue is a broken program."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._kept: Final[Mapping[str, Counter | Gauge | Histogram]] = {
            metric.name: _collector(metric, self.registry) for metric in CATALOGUE
        }
        self._series: Final[dict[str, set[tuple[str, ...]]]] = {name: set() for name in BY_NAME}

    def count(self, name: str, n: float = 1, /, **labels: str) -> None:
        """Add `n` to a counter."""
        counter = self._series_of(name, labels)
        assert isinstance(counter, Counter), name
        counter.inc(n)

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Add one value to a histogram."""
        histogram = self._series_of(name, labels)
        assert isinstance(histogram, Histogram), name
        histogram.observe(value)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Give a gauge its present value."""
        gauge = self._series_of(name, labels)
        assert isinstance(gauge, Gauge), name
        gauge.set(value)

    def _series_of(self, name: str, labels: Mapping[str, str]) -> Counter | Gauge | Histogram:
        collector = self._kept[name]
        metric = BY_NAME[name]
        assert labels.keys() == set(metric.labels), f"{name} has labels {metric.labels}"
        if not labels:
            return collector
        values = tuple(str(labels[label]) for label in metric.labels)
        seen = self._series[name]
        if values not in seen:
            if len(seen) >= SERIES_MAX:
                values = ("other",) * len(values)
            seen.add(values)
        return collector.labels(*values)


def _collector(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    labels = list(metric.labels)
    if metric.kind is Kind.COUNTER:
        return Counter(metric.name, metric.help, labels, registry=registry)
    if metric.kind is Kind.GAUGE:
        return Gauge(metric.name, metric.help, labels, registry=registry)
    return Histogram(metric.name, metric.help, labels, registry=registry, buckets=metric.buckets)


@dataclass(frozen=True, slots=True)
class Exporter:
    """An HTTP server that shows a registry at /metrics."""

    port: int
    server: WSGIServer
    thread: Thread

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def export(meter: PrometheusMeter, *, host: str = "127.0.0.1", port: int = 0) -> Exporter:
    """Show the figures at `port`, or at any free port when that is taken (the log tells which)."""
    log = structlog.get_logger("telemetry")
    try:
        server, thread = start_http_server(port, addr=host, registry=meter.registry)
    except OSError:
        server, thread = start_http_server(0, addr=host, registry=meter.registry)
        log.warning("metrics port taken", wanted=port, got=server.server_port)
    log.info("metrics", url=f"http://{host}:{server.server_port}/metrics")
    return Exporter(server.server_port, server, thread)


def set_up_logs(settings: LogSettings, *, process: str) -> None:
    """Send the logs of this process, our own and the libraries', to stderr in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    form: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *form],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for chatty in ("kafka", "aiokafka"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
    structlog.contextvars.bind_contextvars(process=process)
