"""Decides which parts make a market worker: the market between hubs, inside Faust.

It folds `lumbung.market.v1`, asks hubs in `lumbung.events.v1`, and writes its matches behind those
of the hubs: its partition p of them is the topic's partition P + p, so each has one writer.
Refuses to know the database and the books of hubs.
"""

from dataclasses import replace
from threading import Lock
from typing import Final

from deploy.settings import Settings
from deploy.wiring import Process, figures_at, market_app_id
from deploy.worker import options_of, work
from deploy.yields_file import yields_of
from schemas import network_reference, reference
from schemas.topics import DEAD_LETTER, EVENTS, MARKET, MATCHES
from schemas.yields import Yields
from streams.agents.options import WorkerOptions
from streams.core.interchange.market_building import MarketBuilder

OUTPUTS: Final = (MATCHES, DEAD_LETTER)


def builder(
    partitions: int,
    yields: Yields | None = None,
    fairness: int = 0,
    cut_offs: tuple[int, ...] = (),
    *,
    outlook: bool = False,
) -> MarketBuilder:
    """The market over the shipped reference tables; `yields` are the shipped ones unless told.

    `cut_offs` are the minutes of the local day at which hubs decide; the others are settings as in
    `matching`.
    """
    tables = network_reference.tables()
    goods, sailings = reference.catalogue(), network_reference.sailings()
    build = MarketBuilder(goods, tables, sailings, tables.rates, partitions)
    build.with_yields(reference.yields() if yields is None else yields)
    zones = {str(hub.code): hub.utc_offset_hours for hub in reference.register().hubs.values()}
    build.in_threads(Lock()).with_fairness(fairness).deciding_at(cut_offs, zones)
    return build.telling(reference.legs() if outlook else None)


def market_options(process: Process) -> WorkerOptions:
    """What a market worker reads and writes."""
    return replace(
        options_of(process, market_app_id(process.settings)),
        source=MARKET,
        outputs=OUTPUTS,
        compacted=(MATCHES,),
        first_partition={MATCHES: process.settings.kafka.partitions},
        away=(EVENTS,),
    )


def serve_market(process: Process, worker: int) -> int:
    """A market worker, until it is asked to end; 70 when going on could cost exactness."""
    settings: Settings = process.settings
    meter = process.meter(figures_at(settings, "market", worker))
    how = settings.matching
    rules = yields_of(settings), how.fairness, how.minutes
    made = builder(settings.kafka.partitions, *rules, outlook=how.outlook)
    return work(market_options(process), made.partition, meter)
