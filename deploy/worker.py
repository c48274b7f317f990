"""Decides what hub and market workers have in common: their settings, and the process they run in.

Refuses to know what either folds, and the database: a worker that comes back must not wait for
what it never uses.
"""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.wiring import Process, status_file
from schemas.metrics import Meter
from streams.agents import app as worker
from streams.agents.core_port import PartitionFold
from streams.agents.options import WorkerOptions

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""The state is large and without cycles: to look through it often finds nothing and costs much."""


def folder_of(process: Process) -> Path:
    """The folder of a worker's own, made if need be; nothing that matters is in it."""
    folder = process.settings.data_dir / "state" / process.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def options_of(process: Process, group: str) -> WorkerOptions:
    """A worker of `group` as the settings want it; what it reads and writes is still a hub's."""
    streams = process.settings.streams
    return WorkerOptions(
        bootstrap=process.bootstrap,
        worker=process.name,
        state_dir=folder_of(process),
        app_id=group,
        status_file=status_file(process.settings, process.name),
        run_records_max=streams.run_records_max,
        session_seconds=streams.session_seconds,
        heartbeat_seconds=streams.heartbeat_seconds,
        rebalance_seconds=streams.rebalance_seconds,
        commit_seconds=streams.commit_seconds,
        halt_ratio=streams.halt_ratio,
        halt_window=streams.halt_window,
        halt_run=streams.halt_run,
    )


def quiet_collector() -> None:
    """Look through what is made from now on seldom, and no more through what is there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def work(
    options: WorkerOptions, new_partition: Callable[[int], PartitionFold], meter: Meter
) -> int:
    """Work until asked to end; the exit code."""
    quiet_collector()
    return worker.run(worker.create_app(options, new_partition, meter))
