"""Topics on a real broker: made once, checked ever after, never altered."""

import socket
import uuid
from collections.abc import Iterable
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient

from deploy.errors import CheckFailed, DependencyError
from deploy.provision import provision
from schemas.topics import TOPICS, Topic, changelog_topic


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
    assert {len(each["partitions"]) for each in described} == {3}
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


def test_no_broker_is_said_at_once_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(DependencyError) as missing:
        provision(f"127.0.0.1:{port}", TOPICS, partitions=1)
    assert missing.value.code == "LB-K010"
    assert "--kafka" in missing.value.remedy
