"""Decides what runs together: a Kafka (embedded or given), topics, the warehouse, the processes.

`opened` makes it all ready in order and takes it all down again, whatever happens in between.
Every child is this very program with other words, so that what runs in the demo is what runs
anywhere.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from deploy.broker.keeper import Keeper
from deploy.broker.kit import prepare
from deploy.cli_broker import kafka_folder
from deploy.errors import LumbungError
from deploy.guard import Guard
from deploy.provision import provision
from deploy.settings import PREFIX, Loaded, Settings
from deploy.supervisor import Child, State, Supervisor, lumbung_command
from deploy.telemetry import PrometheusMeter, export
from deploy.wiring import (
    FAN_OUT,
    all_topics,
    fan_out_group,
    figures_at,
    groups,
    market_name,
    worker_name,
)
from schemas.topics import EVENTS, MARKET, MATCHES, TOPICS
from sinks.schema import upgrade

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stack:
    """What is open: the settings, where Kafka is, and who watches the processes.

    `keeper` has the embedded broker; it is None where a Kafka was given.
    """

    settings: Settings
    bootstrap: str
    supervisor: Supervisor
    keeper: Keeper | None = None

    def child(self, name: str, *words: str, restart: bool = True) -> Child:
        """A process of this system, to be started by the supervisor."""
        data = str(self.settings.data_dir.resolve())
        command = lumbung_command("run", *words, "--kafka", self.bootstrap, "--data", data)
        return Child(name, command, environment(self.settings), restart=restart)

    def hub_workers(self) -> list[Child]:
        """The hub workers."""
        return self._numbered(self.names[EVENTS], "streams")

    def market_workers(self) -> list[Child]:
        """The market workers, which match between hubs."""
        return self._numbered(self.names[MARKET], "market")

    def workers(self) -> list[Child]:
        """All workers, those of hubs first."""
        return [*self.hub_workers(), *self.market_workers()]

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The workers of each log."""
        streams = self.settings.streams
        return {
            EVENTS: tuple(worker_name(n) for n in range(streams.workers)),
            MARKET: tuple(market_name(n) for n in range(streams.market_workers)),
        }

    def _numbered(self, names: Sequence[str], verb: str) -> list[Child]:
        return [self.child(name, verb, "--worker", str(n)) for n, name in enumerate(names)]

    def sink(self) -> Child:
        """The warehouse's sink."""
        return self.child("sink", "sink")

    def fan_out(self) -> Child:
        """The fan-out of matches to the topics of hubs."""
        return self.child(FAN_OUT, FAN_OUT)

    def guards(self) -> list[Guard]:
        """Who looks at the commits of each group: the workers of each log, and the fan-out."""
        settings = self.settings
        patience = {MARKET: settings.market.stall_seconds}
        watched = {
            group: ({topic: settings.kafka.partitions}, self.names[topic], patience.get(topic))
            for topic, group in groups(settings).items()
        }
        matches = {topic.name: topic.count(settings.kafka.partitions) for topic in TOPICS}[MATCHES]
        watched[fan_out_group(settings)] = ({MATCHES: matches}, (FAN_OUT,), None)
        return [
            Guard(
                self.bootstrap,
                group,
                topics,
                names,
                self.supervisor.kill,
                seconds or settings.streams.stall_seconds,
                self.supervisor.meter,
            )
            for group, (topics, names, seconds) in watched.items()
        ]

    def guard(self, stop: Event) -> list[Thread]:
        """Begin to kill workers whose commits stand still, until told to end."""
        looking = [
            Thread(target=guard.run, args=(stop,), name=f"guard {guard.group}", daemon=True)
            for guard in self.guards()
        ]
        for thread in looking:
            thread.start()
        return looking

    def watch(self, stop: Event) -> None:
        """Keep the processes alive until told to end."""
        looking = self.guard(stop)
        self.supervisor.run(stop)
        for thread in looking:
            thread.join(timeout=1.0)

    def require_all(self) -> None:
        """Raises LumbungError LB-P012 with the end of its log when a process was given up."""
        for shown in self.supervisor.poll():
            if shown.state is State.FAILED:
                tail = self.supervisor.tail(shown.name)
                raise LumbungError(
                    "LB-P012",
                    f"{shown.name} was given up: {shown.why}\n{tail}",
                    f"Its whole log is {shown.log}.",
                )


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a child finds them; address and folder go by flags."""
    values = Loaded(settings, {}).rows()
    mine = {
        PREFIX + name.upper().replace(".", "__"): value
        for name, value, _ in values
        if value not in ("", "None", "-") and not name.startswith(("data_dir", "kafka.bootstrap"))
    }
    mine[f"{PREFIX}MATCHING__CUT_OFFS"] = settings.matching.cut_offs  # "" says something, too
    if settings.warehouse.url:
        mine[f"{PREFIX}WAREHOUSE__URL"] = settings.warehouse.url
    return {**os.environ, **mine}


@contextmanager
def opened(settings: Settings, *, tell: Tell = lambda _: None) -> Iterator[Stack]:
    """Kafka serving, topics made, warehouse up to date, no process yet; all ended afterwards."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        bootstrap, keeper = settings.kafka.bootstrap, None
        if bootstrap is None:
            kit = prepare(jars=settings.kafka.jars)
            tell("kafka")
            heap = settings.kafka.heap_mb
            broker = kit.broker(kafka_folder(settings), heap_mb=heap, tied=True)
            undo.enter_context(broker)
            assert broker.bootstrap is not None, "a started broker has an address"
            keeper = undo.enter_context(Keeper(broker))
            bootstrap = broker.bootstrap
        tell("topics")
        kafka = settings.kafka
        made = provision(
            bootstrap,
            all_topics(settings),
            partitions=kafka.partitions,
            replication=kafka.replication,
        )
        for growth in made.grown:
            tell(str(growth))
        tell("warehouse")
        upgrade(settings.warehouse_url)
        meter = PrometheusMeter()
        if settings.metrics.port:
            port = settings.metrics.port + figures_at(settings, "supervisor")
            undo.callback(export(meter, host=settings.metrics.host, port=port).close)
        supervisor = Supervisor((), settings.data_dir / "logs", meter=meter)
        undo.callback(supervisor.stop)
        yield Stack(settings, bootstrap, supervisor, keeper)
