"""One Apache Kafka broker as a child process: start, ready, stop, kill.

Decides the order of things: one starter at a time, format once, start, wait until it answers,
and say why when it does not. Refuses to know who wants a broker, and never stops one that it
cannot recognise.
"""

import fcntl
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.broker.config import NODE_ID, Ports, jvm_flags, server_properties
from deploy.broker.folder import Folder
from deploy.broker.probe import is_ready
from deploy.errors import DependencyError, LumbungError
from deploy.process import ProcessId, end, identify, kill, spawn

_LOGGING: Final = Path(__file__).with_name("log4j2.xml")
_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.05


class Broker:
    """A single-node Kafka on 127.0.0.1 with its data in `data_dir`.

    `tied`: the kernel kills it when this process dies, however that happens (Linux); otherwise it
    outlives us, for `lumbung broker start`. A killed broker loses nothing it acknowledged.
    `flags` go to every JVM that is started here, `server_flags` to that of the broker alone;
    `properties` have the last word in its server.properties (a further listener, say).
    """

    def __init__(
        self,
        data_dir: Path,
        jars: Path,
        java: Path,
        *,
        heap_mb: int = 512,
        tied: bool = True,
        flags: Sequence[str] = (),
        server_flags: Sequence[str] = (),
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self.folder: Final = Folder(data_dir.expanduser().resolve())
        self._jars: Final = jars
        self._java: Final = java
        self._heap_mb: Final = heap_mb
        self._tied: Final = tied
        self._flags: Final = tuple(flags)
        self._server_flags: Final = tuple(server_flags)
        self._properties: Final = dict(properties or {})
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the broker that runs on this folder; None when none does."""
        process = self.folder.running()
        return None if process is None else process.pid

    @property
    def bootstrap(self) -> str | None:
        """``127.0.0.1:port`` of the last start; None before the first."""
        ports = self.folder.ports()
        return None if ports is None else ports.bootstrap

    def start(self, *, ready_seconds: float = _READY_SECONDS) -> str:
        """Start and wait until it serves; returns ``127.0.0.1:port``, the same after a restart.

        Raises LumbungError LB-K002 when one runs here already, DependencyError LB-K003 when it
        will not format, LB-K004 when it ends or does not answer within `ready_seconds`.
        """
        self.folder.root.mkdir(parents=True, exist_ok=True)
        with self._only_starter():
            ports = self.folder.choose_ports()
            self.folder.properties.write_text(
                server_properties(ports, self.folder.topics, self._properties), encoding="utf-8"
            )
            if not self.folder.is_formatted:
                self._format()
            process = self._launch()
            self._await_ready(process, ports, ready_seconds)
        return ports.bootstrap

    def stop(self, *, grace_seconds: float = _STOP_SECONDS) -> bool:
        """Ask it to end, kill it after `grace_seconds`; True when it went by itself."""
        process = self.folder.running()
        clean = process is None or end(process, grace_seconds=grace_seconds)
        self._gone()
        return clean

    def kill(self) -> None:
        """End it as a power cut would."""
        process = self.folder.running()
        if process is not None:
            kill(process)
        self._gone()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _gone(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None
        self.folder.forget()

    @contextmanager
    def _only_starter(self) -> Iterator[None]:
        with self.folder.start_lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            running = self.folder.running()
            if running is not None:
                raise LumbungError(
                    "LB-K002",
                    f"a broker (pid {running.pid}) serves {self.folder.root} already"
                    f" at {self.bootstrap}",
                    f"Use it with --kafka {self.bootstrap}, or stop it first.",
                )
            yield

    def _command(self, main: str, *words: str) -> list[str]:
        flags = jvm_flags(self._heap_mb, logging=_LOGGING, log_file=self.folder.log_file)
        return [str(self._java), *flags, *self._flags, "-cp", f"{self._jars}/*", main, *words]

    def _format(self) -> None:
        words = ["format", "-t", _cluster_id(), "-c", str(self.folder.properties)]
        done = subprocess.run(
            self._command("kafka.tools.StorageTool", *words),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DependencyError(
                "LB-K003",
                f"Kafka could not prepare {self.folder.topics}:\n"
                + (done.stdout + done.stderr).strip(),
                "Check that the disk has space and that the folder is yours.",
            )

    def _launch(self) -> ProcessId:
        with self.folder.out_file.open("wb") as out:
            java, *rest = self._command("kafka.Kafka", str(self.folder.properties))
            command = [java, *self._server_flags, *rest]
            self._child = spawn(command, log=out, tied=self._tied, cwd=self.folder.root)
        process = identify(self._child)
        if process is None:
            raise self._failed("ended at once")
        self.folder.remember(process)
        return process

    def _await_ready(self, process: ProcessId, ports: Ports, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        try:
            while not is_ready(ports.bootstrap):
                if not process.alive:
                    raise self._failed("ended while it started")
                if time.monotonic() > deadline:
                    raise self._failed(f"did not answer within {seconds:.0f} s")
                time.sleep(_POLL_SECONDS)
        except BaseException:  # Ctrl-C too must not leave a half-started broker
            self.kill()
            raise

    def _failed(self, how: str) -> DependencyError:
        tail = self.folder.tail().replace("\n", "\n  ")
        return DependencyError(
            "LB-K004",
            f"Kafka (node {NODE_ID}) {how}; the end of its log:\n  {tail}",
            f"The whole log is {self.folder.log_file}. `lumbung doctor` checks what it needs.",
        )


def _cluster_id() -> str:
    """A new id as Kafka draws them: none that opens like an option, or it is read as one."""
    while True:
        drawn = urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
        if not drawn.startswith("-"):
            return drawn
