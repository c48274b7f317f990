"""The catalogue of figures: every metric any process shows, its kind, unit and labels.

Decides names and which label values may exist: a label takes a few fixed words or a small
number, never a co-op, a match or an id. Refuses to know how figures are kept or shown: that is
a `Meter`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Kind(StrEnum):
    """How a figure moves: up only, up and down, or as a distribution."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its full name, kind, unit, labels, bucket bounds and meaning for an operator."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


class Meter(Protocol):
    """Where a process tells its figures; names and labels must be those of the catalogue."""

    def count(self, name: str, n: float = 1, /, **labels: str) -> None:
        """Add `n` to a counter."""

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Add one value to a histogram."""

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Give a gauge its present value."""


class Silent:
    """A Meter that nobody reads."""

    def count(self, name: str, n: float = 1, /, **labels: str) -> None:
        """Nothing."""

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Nothing."""

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Nothing."""


_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_RECORDS: Final = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0)


def _counter(name: str, unit: str, means: str, *labels: str) -> Metric:
    return Metric(f"lumbung_{name}_total", Kind.COUNTER, unit, means, labels)


def _gauge(name: str, unit: str, means: str, *labels: str) -> Metric:
    return Metric(f"lumbung_{name}", Kind.GAUGE, unit, means, labels)


def _histogram(name: str, unit: str, means: str, *labels: str) -> Metric:
    buckets = _SECONDS if unit == "seconds" else _RECORDS
    return Metric(f"lumbung_{name}", Kind.HISTOGRAM, unit, means, labels, buckets)


CATALOGUE: Final[tuple[Metric, ...]] = (
    # What was said, and how it was judged
    _counter("records", "records", "Input records judged", "verdict"),
    _counter("lines", "lines", "Report lines judged", "verdict"),
    _counter("dead_letters", "letters", "Dead letters written", "reason"),
    # Runs: the worker's unit of work
    _counter("runs", "runs", "Runs folded and acknowledged"),
    _histogram("run_records", "records", "Records in a run"),
    _histogram("run_seconds", "seconds", "Time of a run by stage: fold, state, outputs", "stage"),
    _gauge("lag_records", "records", "End offset minus committed offset", "topic", "partition"),
    _gauge("worker_ready", "flag", "1 while this worker serves its partitions, 0 before"),
    _gauge(
        "intake_halted", "flag", "1 while intake stands, for too much was refused", "partition"
    ),
    _counter("halts", "halts", "Times that the breaker halted the intake of a partition"),
    _counter("rebalances", "rebalances", "Changes of the partitions this worker owns"),
    _counter("repairs", "keys", "Changelog keys written again after a stranger wrote them"),
    _histogram("recovery_seconds", "seconds", "Time from assignment to recovered state"),
    # Matching
    _counter("solves", "solves", "Matching problems solved", "certified"),
    _counter(
        "market_rounds", "rounds", "Rounds solved between hubs, one a family and tick", "method"
    ),
    _counter("market_rounds_uncertified", "rounds", "Of those, rounds without a proof"),
    _counter("market_shipments", "shipments", "Shipments that rounds between hubs began"),
    # The warehouse's sink
    _counter("sink_rows", "rows", "Rows written, stale ones left out", "table"),
    _counter("sink_transactions", "transactions", "SQL transactions committed"),
    _histogram("sink_batch_seconds", "seconds", "Time of one sink batch, commit included"),
    _gauge("sink_offset", "offset", "Next offset, as the database has it", "topic", "partition"),
    # Processes
    _counter("restarts", "restarts", "Child processes started again", "process"),
    _counter("watchdog_kills", "kills", "Workers killed because commits stood still", "process"),
)

BY_NAME: Final = {metric.name: metric for metric in CATALOGUE}


def as_markdown() -> str:
    """The catalogue as the page docs/metrics.md."""
    head = (
        "# Figures\n\n"
        "Every process shows its figures in Prometheus' text form at\n"
        "`http://127.0.0.1:<port>/metrics`; `lumbung config show` tells the first port, the log\n"
        "of a process its own. This page is made from `schemas/metrics.py`; a test fails when\n"
        "the two differ: `python -m deploy.document_metrics` writes it again.\n\n"
        "| metric | kind | unit | labels | what it says |\n| --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(_row(metric) for metric in CATALOGUE)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind} | {metric.unit} | {labels} | {metric.help} |\n"
