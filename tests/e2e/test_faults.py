"""Two schedules of faults on real processes: killed, asleep, cut off, and nothing lost or doubled.

The harness runs more of them by command: `python -m tests.faults --schedules 200`.
"""

from pathlib import Path

import pytest

from tests.faults.plant import Plant
from tests.faults.schedule import Fault, Schedule
from tests.faults.trial import Answer, Trial

LOST = {"delay_seconds": 0.3, "swallow": "request", "producers": True}
ONE = Schedule(
    1,
    1,
    (
        Fault(0.5, "F13", {"seconds": 1.0}),
        Fault(1.0, "F21", {"who": "hub-0", "seconds": 2.5, "weather": LOST, "kill": True}),
        Fault(2.5, "F2", {"who": "sink", "point": "before_commit", "nth": 2}),
        Fault(6.5, "F1", {"who": "hub-0", "point": "state_acked", "nth": 2}),
        Fault(7.5, "F9", {"who": "village", "point": "drafts_published", "nth": 1}),
    ),
    9.0,
    (
        Fault(0.1, "F1", {"who": "hub-0", "point": ""}),
        Fault(0.3, "F1", {"who": "market-0", "point": "state_acked", "nth": 4}),
    ),
)
TWO = Schedule(
    2,
    2,
    (
        Fault(0.5, "F7", {"who": "hub-1", "seconds": 4.0}),
        Fault(1.0, "F21", {"who": "sink", "seconds": 2.0, "weather": {"reset_permille": 50}}),
        Fault(3.0, "F3", {"down_seconds": 0.0}),
        Fault(4.0, "F1", {"who": "hub-0", "point": "outputs_sent", "nth": 1}),
    ),
    5.0,
    (
        Fault(0.2, "F7", {"who": "market-0", "seconds": 6.0}),
        Fault(1.0, "F1", {"who": "hub-1", "point": "outputs_sent", "nth": 2}),
    ),
    2,
)


@pytest.mark.parametrize("schedule", [ONE, TWO], ids=["processes", "broker"])
def test_a_schedule_of_faults_leaves_what_an_undisturbed_day_leaves(
    schedule: Schedule, baseline, kafka_plant: Plant, tmp_path: Path
) -> None:
    answer = Answer(baseline.lines, baseline.dump, baseline.counts["ticks"])
    assert answer.between_hubs, "the market has nothing to do"
    outcome = Trial(kafka_plant, tmp_path / "run", schedule, answer).run()
    assert outcome.breaches == []
    assert outcome.deaths, "nobody died"


@pytest.fixture(scope="module")
def kafka_plant(tmp_path_factory: pytest.TempPathFactory):
    with Plant(tmp_path_factory.mktemp("plant") / "kafka") as plant:
        yield plant
