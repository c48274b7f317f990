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
class Growth:
    """A topic that may have more partitions in place, because no hash says who is in which."""

    topic: str
    found: int
    wanted: int

    def __str__(self) -> str:
        return (
            f"{self.topic}: {self.found} partitions became {self.wanted}; what is in it stays"
            " where it is, the new ones are for matches between hubs."
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Topics to create or to let grow, and differences for a person to settle."""

    create: tuple[Topic, ...]
    grow: tuple[Growth, ...]
    differences: tuple[Difference, ...]

    @property
    def dangerous(self) -> tuple[Difference, ...]:
        """The differences on which nothing may run."""
        return tuple(each for each in self.differences if each.dangerous)


def plan(wanted: Sequence[Topic], found: Mapping[str, Found], *, partitions: int) -> Plan:
    """Compare the table with what is there; a topic is to have `partitions` times its `times`.

    A topic of several times the partitions that has them once was made by an older version: its
    partitions belong to owners, so it grows in place. Any other number is dangerous.
    """
    create = tuple(topic for topic in wanted if topic.name not in found)
    grow = tuple(
        Growth(topic.name, partitions, topic.count(partitions))
        for topic in wanted
        if topic.name in found and _grows(topic, found[topic.name], partitions)
    )
    differences = tuple(
        difference
        for topic in wanted
        if topic.name in found
        for difference in _differences(topic, found[topic.name], partitions)
    )
    return Plan(create, grow, differences)


def _grows(topic: Topic, found: Found, partitions: int) -> bool:
    return topic.times > 1 and found.partitions == partitions


def _differences(topic: Topic, found: Found, partitions: int) -> list[Difference]:
    wrong = []
    due = topic.count(partitions)
    if found.partitions != due and not _grows(topic, found, partitions):
        told = _not_alone if topic.alone else _wrong_partitions
        wrong.append(told(topic, found.partitions, due))
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


def _not_alone(topic: Topic, found: int, wanted: int) -> Difference:
    remedy = (
        "Its order is that of its one partition: delete it and start the fan-out with its group"
        " reset to the earliest offsets, which fills it anew."
    )
    return Difference(topic.name, "number of partitions", str(found), str(wanted), True, remedy)


def _wrong_partitions(topic: Topic, found: int, wanted: int) -> Difference:
    """Partitions are where hubs live: neither number may be changed under running data."""
    once, rest = divmod(found, topic.times)
    run = "" if rest else f"run with LUMBUNG_KAFKA__PARTITIONS={once}, or "
    remedy = (
        f"A hub's partition follows from their number, so it is never changed in place: {run}"
        "replay into another Kafka."
    )
    return Difference(topic.name, "number of partitions", str(found), str(wanted), True, remedy)
