"""All that the broker runs on, made ready once: Java, the jars, an archive of classes.

Decides what *prepared* means. Refuses to run a broker for anybody but itself.

Theory of operation. Half of a broker's start is the JVM loading and checking some 9,000
classes. A JVM can write them, loaded, to an archive when it ends, and map that file at the
next start: measured here, 1.7 s instead of 3 to 4. So the first preparation starts a broker in
a scratch folder and stops it. The archive is only speed: a JVM to which it does not fit ignores
it; when it cannot be made, an empty file says so, and it is not tried again.
"""

import hashlib
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.broker.fetch import fetch_jars
from deploy.broker.java import Java, find_java
from deploy.broker.node import Broker
from deploy.errors import LumbungError

_TRAINING_SECONDS: Final = 60.0
# The first Java whose archive needs no base archive, which slim runtimes lack.
_AOT_SINCE: Final = 25


@dataclass(frozen=True, slots=True)
class Kit:
    """What a broker runs on: the folder of its jars, and its JVM."""

    jars: Path
    java: Java

    @property
    def archive(self) -> Path:
        """Where the class archive of these jars and this JVM lies, if it was made."""
        java = self.java.path.resolve()
        named = f"{java}|{java.stat().st_mtime_ns}|{self.jars}".encode()
        return self.jars / f"classes-{hashlib.sha256(named).hexdigest()[:12]}.jsa"

    def broker(
        self,
        data_dir: Path,
        *,
        heap_mb: int = 512,
        tied: bool = True,
        properties: Mapping[str, str] | None = None,
    ) -> Broker:
        """A broker on `data_dir`, not started; see Broker."""
        return Broker(
            data_dir,
            self.jars,
            self.java.path,
            heap_mb=heap_mb,
            tied=tied,
            flags=self._flags(),
            properties=properties,
        )

    def train(self) -> None:
        """Make the class archive, by starting and stopping a broker that nobody uses."""
        with suppress(OSError):  # jars in a read-only folder stay without
            made = self._trained()
            arriving = self.archive.with_suffix(".new")
            arriving.write_bytes(made)
            arriving.replace(self.archive)

    def _flags(self) -> list[str]:
        archive = self.archive
        if not archive.exists() or not archive.stat().st_size:
            return []
        flag = "AOTCache" if self.java.major >= _AOT_SINCE else "SharedArchiveFile"
        return [f"-XX:{flag}={archive}"]

    def _trained(self) -> bytes:
        """The archive's content; empty when this JVM cannot make one."""
        flag = "AOTCacheOutput" if self.java.major >= _AOT_SINCE else "ArchiveClassesAtExit"
        with tempfile.TemporaryDirectory() as scratch:
            fresh = Path(scratch) / "classes"
            broker = Broker(
                Path(scratch) / "data",
                self.jars,
                self.java.path,
                server_flags=[f"-XX:{flag}={fresh}"],
            )
            with suppress(LumbungError):
                broker.start()
                broker.stop(grace_seconds=_TRAINING_SECONDS)
            return fresh.read_bytes() if fresh.exists() else b""


def prepare(*, jars: Path | None = None, cache: Path | None = None, progress: bool = True) -> Kit:
    """A kit ready to start brokers, from the cache where it was made before.

    Raises DependencyError LB-J0xx when Java or the jars cannot be had.
    """
    kit = Kit(fetch_jars(jars=jars, cache=cache, progress=progress), find_java())
    if not kit.archive.exists():
        console = Console(stderr=True, quiet=not (progress and sys.stderr.isatty()))
        with console.status("Kafka: preparing faster starts (once)"):
            kit.train()
    return kit
