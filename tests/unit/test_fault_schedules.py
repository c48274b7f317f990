"""What schedules of faults are drawn from seeds, and how they are written down."""

from pathlib import Path

from tests.faults.deeds import DEEDS
from tests.faults.schedule import KINDS, MARKET, ROLES, Fault, Schedule, drawn

DRAWN = [drawn(seed) for seed in range(200)]


def of(schedule: Schedule) -> tuple[Fault, ...]:
    return (*schedule.faults, *schedule.at_ticks)


def test_a_schedule_read_back_is_the_one_that_was_written(tmp_path: Path) -> None:
    for schedule in DRAWN[:20]:
        assert Schedule.read(schedule.write(tmp_path / "kept.json", breaches=["one"])) == schedule


def test_the_same_seed_draws_the_same_schedule() -> None:
    assert [drawn(seed) for seed in range(20)] == DRAWN[:20]


def test_every_kind_is_drawn_and_can_be_done() -> None:
    assert {fault.kind for each in DRAWN for fault in of(each)} == set(KINDS) == set(DEEDS)


def test_the_market_is_killed_asleep_and_cut_off_in_a_share_of_all_schedules() -> None:
    struck = [{f.kind for f in of(each) if f.told.get("who") == MARKET} for each in DRAWN]
    for kind in ("F1", "F7", "F15", "F21"):
        assert sum(kind in kinds for kinds in struck) >= len(DRAWN) // 20, kind


def test_the_market_is_struck_while_ticks_are_folded_and_not_alone() -> None:
    struck = {f.told["who"] for each in DRAWN for f in each.at_ticks}
    assert struck == {MARKET, "hub-0", "hub-1", "hub-2"}
    assert {each.markets for each in DRAWN} == {1, 2}


def test_kinds_that_were_not_asked_for_do_not_come() -> None:
    for seed in range(50):
        assert {fault.kind for fault in of(drawn(seed, ("F6", "F13")))} <= {"F6", "F13"}


def test_whoever_is_struck_has_a_way_to_the_broker_of_its_own() -> None:
    roles = {*ROLES, "broker"}
    assert {f.told["who"] for each in DRAWN for f in of(each) if "who" in f.told} <= roles
