"""Topics on a real broker: made once, checked ever after, altered only where nothing moves."""

import socket
import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from deploy.errors import CheckFailed, DependencyError
from deploy.provision import provision
from schemas.topics import MATCHES, TOPICS, Topic, changelog_topic


def prefixed(topics: Iterable[Topic], prefix: str) -> list[Topic]:
    """Topics of a test's own, beside those of others on the same broker."""
    return [replace(topic, name=prefix + topic.name) for topic in topics]


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:8]}."


def test_provisioning_twice_makes_every_topic_once_with_its_settings(
    kafka: str, prefix: str
) -> None:
    topics = prefixed((*TOPICS, changelog_topic("lumbung", "state")), prefix)
    first = provision(kafka, topics, partitions=3)
    second = provision(kafka, topics, partitions=3)
    assert set(first.created) == {topic.name for topic in topics}
    assert second.created == ()
    assert second.differences == ()
    client = KafkaAdminClient(bootstrap_servers=kafka)
    described = client.describe_topics([topic.name for topic in topics])
    client.close()
    found = {each["name"]: len(each["partitions"]) for each in described}
    assert found == {topic.name: 3 * topic.times for topic in topics}
    assert found[prefix + MATCHES] == 6
    assert all(part["leader_id"] >= 0 for each in described for part in each["partitions"])


def test_another_partition_count_is_refused_before_anything_is_made(
    kafka: str, prefix: str
) -> None:
    events, *others = prefixed(TOPICS, prefix)
    provision(kafka, [events], partitions=2)
    with pytest.raises(CheckFailed) as refused:
        provision(kafka, [events, *others], partitions=4)
    assert refused.value.code == "LB-K012"
    assert events.name in refused.value.remedy
    client = KafkaAdminClient(bootstrap_servers=kafka)
    names = client.list_topics()
    client.close()
    assert others[0].name not in names


def test_matches_of_an_older_version_get_the_markets_partitions_and_keep_what_they_hold(
    kafka: str, prefix: str
) -> None:
    (matches,) = prefixed((topic for topic in TOPICS if topic.name == MATCHES), prefix)
    provision(kafka, [replace(matches, times=1)], partitions=2)
    producer = KafkaProducer(bootstrap_servers=kafka)
    for partition in (0, 1):
        producer.send(matches.name, b"v%d" % partition, b"id", partition=partition)
    producer.flush()
    producer.close()
    made = provision(kafka, [matches], partitions=2)
    assert [(one.topic, one.found, one.wanted) for one in made.grown] == [(matches.name, 2, 4)]
    assert (made.created, made.differences) == ((), ())
    assert provision(kafka, [matches], partitions=2).grown == ()
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    ends = consumer.end_offsets([TopicPartition(matches.name, p) for p in range(4)])
    consumer.close()
    assert [ends[place] for place in sorted(ends)] == [1, 1, 0, 0]


def test_nothing_grows_while_another_topic_is_wrong(kafka: str, prefix: str) -> None:
    events, matches = prefixed((TOPICS[0], *(t for t in TOPICS if t.name == MATCHES)), prefix)
    provision(kafka, [events], partitions=3)
    provision(kafka, [replace(matches, times=1)], partitions=2)
    with pytest.raises(CheckFailed, match="not as Lumbung needs them"):
        provision(kafka, [events, matches], partitions=2)
    provision(kafka, [replace(matches, times=1)], partitions=2)


def test_no_broker_is_said_at_once_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(DependencyError) as missing:
        provision(f"127.0.0.1:{port}", TOPICS, partitions=1)
    assert missing.value.code == "LB-K010"
    assert "--kafka" in missing.value.remedy
