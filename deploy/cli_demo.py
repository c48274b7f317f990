"""`lumbung demo`: the whole system on this machine, with real villages, for a stranger to see."""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.live import Live

from deploy import replay as replaying
from deploy.broken import broken_identity, broken_record, broken_report
from deploy.options import Data, Jars, Kafka, WarehouseUrl
from deploy.quiet import Progress, progress, until_quiet
from deploy.runs import next_run
from deploy.screen import TIERS, Sight, screen
from deploy.settings import load_at_once
from deploy.shown import cell
from deploy.stack import Stack, opened
from deploy.supervisor import State
from deploy.warehouse_view import counts, longest_rest, sink_progress
from deploy.wiring import FAN_OUT, ending, fan_out_group, now_ms
from producers.kafka_ticks import KafkaTicks, Track
from producers.publisher import Publisher, PublisherOptions
from producers.simulate import SEED_HUBS
from schemas.topics import EVENTS, MATCHES
from sinks.engines import reading
from sinks.queries import listing
from sinks.queries.board import board, lives
from sinks.queries.listing import Filters

BROKEN_AFTER_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 1.0
ROWS: Final = 5
TRIAL_REPORTS: Final = 1_500


Minutes = Annotated[float, typer.Option(help="End by itself after so long; 0: at Ctrl-C.")]
Once = Annotated[
    bool,
    typer.Option("--once", help="Let the villages speak once, end when all is quiet, print JSON."),
]
Rate = Annotated[int, typer.Option(help="Reports a second after the opening.")]
Seed = Annotated[int, typer.Option(help="Another seed, another day in the villages.")]


def demo(
    *,
    minutes: Minutes = 0,
    once: Once = False,
    rate: Rate = 20,
    seed: Seed = 1,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
    jars: Jars = None,
) -> None:
    """Real Kafka, the five real regions with their 16 hubs, live matches; Ctrl-C ends everything.

    The data stays in the data folder: a second run goes on from it.
    """
    flags = {
        "data_dir": data,
        "kafka.bootstrap": kafka,
        "warehouse.url": warehouse,
        "kafka.jars": jars,
        "streams.commit_seconds": 0.2 if once else None,
    }
    settings = load_at_once(flags).settings
    console = Console(stderr=True)
    started = time.monotonic()
    with opened(settings, tell=lambda step: console.print(f"{step} ...", style="dim")) as stack:
        stop = ending()  # from here on; until Kafka serves, Ctrl-C is no more than Ctrl-C
        run = next_run(settings.data_dir)
        for child in (*stack.workers(), stack.sink(), stack.fan_out()):
            stack.supervisor.add(child)
        words = ("world", "--seed", str(seed), "--run", str(run))
        if once:
            _once(stack, run, words, stop)
        else:
            stack.supervisor.add(stack.child("clock", "clock"))
            stack.supervisor.add(stack.child("world", *words, "--rate", str(rate)))
            _live(stack, Show(run, started, minutes), stop)
    if once:
        typer.echo(json.dumps(counts(settings.warehouse_url)))
    else:
        console.print(f"\nstopped; the data is in {settings.data_dir}", style="dim")


def _once(stack: Stack, run: int, words: tuple[str, ...], stop: threading.Event) -> None:
    """The villages speak once; then ticks until nothing changes."""
    bounds = ("--reports", str(TRIAL_REPORTS), "--rate", "1000")
    stack.supervisor.add(stack.child("world", *words, *bounds, restart=False))
    while not stop.wait(0.1):
        stack.require_all()
        world = next(s for s in stack.supervisor.poll() if s.name == "world")
        if world.state is State.DONE:
            break
    settings = stack.settings
    with sink_progress(stack.bootstrap, settings.warehouse_url) as progress:
        at_ms = now_ms()
        longest = partial(longest_rest, settings.warehouse_url)
        rest = replaying.Replay(stack, at_ms, lambda _: None, progress, longest, stop)
        rest.run([broken_report(run, at_ms)])
    _told_to_hubs(stack, stop)


def _told_to_hubs(stack: Stack, stop: threading.Event) -> None:
    """Wait until every match lies in the topics of its hubs."""
    options = PublisherOptions(stack.bootstrap, EVENTS, client_id="lumbung-demo")
    track = Track(MATCHES, fan_out_group(stack.settings))

    with KafkaTicks(options, [track]) as wire:

        def look() -> list[Progress]:
            stack.require_all()
            done, ends = wire.committed(), wire.ends()
            there = {(at.topic, at.partition): end for at, end in ends.items()}
            read = {(at.topic, at.partition): offset for at, offset in done.items()}
            return [] if stop.is_set() else [progress(FAN_OUT, read, there)]

        until_quiet(look)


@dataclass(slots=True)
class Show:
    """One performance: its number, when it began (monotonic), how long it lasts, what was told."""

    run: int
    started: float
    minutes: float
    told: set[str] = field(default_factory=set)

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started

    def first(self, what: str) -> bool:
        """True the first time that something is asked of."""
        new = what not in self.told
        self.told.add(what)
        return new


def _live(stack: Stack, show: Show, stop: threading.Event) -> None:
    """Draw the screen once a second until told to end."""
    console = Console(stderr=True)
    terminal = sys.stderr.isatty()
    stack.guard(stop)
    with Live(console=console, auto_refresh=False) as live:
        while not stop.is_set() and (not show.minutes or show.age < show.minutes * 60):
            sight = _look(stack)
            _tell(console, sight, show)
            if show.age > BROKEN_AFTER_SECONDS and show.first("broken"):
                _break_something(stack, show.run)
            if terminal:
                live.update(screen(sight), refresh=True)
            stop.wait(LOOK_SECONDS)
        live.update(screen(_look(stack)), refresh=True)


def _look(stack: Stack) -> Sight:
    processes = stack.supervisor.poll()
    with reading(stack.settings.warehouse_url) as connection:
        return Sight(
            now_ms(),
            board(connection, SEED_HUBS),
            [
                row
                for tier in TIERS
                for row in listing.get(connection, "matches", Filters(tier=tier, limit=ROWS))
            ],
            listing.get(connection, "deadletters", Filters(limit=ROWS)),
            lives(connection),
            processes,
        )


def _tell(console: Console, sight: Sight, show: Show) -> None:
    """Say the first match and the broken report aloud, with the commands that explain them."""
    if sight.matches and show.first("match"):
        row = sight.matches[0]
        console.print(
            f"first match after {show.age:.1f} s: {cell(row['quantity'])} {row['unit']} "
            f"{row['commodity']} {row['from_coop']} -> {row['to_coop']}\n"
            f"  lumbung trace {row['match_id']}"
        )
    broken = broken_identity(show.run)
    if any(row["identity"] == broken for row in sight.letters) and show.first("letter"):
        console.print(f"a broken report came back with its reason:\n  lumbung dlq show {broken}")


def _break_something(stack: Stack, run: int) -> None:
    """A report that cannot be kept, on purpose: it must be seen again among the dead letters."""
    options = PublisherOptions(stack.bootstrap, EVENTS, client_id="lumbung-demo")
    with Publisher(options) as publisher:
        publisher.publish_all([broken_record(run, now_ms(), publisher.partitions)])
