"""What stands on purpose: how a barrier is read, and that the watchdog leaves it alone."""

from types import SimpleNamespace

from kafka import TopicPartition

from deploy.guard import Guard, Look
from deploy.halts import Halt, barriers, standing
from deploy.watchdog import Partition, Sample, Watch
from schemas.topics import EVENTS, MARKET

ZERO, ONE = Partition(EVENTS, 0), Partition(EVENTS, 1)


def noted(**offsets: int) -> dict[TopicPartition, SimpleNamespace]:
    return {
        TopicPartition(EVENTS, int(n[1:])): SimpleNamespace(offset=at, metadata="why")
        for n, at in offsets.items()
    }


def test_a_barrier_holds_until_it_was_taken_away_or_passed() -> None:
    done = noted(p0=10, p1=10, p2=10, p3=-1)
    found = barriers(noted(p0=10, p1=9, p2=0, p3=4, p4=-1), done)
    assert found == [Halt(0, 10, "why"), Halt(3, 4, "why")]


class Coordinator:
    """Committed offsets by group, with what was noted beside them."""

    def __init__(self, groups: dict[str, dict[TopicPartition, SimpleNamespace]]) -> None:
        self.groups = groups

    def list_group_offsets(self, asked: dict[str, list[TopicPartition]]) -> dict[str, object]:
        return {
            group: {at: found for at, found in self.groups.get(group, {}).items() if at in places}
            for group, places in asked.items()
        }


def test_the_market_s_intake_stands_beside_that_of_hubs_and_both_are_found() -> None:
    def at(topic: str, offset: int, why: str = "") -> dict[TopicPartition, SimpleNamespace]:
        return {TopicPartition(topic, 1): SimpleNamespace(offset=offset, metadata=why)}

    client = Coordinator(
        {
            "hubs": at(EVENTS, 3),
            "hubs-halt": at(EVENTS, 3, "rubbish"),
            "market": at(MARKET, 5),
            "market-halt": at(MARKET, 6, "nonsense"),
        }
    )
    assert standing(client, {EVENTS: "hubs", MARKET: "market"}, 2) == [
        Halt(1, 3, "rubbish", EVENTS),
        Halt(1, 6, "nonsense", MARKET),
    ]
    client.groups["hubs"] = at(EVENTS, 4)
    assert standing(client, {EVENTS: "hubs", MARKET: "market"}, 2) == [
        Halt(1, 6, "nonsense", MARKET)
    ]


def test_the_watchdog_kills_nobody_for_a_partition_that_stands_on_purpose() -> None:
    killed: list[str] = []
    guard = Guard(
        "nowhere:0", "g", {EVENTS: 2}, ("hub-0",), lambda name, _: killed.append(name), 10
    )

    def look(at_ms: int, *halted: Partition) -> Look:
        sample = Sample(at_ms, {ZERO: 5, ONE: 5}, {ZERO: 9, ONE: 5})
        return Look(sample, {ZERO: "hub-0", ONE: "hub-0"}, frozenset(halted))

    watch = Watch()
    for at in range(0, 10_000, 2_000):  # it did not move already before it was halted
        watch = guard.judge_once(look(at), watch)
    for at in range(10_000, 40_000, 2_000):
        watch = guard.judge_once(look(at, ZERO), watch)
    assert killed == []
    for at in range(40_000, 48_000, 2_000):  # resumed: it has its full patience again
        watch = guard.judge_once(look(at), watch)
    assert killed == []
    for at in range(48_000, 54_000, 2_000):
        watch = guard.judge_once(look(at), watch)
    assert killed == ["hub-0"]
