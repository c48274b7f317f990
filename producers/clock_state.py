"""What the clock remembers between runs: the last number, its moment, where each last tick lies.

Decides that a number is on disk before it is sent, so that none is ever used for two moments, and
that one clock at a time runs on a data folder. Refuses to know Kafka.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from producers.errors import ClockError

_LOCK: Final = "clock.lock"


class ClockState(msgspec.Struct, frozen=True):
    """`offsets` by ``topic/partition``; `sending` means that this tick may lie beyond them."""

    tick: int = 0
    at_ms: int = 0
    sending: bool = False
    offsets: dict[str, int] = {}


class ClockFile:
    """The state in its file, each change whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def load(self) -> ClockState | None:
        """Give what was saved last; None when there is nothing readable (the topics know)."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=ClockState)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def save(self, state: ClockState) -> None:
        """Replace the file; ClockError when the disk does not take it."""
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as failed:
            raise ClockError(
                "LB-T003",
                f"{self._path} cannot be written ({failed.strerror})",
                "Look at the disk.",
            ) from failed


@contextmanager
def only_clock(folder: Path) -> Iterator[None]:
    """Hold the folder's clock lock till the end or death; ClockError when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise ClockError(
                "LB-T001", f"another clock runs on {folder}", "End it, or let it be the only one."
            ) from held
        yield
