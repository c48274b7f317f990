"""Making the topics of the table on a broker, and refusing to run on topics that are otherwise.

Decides when the log is ready: every topic is there, each partition has a leader, none differs
dangerously. Refuses to alter what exists, but for partitions that may be added (`topic_plan` says
which, and what a person should do about the rest).
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, for_code

from deploy.broker.probe import is_ready
from deploy.errors import CheckFailed, DependencyError
from deploy.topic_plan import Difference, Found, Growth, plan
from schemas.topics import Topic

_ALREADY_EXISTS: Final = 36
_ALREADY_GROWN: Final = 37
_LEADERS_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was created now, what has more partitions now, and harmless differences."""

    created: tuple[str, ...]
    grown: tuple[Growth, ...]
    differences: tuple[Difference, ...]


def provision(
    bootstrap: str, topics: Sequence[Topic], *, partitions: int, replication: int = 1
) -> Provisioned:
    """Make every missing topic and wait until all have leaders; doing it twice changes nothing.

    Raises DependencyError LB-K010 when no Kafka answers, LB-K011 when it refuses, and CheckFailed
    LB-K012 when an existing topic differs so that data would be lost or misplaced.
    """
    with admin(bootstrap) as client:
        planned = plan(topics, found(client, topics), partitions=partitions)
        if planned.dangerous:
            raise CheckFailed(
                "LB-K012",
                "these topics are not as Lumbung needs them; nothing was changed",
                "\n".join(str(difference) for difference in planned.dangerous),
            )
        if planned.create:
            _create(client, planned.create, partitions, replication)
        if planned.grow:
            _grow(client, planned.grow)
        client.wait_for_topics(
            [topic.name for topic in topics], timeout_ms=int(_LEADERS_SECONDS * 1_000)
        )
    created = tuple(topic.name for topic in planned.create)
    return Provisioned(created, planned.grow, planned.differences)


@contextmanager
def admin(bootstrap: str) -> Iterator[Any]:
    """An administration client of a Kafka that answers; its failures become DependencyError."""
    require_kafka(bootstrap)
    try:
        client = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","), client_id="lumbung-admin"
        )
        try:
            yield client
        finally:
            client.close()
    except (KafkaError, TimeoutError) as error:
        raise DependencyError(
            "LB-K011",
            f"Kafka at {bootstrap} refused: {type(error).__name__}: {error}",
            "Check the broker's log and that this user may create and describe topics.",
        ) from error


def require_kafka(bootstrap: str, *, seconds: float = 3.0) -> None:
    """Raises DependencyError LB-K010 unless one of the addresses answers as a Kafka."""
    if not any(is_ready(address, seconds=seconds) for address in bootstrap.split(",")):
        raise DependencyError(
            "LB-K010",
            f"no Kafka answers at {bootstrap}",
            "Start it (`lumbung broker start`), or correct --kafka or LUMBUNG_KAFKA__BOOTSTRAP.",
        )


def found(client: Any, topics: Sequence[Topic]) -> dict[str, Found]:
    """Those of `topics` that the broker has; of their settings those that the table names."""
    described = client.describe_topics([topic.name for topic in topics]) if topics else []
    there = {
        entry["name"]: len(entry["partitions"]) for entry in described if not entry["error_code"]
    }
    if not there:
        return {}
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(topic.config))
        for topic in topics
        if topic.name in there
    ]
    configs = client.describe_configs(asked, config_filter="all").get("topic", {})
    return {
        name: Found(
            partitions,
            {key: str(entry["value"]) for key, entry in configs.get(name, {}).items()},
        )
        for name, partitions in there.items()
    }


def _create(client: Any, topics: Sequence[Topic], partitions: int, replication: int) -> None:
    wanted = {
        topic.name: {
            "num_partitions": topic.count(partitions),
            "replication_factor": replication,
            "configs": dict(topic.config),
        }
        for topic in topics
    }
    answers = client.create_topics(wanted, raise_errors=False)["topics"]
    # Another process may provision at the same moment; its table is ours.
    refused = [each for each in answers if each["error_code"] not in (0, _ALREADY_EXISTS)]
    if refused:
        raise DependencyError(
            "LB-K011",
            "Kafka would not create "
            + "; ".join(f"{each['name']}: {each['error_message']}" for each in refused),
            "Check the broker's log, its number of nodes and this user's rights.",
        )


def _grow(client: Any, topics: Sequence[Growth]) -> None:
    """Add partitions and wait until the broker tells of them all."""
    wanted = {topic.topic: topic.wanted for topic in topics}
    answers = client.create_partitions(dict(wanted), raise_errors=False).results
    # As above: it may have grown at the same moment by another's hand; the wait below tells.
    refused = [each for each in answers if each.error_code not in (0, _ALREADY_GROWN)]
    if refused:
        raise DependencyError(
            "LB-K011",
            "Kafka would not add partitions to "
            + "; ".join(f"{each.name}: {for_code(each.error_code).__name__}" for each in refused),
            "Check the broker's log and that this user may alter topics.",
        )
    deadline = time.monotonic() + _LEADERS_SECONDS
    while any(count < wanted[name] for name, count in _counts(client, list(wanted)).items()):
        if time.monotonic() > deadline:
            raise DependencyError(
                "LB-K011",
                f"Kafka did not add partitions to {', '.join(wanted)} in time",
                "Check the broker's log.",
            )
        time.sleep(_PAUSE_SECONDS)


def _counts(client: Any, names: Sequence[str]) -> dict[str, int]:
    described = client.describe_topics(list(names))
    return {each["name"]: len(each["partitions"]) for each in described}
