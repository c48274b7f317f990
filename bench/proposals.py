"""From two reports to the first record of the match between them, while the country speaks.

Probes: one village says that it has goods nobody else speaks of, another asks for them a moment
later, in the same hub or in another that a road leads to. The clock starts when the second report
is handed to the client and stops when the broker appends the first record of their match. Villages
of all hubs speak beside it, and what they say is matched too. Hubs here propose at once: with
cut-offs the first record is a draft.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from bench.liveliness import Alive, alive
from bench.traffic import goods_spoken_of
from deploy.provision import admin
from producers.publisher import Outgoing, Publisher, PublisherOptions
from producers.speech import report_value
from schemas import network_reference, reference
from schemas.events import Counted, Line, Placed
from schemas.identity import partition_of
from schemas.topics import EVENTS, MATCHES
from streams.core.interchange.network import Network

PARTITIONS: Final = 8
WARM_SECONDS: Final = 900.0
STEADY_SECONDS: Final = 60.0
"""So long traffic flows before the first probe, and everything must be level then."""
PATIENCE_SECONDS: Final = 180.0
DAYS_MAX: Final = 2
LIMITS: Final = {"inside": 10.0, "between": 120.0}


class Probe(NamedTuple):
    """A village that has, one that asks, and what."""

    kind: str
    giver: str
    taker: str
    commodity: str


@dataclass(slots=True)
class Sent:
    """A probe that was said: its lines, and the moment of its second report in ms."""

    probe: Probe
    offer: str
    need: str
    at_ms: int


def probes(number: int, seed: int) -> Iterator[Probe]:
    """So many of each kind, in turns; no two of a commodity are under way in one place."""
    chance = random.Random(seed)
    register = reference.register()
    spoken = set(goods_spoken_of())
    goods = [
        str(c.code)
        for c in reference.catalogue().commodities.values()
        if c.unit == "KGM" and c.trade == "free" and str(c.code) not in spoken
    ]
    today = datetime.now(UTC).toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    ways = Network(network_reference.tables(), network_reference.sailings()).on(today)
    hubs = [hub for hub in sorted(register.hubs) if len(register.coops_of(hub)) > 1]
    for n in range(number):
        commodity = goods[n % len(goods)]
        hub = chance.choice(hubs)
        one, other = sorted(map(str, register.coops_of(hub)))[:2]
        yield Probe("inside", one, other, commodity)
        near = [
            each
            for each in hubs
            if each != hub and (leg := ways.leg(hub, each, DAYS_MAX)) and leg.mode == "road"
        ]
        if near:
            far = str(min(register.coops_of(chance.choice(near))))
            yield Probe("between", one, far, goods[(n + len(goods) // 2) % len(goods)])


class Speaker:
    """Says probes; each village counts its own reports."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._said: dict[str, int] = {}

    def say(self, probe: Probe, number: int) -> Sent:
        """Say both halves of a probe."""
        due = (datetime.now(UTC) + timedelta(days=30)).date()
        code, lot, order = probe.commodity, f"LOT-{number}", f"PO-{number}"
        has = Counted(commodity=code, lot=lot, quantity="100", unit="KG", floor_price="1000")
        asks = Placed(
            order=order, commodity=code, quantity="100", unit="KG", needed_by=due,
            ceiling_price="900000",
        )  # fmt: skip
        self._send(probe.giver, has)
        at_ms = self._send(probe.taker, asks)
        offer = f"{probe.giver}|{code}|UNGRADED|{lot}"
        return Sent(probe, offer, f"{probe.taker}|{order}", at_ms)

    def _send(self, coop: str, line: Line) -> int:
        number = self._said[coop] = self._said.get(coop, 0) + 1
        at_ms = time.time_ns() // 1_000_000
        value = report_value(coop, "probe", number, [line], at_ms)
        home = partition_of(coop[:5], PARTITIONS)
        self._publisher.publish_all([Outgoing(coop.encode(), value, home, at_ms)])
        return at_ms


