"""Shifts the wall clock of the process that finds this on its path: FAULTS_CLOCK="0:3600,5:-60".

Each step is `second of life:shift in seconds`; a smaller shift after a larger one is a clock that
goes backwards. Only what Python's `time` tells is shifted, which is what our clients ask.
"""

import os
import time


def _shift(told: str) -> None:
    steps = sorted((float(a), float(b)) for a, b in (s.split(":") for s in told.split(",")))
    began, real, real_ns = time.monotonic(), time.time, time.time_ns

    def shift() -> float:
        lived = time.monotonic() - began
        return next((by for at, by in reversed(steps) if lived >= at), 0.0)

    time.time = lambda: real() + shift()
    time.time_ns = lambda: real_ns() + int(shift() * 1e9)


if os.environ.get("FAULTS_CLOCK"):
    _shift(os.environ["FAULTS_CLOCK"])
