"""Decides how the same day is replayed again and again: quietly, in another order, under fire.

`Shot` says what a kill hit; the small runs of `SLOWLY` leave a moment between any two of them.
"""

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from deploy.broker.node import Broker
from deploy.broker.probe import is_ready
from deploy.settings import load
from deploy.wiring import market_app_id
from schemas.topics import LEDGER, changelog_topic
from tests.support.door import Running, kill, lumbung
from tests.support.files import NOW

SLOWLY: Final = {"LUMBUNG_STREAMS__RUN_RECORDS_MAX": "1"}
"""Hundreds of runs, each with its state batch, its outputs and its acknowledgements."""
STATE: Final = changelog_topic(market_app_id(load({}).settings)).name
"""What market workers keep, a record or more for each that they fold."""
_PARTITIONS: Final = load({}).settings.kafka.partitions
MARKET_AT_LEAST: Final = 2 * _PARTITIONS * (1 + _PARTITIONS)
"""What a market folds if nothing is matched in it: two ticks, and the word of all hubs at each."""
_LONGEST_SECONDS: Final = 200.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One kill: whom, and how much it had done.

    Reports in the ledger, or in the warehouse; of a market worker the states it kept.
    """

    whom: str
    done: int


def words(file: Path, folder: Path, workers: int = 1) -> tuple[object, ...]:
    """The command line of a replay."""
    return ("replay", file, "--data", folder, "--now", NOW, "--workers", workers)


def replayed(file: Path, folder: Path, workers: int = 1) -> dict[str, Any]:
    """Replay to the end; the counts it printed."""
    found: dict[str, Any] = lumbung(*words(file, folder, workers)).json()
    assert found["read"] == found["accepted"] + found["duplicate"] + found["rejected"]
    assert found["faults"] == 0
    return found


def under_fire(
    file: Path, folder: Path, targets: Sequence[str], kills: int, seed: int
) -> tuple[dict[str, Any], list[Shot]]:
    """Replay while each of these children is killed so many times; the counts, and the kills.

    Each kill falls when a child has done as much as a draw decided: a worker by the ledger in
    Kafka, one of the market by its changelog, the sink by the rows of its database.
    """
    chance, lines = random.Random(seed), sum(1 for _ in file.open("rb"))
    with Running(*words(file, folder), folder=folder / "said", more=SLOWLY) as running:
        with Written(folder, LEDGER) as ledger, Written(folder, STATE) as state:
            kinds: dict[str, tuple[Callable[[], int], int]] = {
                "streams": (ledger.records, lines),
                "market": (state.records, MARKET_AT_LEAST),
                "sink": (lambda: judged(folder), lines),
            }
            hunted = []
            for target in targets:
                done, of = kinds[target.partition(" ")[0]]
                hunted.append(Hunted(target, done, _goals(chance, of, kills)))
            shots = _shots(running, hunted)
        answer = running.ended(_LONGEST_SECONDS)
        assert running.left_behind() == []
    found: dict[str, Any] = answer.json()
    return found, shots


def _goals(chance: random.Random, of: int, kills: int) -> list[int]:
    """One for each kill, in the first nine tenths of all there is to do."""
    part = of * 9 // 10 // kills
    return [chance.randrange(part * n + 1, part * (n + 1)) for n in range(kills)]


@dataclass(slots=True)
class Hunted:
    """A child, how much it has done, and at how much it is to be killed; whom we killed last."""

    whom: str
    done: Callable[[], int]
    goals: list[int]
    last: int | None = None


def _shots(running: Running, hunted: Sequence[Hunted]) -> list[Shot]:
    deadline, shots = time.monotonic() + _LONGEST_SECONDS, list[Shot]()
    while any(each.goals for each in hunted):
        assert running.process.poll() is None, f"it ended before all were killed: {shots}"
        assert time.monotonic() < deadline, f"too little was done: {shots}"
        for each in hunted:
            done = each.done()
            if not each.goals or done < each.goals[0]:
                continue
            pid = running.children().get(each.whom)
            if pid is not None and pid != each.last:
                shots.append(Shot(each.whom, done))
                kill(pid)
                each.last = pid
                each.goals.pop(0)
        time.sleep(0.01)
    return shots


class Written:
    """Counts what the workers of a data folder's Kafka have written to a topic."""

    def __init__(self, folder: Path, topic: str) -> None:
        self._topic: Final = topic
        self._broker: Final = Broker(folder / "kafka", Path(), Path())
        self._consumer: KafkaConsumer | None = None
        self._known = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._consumer is not None:
            self._consumer.close()

    def records(self) -> int:
        """Records of the topic; 0 while there is no Kafka yet."""
        if self._consumer is None:
            address = self._broker.bootstrap
            if address is None or not is_ready(address):
                return 0
            self._consumer = KafkaConsumer(bootstrap_servers=address)
        numbers = self._consumer.partitions_for_topic(self._topic) or ()
        places = [TopicPartition(self._topic, n) for n in numbers]
        with suppress(KafkaError):  # the replay may just have ended, and its Kafka with it
            self._known = sum(self._consumer.end_offsets(places, 2_000).values())
        return self._known


def ended_whole(file: Path, folder: Path, goal: int, number: signal.Signals) -> int:
    """Signal the whole replay once so many reports are judged, and see it end; reports judged.

    SIGKILL is a power cut, SIGINT a clerk's Ctrl-C: either leaves no process behind.
    """
    with Running(*words(file, folder), folder=folder / "said", more=SLOWLY) as running:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while judged(folder) < goal or "sink" not in running.roles:
            assert time.monotonic() < deadline, "nothing was judged"
            assert running.process.poll() is None, "it ended before it could be ended"
            running.children()
            time.sleep(0.02)
        running.process.send_signal(number)
        running.process.wait(_LONGEST_SECONDS)
        assert running.left_behind() == []
    return judged(folder)


def judged(folder: Path) -> int:
    """How many judgements the warehouse holds at this moment."""
    path = folder / "warehouse.db"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as found:
            return int(found.execute("SELECT COUNT(*) FROM judgement").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # its tables are being made
