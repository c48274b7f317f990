"""How one worker is told what to read, what to write, and how patient to be.

Decides the defaults and the bounds; refuses to know where a setting comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MARKET, MATCHES


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Everything a worker needs besides its core; times in the unit their name ends with."""

    bootstrap: str
    """Brokers as ``host:port``, comma-separated."""
    worker: str
    """Static member id; two living processes must never share one."""
    state_dir: Path
    """A folder of this worker alone; Faust wants one, nothing that matters is in it."""

    app_id: str = "lumbung-hub"
    """Consumer group and prefix of the changelog ``<app_id>-state-changelog``."""
    source: str = EVENTS
    outputs: tuple[str, ...] = (LEDGER, DEMAND, MATCHES, DEAD_LETTER)
    """Topics the core writes to, in the partition that belongs to that of the source."""
    first_partition: Mapping[str, int] = field(default_factory=dict)
    """Of `outputs`, those whose partitions of this worker begin at another than 0."""
    away: tuple[str, ...] = (MARKET,)
    """Topics with other writers too that the core says things into, each in any partition; they
    must have the partitions of `source`."""
    compacted: tuple[str, ...] = (DEMAND, MATCHES)
    """Of `outputs`, those whose partition has this worker as its only writer and keeps the last.
    """
    status_file: Path | None = None
    """Where readiness is shown as JSON, if anywhere."""

    run_records_max: int = 2_000
    run_bytes_max: int = 524_288
    inbox_records_max: int = 8_000
    inbox_bytes_max: int = 4_194_304
    """A partition with this much undone is not fetched until half of it is done."""
    gather_ms: int = 1
    """Pause between fetches that bring little: what comes meanwhile goes as one run."""
    fetch_wait_ms: int = 50
    fetch_bytes_max: int = 4_194_304
    state_batch_bytes_max: int = 800_000

    session_seconds: float = 6.0
    heartbeat_seconds: float = 2.0
    rebalance_seconds: float = 30.0
    request_seconds: float = 40.0
    send_seconds: float = 20.0
    commit_seconds: float = 1.0
    stranger_check_seconds: float = 5.0
    stop_seconds: float = 10.0

    halt_ratio: float = 0.5
    """More than this share of the last `halt_window` records refused halts intake; 0: never."""
    halt_window: int = 1_000
    halt_run: int = 500
    """So many records refused in a row halt intake; 0: never."""
    halt_check_seconds: float = 2.0

    def partition_in(self, topic: str, source: int) -> int:
        """The partition of a topic of this worker that belongs to a partition of its source."""
        return self.first_partition.get(topic, 0) + source

    @property
    def halt_group(self) -> str:
        """The group whose committed offsets are the barriers of halted partitions."""
        return f"{self.app_id}-halt"

    @property
    def changelog(self) -> str:
        """The topic that holds the state."""
        return f"{self.app_id}-state-changelog"
