"""Decides which parts make a hub worker: the pure core over the shipped tables, inside Faust."""

from typing import Final

from deploy.wiring import Process, hub_app_id
from deploy.worker import folder_of, options_of, work
from schemas import reference
from streams.agents.spill import SpillShelf
from streams.core.building import Builder
from streams.core.partition import Partition

MEBIBYTE: Final = 1024 * 1024


def builder(
    partitions: int,
    fairness: int = 0,
    cut_offs: tuple[int, ...] = (),
    *,
    outlook: bool = False,
) -> Builder:
    """The pure core over the shipped reference tables; settings as in `matching`.

    `cut_offs` are the minutes of the local day at which hubs decide.
    """
    made = Builder(
        reference.catalogue(),
        reference.units(),
        reference.register(),
        reference.legs(),
        partitions,
    )
    return made.with_fairness(fairness).deciding_at(cut_offs).heeding(outlook=outlook)


def serve_streams(process: Process, worker: int) -> int:
    """A hub worker, until it is asked to end; 70 when going on could cost exactness."""
    settings = process.settings
    meter = process.meter(worker)
    policy = settings.matching
    rules = policy.fairness, policy.minutes
    made = builder(settings.kafka.partitions, *rules, outlook=policy.outlook)
    state = folder_of(process)
    lines_bytes = settings.streams.lines_memory_mb * MEBIBYTE // settings.kafka.partitions

    def empty_partition(number: int) -> Partition:
        shelf = SpillShelf(state / f"said-{number}.db", lines_bytes)
        return made.partition(number, shelf=shelf)

    return work(options_of(process, hub_app_id(settings)), empty_partition, meter)
