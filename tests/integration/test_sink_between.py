"""Matches between hubs in the warehouse: two halves of a topic, ways, both measures, trace."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from alembic import command
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewPartitions, NewTopic

from deploy.story import told
from schemas import records
from schemas.topics import MATCHES
from sinks.compare import compare
from sinks.engines import reading, writer_engine
from sinks.errors import LogError
from sinks.log import Log, LogOptions
from sinks.loop import Pace, Sink
from sinks.queries.listing import Filters, get
from sinks.queries.summary import offsets_of
from sinks.queries.trace import trace
from sinks.rebuild import rebuild
from sinks.schema import alembic_config, upgrade
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, HUB, OTHER, Record, laid, write
from tests.support.warehouses import ask, fresh

PARTITIONS = 2
NEVER = Event()
FAR, FAR_HUB, BETWEEN = "31.72.01.1001", "31.72", "BBBBBBBBBBBBBBBB"
QUICK = Pace(gather_ms=20, poll_ms=50, first_wait_seconds=0.01, attempts=2)
SEA = records.WayLeg(
    from_hub=HUB,
    to_hub=FAR_HUB,
    mode="sea",
    days=3,
    cost_per_kg="1250.5",
    basis="estimated",
    departs_day=20_782,
)
WAY = records.WayPart(
    given="40", quantity="10", days=5, legs=[SEA], recipe="R07", recipe_hub=FAR_HUB
)


def between(version: int, state: str = "proposed", **other: Any) -> bytes:
    """White pepper of this hub, made into something else for a hub over the sea."""
    fields: dict[str, Any] = {
        "match_id": BETWEEN,
        "tier": 2,
        "need": f"{FAR}|PO-2",
        "order": "PO-2",
        "to_coop": FAR,
        "to_hub": FAR_HUB,
        "to_commodity": "LADA-BUBUK",
        "quantity": "40",
        "to_quantity": "10",
        "to_unit": "C62",
        "buyer_price": 460_000,
        "processing": 900,
        "parts": [WAY],
        "leg_mode": "sea",
        "leg_days": 5,
        "received_quantity": "4",
        "why_id": "40 KGM dari hub 19.02",
        "why_en": "40 KGM from hub 19.02",
    }
    return derived.match(version, state, **{**fields, **other})


ASKED = {"order_id": f"{FAR}|PO-2", "order": "PO-2", "commodity": "LADA-BUBUK"}
STORY = [
    derived.ledger(0, lines=[derived.line(f"{COOP}:hp1:0")], positions=[derived.position(1)]),
    derived.ledger(
        1,
        coop=OTHER,
        lines=[derived.line(f"{OTHER}:hp1:1", kind="order.placed", order="PO-17", quantity="50")],
        orders=[derived.order(2)],
    ),
    derived.ledger(
        2,
        coop=FAR,
        hub=FAR_HUB,
        orders=[derived.order(3, **ASKED)],
    ),
    derived.match(4),
    derived.ledger(9, coop=FAR, hub=FAR_HUB, orders=[derived.order(10, **ASKED, delivered="4")]),
    between(9),
]


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = fresh(tmp_path)
    with open_warehouse(made) as warehouse:
        write(warehouse, laid(STORY))
    return made


def test_a_match_between_hubs_binds_stock_like_one_inside_and_fills_the_order_in_its_own_measure(
    url: str,
) -> None:
    (position,) = ask(url, "SELECT committed, available FROM v_position")
    assert position == {"committed": 50 + 40, "available": 120 - 90}
    orders = ask(url, "SELECT order_id, open, delivered FROM v_order ORDER BY order_id")
    assert [(row["open"], row["delivered"]) for row in orders] == [(50, 0), (50 - 4, 4)]


def test_one_that_is_over_binds_nothing(url: str) -> None:
    with open_warehouse(url) as warehouse:
        write(warehouse, [Record(MATCHES, 3, 0, b"k", between(12, "rejected"))])
    assert ask(url, "SELECT committed FROM v_position") == [{"committed": 50}]


def test_the_view_tells_both_measures_and_inside_a_hub_they_are_the_same(url: str) -> None:
    columns = "tier, quantity, unit, to_quantity, to_unit, price, buyer_price, processing, parts"
    inside, over = ask(url, f"SELECT {columns} FROM v_match ORDER BY tier")
    assert tuple(inside.values()) == (1, 50, "KGM", 50, "KGM", 100_000, 100_012, 0, None)
    assert tuple(over.values())[:8] == (2, 40, "KGM", 10, "C62", 100_000, 460_000, 900)
    (part,) = json.loads(over["parts"])
    assert (part["recipe"], part["legs"][0]["cost_per_kg"]) == ("R07", "1250.5")


@pytest.mark.parametrize("hub", [HUB, FAR_HUB])
def test_both_hubs_find_it(url: str, hub: str) -> None:
    with reading(url) as connection:
        found = get(connection, "matches", Filters(hub=hub))
    assert BETWEEN in {row["match_id"] for row in found}


@pytest.mark.parametrize(
    ("language", "why", "days"), [("id", "dari hub", "hari"), ("en", "from hub", "days")]
)
def test_its_trace_tells_both_hubs_the_way_and_what_the_buyer_pays(
    url: str, capsys: pytest.CaptureFixture[str], language: str, why: str, days: str
) -> None:
    with reading(url) as connection:
        found = trace(connection, BETWEEN)
    told(found, language)
    shown = capsys.readouterr().out
    assert f"{COOP} -> {FAR} (hub 19.02 -> hub 31.72)  Rp100000 + Rp12 = Rp460000 per C62" in shown
    assert f"10 C62: 19.02 -> 31.72 sea, 3 {days}, Rp1250.5/kg (estimated); R07 (31.72)" in shown
    assert why in shown
    assert [row["order_id"] for row in found.orders] == [f"{FAR}|PO-2"]
    assert [row["coop"] for row in found.positions] == [COOP]


def test_a_warehouse_of_before_is_brought_forward_as_a_rebuild_would_make_it(
    tmp_path: Path,
) -> None:
    old, new = fresh(tmp_path, "old.db"), fresh(tmp_path, "new.db")
    inside = STORY[:-2]
    for made in (old, new):
        with open_warehouse(made) as warehouse:
            write(warehouse, laid(inside))
    engine = writer_engine(old)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0003")
    engine.dispose()
    assert "to_unit" not in ask(old, "SELECT * FROM v_match")[0]
    upgrade(old)
    assert compare(old, new) == []


# ------------------------------------------------------------------ the topic in two halves
@pytest.fixture
def options(kafka: str) -> Iterator[LogOptions]:
    made = LogOptions(kafka, prefix=f"t{uuid.uuid4().hex[:12]}.")
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in made.topics])
    admin.wait_for_topics(list(made.topics))
    yield made
    admin.delete_topics(list(made.topics))
    admin.close()


def say(options: LogOptions, value: bytes, partition: int) -> None:
    producer = KafkaProducer(bootstrap_servers=options.bootstrap, acks="all")
    producer.send(options.prefix + MATCHES, value, partition=partition)
    producer.flush()
    producer.close()


def grow(options: LogOptions) -> None:
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap)
    topic = options.prefix + MATCHES
    admin.create_partitions({topic: NewPartitions(2 * PARTITIONS)})
    while len(admin.describe_topics([topic])[0]["partitions"]) < 2 * PARTITIONS:
        time.sleep(0.05)
    admin.close()


def test_a_topic_that_grew_is_read_on_and_a_rebuild_says_the_same(
    options: LogOptions, tmp_path: Path
) -> None:
    live, again = fresh(tmp_path, "live.db"), fresh(tmp_path, "again.db")
    say(options, derived.match(4), 1)
    with Log(options) as log, open_warehouse(live) as warehouse:
        before = Sink(log, warehouse, pace=QUICK)
        before.catch_up(NEVER)
        grow(options)
        log._consumer._client.cluster.request_update()
        with pytest.raises(LogError, match="LB-K022"):
            before.run(NEVER)
    say(options, between(9), 3)
    with Log(options) as log, open_warehouse(live) as warehouse:
        Sink(log, warehouse, pace=QUICK).catch_up(NEVER)
    with reading(live) as connection:
        reached = offsets_of(connection)
    assert {at for (topic, at) in reached if topic.endswith(MATCHES)} == {1, 3}
    assert len(ask(live, "SELECT 1 FROM v_match")) == 2
    rebuild(options, again)
    assert compare(live, again) == []
