"""Decides which parts make a hub worker: the pure core over the shipped tables, inside Faust.

Refuses to know the database: a worker that comes back must not wait for what it never uses.
"""

import gc
from pathlib import Path
from typing import Final

from deploy.settings import Settings
from deploy.wiring import Process, hub_app_id
from schemas import reference
from streams.agents import app as hub_worker
from streams.agents.options import WorkerOptions
from streams.agents.spill import SpillShelf
from streams.core.building import Builder
from streams.core.partition import Partition

MEBIBYTE: Final = 1024 * 1024
GC_THRESHOLDS: Final = (50_000, 20, 100)
"""The state is large and without cycles: to look through it often finds nothing and costs much."""


def builder(partitions: int) -> Builder:
    """The pure core over the shipped reference tables."""
    return Builder(
        reference.catalogue(),
        reference.units(),
        reference.register(),
        reference.legs(),
        partitions,
    )


def serve_streams(process: Process, worker: int) -> int:
    """A hub worker, until it is asked to end; 70 when going on could cost exactness."""
    settings = process.settings
    meter = process.meter(worker)
    made = builder(settings.kafka.partitions)
    state = settings.data_dir / "state" / process.name
    state.mkdir(parents=True, exist_ok=True)
    options = WorkerOptions(
        bootstrap=process.bootstrap,
        worker=process.name,
        state_dir=state,
        app_id=hub_app_id(settings),
        status_file=status_file(settings, process.name),
        run_records_max=settings.streams.run_records_max,
        session_seconds=settings.streams.session_seconds,
        heartbeat_seconds=settings.streams.heartbeat_seconds,
        rebalance_seconds=settings.streams.rebalance_seconds,
        commit_seconds=settings.streams.commit_seconds,
        halt_ratio=settings.streams.halt_ratio,
        halt_window=settings.streams.halt_window,
        halt_run=settings.streams.halt_run,
    )
    lines_bytes = settings.streams.lines_memory_mb * MEBIBYTE // settings.kafka.partitions

    def empty_partition(number: int) -> Partition:
        shelf = SpillShelf(state / f"said-{number}.db", lines_bytes)
        return made.partition(number, shelf=shelf)

    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return hub_worker.run(hub_worker.create_app(options, empty_partition, meter))


def status_file(settings: Settings, name: str) -> Path:
    """Where a worker says that it is ready."""
    return settings.data_dir / "state" / f"{name}.json"
