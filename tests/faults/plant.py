"""One broker for many schedules, with a listener and a proxy of its own for every client process.

Decides how a client under test is made to go through its proxy: the broker has one more listener
per role, and advertises the proxy's port for it, so that whoever comes through a proxy is sent
back to the same proxy. The harness itself looks on at the plain listener.
"""

import gzip
import json
import resource
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from deploy.broker.kit import prepare
from deploy.broker.node import Broker
from deploy.broker.probe import is_ready
from deploy.provision import admin, found, provision
from deploy.settings import Settings
from deploy.wiring import all_topics
from schemas.topics import DEAD_LETTER, WIDE
from tests.faults.proxy import CALM, Proxy
from tests.faults.schedule import ROLES

_GONE_SECONDS: Final = 20.0
_DYING_SECONDS: Final = 1.0
_STARTING_SECONDS: Final = 120.0
_FULL_BYTES: Final = 1_024


class Plant:
    """A broker on `folder` and its proxies; use as a context."""

    def __init__(self, folder: Path) -> None:
        self._undo: Final = ExitStack()
        self._lock: Final = RLock()
        self.folder: Final = folder
        self.proxies: Final[dict[str, Proxy]] = {}
        ports = _free(len(ROLES))
        for role, port in zip(ROLES, ports, strict=True):
            self.proxies[role] = self._undo.enter_context(Proxy(port, seed=port))
        bare = prepare(progress=False).broker(folder)
        folder.mkdir(parents=True, exist_ok=True)
        plain = bare.folder.choose_ports()
        properties = self._listeners(plain.bootstrap, plain.controller, ports)
        self.broker: Final[Broker] = prepare(progress=False).broker(
            folder, heap_mb=384, properties=properties
        )
        self.direct: Final[str] = plain.bootstrap

    def _listeners(self, plain: str, controller: int, ports: list[int]) -> Mapping[str, str]:
        names = [role.upper().replace("-", "") for role in ROLES]
        listening = [f"{name}://127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)]
        advertised = [
            f"{name}://{self.proxies[role].address}"
            for name, role in zip(names, ROLES, strict=True)
        ]
        kinds = [f"{name}:PLAINTEXT" for name in ("LOOPBACK", "CONTROLLER", *names)]
        control = f"CONTROLLER://127.0.0.1:{controller}"
        return {
            "listeners": ",".join([f"LOOPBACK://{plain}", *listening, control]),
            "advertised.listeners": ",".join([f"LOOPBACK://{plain}", *advertised]),
            "listener.security.protocol.map": ",".join(kinds),
            "num.network.threads": "1",
            "delete.topic.enable": "true",
        }

    def __enter__(self) -> Self:
        try:
            started = self.broker.start()
        except BaseException:
            self._undo.close()
            raise
        assert started == self.direct, "the ports were taken in between"
        self._undo.callback(self.broker.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def calm(self) -> None:
        """Fair weather everywhere."""
        for proxy in self.proxies.values():
            proxy.set(CALM)

    def kill(self, down_seconds: float) -> None:
        """Kill -9, a while of nothing, and up again."""
        with self._lock:
            self.broker.kill()
            time.sleep(down_seconds)
            self.broker.start(ready_seconds=_STARTING_SECONDS)

    def fill_disk(self, seconds: float) -> bool:
        """No file of the broker may grow for a while; started again where that ended it.

        True when it ended. The limit dies with the process.
        """
        with self._lock:
            pid = self.broker.pid
            assert pid is not None, "whoever kills it starts it again"
            limited(pid, seconds)
            time.sleep(_DYING_SECONDS)
            ended = self.broker.pid is None
            if ended:
                self.broker.kill()  # reaps what is left
                self.broker.start(ready_seconds=_STARTING_SECONDS)
            return ended

    def raised(self) -> bool:
        """Start the broker where it ended by itself, as its service would; True when it had.

        A full disk may end it a while after the disk has room again.
        """
        if not self._lock.acquire(blocking=False):
            return False  # somebody is at it
        try:
            if self.broker.pid is not None:
                return False
            self.broker.kill()  # reaps what is left
            self.broker.start(ready_seconds=_STARTING_SECONDS)
            return True
        finally:
            self._lock.release()

    def ensure(self) -> None:
        """Up and well, whatever the last schedule left."""
        with self._lock:
            self.calm()
            if not is_ready(self.direct, seconds=5.0):
                self.broker.kill()
                self.broker.start(ready_seconds=_STARTING_SECONDS)

    def fresh_topics(self, settings: Settings) -> None:
        """The topics of these settings, empty, whatever was there."""
        with self._lock, admin(self.direct) as client:
            old = [name for name in client.list_topics() if not name.startswith("__")]
            if old:
                client.delete_topics(old)
            deadline = time.monotonic() + _GONE_SECONDS
            while found(client, all_topics(settings)):
                assert time.monotonic() < deadline, "topics were not deleted"
                time.sleep(0.1)
        provision(self.direct, all_topics(settings), partitions=settings.kafka.partitions)

    def ends(self) -> dict[TopicPartition, int]:
        """Where every log of every topic ends."""
        with closing(KafkaConsumer(bootstrap_servers=self.direct, group_id=None)) as asking:
            return _ends(asking)

    def write_down(self, file: Path) -> None:
        """All records of all topics as gzipped JSON lines, for whoever looks for a cause."""
        with (
            closing(KafkaConsumer(bootstrap_servers=self.direct, group_id=None)) as reading,
            gzip.open(file, "wt", encoding="utf-8") as lines,
        ):
            for place, end in sorted(_ends(reading).items()):
                reading.assign([place])
                reading.seek_to_beginning(place)
                while reading.position(place) < end:
                    for record in reading.poll(timeout_ms=1_000).get(place, ()):
                        lines.write(json.dumps(_told(record)) + "\n")

    def refuse_letters(self, refused: bool) -> None:
        """Have the dead-letter topic refuse every record, or take them again."""
        told = {"max.message.bytes": "1" if refused else WIDE["max.message.bytes"]}
        while True:
            with self._lock, suppress(KafkaError):
                client = KafkaAdminClient(bootstrap_servers=self.direct)
                try:
                    client.alter_configs(
                        [ConfigResource(ConfigResourceType.TOPIC, DEAD_LETTER, told)]
                    )
                finally:
                    client.close()
                return
            time.sleep(0.2)


def _ends(asking: KafkaConsumer) -> dict[TopicPartition, int]:
    topics = [name for name in asking.topics() if not name.startswith("__")]
    places = [
        TopicPartition(topic, number)
        for topic in topics
        for number in asking.partitions_for_topic(topic) or ()
    ]
    ends: dict[TopicPartition, int] = asking.end_offsets(places)
    return ends


def _told(record: Any) -> dict[str, Any]:
    """A record for people: bytes that are no UTF-8 are shown escaped."""
    told: dict[str, Any] = {"topic": record.topic, "partition": record.partition}
    told |= {"offset": record.offset, "timestamp": record.timestamp}
    for name in ("key", "value"):
        raw: bytes | None = getattr(record, name)
        told[name] = None if raw is None else raw.decode("utf-8", "backslashreplace")
    return told


def limited(pid: int, seconds: float) -> None:
    """For a while no file of a process may grow beyond a kilobyte: to it, the disk is full."""
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FULL_BYTES, hard))
        time.sleep(seconds)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def _free(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
