"""What happens, as three small numbers and a name; and the processes it happens to."""

from typing import Final, NamedTuple

from schemas.topics import MARKET
from tests.simulation.worker import Post

RUN_AT_REST: Final = 7
"""Records in a run when nothing disturbs: as many as the longest of those that may be."""


class Action(NamedTuple):
    """What happens, and which of what is there it happens to."""

    name: str
    a: int = 0
    b: int = 0
    c: int = 0


class Process:
    """A worker process: its posts by partition; a sleeper's and a zombie's are no longer its."""

    def __init__(self, name: int) -> None:
        self.name = name
        self.posts: dict[int, Post] = {}
        self.asleep = False
        self.steps_left = -1
        """How many waits a zombie still gets through; -1 while it is a member."""

    @property
    def tells_market(self) -> bool:
        """Whether something is on its way from it to the market."""
        flights = [p.wire.flights for p in self.posts.values()]
        return any(queue and at[0] == MARKET for own in flights for at, queue in own.items())
