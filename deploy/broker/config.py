"""What the broker is told: its server.properties and its JVM flags, as text.

Decides how a single node behaves as Lumbung's log. Refuses to touch a file, a port or a
process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NODE_ID: Final = 1
MESSAGE_BYTES_MAX: Final = 1_048_588

_FIXED: Final = {
    "process.roles": "broker,controller",
    "node.id": NODE_ID,
    "listener.security.protocol.map": "LOOPBACK:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "LOOPBACK",
    "controller.listener.names": "CONTROLLER",
    # Topics are made by `provision` alone: a typing error must not become a topic.
    "auto.create.topics.enable": "false",
    "default.replication.factor": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 4,
    # One machine, few members: the first need not wait for others, a dead one shows soon.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 2_000,
    "offsets.retention.minutes": 525_600,
    "message.max.bytes": MESSAGE_BYTES_MAX,
    # What villages said is kept until somebody decides otherwise, whatever its time stamp.
    "log.retention.ms": -1,
    "log.segment.bytes": 134_217_728,
    "log.cleaner.dedupe.buffer.size": 33_554_432,
    "log.cleaner.min.compaction.lag.ms": 600_000,
    "log.message.timestamp.before.max.ms": 9_223_372_036_854_775_807,
    "log.message.timestamp.after.max.ms": 9_223_372_036_854_775_807,
    # After a kill the next start registers as soon as the dead one's session has run out.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "controller.quorum.election.timeout.ms": 500,
    "controller.quorum.fetch.timeout.ms": 1_000,
    # A loopback broker of one household: few threads, small buffers.
    "num.network.threads": 2,
    "num.io.threads": 4,
    "num.recovery.threads.per.data.dir": 2,
    "num.replica.fetchers": 1,
    "background.threads": 2,
    "queued.max.requests": 100,
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The two loopback ports of a node: for clients, and for its own controller."""

    broker: int
    controller: int

    @property
    def bootstrap(self) -> str:
        """What clients are given."""
        return f"127.0.0.1:{self.broker}"


def server_properties(ports: Ports, log_dir: Path, more: Mapping[str, str]) -> str:
    """The text of server.properties for a combined KRaft node that keeps its log in `log_dir`.

    `more` has the last word.
    """
    placed = {
        "listeners": f"LOOPBACK://{ports.bootstrap},CONTROLLER://127.0.0.1:{ports.controller}",
        "advertised.listeners": f"LOOPBACK://{ports.bootstrap}",
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{ports.controller}",
        "log.dirs": log_dir,
    }
    return "".join(f"{name}={value}\n" for name, value in {**_FIXED, **placed, **more}.items())


def jvm_flags(heap_mb: int, *, logging: Path, log_file: Path) -> list[str]:
    """Flags of the broker's JVM; `logging` is a log4j2 file, `log_file` where it writes."""
    return [
        f"-Xmx{heap_mb}m",
        f"-Xms{min(heap_mb, 128)}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Dlog4j2.configurationFile={logging}",
        f"-Dlumbung.log={log_file}",
    ]
