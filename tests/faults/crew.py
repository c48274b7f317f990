"""Decides how the processes under test live: each supervised, killed by pid, started again.

One supervisor a process, as `lumbung` has it, so that one can be sent away alone. What a next life
is to meet (a failpoint, a shifted clock) is put into its environment for that life only.
"""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any, Final

from deploy.backoff import Policy
from deploy.failing import VARIABLE
from deploy.process import identify, signal_to
from deploy.supervisor import Child, Shown, State, Supervisor, lumbung_command
from tests.support.door import ROOT, environment

CLOCK: Final = Path(__file__).parent / "clock"
# Many deaths in a minute are what is tried here: nobody is given up, waits stay short.
POLICY: Final = Policy(longest_wait_ms=1_000, failures_max=1_000)
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Life:
    """A life that ended: when (monotonic), how (negative: the signal), its failpoint if any."""

    who: str
    ended_at: float
    exit_code: int
    point: str = ""


@dataclass
class Post:
    """One process under supervision, and the environment of its next life."""

    name: str
    supervisor: Supervisor
    env: dict[str, str]
    wanted: bool = True
    point: str = ""
    """The failpoint of the life under way."""

    def shown(self) -> Shown:
        return self.supervisor.snapshot()[0]


@dataclass
class Crew:
    """The processes of one schedule; `ends` are all lives that ended while they were wanted."""

    folder: Path
    settings: dict[str, str]
    address_of: Callable[[str], str]
    ends: list[Life] = field(default_factory=list)
    posts: dict[str, Post] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = RLock()
        self._stop = Event()
        self._looking = Thread(target=self._look, name="crew", daemon=True)
        self._looking.start()

    # Coming and going

    def hire(self, name: str, **more: str) -> None:
        """Start a process by its role: hub-0 to hub-2, market-0, sink (and sink_2), village."""
        with self._lock:
            if name in self.posts:
                return
            env = environment(**self.settings, **more)
            post: Post
            child = Child(name, self._command(name), env)
            supervisor = Supervisor(
                [child],
                self.folder / "logs",
                policy=POLICY,
                on_change=lambda shown: self._heard(post, shown),
            )
            post = self.posts[name] = Post(name, supervisor, env)
            supervisor.start()

    def dismiss(self, name: str, *, politely: bool) -> None:
        """End a process for good: by SIGTERM, or by kill -9."""
        with self._lock:
            post = self.posts.pop(name)
            post.wanted = False
        if not politely:
            self.kill_post(post)
        post.supervisor.stop(seconds=15.0)

    def close(self) -> None:
        """End all."""
        self._stop.set()
        self._looking.join(2.0)
        for name in list(self.posts):
            self.send(name, signal.SIGCONT)
            self.dismiss(name, politely=True)

    # Faults

    def arm(self, name: str, point: str, nth: int = 1) -> None:
        """Have the next life of a process die at a failpoint."""
        self.posts[name].env[VARIABLE] = f"{point}:{nth}"

    def shift_clock(self, name: str, steps: str) -> None:
        """Have all next lives of a process live by a clock that jumps."""
        self.posts[name].env |= {"PYTHONPATH": str(CLOCK), "FAULTS_CLOCK": steps}

    def kill(self, name: str) -> bool:
        """Kill -9; False when it does not run at this moment."""
        post = self.posts.get(name)
        return post is not None and self.kill_post(post)

    def kill_post(self, post: Post) -> bool:
        return self._signalled(post, signal.SIGKILL)

    def send(self, name: str, number: signal.Signals) -> bool:
        """Signal a process; False when it does not run."""
        post = self.posts.get(name)
        return post is not None and self._signalled(post, number)

    def _signalled(self, post: Post, number: signal.Signals) -> bool:
        run = post.supervisor._runs[post.name]
        if run.state is not State.RUNNING or run.process is None:
            return False
        process = identify(run.process)
        if process is None:
            return False
        signal_to(process, number)
        return True

    # Looking

    def pid(self, name: str) -> int | None:
        """The pid of a process that runs."""
        post = self.posts.get(name)
        return None if post is None else post.shown().pid

    def workers(self) -> list[str]:
        """The names of the hub workers hired now."""
        return sorted(name for name in self.posts if name.startswith("hub-"))

    def partitions(self, name: str) -> set[int]:
        """What a worker said last that it holds; empty before it was ever ready."""
        told = self.status(name)
        return set(told.get("partitions", ()))

    def status(self, name: str) -> dict[str, Any]:
        """A worker's own word."""
        try:
            found: dict[str, Any] = json.loads(
                (self.folder / "state" / f"{name}.json").read_text("utf-8")
            )
        except (OSError, ValueError):
            return {}
        return found

    def tails(self) -> Iterator[str]:
        """The ends of all logs."""
        for name, post in self.posts.items():
            yield f"--- {name}\n{post.supervisor.tail(name, 12)}"

    def _command(self, name: str) -> tuple[str, ...]:
        role = name.partition("_")[0]
        at = ("--kafka", self.address_of(role), "--data", str(self.folder))
        if role == "sink":
            return lumbung_command("run", "sink", *at)
        if name == "village":
            said = self.settings_of_village
            return (sys.executable, "-m", "tests.faults.village", *said)
        kind, _, number = name.partition("-")
        verb = "market" if kind == "market" else "streams"
        return lumbung_command("run", verb, "--worker", number, *at)

    settings_of_village: tuple[str, ...] = ()

    def _heard(self, post: Post, shown: Shown) -> None:
        if shown.state is State.RUNNING:
            post.point = post.env.pop(VARIABLE, "")  # a failpoint is for one life
        elif shown.state in (State.WAITING, State.DONE, State.FAILED) and post.wanted:
            code = shown.exit_code or 0
            self.ends.append(Life(post.name, time.monotonic(), code, post.point))

    def _look(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            with self._lock:
                posts = list(self.posts.values())
            for post in posts:
                if post.wanted:
                    post.supervisor.poll()


assert (ROOT / "lumbung.py").exists(), "children are started through the door"
