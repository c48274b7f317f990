"""A fan-out to be killed: `python -m tests.support.fan_out_child BROKER PREFIX MOMENT NTH`.

It kills itself, as a power cut would, when it passes its moment for the n-th time: `polled` (it
holds records that it has not sent) or `sent` (all is acknowledged, nothing committed). `never`:
it works until all that is there is committed.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from deploy.provision import provision
from schemas.topics import hub_topic
from sinks.fan_out import FanOut, FanOutOptions

GROUP = "fan-out"


def options(broker: str, prefix: str) -> FanOutOptions:
    """Small batches, so that there are many moments."""
    return FanOutOptions(broker, prefix + GROUP, GROUP, prefix=prefix, records_max=20, poll_ms=300)


def maker(broker: str, prefix: str) -> Callable[[Sequence[str]], None]:
    """Makes topics of a test's own."""

    def make(hubs: Sequence[str]) -> None:
        topics = [replace(hub_topic(hub), name=prefix + hub_topic(hub).name) for hub in hubs]
        provision(broker, topics, partitions=3)

    return make


class Doomed(FanOut):
    """Ends at the n-th passing of a moment."""

    def __init__(self, options: FanOutOptions, make: Any, moment: str, nth: int) -> None:
        super().__init__(options, make)
        self._moment, self._left = moment, nth

    def _passes(self, moment: str) -> None:
        if moment == self._moment:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)

    def _send(self, copies: Sequence[tuple[str, Any]]) -> None:
        self._passes("polled")
        super()._send(copies)

    def _commit(self, polled: Mapping[Any, Sequence[Any]]) -> None:
        self._passes("sent")
        super()._commit(polled)


def main(broker: str, prefix: str, moment: str, nth: int) -> None:
    """Work until killed, or until nothing has come for a while."""
    with Doomed(options(broker, prefix), maker(broker, prefix), moment, nth) as fan_out:
        idle, copied = 0, 0
        while idle < 4 or not copied:
            here = fan_out.step()
            idle, copied = (0 if here else idle + 1), copied + here


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
