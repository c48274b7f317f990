"""Whether commits stand still while there is work."""

from collections.abc import Iterable
from contextlib import nullcontext

from deploy.guard import Guard, Look
from deploy.watchdog import Partition, Sample, Watch, forget, judge

A, B = Partition("events", 0), Partition("events", 1)
PATIENCE = 10_000


def samples(*rows: tuple[int, int, int]) -> Iterable[Sample]:
    """Rows of (seconds, committed, end) of partition A."""
    return (Sample(at * 1_000, {A: committed}, {A: end}) for at, committed, end in rows)


def stalls(rows: Iterable[Sample]) -> list[bool]:
    watch, seen = Watch(), []
    for sample in rows:
        verdict = judge(watch, sample, patience_ms=PATIENCE)
        watch = verdict.watch
        seen.append(bool(verdict.stalled))
    return seen


def test_no_progress_with_lag_for_the_whole_patience_is_a_stall() -> None:
    rows = samples((0, 5, 9), (4, 5, 9), (8, 5, 9), (10, 5, 12))
    assert stalls(rows) == [False, False, False, True]


def test_any_commit_is_progress_however_large_the_lag() -> None:
    rows = samples((0, 5, 900), (4, 5, 900), (8, 6, 9_000), (12, 6, 9_000), (16, 7, 9_000))
    assert not any(stalls(rows))


def test_without_lag_nothing_stalls_and_work_starts_the_clock() -> None:
    rows = samples((0, 5, 5), (4, 5, 5), (8, 5, 5), (12, 5, 6), (16, 5, 6), (18, 5, 6))
    assert not any(stalls(rows))


def test_time_that_nobody_watched_does_not_count() -> None:
    rows = samples((0, 5, 9), (4, 5, 9), (60, 5, 9), (64, 5, 9), (68, 5, 9), (70, 5, 9))
    assert stalls(rows) == [False] * 5 + [True]


def test_a_partition_never_committed_counts_from_its_beginning() -> None:
    rows = [Sample(at * 1_000, {}, {A: 3}) for at in (0, 4, 8, 12)]
    assert stalls(rows) == [False, False, False, True]


def test_only_the_standing_partition_is_named() -> None:
    watch = Watch()
    for at in (0, 4, 8, 12):
        sample = Sample(at * 1_000, {A: 1, B: at}, {A: 2, B: 100})
        verdict = judge(watch, sample, patience_ms=PATIENCE)
        watch = verdict.watch
    assert dict(verdict.stalled) == {A: 12_000}


def test_after_a_restart_every_partition_has_its_full_patience() -> None:
    watch = Watch()
    for sample in samples((0, 5, 9), (4, 5, 9), (8, 5, 9)):
        watch = judge(watch, sample, patience_ms=PATIENCE).watch
    assert not judge(forget(watch), *samples((12, 5, 9)), patience_ms=PATIENCE).stalled


def killed(owners: dict[Partition, str]) -> list[str]:
    """Whom the guard kills when A stands still and B moves."""
    victims: list[str] = []
    guard = Guard(
        bootstrap="nowhere:1",
        group="g",
        topics={"events": 2},
        workers=("worker-0", "worker-1"),
        kill=lambda name, why: victims.append(f"{name}: {why}"),
        patience_seconds=10,
        open_admin=lambda _: nullcontext(),
    )
    watch = Watch()
    for at in (0, 4, 8, 12, 16):
        sample = Sample(at * 1_000, {A: 1, B: at}, {A: 2, B: 100})
        watch = guard.judge_once(Look(sample, owners), watch)
    return victims


def test_the_owner_of_the_standing_partition_alone_is_killed_once() -> None:
    assert killed({A: "worker-1", B: "worker-0"}) == ["worker-1: no commit for 10 s on events/0"]


def test_when_nobody_owns_it_all_workers_are_killed() -> None:
    assert [each.split(":")[0] for each in killed({B: "worker-0"})] == ["worker-0", "worker-1"]
    assert len(killed({A: "a stranger", B: "worker-0"})) == 2


def test_patience_doubles_with_every_kill_in_vain_until_something_is_committed() -> None:
    """A worker that needs longer than the patience to recover is not killed for ever."""
    kills: list[int] = []
    now = 0
    guard = Guard("nowhere:0", "hub", {"events": 1}, ("hub-0",), lambda *_: kills.append(now), 10)
    watch = Watch()
    for now in range(0, 84, 2):
        done = 5 if now < 72 else 6  # back at work after the third patience, 40 s
        sample = Sample(now * 1_000, {A: done}, {A: 9})
        watch = guard.judge_once(Look(sample, {A: "hub-0"}), watch)
    assert kills == [10, 32, 82]
