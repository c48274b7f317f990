"""Decides which parts make what speaks by itself: the clock and the simulated villages."""

import structlog

from deploy.wiring import Process, ending, figures_at, groups, now_ms
from producers.clock import Beat, Clock
from producers.clock_state import ClockFile, only_clock
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Publisher
from producers.simulate import Pace, Simulation, seed_world


def serve_clock(process: Process, interval_ms: int) -> int:
    """The clock, until it is asked to end."""
    stop = ending()
    process.meter(figures_at(process.settings, "clock"))
    folder = process.settings.data_dir
    log = structlog.get_logger()

    def heard(beat: Beat) -> None:
        if beat.held:
            topics = sorted({place.topic for place in beat.held})
            log.warning(
                "partitions do not keep up", tick=beat.tick, held=len(beat.held), of=topics
            )

    tracks = [Track(*each) for each in groups(process.settings).items()]
    with only_clock(folder), KafkaTicks(process.publisher(), tracks) as wire:
        clock = Clock(wire, ClockFile(folder / "clock.json"))
        clock.run(stop, now=now_ms, interval_ms=interval_ms, heard=heard)
    return 0


def serve_world(process: Process, seed: int, pace: Pace, run: int) -> int:
    """The simulated villages, until they are asked to fall silent."""
    stop = ending()
    process.meter(figures_at(process.settings, "world"))
    with Publisher(process.publisher()) as sender:
        tally = Simulation(seed_world(seed, run=run), sender, pace, now=now_ms).run(stop)
    structlog.get_logger().info("world", sent=tally.sent, owed=tally.owed, **tally.flaws)
    return 0
