"""A worker, of hubs or of the market: a Faust application around a pure core, and its process.

Decides the settings, what Faust's events mean to the hub, and how the process ends: 0 after
SIGTERM or SIGINT, 70 when going on could cost exactness. Refuses to know the command line and
where options come from.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

from schemas.metrics import Meter
from streams.agents.barrier import KafkaBarrier
from streams.agents.core_port import PartitionFold
from streams.agents.faust_seams import HubApp, QuietMonitor, RawTopic
from streams.agents.faust_tables import DeclaredTables, FoldTable
from streams.agents.guards import Pulse, die, last_resort
from streams.agents.hub import Hub
from streams.agents.options import WorkerOptions
from streams.agents.preflight import check_topics
from streams.agents.wire import KafkaWire

EXIT_DONE: Final = 0

_log = logging.getLogger("lumbung.worker")


def create_app(
    options: WorkerOptions, new_partition: Callable[[int], PartitionFold], meter: Meter
) -> HubApp:
    """The application, not started; `new_partition` makes the empty fold of a partition number."""
    options.state_dir.mkdir(parents=True, exist_ok=True)
    app = HubApp(options.app_id, **_settings(options))
    app.options = options
    app.pulse = Pulse(options.session_seconds)
    app.wire = KafkaWire(options.bootstrap, app.raw_producer, app.pulse.check)
    app.barrier = KafkaBarrier(
        options.bootstrap, options.halt_group, options.source, app.pulse.check
    )
    app.hub = Hub(options, new_partition, meter, app.wire, app.barrier)
    # The buffer of 2 keeps Faust from reading our own changelog for ever, as it does with 1
    # (tables/recovery.py:489).
    app.Table("state", key_type=bytes, value_type=bytes, recovery_buffer_size=2)
    _connect(app)
    return app


def run(app: HubApp) -> int:
    """Work until SIGTERM or SIGINT; the exit code. A fatal fault ends the process from within."""
    logging.disable(logging.DEBUG)  # Faust and aiokafka make several debug records per event
    return asyncio.run(_serve(app))


def _settings(options: WorkerOptions) -> dict[str, Any]:
    return {
        "broker": ";".join(f"kafka://{place}" for place in options.bootstrap.split(",")),
        "store": "memory://",
        "datadir": options.state_dir,
        "Topic": RawTopic,
        "Table": FoldTable,
        "TableManager": DeclaredTables,
        "Monitor": QuietMonitor,
        "web_enabled": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "consumer_group_instance_id": options.worker,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": options.fetch_bytes_max,
        "broker_client_id": f"{options.app_id}-{options.worker}",
        "broker_session_timeout": options.session_seconds,
        "broker_heartbeat_interval": options.heartbeat_seconds,
        "broker_rebalance_timeout": options.rebalance_seconds,
        "broker_request_timeout": options.request_seconds,
        "broker_commit_interval": options.commit_seconds,
        "broker_max_poll_records": options.inbox_records_max,
        # The hub waits for its runs itself; Faust's wait collects garbage in a loop.
        "stream_wait_empty": False,
        "stream_buffer_maxsize": 64,
        "producer_acks": -1,
        "producer_linger": 0,
        "producer_max_batch_size": options.state_batch_bytes_max,
        "producer_request_timeout": options.send_seconds,
    }


def _connect(app: HubApp) -> None:
    async def intake(stream: Any) -> None:
        with last_resort("taking records in"):
            async for event in stream.events():
                app.hub.accept(event.message.partition, event.message.value)

    async def hand_over(*_: Any, **__: Any) -> None:
        await app.hand_over()

    app.agent(app.topic(app.options.source), name="intake")(intake)
    app.on_partitions_revoked.connect(hand_over, weak=False)
    app.on_before_shutdown.connect(hand_over, weak=False)


async def _serve(app: HubApp) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with last_resort("starting"):
        await check_topics(app.options)
        app.pulse.start()
        starting = asyncio.create_task(app.start())
        if await _first(stop.wait(), starting) is starting:
            starting.result()
            await _first(stop.wait(), app.wait_until_stopped())
    if not stop.is_set():
        die("running", app.crash_reason)
    await _stop(app)
    return EXIT_DONE


async def _first(*waits: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> asyncio.Task[Any]:
    tasks = [
        wait if isinstance(wait, asyncio.Task) else asyncio.create_task(wait) for wait in waits
    ]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return done.pop()


async def _stop(app: HubApp) -> None:
    """Stop Faust; what it cannot finish in time needs no finishing, the log has it all."""
    try:
        async with asyncio.timeout(app.options.stop_seconds):
            await app.stop()
            await app.wire.stop()
            await app.barrier.stop()
    except TimeoutError:
        _log.warning("Faust did not stop in %.0f s; ending without it", app.options.stop_seconds)
    _log.info("worker stopped: %s", app.options.worker)
