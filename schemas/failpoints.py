"""Named places at which a test may end or hold up a process, and what holds them: nothing.

Decides the names and how a request is written. Refuses to read the environment, to kill and to
sleep: `deploy.failing` does, and only when it is asked, before the rooms are imported. A room says
`from schemas.failpoints import failpoint`, which binds the function that does nothing; points lie
where a run, a batch or a transaction passes, never where a record does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

WORKER: Final[Mapping[str, str]] = {
    "fetched": "records were handed to the hub, nothing was done with them",
    "run_taken": "a run left the inbox",
    "folded": "the core folded a stretch; it is in memory only",
    "state_sent": "the state batch was given to the producer, not acknowledged",
    "state_acked": "the state is in the changelog, no output was sent",
    "outputs_sent": "outputs were given to the producer, not acknowledged",
    "outputs_acked": "outputs are in their topics, nothing was committed",
    "committing": "an offset is about to be committed",
    "restoring": "a part of the changelog was read",
    "recovered": "the state is whole again, nothing was taken over",
    "taken_over": "what the predecessor may have left unsaid was said",
    "revoked": "partitions are being given away",
}
SINK: Final[Mapping[str, str]] = {
    "in_transaction": "a transaction was begun",
    "rows_written": "the rows of one kind were written, not committed",
    "before_offsets": "all rows were written, the offsets were not",
    "before_commit": "rows and offsets were written, not committed",
    "after_commit": "the database has the batch, the process does not know it yet",
    "migrating": "between two steps of making or bringing forward the tables",
}
PRODUCER: Final[Mapping[str, str]] = {
    "drafts_due": "drafts were read from the outbox, nothing was sent",
    "drafts_published": "the broker answered, the outbox does not know it yet",
    "drafts_settled": "the outbox knows what the broker has",
}
POINTS: Final[Mapping[str, str]] = {**WORKER, **SINK, **PRODUCER}
NAMES: Final[tuple[str, ...]] = tuple(POINTS)


@dataclass(frozen=True, slots=True)
class Trigger:
    """At the `nth` passing (1: the first) of a point: SIGKILL, or a pause of so many seconds."""

    name: str
    nth: int = 1
    pause_seconds: float | None = None


def parse(text: str) -> Trigger:
    """Read ``name``, ``name:n`` or ``name:pause=SECONDS``; ValueError for anything else."""
    name, _, rest = text.partition(":")
    if name not in POINTS:
        raise ValueError(f"{name!r} is no failpoint; there are {', '.join(NAMES)}")
    if rest.startswith("pause="):
        seconds = float(rest.removeprefix("pause="))
        if not 0 < seconds <= 3_600:  # noqa: PLR2004 - an hour; nan fails too
            raise ValueError(f"{rest!r} is no pause of up to an hour")
        return Trigger(name, pause_seconds=seconds)
    nth = int(rest) if rest else 1
    if nth < 1:
        raise ValueError(f"{text!r}: passings are counted from 1")
    return Trigger(name, nth)


def _nothing(name: str) -> None:
    """What a point does when nobody asked for it."""


failpoint: Callable[[str], None] = _nothing


def arm(reached: Callable[[str], None]) -> None:
    """Have points call this from now on, in modules that are imported from now on."""
    global failpoint  # noqa: PLW0603 - decided once, at the start of a process
    failpoint = reached
