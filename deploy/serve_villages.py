"""Decides which parts make what speaks by itself: the clock and the simulated villages."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog

from deploy.wiring import Process, ending, figures_at, groups, now_ms
from producers.clerks import Clerks, Ways
from producers.clock import Beat, Clock
from producers.clock_state import ClockFile, only_clock
from producers.kafka_ticks import KafkaTicks, Track
from producers.match_feed import FeedOptions, MatchFeed
from producers.outbox_store import Outbox
from producers.publisher import Publisher, Sender
from producers.simulate import SEED_HUBS, Pace, Simulation, seed_world
from producers.world.officers import Answer
from producers.world.world import World
from schemas.quantity import parse_quantity
from schemas.records import Match


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
    world = seed_world(seed, run=run)
    with ExitStack() as undo:
        sender = undo.enter_context(Publisher(process.publisher()))
        simulation = Simulation(world, sender, pace, now=now_ms)
        if pace.reports_max is None:  # where all is said once nobody answers
            officers = undo.enter_context(_officers(process, world, sender, seed))
            simulation = Simulation(world, sender, pace, now=now_ms, beside=officers.work)
        tally = simulation.run(stop)
    structlog.get_logger().info("world", sent=tally.sent, owed=tally.owed, **tally.flaws)
    return 0


@contextmanager
def _officers(process: Process, world: World, sender: Sender, seed: int) -> Iterator[Clerks]:
    """The officers of all simulated villages, with an outbox of their own."""

    def told(match: Match, answer: Answer) -> None:
        if answer.decision == "ship":
            goods = (match.commodity, match.grade, match.lot)
            world.shipped(answer.actor, goods, parse_quantity(answer.fields["quantity"]) or 0)

    with (
        Outbox(process.settings.data_dir / "officers.db") as outbox,
        MatchFeed(FeedOptions(process.bootstrap, client_id="lumbung-officers")) as feed,
    ):
        clerks = Clerks(
            Ways(feed, outbox, sender), hubs=SEED_HUBS, seed=seed, now=now_ms, told=told
        )
        yield clerks
        structlog.get_logger().info("officers", said=clerks.said, owed=len(outbox.pending()))
