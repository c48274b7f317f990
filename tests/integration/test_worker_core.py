"""The real core in the real worker on a real Kafka: a small log, and what each topic then says."""

import base64
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.broker.kit import Kit
from deploy.provision import provision
from deploy.settings import Settings
from deploy.wiring import all_topics, hub_app_id
from producers.clock import ticks_for
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Outgoing, Publisher, PublisherOptions
from producers.speech import report_value
from schemas import reference
from schemas.events import Cancelled, Counted, Issued, Placed
from schemas.identity import partition_of
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MATCHES
from tests.support.door import Running, kill

PARTITIONS = 4
HUB = "19.02"
HOME = partition_of(HUB, PARTITIONS)
SELLER, BUYER = reference.register().coops_of(HUB)[:2]
T = 1_795_305_600_000
RUBBISH = b"\xff\xfe not a report"
PEPPER = "LADA-PUTIH"
Rows = dict[str, list[tuple[bytes, dict[str, Any]]]]

COUNT = report_value(
    SELLER,
    "hp1",
    1,
    [Counted(commodity=PEPPER, quantity="120", unit="KG", floor_price="110000")],
    T,
)
ORDER = report_value(
    BUYER,
    "hp1",
    1,
    [
        Placed(order="PO-1", commodity=PEPPER, quantity="100", unit="KG", ceiling_price="120000"),
        Placed(order="PO-2", commodity=PEPPER, quantity="3", unit="PELUKAN"),
    ],
    T,
)
SALE = report_value(
    SELLER, "hp1", 2, [Issued(commodity=PEPPER, quantity="5", unit="KG", reason="sale")], T + 1_000
)
CANCEL = report_value(BUYER, "hp1", 2, [Cancelled(order="PO-1")], T + 60_000)
LOG = (COUNT, COUNT, ORDER, RUBBISH, SALE)


@dataclass
class Stage:
    """A broker with the topics, and the worker that serves it."""

    bootstrap: str
    folder: Path

    def worker(self) -> Running:
        words = ("run", "streams", "--kafka", self.bootstrap, "--data", self.folder)
        more = {
            "LUMBUNG_KAFKA__PARTITIONS": str(PARTITIONS),
            "LUMBUNG_STREAMS__COMMIT_SECONDS": "0.2",
            "LUMBUNG_METRICS__PORT": "0",
        }
        return Running(*words, folder=self.folder / "said", more=more)

    def say(self, *records: Outgoing) -> None:
        with Publisher(PublisherOptions(self.bootstrap, EVENTS)) as publisher:
            publisher.publish_all(list(records))

    def wait_done(self, worker: Running, seconds: float = 60.0) -> None:
        """Until the group has committed all of every partition."""
        track = Track(EVENTS, hub_app_id(Settings()))
        deadline = time.monotonic() + seconds
        with KafkaTicks(PublisherOptions(self.bootstrap, EVENTS), [track]) as wire:
            while True:
                committed, ends = wire.committed(), wire.ends()
                if all(committed.get(place, 0) >= end for place, end in ends.items()):
                    return
                assert worker.process.poll() is None, worker.err.read_text("utf-8")[-3_000:]
                assert time.monotonic() < deadline, (committed, ends)
                time.sleep(0.1)

    def read(self) -> Rows:
        """Every record of the worker's topics, in the order of offsets; all lie in HOME."""
        rows: Rows = defaultdict(list)
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        places = [
            TopicPartition(topic, n)
            for topic in (LEDGER, DEMAND, MATCHES, DEAD_LETTER)
            for n in range(PARTITIONS)
        ]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(place) < end for place, end in ends.items()):
            for records in consumer.poll(500).values():
                for record in records:
                    value = json.loads(record.value)
                    if value["data"].get("event_type") != "lumbung.tick.v1":
                        assert record.partition == HOME
                        rows[record.topic].append((record.key, value["data"]))
        consumer.close()
        return rows


@contextmanager
def staged(kafka_kit: Kit, folder: Path) -> Iterator[Stage]:
    """A broker of its own: the topics have their real names."""
    with kafka_kit.broker(folder / "kafka", heap_mb=256) as broker:
        assert broker.bootstrap is not None
        provision(broker.bootstrap, all_topics(Settings()), partitions=PARTITIONS)
        yield Stage(broker.bootstrap, folder)


@pytest.fixture
def stage(kafka_kit: Kit, tmp_path: Path) -> Iterator[Stage]:
    """A stage for one test."""
    with staged(kafka_kit, tmp_path) as made:
        yield made


def said(value: bytes) -> Outgoing:
    return Outgoing(None, value, HOME, T + 2_000)


