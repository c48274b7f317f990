"""What a broker leaves in its data folder: its ports, its pid, its log, its topics.

Decides the layout and which process, if any, is the broker of a folder. Refuses to start or
stop it.

    server.properties   written anew at each start
    ports.json          kept, so that clients find the broker again after a restart
    broker.pid          pid and start of the process, so that a recycled pid is nobody
    broker.log          Kafka's own log, rolled; broker.out: what the JVM itself says
    log/                the topics
"""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.broker.config import Ports
from deploy.process import ProcessId

_TAIL_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder of one broker."""

    root: Path

    @property
    def properties(self) -> Path:
        """server.properties."""
        return self.root / "server.properties"

    @property
    def log_file(self) -> Path:
        """Kafka's own log."""
        return self.root / "broker.log"

    @property
    def out_file(self) -> Path:
        """What the JVM says outside the log."""
        return self.root / "broker.out"

    @property
    def topics(self) -> Path:
        """Kafka's log.dirs."""
        return self.root / "log"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts a broker here."""
        return self.root / "start.lock"

    @property
    def is_formatted(self) -> bool:
        """Whether the storage was formatted."""
        return (self.topics / "meta.properties").exists()

    def choose_ports(self) -> Ports:
        """The ports of the last start where they are free, else free ones; remembered."""
        last = self.ports()
        if last is None or not (_is_free(last.broker) and _is_free(last.controller)):
            last = Ports(*_free_ports(2))
            _write(self.root / "ports.json", json.dumps(asdict(last)))
        return last

    def ports(self) -> Ports | None:
        """The ports of the last start; None before the first."""
        try:
            return Ports(**json.loads((self.root / "ports.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def remember(self, process: ProcessId) -> None:
        """Note the process of this folder's broker."""
        _write(self.root / "broker.pid", json.dumps(asdict(process)))

    def forget(self) -> None:
        """Note that no broker runs here."""
        (self.root / "broker.pid").unlink(missing_ok=True)

    def running(self) -> ProcessId | None:
        """The broker that runs on this folder now, whoever started it."""
        try:
            process = ProcessId(**json.loads((self.root / "broker.pid").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return process if process.alive else None

    def tail(self, lines: int = 20) -> str:
        """The last lines of what the broker and its JVM said, for a person to read."""
        said = [_last_lines(path, lines) for path in (self.log_file, self.out_file)]
        return "\n".join(part for part in said if part)


def _last_lines(path: Path, lines: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _write(path: Path, text: str) -> None:
    """Replace `path` in one step: a reader sees the old or the new, never half."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_ports(count: int) -> list[int]:
    """Distinct ports that nobody holds now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
