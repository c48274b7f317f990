import threading
from collections.abc import Iterable

from producers.publisher import Outgoing, Sent, Unsent
from producers.simulate import Pace, Simulation, seed_world

START_MS = 1_795_305_600_000


class Broker:
    """A sender that keeps what it is given; of the next batch `refuse` are not confirmed."""

    partitions = 16

    def __init__(self, refuse: int = 0) -> None:
        self.log: list[Outgoing] = []
        self.refuse = refuse

    def publish(self, records: Iterable[Outgoing]) -> list[Sent | Unsent]:
        records = list(records)
        refused, self.refuse = self.refuse, 0
        self.log += records[refused:]
        return [
            Unsent("away") if n < refused else Sent(record.partition, n, 0)
            for n, record in enumerate(records)
        ]


class Wall:
    """A clock that runs ten milliseconds whenever it is looked at."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        self.now_ms += 10
        return self.now_ms


def test_reports_leave_at_their_pace_and_never_before_their_moment():
    broker, wall = Broker(), Wall()
    pace = Pace(per_second=100, opening=False, reports_max=300)
    tally = Simulation(seed_world(3, ["19.02"]), broker, pace, now=wall).run(threading.Event())
    assert (tally.sent, tally.owed) == (300, 0)
    moments = [record.timestamp_ms or 0 for record in broker.log]
    assert [moment - moments[0] for moment in moments] == [10 * n for n in range(300)]
    assert START_MS <= moments[0] < moments[-1] <= wall.now_ms


def test_the_opening_leaves_first_and_at_once():
    broker = Broker()
    pace = Pace(per_second=1, reports_max=0)
    Simulation(seed_world(3, ["19.02"]), broker, pace, now=Wall()).run(threading.Event())
    assert len(broker.log) > 10
    assert len({record.timestamp_ms for record in broker.log}) == 1


def test_what_the_broker_did_not_confirm_is_sent_again_byte_for_byte():
    calm, stormy = Broker(), Broker(refuse=7)
    pace = Pace(per_second=1_000, opening=False, reports_max=50)
    for broker in (calm, stormy):
        tally = Simulation(seed_world(3, ["19.02"]), broker, pace, now=Wall()).run(
            threading.Event()
        )
        assert (tally.sent, tally.owed) == (50, 0)
    assert sorted(r.value for r in calm.log) == sorted(r.value for r in stormy.log)


def test_flaws_are_counted_and_the_end_is_obeyed():
    stop = threading.Event()
    broker = Broker()
    run = Simulation(
        seed_world(3, ["19.02"]),
        broker,
        Pace(per_second=5_000, opening=False, reports_max=5_000),
        now=Wall(),
    )
    assert sum(run.run(stop).flaws.values()) > 50
    stop.set()
    before = len(broker.log)
    run.run(stop)
    assert len(broker.log) == before