def newest(rows: list[tuple[bytes, dict[str, Any]]]) -> dict[bytes, dict[str, Any]]:
    """The highest version of each key, as every reader keeps it."""
    kept: dict[bytes, dict[str, Any]] = {}
    for key, data in rows:
        if key not in kept or data["version"] > kept[key]["version"]:
            kept[key] = data
    return kept


@pytest.fixture(scope="module")
def rows(kafka_kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What the topics say once the log and a tick are folded by a worker that was then ended."""
    with staged(kafka_kit, tmp_path_factory.mktemp("stage")) as stage:
        stage.say(*map(said, LOG), *ticks_for(range(PARTITIONS), 1, T + 5_000))
        with stage.worker() as worker:
            stage.wait_done(worker)
            assert worker.interrupted(20.0) < 15.0
            assert worker.process.returncode == 0
        return stage.read()


def test_every_record_is_judged_once_in_the_order_of_the_log(rows: Rows):
    ledger = [data for _, data in rows[LEDGER]]
    verdicts = "accepted duplicate accepted rejected accepted".split()
    assert [data["verdict"] for data in ledger] == verdicts
    assert [data["offset"] for data in ledger] == [0, 1, 2, 3, 4]
    assert [data["version"] for data in ledger] == [1, 2, 3, 4, 5]
    accepted = [key.decode() for key, data in rows[LEDGER] if data["verdict"] == "accepted"]
    assert accepted == [SELLER, BUYER, SELLER]
    (stock,) = ledger[4]["positions"]
    assert (stock["commodity"], stock["on_hand"], stock["unit"]) == (PEPPER, "115", "KGM")
    (order,) = ledger[2]["orders"]
    assert (order["order_id"], order["state"]) == (f"{BUYER}|PO-1", "open")
    refused = [(line["line"], line["reason"]) for line in ledger[2]["refused"]]
    assert refused == [(2, "unknown_unit")]


def test_what_was_refused_keeps_its_bytes_whole_or_by_the_line(rows: Rows):
    letters = {data["identity"]: data for _, data in rows[DEAD_LETTER]}
    assert letters.keys() == {f"{BUYER}:hp1:1#2", f"{EVENTS}/{HOME}/3"}
    whole = letters[f"{EVENTS}/{HOME}/3"]
    assert (whole["reason"], base64.b64decode(whole["payload"])) == ("not_utf8", RUBBISH)
    part = letters[f"{BUYER}:hp1:1#2"]
    assert b'"unit":"PELUKAN"' in base64.b64decode(part["payload"])


def test_the_tick_matches_offer_and_need_and_demand_knows_it(rows: Rows):
    matches = {key: data for key, data in newest(rows[MATCHES]).items() if "match_id" in data}
    (match,) = matches.values()
    assert list(matches) == [match["match_id"].encode()]
    assert (match["state"], match["quantity"], match["certified"]) == ("proposed", "100", True)
    assert (match["from_coop"], match["to_coop"], match["order"]) == (SELLER, BUYER, "PO-1")
    assert 110_000 <= match["price"] <= 120_000
    (total,) = newest(rows[DEMAND])[f"{HUB}|{PEPPER}|now".encode()]["rows"]
    assert (total["demand"], total["matched"], total["gap"]) == ("100", "100", "0")
    assert total["supply"] == "115"


def test_a_worker_that_was_killed_goes_on_where_its_state_is(stage: Stage):
    stage.say(*map(said, LOG), *ticks_for(range(PARTITIONS), 1, T + 5_000))
    with stage.worker() as worker:
        stage.wait_done(worker)
        kill(worker.process.pid)
        worker.process.wait()
    before = stage.read()
    stage.say(said(CANCEL), said(SALE), *ticks_for(range(PARTITIONS), 2, T + 10_000))
    with stage.worker() as worker:
        stage.wait_done(worker)
    rows = stage.read()
    for topic in (LEDGER, MATCHES, DEMAND, DEAD_LETTER):
        assert rows[topic][: len(before[topic])] == before[topic]
    verdicts = {data["offset"]: data["verdict"] for _, data in rows[LEDGER]}
    assert verdicts[6] == "accepted"
    assert verdicts[7] == "duplicate"
    stock = newest(
        [(b"", data["positions"][0]) for _, data in rows[LEDGER] if data.get("positions")]
    )
    assert stock[b""]["on_hand"] == "115"
    states = [data["state"] for _, data in rows[MATCHES] if "match_id" in data]
    assert states[0] == "proposed"
    assert states[-1] in {"cancelled", "superseded"}
    demand = newest(rows[DEMAND])[f"{HUB}|{PEPPER}|now".encode()]
    assert demand["rows"][0]["matched"] == "0"
    assert demand["rows"][0]["demand"] == "0"
