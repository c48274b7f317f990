"""Every match reaches the topics of both its hubs, whenever the fan-out is killed."""

import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from deploy.provision import provision
from schemas.topics import MATCHES, OF_A_HUB, TOPICS, hub_topic
from sinks.errors import LogError
from sinks.fan_out import FanOut, hubs_of
from tests.support import derived
from tests.support.fan_out_child import GROUP, maker, options

ROOT = Path(__file__).parents[2]
HUBS = ("19.02", "34.02", "36.01", "64.02")
PARTITIONS = 3
KILLS = (("sent", 1), ("polled", 2), ("sent", 3), ("polled", 1))


@pytest.fixture
def prefix(kafka: str) -> Iterator[str]:
    """A topic of matches of this test alone; what came of it is deleted afterwards."""
    prefix = f"t{uuid.uuid4().hex[:8]}."
    matches = next(topic for topic in TOPICS if topic.name == MATCHES)
    provision(kafka, [replace(matches, name=prefix + MATCHES)], partitions=PARTITIONS)
    yield prefix
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)])
    admin.close()


def story(size: int) -> list[tuple[int, bytes, bytes]]:
    """Partition, key and value: matches inside a hub and between two, each again and again."""
    told = []
    for version in range(1, size + 1):
        n = version % 23
        here, there = HUBS[n % 3], HUBS[n % 3 + n % 2]
        name = f"MATCH{n:02}"
        value = derived.match(version, match_id=name, from_hub=here, to_hub=there)
        told.append((n % (2 * PARTITIONS), name.encode(), value))
    told.append((1, b"why-not|19.02|lada", derived.why_not(size + 1, ["x|PO-1"])))
    told.append((2, b"broken", b'{"type":"lumbung.match.v1","data":{}}'))
    return told


def say(kafka: str, prefix: str, told: list[tuple[int, bytes, bytes]]) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all")
    for partition, key, value in told:
        producer.send(prefix + MATCHES, key=key, value=value, partition=partition)
    producer.flush()
    producer.close()


def heard(kafka: str, topic: str) -> list[tuple[bytes, bytes]]:
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=None, enable_auto_commit=False)
    place = TopicPartition(topic, 0)
    assert consumer.partitions_for_topic(topic) == {0}
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    end = consumer.end_offsets([place])[place]
    found = []
    while consumer.position(place) < end:
        polled = consumer.poll(timeout_ms=1_000).get(place, ())
        found += [(record.key, record.value) for record in polled]
    consumer.close()
    return found


def version(value: bytes) -> int:
    return int(msgspec.json.decode(value)["data"]["version"])


def killed(kafka: str, prefix: str, moment: str, nth: int) -> int:
    words = (kafka, prefix, moment, str(nth))
    command = [sys.executable, "-m", "tests.support.fan_out_child", *words]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode


def committed_and_ends(kafka: str, prefix: str) -> tuple[dict[int, int], dict[int, int]]:
    places = [TopicPartition(prefix + MATCHES, n) for n in range(2 * PARTITIONS)]
    consumer = KafkaConsumer(
        bootstrap_servers=kafka, group_id=prefix + GROUP, enable_auto_commit=False
    )
    ends = consumer.end_offsets(places)
    done = {place: consumer.committed(place) or 0 for place in places}
    consumer.close()
    return ({p.partition: n for p, n in done.items()}, {p.partition: n for p, n in ends.items()})


def test_kills_before_and_after_the_sends_lose_nothing_and_keep_the_newest_last(
    kafka: str, prefix: str
) -> None:
    told = story(300)
    say(kafka, prefix, told)
    assert [killed(kafka, prefix, *each) for each in KILLS] == [-9] * len(KILLS)
    assert killed(kafka, prefix, "never", 1) == 0
    done, ends = committed_and_ends(kafka, prefix)
    assert done == ends
    repeated = 0
    for hub in HUBS:
        due = [(key, value) for _, key, value in told[:-2] if hub in hubs_of(value)]
        came = heard(kafka, prefix + hub_topic(hub).name)
        assert set(came) == set(due), "its own matches, bytes unchanged, and no other"
        assert not Counter(due) - Counter(came)
        repeated += len(came) - len(due)
        newest: dict[bytes, int] = defaultdict(int)
        last: dict[bytes, int] = {}
        for key, value in came:
            newest[key], last[key] = max(newest[key], version(value)), version(value)
        assert last == newest, "compaction keeps what lies last"
    assert repeated > 0, "two kills fell between the sends and the commit"


def test_a_hubs_topic_is_made_once_when_it_is_first_needed(kafka: str, prefix: str) -> None:
    inside = derived.match(1, match_id="INSIDE", from_hub="36.01", to_hub="36.01")
    say(kafka, prefix, [(0, b"INSIDE", inside)])
    made: list[str] = []
    really_make = maker(kafka, prefix)

    def make(hubs: Sequence[str]) -> None:
        made.extend(hubs)
        really_make(hubs)

    with FanOut(options(kafka, prefix), make) as fan_out:
        copied = 0
        while copied < 1:
            copied += fan_out.step()
        say(kafka, prefix, [(0, b"INSIDE", inside)])
        while copied < 2:
            copied += fan_out.step()
    assert made == ["36.01"]
    assert heard(kafka, prefix + "lumbung.match.36.01.v1") == [(b"INSIDE", inside)] * 2
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    names = {name for name in admin.list_topics() if name.startswith(prefix)}
    admin.close()
    assert names == {prefix + MATCHES, prefix + "lumbung.match.36.01.v1"}
    topic = replace(OF_A_HUB, name=prefix + "lumbung.match.36.01.v1")
    again = provision(kafka, [topic], partitions=8)
    assert (again.created, again.differences) == ((), ())


def test_a_topic_that_cannot_be_made_stops_it_and_nothing_is_committed(
    kafka: str, prefix: str
) -> None:
    say(kafka, prefix, story(5))

    def refuse(_: object) -> None:
        raise LogError("LB-K011", "Kafka would not")

    with FanOut(options(kafka, prefix), refuse) as fan_out, pytest.raises(LogError):
        fan_out.run(Event())
    done, _ = committed_and_ends(kafka, prefix)
    assert set(done.values()) == {0}


def test_one_that_stood_still_for_longer_than_its_session_ends_before_it_sends(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(kafka, prefix, story(5))
    really_make = maker(kafka, prefix)

    def make(hubs: Sequence[str]) -> None:
        really_make(hubs)
        later = time.monotonic() + 7.0
        monkeypatch.setattr("sinks.fan_out.time.monotonic", lambda: later)

    with FanOut(options(kafka, prefix), make) as fan_out, pytest.raises(LogError) as stopped:
        fan_out.run(Event())
    assert stopped.value.code == "LB-K024"
    monkeypatch.undo()
    done, _ = committed_and_ends(kafka, prefix)
    assert set(done.values()) == {0}
    assert heard(kafka, prefix + hub_topic("19.02").name) == []
