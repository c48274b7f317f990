"""One process's part of a long run: seeds one after the other, until one of them breaks a law."""

import gc
import time
from collections import Counter
from typing import NamedTuple

from tests.simulation.schedules import Checks, run
from tests.simulation.shrinking import shrunk, told
from tests.simulation.worker import on_one_thread


class Share(NamedTuple):
    """One process's part: seeds from `first` on."""

    first: int
    schedules: int
    seconds: float
    matcher: str
    workers: int
    real_sink_each: int
    shrink: bool


class Found(NamedTuple):
    """What a share came to; `breach` is what is told of the first law broken."""

    done: int
    cpu_seconds: float
    counts: Counter[str]
    breach: str


def simulate(share: Share) -> Found:
    """Run a share's schedules; ends at the first breach."""
    counts: Counter[str] = Counter()
    gc.set_threshold(100_000, 20, 50)  # a world is dropped whole; cycles are few
    with on_one_thread():
        run(share.first, share.matcher)  # the reference tables are read before the clock starts
        began, until = time.process_time(), time.monotonic() + share.seconds
        done = 0
        for seed in range(share.first, share.first + share.schedules):
            real = share.real_sink_each and seed % share.real_sink_each == 0
            checks = Checks(real_sink=bool(real))
            found = run(seed, share.matcher, share.workers, checks=checks)
            counts.update(found.counts)
            done += 1
            if found.breach:
                short = told(shrunk(found) if share.shrink and not real else found, seed)
                return Found(done, time.process_time() - began, counts, short)
            if time.monotonic() > until:
                break
        return Found(done, time.process_time() - began, counts, "")
