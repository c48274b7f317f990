"""Decides the topics: name, key, what partitions them, how long they are kept, who writes them.

Refuses to know a broker: `deploy.provision` makes them so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

EVENTS: Final = "lumbung.events.v1"
MARKET: Final = "lumbung.market.v1"
LEDGER: Final = "lumbung.ledger.v1"
DEMAND: Final = "lumbung.demand.v1"
MATCHES: Final = "lumbung.matches.v1"
DEAD_LETTER: Final = "lumbung.dead-letter.v1"

FOREVER: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
}
COMPACTED: Final[Mapping[str, str]] = {
    "cleanup.policy": "compact",
    # A zombie's late, older record must be found and rewritten before compaction can prefer it.
    "min.compaction.lag.ms": "600000",
    "segment.ms": "3600000",
    "segment.bytes": "134217728",
}
# A record of the largest size that the broker takes must fit as a dead letter, in base64.
WIDE: Final[Mapping[str, str]] = {**FOREVER, "max.message.bytes": "2097152"}


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the topic table; `config` is what the broker is asked for.

    `times` is how many times the partitions of the events it has: each partition of a compacted
    topic has one writer, so matches have a second set of them, for those between hubs. `alone`:
    it has one partition, however many the others have.
    """

    name: str
    key: str
    partition_by: str
    kept: Literal["forever", "compact"]
    sole_writer: str
    config: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    alone: bool = False

    def count(self, partitions: int) -> int:
        """How many partitions it has where the events have so many."""
        return 1 if self.alone else partitions * self.times


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        EVENTS,
        "co-op, hub or sender",
        "hub",
        "forever",
        "gateway, CLI, clock and market worker",
        FOREVER,
    ),
    Topic(MARKET, "hub|family", "family", "forever", "hub worker and clock", FOREVER),
    Topic(LEDGER, "co-op", "hub", "forever", "hub worker", FOREVER),
    Topic(DEMAND, "hub|commodity|horizon", "hub", "compact", "hub worker", COMPACTED),
    Topic(MATCHES, "match id", "owner", "compact", "owner of the match", COMPACTED, times=2),
    Topic(DEAD_LETTER, "its identity", "source", "forever", "whoever judged", WIDE),
)


OF_A_HUB: Final = Topic(
    "lumbung.match.<hub>.v1", "match id", "none", "compact", "fan-out", COMPACTED, alone=True
)
"""What a hub reads: all its matches, those inside it and those with others, and no other's."""


def hub_topic(hub: str) -> Topic:
    """The topic of one hub's matches: `lumbung.match.19.02.v1`."""
    return replace(OF_A_HUB, name=OF_A_HUB.name.replace("<hub>", hub))


def changelog_topic(app_id: str, table: str = "state") -> Topic:
    """The one changelog of a worker application."""
    name = f"{app_id}-{table}-changelog"
    return Topic(name, "state key", "its source", "compact", "the worker", COMPACTED)