class Watch:
    """The matches that appear, by their lines: when the broker appended the first record."""

    def __init__(self, bootstrap: str) -> None:
        with admin(bootstrap) as client:
            told = {"message.timestamp.type": "LogAppendTime"}
            client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, MATCHES, told)])
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        places = [TopicPartition(MATCHES, p) for p in range(2 * PARTITIONS)]
        self._consumer.assign(places)
        self._consumer.seek_to_end(*places)
        self._seen: set[bytes] = set()
        self.first: dict[tuple[str, str], int] = {}

    def look(self, seconds: float) -> None:
        """Read for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            found = self._consumer.poll(timeout_ms=max(1, int(left * 1000)), max_records=5_000)
            for record in (one for records in found.values() for one in records):
                if record.key not in self._seen and not record.key.startswith(b"why-not|"):
                    self._seen.add(record.key)
                    data = json.loads(record.value)["data"]
                    self.first[data["offer"], data["need"]] = record.timestamp

    def close(self) -> None:
        """No more."""
        self._consumer.close()


def measure(lines_per_second: float, number: int, every: float) -> list[dict[str, object]]:
    """Say probes under a load; a row for each kind."""
    with alive(PARTITIONS, matching__cut_offs="") as system:
        watch = Watch(system.stack.bootstrap)
        system.speak(lines_per_second)
        _warm(system)
        watch.look(1.0)
        sent: list[Sent] = []
        options = PublisherOptions(system.stack.bootstrap, EVENTS, client_id="probe")
        with Publisher(options) as publisher:
            speaker = Speaker(publisher)
            for n, probe in enumerate(probes(number, 1)):
                sent.append(speaker.say(probe, n))
                watch.look(every)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while _missing(sent, watch) and time.monotonic() < deadline:
            watch.look(1.0)
        watch.close()
        system.fall_silent()
    return [row(kind, [one for one in sent if one.probe.kind == kind], watch) for kind in LIMITS]


def _warm(system: Alive) -> None:
    """The market works out the ways of the country, once a day; that is told apart."""
    began = time.monotonic()
    time.sleep(STEADY_SECONDS)
    system.calm(WARM_SECONDS)
    print(f"level after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _missing(sent: Sequence[Sent], watch: Watch) -> list[Sent]:
    return [one for one in sent if (one.offer, one.need) not in watch.first]


def row(kind: str, sent: Sequence[Sent], watch: Watch) -> dict[str, object]:
    """How long probes of a kind waited; what was not matched is told, with its lines."""
    waits = sorted(
        (watch.first[one.offer, one.need] - one.at_ms) / 1_000
        for one in sent
        if (one.offer, one.need) in watch.first
    )
    lost = [f"{one.offer} -> {one.need}" for one in _missing(sent, watch)]
    found: dict[str, object] = {"kind": kind, "probes": len(sent), "unmatched": len(lost)}
    for name, share in (("p50_s", 0.5), ("p95_s", 0.95), ("max_s", 1.0)):
        found[name] = round(waits[min(len(waits) - 1, int(len(waits) * share))], 2)
    return {**found, "limit_p95_s": LIMITS[kind], "first_unmatched": lost[:3]}


def main(argv: list[str] | None = None) -> None:
    """Print a row for matches inside hubs and one for those between them."""
    parser = argparse.ArgumentParser(prog="bench proposals", description=__doc__)
    parser.add_argument("--lines-per-second", type=float, default=200.0, help="beside the probes")
    parser.add_argument("--probes", type=int, default=100, help="of each kind")
    parser.add_argument("--every", type=float, default=1.7, help="seconds from probe to probe")
    asked = parser.parse_args(argv)
    rows = measure(asked.lines_per_second, asked.probes, asked.every)
    for each in rows:
        print("  ".join(f"{name} {value}" for name, value in each.items()), file=sys.stderr)
    print(json.dumps(rows))
