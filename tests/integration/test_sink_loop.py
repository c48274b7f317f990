"""The sink on a real broker: from the database's offsets to the end, never past a doubt."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from schemas.metrics import Silent
from sinks.batch import Batch
from sinks.compare import compare
from sinks.engines import reading
from sinks.errors import LogError, RebuildNeeded, WarehouseBusy, WarehouseError
from sinks.log import Log, LogOptions
from sinks.loop import Pace, Sink, caught_up
from sinks.queries.summary import offsets_of, summary
from sinks.rebuild import rebuild
from sinks.warehouse import Warehouse, Written, open_warehouse
from tests.support import derived
from tests.support.derived import COOP, topic_of
from tests.support.warehouses import ask, fresh, on_postgresql

PARTITIONS = 2
NEVER = Event()
QUICK = Pace(gather_ms=20, poll_ms=50, first_wait_seconds=0.01, attempts=4)


@pytest.fixture
def options(kafka: str) -> Iterator[LogOptions]:
    """Topics of this test alone."""
    made = LogOptions(kafka, prefix=f"t{uuid.uuid4().hex[:12]}.")
    create(made)
    yield made
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics(list(made.topics))
    admin.close()


def create(options: LogOptions) -> None:
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in options.topics])
    admin.wait_for_topics(list(options.topics))
    admin.close()


def say(options: LogOptions, values: Iterable[bytes], partition: int = 0) -> None:
    producer = KafkaProducer(bootstrap_servers=options.bootstrap, acks="all")
    for value in values:
        producer.send(options.prefix + topic_of(value), value, partition=partition)
    producer.flush()
    producer.close()


def sink(options: LogOptions, url: str, *, until: Event = NEVER) -> None:
    with Log(options) as log, open_warehouse(url) as warehouse:
        Sink(log, warehouse, pace=QUICK).catch_up(until)


def reports(numbers: Iterable[int]) -> list[bytes]:
    return [
        derived.ledger(
            n, lines=[derived.line(f"{COOP}:hp1:{n}")], positions=[derived.position(n + 1, str(n))]
        )
        for n in numbers
    ]


def test_what_is_said_while_the_sink_runs_arrives_and_it_stops_cleanly(
    options: LogOptions, tmp_path: Path
) -> None:
    url, stop = fresh(tmp_path), Event()
    with Log(options) as log, open_warehouse(url) as warehouse:
        running = threading.Thread(target=Sink(log, warehouse, pace=QUICK).run, args=[stop])
        running.start()
        say(options, reports(range(50)))
        say(options, [derived.match(1), derived.why_not(1), derived.dead_letter(60)], partition=1)
        say(options, [derived.demand(1)])
        deadline = time.monotonic() + 20
        while not caught_up(options, url) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        running.join(timeout=5)
        assert not running.is_alive()
    with reading(url) as connection:
        found = summary(connection)
    assert (found["read"], found["accepted"], found["lines"]) == (50, 50, 50)
    assert (found["matches"], found["dead_letters"], found["faults"]) == (1, 1, 0)
    (held,) = ask(url, "SELECT on_hand FROM v_position")
    assert held["on_hand"] == 49


def test_a_sink_goes_on_from_the_offsets_of_its_database(
    options: LogOptions, tmp_path: Path
) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(10)))
    sink(options, url)
    assert caught_up(options, url)
    say(options, reports(range(10, 15)))
    assert not caught_up(options, url)
    with Log(options) as log, open_warehouse(url) as warehouse:
        meter = Counting()
        Sink(log, warehouse, pace=QUICK, meter=meter).catch_up(NEVER)
    assert meter.rows["judgement"] == 5
    with reading(url) as connection:
        at = offsets_of(connection)[options.topics[0], 0]
    assert at.next_offset == 15


class Counting(Silent):
    """A meter that remembers the rows written."""

    def __init__(self) -> None:
        self.rows: dict[str, float] = {}

    def count(self, name: str, n: float = 1, /, **labels: str) -> None:
        if name == "lumbung_sink_rows_total":
            self.rows[labels["table"]] = self.rows.get(labels["table"], 0) + n


def test_a_log_shorter_than_what_was_read_asks_for_a_rebuild(
    options: LogOptions, tmp_path: Path
) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(5)))
    sink(options, url)
    with sqlite3.connect(tmp_path / "warehouse.db") as tampered:
        tampered.execute("UPDATE sink_offset SET next_offset = 99")
    tampered.close()
    with pytest.raises(RebuildNeeded, match=r"LB-W013.*ends at 5.*99(?s:.)*lumbung rebuild"):
        sink(options, url)


def test_topics_made_anew_ask_for_a_rebuild_which_gives_what_is_there_now(
    options: LogOptions, tmp_path: Path
) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(5)))
    sink(options, url)
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap)
    admin.delete_topics(list(options.topics))
    deadline = time.monotonic() + 20
    while set(options.topics) & set(admin.list_topics()) and time.monotonic() < deadline:
        time.sleep(0.1)
    admin.close()
    create(options)
    say(options, reports(range(9)))  # longer than before, so that offsets alone would not tell
    with pytest.raises(RebuildNeeded, match=r"LB-W012"):
        sink(options, url)
    assert rebuild(options, url)
    sink(options, url)
    assert len(ask(url, "SELECT * FROM judgement")) == 9


def test_a_rebuild_equals_the_live_tables_and_leaves_nothing_beside_it(
    options: LogOptions, tmp_path: Path
) -> None:
    live, other = fresh(tmp_path, "live.db"), fresh(tmp_path, "other.db")
    say(options, [*reports(range(40)), derived.demand(3), derived.demand(2, [("B", "1")])])
    sink(options, live)
    say(options, [*reports(range(20, 60)), derived.match(70, steps=("proposed", "expired"))])
    sink(options, live)
    heard: list[tuple[int, int]] = []
    assert rebuild(options, other, progress=lambda done, total: heard.append((done, total)))
    assert compare(live, other) == []
    assert heard[0][0] == 0
    assert heard[-1] == (83, 83)
    assert not list(tmp_path.glob("*.new*"))


def test_a_rebuild_on_postgresql_equals_the_file(options: LogOptions, tmp_path: Path) -> None:
    server, live = on_postgresql(), fresh(tmp_path)
    say(options, [*reports(range(20)), derived.match(3), derived.why_not(3, ["a", "b"])])
    sink(options, server)
    say(options, [derived.demand(7), derived.dead_letter(30, payload=b"\x00\xff")], partition=1)
    for url in (live, server):
        sink(options, url)
    assert compare(live, server) == []
    with sqlite3.connect(tmp_path / "warehouse.db") as tampered:
        tampered.execute("DELETE FROM position")
    tampered.close()
    assert compare(live, server) == ["position"]
    assert rebuild(options, server)
    assert rebuild(options, live)
    assert compare(live, server) == []


def test_a_broken_warehouse_is_made_anew(options: LogOptions, tmp_path: Path) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(7)))
    (tmp_path / "warehouse.db").write_bytes(b"rust" * 5_000)
    assert rebuild(options, url)
    assert len(ask(url, "SELECT * FROM judgement")) == 7


def test_a_rebuild_that_is_stopped_leaves_the_old_warehouse(
    options: LogOptions, tmp_path: Path
) -> None:
    url, stopped = fresh(tmp_path), Event()
    say(options, reports(range(7)))
    sink(options, url)
    say(options, reports(range(7, 9)))
    stopped.set()
    assert not rebuild(options, url, stop=stopped)
    assert len(ask(url, "SELECT * FROM judgement")) == 7
    assert not list(tmp_path.glob("*.new*"))


def test_nothing_is_rebuilt_under_a_running_sink(
    options: LogOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.rebuild.LOCK_SECONDS", 0.1)
    url = fresh(tmp_path)
    with open_warehouse(url), pytest.raises(WarehouseBusy):
        rebuild(options, url)


def test_a_missing_topic_is_named(kafka: str) -> None:
    with pytest.raises(LogError, match=r"LB-K021.*nowhere.lumbung.ledger.v1"):
        Log(LogOptions(kafka, prefix="nowhere."))


def test_a_broker_that_does_not_answer_is_named() -> None:
    with pytest.raises(LogError, match=r"LB-K020.*127.0.0.1:1"):
        Log(LogOptions("127.0.0.1:1", timeout_ms=300))


class Flaky(Warehouse):
    """A warehouse whose database is away for the first `away` batches."""

    away = 0
    tries = 0

    def apply(self, batch: Batch) -> Written:
        self.tries += 1
        if self.tries <= self.away:
            raise WarehouseError("LB-W006", "the disk is away", passing=True)
        return super().apply(batch)


def test_a_database_that_comes_back_gets_everything(options: LogOptions, tmp_path: Path) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(3)))
    with Log(options) as log, Flaky(url, wait_seconds=0) as warehouse:
        warehouse.away = QUICK.attempts - 1
        assert Sink(log, warehouse, pace=QUICK).catch_up(NEVER)
    assert len(ask(url, "SELECT * FROM judgement")) == 3


def test_a_database_that_stays_away_ends_the_sink_with_its_reason(
    options: LogOptions, tmp_path: Path
) -> None:
    url = fresh(tmp_path)
    say(options, reports(range(3)))
    with Log(options) as log, Flaky(url, wait_seconds=0) as warehouse:
        warehouse.away = QUICK.attempts
        with pytest.raises(WarehouseError, match="the disk is away"):
            Sink(log, warehouse, pace=QUICK).catch_up(NEVER)
    assert ask(url, "SELECT * FROM judgement") == []


def test_an_unreadable_record_on_the_topic_stops_nothing(
    options: LogOptions, tmp_path: Path
) -> None:
    url = fresh(tmp_path)
    producer = KafkaProducer(bootstrap_servers=options.bootstrap, acks="all")
    producer.send(options.topics[0], b"\xffnot json", key=b"k", partition=0)
    producer.send(options.topics[0], None, key=b"k", partition=0)
    producer.flush()
    producer.close()
    say(options, reports(range(2)))
    sink(options, url)
    with reading(url) as connection:
        found = summary(connection)
    assert (found["faults"], found["read"]) == (2, 2)
