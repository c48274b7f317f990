"""What the benches make of their samples."""

from bench.observer import Look
from bench.recovery import longest_pause
from bench.soak import Life, slope_mib_per_hour


def test_the_longest_pause_is_that_of_the_partition_that_waited_longest() -> None:
    steps = [(0.0, 1, 1), (1.0, 2, 1), (2.0, 3, 1), (3.0, 4, 5), (4.0, 4, 6)]
    looks = [
        Look(at, {0: one, 1: other} | dict.fromkeys(range(2, 8), round(at)), {})
        for at, one, other in steps
    ]
    assert longest_pause(looks) == 3.0
    assert longest_pause(looks[:2]) == 1.0


def test_a_slope_is_taken_within_lives_and_without_their_first_minute() -> None:
    def life(began: float, level: float) -> Life:
        warming = [(began + at, level * at / 60) for at in range(0, 60, 5)]
        steady = [(began + at, level + at / 3_600 * 12) for at in range(60, 301, 5)]
        return Life(1, began, warming + steady)

    assert slope_mib_per_hour([life(0, 100), life(400, 300)]) == 12.0
    assert slope_mib_per_hour([Life(1, 0, [(0.0, 5.0), (30.0, 9.0)])]) is None
