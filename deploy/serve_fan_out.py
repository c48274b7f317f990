"""Decides which parts make the fan-out: matches, the topics of hubs, and who makes those."""

from collections.abc import Sequence

from deploy.provision import provision
from deploy.wiring import FAN_OUT, Process, ending, fan_out_group, figures_at
from schemas.topics import hub_topic
from sinks.fan_out import FanOut, FanOutOptions


def serve_fan_out(process: Process) -> int:
    """The fan-out of matches to hubs, until it is asked to end."""
    stop = ending()
    settings = process.settings
    meter = process.meter(figures_at(settings, FAN_OUT))

    def make(hubs: Sequence[str]) -> None:
        provision(
            process.bootstrap,
            [hub_topic(hub) for hub in hubs],
            partitions=1,
            replication=settings.kafka.replication,
        )

    with FanOut(options_of(process), make, meter) as fan_out:
        fan_out.run(stop)
    return 0


def options_of(process: Process) -> FanOutOptions:
    """What the settings say of it; it is as patient as a worker."""
    streams = process.settings.streams
    return FanOutOptions(
        process.bootstrap,
        fan_out_group(process.settings),
        process.name,
        session_seconds=streams.session_seconds,
        heartbeat_seconds=streams.heartbeat_seconds,
    )
