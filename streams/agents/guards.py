"""How a worker ends when going on could cost exactness.

Decides that such a process ends at once, with exit code 70, commits nothing and sends nothing
more; its supervisor starts another, which recovers from the log. Refuses to know what went wrong:
whoever finds out raises `WorkerFatal` and says what and what to do.
"""

import logging
import os
import threading
import time
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

EXIT_FATAL: Final = 70

_POLL_SECONDS: Final = 0.25
_log = logging.getLogger("lumbung.worker")


class WorkerFatal(Exception):
    """This process must not go on: `what` was found, and a person's `remedy`, if there is one."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what: Final = what
        self.remedy: Final = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}".rstrip()


def die(doing: str, fault: BaseException | None) -> NoReturn:
    """Log and end the process without any clean-up: a clean stop would commit and flush."""
    if isinstance(fault, WorkerFatal):
        _log.critical("worker ends while %s: %s", doing, fault)
    else:
        _log.critical("worker ends while %s: %r", doing, fault, exc_info=fault)
    logging.shutdown()
    os._exit(EXIT_FATAL)


@contextmanager
def last_resort(doing: str) -> Iterator[None]:
    """Whatever is raised inside, save a cancellation, ends the process."""
    try:
        yield
    except CancelledError:
        raise
    except BaseException as fault:  # noqa: BLE001 - Faust would log it and carry on
        die(doing, fault)


class Pulse:
    """Notices that this process stood still, as under SIGSTOP, longer than its group waits for it.

    By then the partitions may belong to another; what is unsent must stay so. A thread of its own
    beats, so that a busy event loop is not taken for a stopped process.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit: Final = limit_seconds
        self._last = time.monotonic()
        self._ended: Final = threading.Event()

    def start(self) -> None:
        """Begin to beat, until the process ends or `stop` is called."""
        self._last = time.monotonic()
        threading.Thread(target=self._beat, name="pulse", daemon=True).start()

    def check(self) -> None:
        """Raise WorkerFatal when the last beat is too long ago; to be called before every send."""
        still = time.monotonic() - self._last
        if still > self._limit:
            raise WorkerFatal(f"the process stood still for {still:.1f} s, its session is over")

    def _beat(self) -> None:
        with last_resort("watching the pulse"):
            while not self._ended.is_set():
                self.check()
                self._last = time.monotonic()
                self._ended.wait(_POLL_SECONDS)

    def stop(self) -> None:
        """Beat no more: what stands still from here on is no fault."""
        self._ended.set()
