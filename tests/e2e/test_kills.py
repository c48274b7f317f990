"""Kill -9 in the middle of a replay, of a part or of the whole: the result is the same."""

import signal
from pathlib import Path

from tests.support.dump import dumped
from tests.support.replays import ended_whole, replayed, under_fire

WORKER, MARKET, SINK = "streams 0", "market 0", "sink"


def test_killing_workers_and_the_sink_again_and_again_changes_nothing(baseline, tmp_path: Path):
    folder = tmp_path / "data"
    counts, shots = under_fire(baseline.file, folder, [WORKER, MARKET, SINK], kills=3, seed=11)
    assert sorted(shot.whom for shot in shots) == [MARKET] * 3 + [SINK] * 3 + [WORKER] * 3
    assert all(0 < shot.done < len(baseline.lines) for shot in shots), shots
    assert baseline.dump.differences(dumped(folder)) == []
    assert counts == baseline.counts


def test_a_replay_ended_by_ctrl_c_then_by_a_power_cut_is_taken_up_by_the_next(
    baseline, tmp_path: Path
):
    folder = tmp_path / "data"
    stopped = ended_whole(baseline.file, folder, 200, signal.SIGINT)
    assert 200 <= stopped < len(baseline.lines)
    cut = ended_whole(baseline.file, folder, stopped + 300, signal.SIGKILL)
    assert stopped < cut
    again = replayed(baseline.file, folder)
    assert baseline.dump.differences(dumped(folder)) == []
    assert again["accepted"] == baseline.counts["accepted"]
    assert again["duplicate"] > baseline.counts["duplicate"]
