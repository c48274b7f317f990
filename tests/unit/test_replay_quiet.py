"""When a replay is over: hubs and the market between them write into each other's logs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from deploy import quiet, replay
from deploy.errors import LumbungError
from deploy.quiet import Progress
from deploy.replay import Replay, changed_nothing, folded, sizes
from deploy.settings import load
from deploy.stack import Stack
from deploy.supervisor import Supervisor
from producers.publisher import Outgoing, Sent
from producers.ticks import Place, Said, tick_of, tick_value
from schemas.topics import EVENTS, MARKET, MATCHES

P = 2
NOW_MS = 1_790_000_000_000


class Granary:
    """Three logs and both groups in memory; a worker does one record each time it is looked at.

    `news` are what a hub has to say to the market at its next ticks, one each; a market answers
    what it hears with a request, and the hub's leg makes the match. `dies` are ticks whose `done`
    is said twice. `calls` are what was asked for, in order.
    """

    def __init__(self, news: int = 0, dies: Sequence[int] = ()) -> None:
        topics = {EVENTS: P, MARKET: P, MATCHES: 2 * P}
        self.log: dict[Place, list[tuple[bytes | None, bytes]]] = {
            Place(topic, p): [] for topic, count in topics.items() for p in range(count)
        }
        self.done = {place: 0 for place in self.log if place.topic != MATCHES}
        self.news, self.dies = news, dies
        self.calls: list[str] = []
        self.before_ends: Callable[[], object] = lambda: None

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes = b"") -> int:
        log = self.log[Place(topic, partition)]
        log.append((key, value))
        return len(log) - 1

    # What workers do
    def work(self) -> None:
        for place, at in self.done.items():
            if at < len(self.log[place]):
                (self.hub if place.topic == EVENTS else self.market)(place.partition, at)
                self.done[place] = at + 1
                return

    def hub(self, number: int, at: int) -> None:
        key, value = self.log[Place(EVENTS, number)][at]
        if key == b"request":
            self.append(MARKET, 0, b"leg")
            self.append(MATCHES, number, b"match")
        if key != b"tick":
            return
        tick = tick_of(key, value)
        assert tick is not None
        if number == 0 and self.news:
            self.news -= 1
            self.append(MARKET, 1, b"residual")
        times = 2 if number == 0 and tick.tick in self.dies else 1
        for partition in [*range(P)] * times:
            self.append(MARKET, partition, b"done")

    def market(self, number: int, at: int) -> None:
        if self.log[Place(MARKET, number)][at][0] == b"residual":
            self.append(EVENTS, 1, b"request")


class Wire:
    """What a replay sees of the granary, as the clock does: one or more topics."""

    def __init__(self, granary: Granary, *topics: str) -> None:
        self.granary = granary
        self.places = [place for place in granary.log if place.topic in topics]

    def committed(self) -> Mapping[Place, int]:
        self.granary.calls.append("committed")
        self.granary.work()
        return {place: self.granary.done[place] for place in self.places}

    def ends(self) -> Mapping[Place, int]:
        self.granary.calls.append("ends")
        self.granary.before_ends()
        return {place: len(self.granary.log[place]) for place in self.places}

    def last_tick(self) -> Said | None:
        said = [tick_of(*record) for place in self.places for record in self.granary.log[place]]
        return max((s for s in said if s), key=lambda s: s.tick, default=None)

    def send(self, places: Sequence[Place], tick: int, at_ms: int) -> Mapping[Place, int]:
        raise AssertionError("a replay publishes its ticks itself")


class Sender:
    """A topic of the granary, as the publisher has it."""

    partitions = P

    def __init__(self, granary: Granary, topic: str) -> None:
        self.granary, self.topic = granary, topic

    def publish_all(self, records: Sequence[Outgoing]) -> list[Sent]:
        return [
            Sent(
                r.partition or 0,
                self.granary.append(self.topic, r.partition or 0, r.key, r.value),
                r.timestamp_ms or 0,
            )
            for r in records
        ]


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "POLL_SECONDS", 0.0)


def replayed(granary: Granary, folder: Path, lines: Sequence[bytes] = ()) -> int:
    stack = Stack(load({"data_dir": folder}).settings, "nowhere:1", Supervisor((), folder))
    one = Replay(stack, NOW_MS, lambda _: None, lambda: Progress("warehouse", 0, 0))
    logs = (Sender(granary, EVENTS), Sender(granary, MARKET))
    return one.through(lines, logs, Wire(granary, EVENTS, MARKET), Wire(granary, MATCHES))


def ticks(granary: Granary, topic: str) -> list[list[int]]:
    return [
        [said.tick for record in granary.log[Place(topic, p)] if (said := tick_of(*record))]
        for p in range(P)
    ]


def test_a_tick_that_only_passes_through_ends_the_replay(tmp_path: Path) -> None:
    granary = Granary()
    assert replayed(granary, tmp_path) == 1
    assert ticks(granary, EVENTS) == ticks(granary, MARKET) == [[1], [1]]


def test_what_hubs_and_market_say_to_each_other_is_waited_for_and_costs_a_tick(
    tmp_path: Path,
) -> None:
    granary = Granary(news=2)
    assert replayed(granary, tmp_path) == 3
    assert len(granary.log[Place(MATCHES, 1)]) == 2
    # Each match was made before the next tick was said.
    keys = [key for key, _ in granary.log[Place(EVENTS, 1)]]
    assert keys == [b"tick", b"request", b"tick", b"request", b"tick"]


def test_a_worker_that_says_things_twice_costs_one_more_tick(tmp_path: Path) -> None:
    assert replayed(Granary(dies=[1, 2]), tmp_path) == 3


def test_a_tick_in_the_file_goes_to_both_logs_and_later_ones_go_on_from_it(
    tmp_path: Path,
) -> None:
    granary = Granary()
    assert replayed(granary, tmp_path, [b"{}", tick_value(7, NOW_MS), b"{}"]) == 1
    assert ticks(granary, EVENTS) == ticks(granary, MARKET) == [[7, 8], [7, 8]]


def test_a_replay_that_never_ends_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "TICKS_MAX", 5)
    with pytest.raises(LumbungError, match=r"residuals still changed after 5 ticks"):
        replayed(Granary(news=99), tmp_path)


def test_what_is_said_between_looking_at_commits_and_at_ends_is_not_overlooked() -> None:
    granary = Granary()
    wire = Wire(granary, EVENTS, MARKET)
    assert all(each.quiet for each in folded(wire))
    assert granary.calls == ["committed", "ends"]
    granary.before_ends = lambda: granary.append(MARKET, 1, b"leg")
    hubs, markets = folded(wire)
    assert (hubs.who, hubs.quiet) == ("hub workers", True)
    assert (markets.who, markets.done, markets.end) == ("market workers", 0, 1)


@pytest.mark.parametrize(
    ("grown", "still"),
    [
        ({EVENTS: 2, MARKET: 6, MATCHES: 0}, True),
        ({EVENTS: 3, MARKET: 6, MATCHES: 0}, False),
        ({EVENTS: 2, MARKET: 7, MATCHES: 0}, False),
        ({EVENTS: 2, MARKET: 6, MATCHES: 1}, False),
        ({EVENTS: 2, MARKET: 4, MATCHES: 0}, False),
    ],
)
def test_only_ticks_and_their_dones_are_no_news(grown: dict[str, int], still: bool) -> None:
    before = {EVENTS: 40, MARKET: 50, MATCHES: 60}
    after = {topic: before[topic] + grown[topic] for topic in before}
    assert changed_nothing(before, after, P) is still


def test_sizes_add_up_the_partitions_of_every_wire() -> None:
    granary = Granary()
    for partition in (0, 1, 1):
        granary.append(EVENTS, partition, b"x")
    granary.append(MATCHES, 3, b"y")
    found = sizes(Wire(granary, EVENTS, MARKET), Wire(granary, MATCHES))
    assert dict(found) == {EVENTS: 3, MARKET: 0, MATCHES: 1}
