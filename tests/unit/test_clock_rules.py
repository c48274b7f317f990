import multiprocessing
import threading
from collections.abc import Sequence

import pytest

from producers.clock import Beat, Clock, ticks_for
from producers.clock_state import ClockFile, ClockState, only_clock
from producers.errors import ClockError
from producers.ticks import Place, Said, ready, tick_of, tick_value

A, B = Place("events", 0), Place("events", 1)


class Logs:
    """Two logs and a group, in memory."""

    places = (A, B)

    def __init__(self) -> None:
        self.log: dict[Place, list[Said | str]] = {A: [], B: []}
        self.done: dict[Place, int] = {}
        self.dead = False

    def ends(self) -> dict[Place, int]:
        return {place: len(log) for place, log in self.log.items()}

    def committed(self) -> dict[Place, int]:
        return dict(self.done)

    def last_tick(self) -> Said | None:
        ticks = [said for log in self.log.values() for said in log if isinstance(said, Said)]
        return max(ticks, key=lambda said: said.tick, default=None)

    def send(self, places: Sequence[Place], tick: int, at_ms: int) -> dict[Place, int]:
        if self.dead:
            raise ClockError("LB-T002", "the broker is away")
        for place in places:
            self.log[place].append(Said(tick, at_ms))
        return {place: len(self.log[place]) - 1 for place in places}

    def commit(self, *places: Place) -> None:
        self.done |= {place: len(self.log[place]) for place in places}

    def ticks(self, place: Place) -> list[int]:
        return [said.tick for said in self.log[place] if isinstance(said, Said)]


def test_a_tick_reads_back_as_it_was_written():
    value = tick_value(7, 1_795_305_600_123)
    assert tick_of(b"tick", value) == Said(7, 1_795_305_600_123)
    assert tick_of(b"tock", value) is None
    assert tick_of(b"tick", b"{") is None
    assert tick_of(b"tick", None) is None


def test_a_tick_for_many_partitions_is_one_and_the_same():
    records = ticks_for(range(3), 4, 99)
    assert [record.partition for record in records] == [0, 1, 2]
    assert {(record.key, record.value, record.timestamp_ms) for record in records} == {
        (b"tick", tick_value(4, 99), 99)
    }


def test_a_place_is_ready_when_its_group_is_past_its_last_tick():
    assert ready([A, B], {}, {}) == [A, B]
    assert ready([A, B], {A: 4, B: 4}, {A: 5, B: 4}) == [A]
    assert ready([A], {A: 0}, {}) == []


def test_the_next_tick_waits_for_the_commit_of_the_last(tmp_path):
    logs = Logs()
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    assert clock.beat(1_000) == Beat(1, (A, B), ())
    assert clock.beat(6_000) == Beat(0, (), (A, B))
    logs.commit(A, B)
    assert clock.beat(11_000) == Beat(2, (A, B), ())
    assert logs.ticks(A) == logs.ticks(B) == [1, 2]


def test_a_partition_that_lags_misses_ticks_and_stays_aligned(tmp_path):
    logs = Logs()
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    clock.beat(1_000)
    for now_ms in (2_000, 3_000):
        logs.commit(A)
        assert clock.beat(now_ms).held == (B,)
    logs.commit(A, B)
    assert clock.beat(4_000) == Beat(4, (A, B), ())
    assert logs.ticks(A) == [1, 2, 3, 4]
    assert logs.ticks(B) == [1, 4]


def test_ticks_never_run_backwards_in_time(tmp_path):
    logs = Logs()
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    clock.beat(9_000)
    logs.commit(A, B)
    clock.beat(4_000)
    assert logs.log[A] == [Said(1, 9_000), Said(2, 9_000)]


def test_a_restarted_clock_goes_on_and_still_waits(tmp_path):
    logs = Logs()
    Clock(logs, ClockFile(tmp_path / "clock.json")).beat(1_000)
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    assert clock.tick == 1
    assert clock.beat(2_000).sent == ()
    logs.commit(A, B)
    assert clock.beat(3_000).tick == 2


def test_a_clock_without_its_file_reads_the_number_from_the_logs(tmp_path):
    logs = Logs()
    logs.log = {A: [Said(41, 5_000), "report"], B: [Said(42, 6_000), "report", "report"]}
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    assert clock.tick == 42
    assert clock.beat(1_000).held == (A, B)
    logs.commit(A, B)
    assert clock.beat(1_000) == Beat(43, (A, B), ())
    assert logs.log[A][-1] == Said(43, 6_000)


def test_a_clock_whose_file_speaks_of_another_log_believes_the_logs(tmp_path):
    ClockFile(tmp_path / "clock.json").save(ClockState(900, 9_000, offsets={"events/0": 1_000}))
    assert Clock(Logs(), ClockFile(tmp_path / "clock.json")).tick == 0


def test_a_broken_file_is_no_file(tmp_path):
    (tmp_path / "clock.json").write_bytes(b'{"tick":')
    assert ClockFile(tmp_path / "clock.json").load() is None


def test_a_number_is_never_used_twice_even_when_its_sending_failed(tmp_path):
    logs = Logs()
    clock = Clock(logs, ClockFile(tmp_path / "clock.json"))
    logs.dead = True
    with pytest.raises(ClockError):
        clock.beat(1_000)
    logs.dead = False
    # The broker had it in one partition after all; nobody knows.
    logs.log[A].append(Said(1, 1_000))
    again = Clock(logs, ClockFile(tmp_path / "clock.json"))
    assert again.beat(2_000) == Beat(2, (B,), (A,))
    logs.commit(A, B)
    assert again.beat(3_000) == Beat(3, (A, B), ())
    assert logs.ticks(A) == [1, 3]


def test_the_clock_runs_until_it_is_stopped(tmp_path):
    logs, stop, heard = Logs(), threading.Event(), []

    def hear(beat):
        logs.commit(A, B)
        heard.append(beat.tick)
        if len(heard) == 3:
            stop.set()

    Clock(logs, ClockFile(tmp_path / "clock.json")).run(
        stop, now=lambda: 0, interval_ms=1, heard=hear
    )
    assert heard == [1, 2, 3]


def _hold(folder, held, done):
    with only_clock(folder):
        held.set()
        done.wait(30)


def test_only_one_clock_runs_on_a_folder_and_a_dead_one_lets_go(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    held, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(tmp_path, held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(ClockError) as failed, only_clock(tmp_path):
            pass
        assert failed.value.code == "LB-T001"
    finally:
        other.kill()
        other.join()
    with only_clock(tmp_path):
        pass
