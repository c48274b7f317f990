"""The supervisor over real child processes: tiny scripts that end, hang, fail or refuse to go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from deploy.backoff import Policy
from deploy.process import ProcessId, started_at, wait_gone
from deploy.supervisor import STOP_SECONDS, Child, Shown, State, Supervisor
from schemas.metrics import Silent

ROOT = Path(__file__).parents[2]
QUICK = Policy(first_wait_ms=20, longest_wait_ms=50, healthy_ms=60_000, failures_max=3)

SLEEPER = "import time\nprint('awake', flush=True)\ntime.sleep(600)"
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('awake', flush=True)\ntime.sleep(600)"
)
OWNER = """
import sys, time
from pathlib import Path
from deploy.settings import LogSettings
from deploy.supervisor import Child, Supervisor
from deploy.telemetry import set_up_logs
set_up_logs(LogSettings(), process="owner")
child = Child("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"))
supervisor = Supervisor([child], Path(sys.argv[1]))
supervisor.start()
print(supervisor.snapshot()[0].pid, flush=True)
time.sleep(600)
"""


class Counted(Silent):
    """A meter that remembers restarts."""

    def __init__(self) -> None:
        self.restarts: list[str] = []

    def count(self, name: str, n: float = 1, /, **labels: str) -> None:
        assert (name, n) == ("lumbung_restarts_total", 1)
        self.restarts.append(labels["process"])


def script(name: str, text: str, *, restart: bool = True) -> Child:
    return Child(name, (sys.executable, "-c", text), restart=restart)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    """Make supervisors that are stopped at the end."""
    made: list[Supervisor] = []

    def make(*children: Child, **more: object) -> Supervisor:
        supervisor = Supervisor(children, tmp_path / "log", policy=QUICK, **more)  # type: ignore[arg-type] # the few words that a test gives
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        supervisor.stop(seconds=0)


def until(supervisor: Supervisor, reached: Callable[[Shown], bool], seconds: float = 15) -> Shown:
    """Poll until the first child is as wished."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        shown = supervisor.poll()[0]
        if reached(shown):
            return shown
        time.sleep(0.01)
    raise AssertionError(supervisor.snapshot())


def awake(supervisor: Supervisor, name: str) -> None:
    """Wait until the child has spoken."""
    deadline = time.monotonic() + 15
    while "awake" not in supervisor.tail(name):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_child_is_started_again_and_counted(house: Callable[..., Supervisor]) -> None:
    meter = Counted()
    supervisor = house(script("worker-0", SLEEPER), meter=meter)
    supervisor.start()
    first = supervisor.snapshot()[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    second = until(supervisor, lambda shown: shown.pid not in (None, first))
    assert second.restarts == 1
    assert second.exit_code == -9
    assert meter.restarts == ["worker-0"]


def test_a_child_that_always_fails_is_given_up_and_its_log_says_why(
    house: Callable[..., Supervisor],
) -> None:
    states: list[State] = []
    supervisor = house(
        script("worker-0", "import sys; sys.exit('no rice')"),
        on_change=lambda shown: states.append(shown.state),
    )
    supervisor.start()
    failed = until(supervisor, lambda shown: shown.state is State.FAILED)
    assert failed.restarts == 3
    assert "4 times" in failed.why
    assert supervisor.tail("worker-0").splitlines() == ["no rice"] * 4
    assert states == [State.RUNNING, State.WAITING] * 3 + [State.RUNNING, State.FAILED]


def test_a_wrong_setting_is_not_tried_again(house: Callable[..., Supervisor]) -> None:
    supervisor = house(script("worker-0", "raise SystemExit(3)"))
    supervisor.start()
    assert until(supervisor, lambda shown: shown.state is State.FAILED).restarts == 0


def test_a_child_meant_to_end_is_done_when_it_does_and_failed_when_it_fails(
    house: Callable[..., Supervisor],
) -> None:
    good = house(script("villages", "print('said')", restart=False))
    good.start()
    assert until(good, lambda shown: shown.state is not State.RUNNING).state is State.DONE
    bad = house(script("villages", "raise SystemExit(1)", restart=False))
    bad.start()
    assert until(bad, lambda shown: shown.state is not State.RUNNING).state is State.FAILED


def test_stop_ends_even_the_stubborn_when_their_time_is_over(
    house: Callable[..., Supervisor],
) -> None:
    children = [script("sleeper", SLEEPER), script("stubborn", STUBBORN)]
    supervisor = house(*children)
    supervisor.start()
    for child in children:
        awake(supervisor, child.name)
    pids = [shown.pid for shown in supervisor.snapshot()]
    begun = time.monotonic()
    supervisor.stop()
    assert STOP_SECONDS - 1.0 < time.monotonic() - begun < STOP_SECONDS + 3.0
    assert all(pid is not None and started_at(pid) is None for pid in pids)
    sleeper, stubborn = supervisor.snapshot()
    assert (sleeper.state, sleeper.exit_code) == (State.STOPPED, -15)
    assert (stubborn.state, stubborn.exit_code) == (State.STOPPED, -9)


def test_the_watchdogs_kill_is_shown_with_its_reason_and_the_child_comes_back(
    house: Callable[..., Supervisor],
) -> None:
    supervisor = house(script("worker-0", STUBBORN))
    supervisor.start()
    awake(supervisor, "worker-0")
    supervisor.kill("worker-0", "no commit for 30 s")
    waiting = until(supervisor, lambda shown: shown.state is State.WAITING)
    assert waiting.why == "no commit for 30 s"
    assert until(supervisor, lambda shown: shown.state is State.RUNNING).restarts == 1


def test_run_restarts_until_told_to_end_and_then_stops_all(
    house: Callable[..., Supervisor],
) -> None:
    supervisor = house(script("worker-0", SLEEPER))
    supervisor.start()
    told = Event()
    thread = Thread(target=supervisor.run, args=(told,))
    thread.start()
    first = supervisor.snapshot()[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while supervisor.snapshot()[0].restarts == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    told.set()
    thread.join()
    assert supervisor.snapshot()[0].restarts == 1
    assert supervisor.snapshot()[0].state is State.STOPPED


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the kernel of this system ties no child to its parent")
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        started = started_at(pid)
        owner.kill()
    assert started is None or wait_gone(ProcessId(pid, started), 5.0)


def test_a_recycled_pid_is_never_taken_for_the_process_it_was() -> None:
    here = started_at(os.getpid())
    assert here is not None
    assert ProcessId(os.getpid(), here).alive
    assert not ProcessId(os.getpid(), here + "0").alive
