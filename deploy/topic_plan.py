"""What to do about topics: which to create, which differ from the table and how much that matters.

Decides by comparing the topic table with what a broker has. Refuses to talk to a broker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.topics import Topic

# Settings whose difference loses or reorders data; any other difference costs only speed or space.
_DANGEROUS: Final = frozenset(
    {"cleanup.policy", "min.compaction.lag.ms", "retention.bytes", "retention.ms"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a topic is not as the table says; `dangerous`: Lumbung must not run on it."""

    topic: str
    what: str
    found: str
    wanted: str
    dangerous: bool
    remedy: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, wanted {self.wanted}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Topics to create, and differences for a person to settle."""

    create: tuple[Topic, ...]
    differences: tuple[Difference, ...]

    @property
    def dangerous(self) -> tuple[Difference, ...]:
        """The differences on which nothing may run."""
        return tuple(each for each in self.differences if each.dangerous)


def plan(wanted: Sequence[Topic], found: Mapping[str, Found], *, partitions: int) -> Plan:
    """Compare the table with what is there; every topic is to have `partitions` partitions."""
    create = tuple(topic for topic in wanted if topic.name not in found)
    differences = tuple(
        difference
        for topic in wanted
        if topic.name in found
        for difference in _differences(topic, found[topic.name], partitions)
    )
    return Plan(create, differences)


def _differences(topic: Topic, found: Found, partitions: int) -> list[Difference]:
    wrong = []
    if found.partitions != partitions:
        wrong.append(_wrong_partitions(topic.name, found.partitions, partitions))
    for name, value in topic.config.items():
        actual = found.config.get(name)
        if actual != value:
            shown = "not set" if actual is None else actual
            remedy = (
                f"Set it: kafka-configs --alter --entity-type topics --entity-name {topic.name}"
                f" --add-config {name}={value}"
            )
            wrong.append(Difference(topic.name, name, shown, value, name in _DANGEROUS, remedy))
    return wrong


def _wrong_partitions(topic: str, found: int, wanted: int) -> Difference:
    """Partitions are where hubs live: neither number may be changed under running data."""
    remedy = (
        f"A hub's partition follows from their number, so it is never changed in place: run with"
        f" LUMBUNG_KAFKA__PARTITIONS={found}, or name new topics with LUMBUNG_KAFKA__TOPIC_PREFIX"
        " and replay into them."
    )
    return Difference(topic, "number of partitions", str(found), str(wanted), True, remedy)
