"""Partitions whose intake stands because too much was refused, and the order to go on.

Decides how the barrier of a partition (`streams.agents.barrier`) is read and taken away from
outside the workers: it is the committed offset of a group that nobody joins, so it reaches
whoever owns the partition, on whatever machine.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka.errors import for_code
from kafka.structs import OffsetAndMetadata

from deploy.errors import DependencyError
from schemas.topics import EVENTS


class Halt(NamedTuple):
    """Intake of a partition stands at an offset; `why` is the breaker's word."""

    partition: int
    offset: int
    why: str
    topic: str = EVENTS


def halt_group(app_id: str) -> str:
    """The group that holds the barriers of an application."""
    return f"{app_id}-halt"


def halts(client: Any, app_id: str, partitions: int, *, topic: str = EVENTS) -> list[Halt]:
    """Every partition that stands; a barrier that was passed already is none."""
    places = [TopicPartition(topic, n) for n in range(partitions)]
    group = halt_group(app_id)
    found = client.list_group_offsets({group: places, app_id: places})
    return barriers(found.get(group, {}), found.get(app_id, {}))


def standing(client: Any, groups: Mapping[str, str], partitions: int) -> list[Halt]:
    """Every partition that stands, of each topic and the group that reads it."""
    return [
        halt
        for topic, app_id in groups.items()
        for halt in halts(client, app_id, partitions, topic=topic)
    ]


def barriers(noted: Mapping[Any, Any], committed: Mapping[Any, Any]) -> list[Halt]:
    """The same on what the broker told of both groups."""
    out = []
    for place, barrier in noted.items():
        done = committed.get(place)
        if barrier.offset > 0 and (done is None or barrier.offset >= done.offset):
            why = barrier.metadata or ""
            out.append(Halt(place.partition, barrier.offset, why, place.topic))
    return sorted(out)


def resume(client: Any, app_id: str, partitions: Iterable[int], *, topic: str = EVENTS) -> None:
    """Take the barriers away; DependencyError LB-K015 when Kafka would not."""
    wanted = {TopicPartition(topic, n): OffsetAndMetadata(0, "", -1) for n in partitions}
    answers = client.alter_group_offsets(halt_group(app_id), wanted)
    refused = [f"{place.partition}: {error}" for place, error in answers.items() if _bad(error)]
    if refused:
        raise DependencyError(
            "LB-K015", f"Kafka kept the barrier of {'; '.join(refused)}", "See the broker's log."
        )


def _bad(error: Any) -> bool:
    return error is not for_code(0)
