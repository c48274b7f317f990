"""The embedded broker's supervisor: started again when it ended and nobody asked it to.

Decides only how soon: as `backoff` says of any child. Refuses to know what runs on it: clients
wait for a broker by themselves, and what it acknowledged is on disk.
"""

import time
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

import structlog

from deploy.backoff import Again, GiveUp, Policy, after_exit
from deploy.broker.node import Broker
from deploy.errors import LumbungError

_POLL_SECONDS: Final = 0.1
_LEAVE_SECONDS: Final = 5.0
_ENDED: Final = -9
"""A broker that is gone has told no exit code; none of its ends is hopeless."""


class Keeper:
    """Keeps a started broker alive while the context is open; ends before the broker is stopped.

    A broker that is given up stays down, which the log says; its clients end by their own limits.
    """

    def __init__(self, broker: Broker, policy: Policy | None = None) -> None:
        self.broker: Final = broker
        self.policy = policy or Policy()
        self.restarts = 0
        self._stop: Final = Event()
        self._thread: Final = Thread(target=self._run, name="keeper", daemon=True)

    @property
    def watching(self) -> bool:
        """False once it has ended, or has given the broker up."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        log = structlog.get_logger("keeper")
        failures, began = 0, time.monotonic()
        while not self._stop.wait(_POLL_SECONDS):
            if self.broker.pid is not None:
                continue
            decided = self._decide(failures, began)
            if isinstance(decided, GiveUp):
                log.error("broker given up", why=decided.why)
                return
            failures = decided.failures
            if self._stop.wait(max(0.0, decided.at_ms / 1_000 - time.monotonic())):
                return
            log.warning("broker ended, starting it again", failures=failures)
            self._start_again(log)
            began = time.monotonic()

    def _decide(self, failures: int, began: float) -> Again | GiveUp:
        now_ms = int(time.monotonic() * 1_000)
        ran_ms = now_ms - int(began * 1_000)
        return after_exit(
            self.policy, failures=failures, ran_ms=ran_ms, now_ms=now_ms, exit_code=_ENDED
        )

    def _start_again(self, log: structlog.stdlib.BoundLogger) -> None:
        self.restarts += 1
        self.broker.kill()  # it is gone; this lets go of what is left of it
        try:
            self.broker.start()
        except LumbungError as failed:
            log.error("broker did not start", error=str(failed))  # noqa: TRY400 - it says it all
