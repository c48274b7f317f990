"""Fails when the inside of Faust, mode or aiokafka that the worker leans on is not what was read.

A failure is a task, not a nuisance: read the changed source again, judge whether the override
still holds, run the soak of `tests/support/worker_soak.py`; only then write the new print here.
"""

import hashlib
import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import aiokafka
import faust.app.base
import pytest
from aiokafka.consumer import fetcher, group_coordinator
from aiokafka.producer import message_accumulator, producer, sender
from faust.tables import manager, recovery
from faust.transport import conductor, consumer
from faust.transport.drivers import aiokafka as driver
from mode.threads import QueueServiceThread
from mode.utils import queues

from streams.agents import faust_seams, faust_tables

VERSIONS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}

# What is not overridden, but whose order of doing things the overrides rely on.
RELIED_UPON: tuple[Any, ...] = (
    faust.app.base.App._on_partitions_revoked,
    faust.app.base.App._on_partitions_assigned,
    faust.app.base.App._update_assignment,
    faust.app.base.App._stop_consumer,
    faust.app.base.App.on_stop,
    faust.app.base.App.on_rebalance_start,
    consumer.Consumer.force_commit,
    consumer.Consumer._commit_tps,
    consumer.Consumer._filter_committable_offsets,
    consumer.Consumer._commit_offsets,
    consumer.Consumer._should_commit,
    consumer.Consumer._get_active_partitions,
    consumer.Consumer.on_partitions_revoked,
    consumer.Consumer.on_stop,
    consumer.Fetcher.on_stop,
    consumer.Fetcher._fetcher,
    conductor.Conductor._compile_message_handler,
    driver.ConsumerRebalanceListener.on_partitions_revoked,
    driver.ConsumerRebalanceListener.on_partitions_assigned,
    driver.AIOKafkaConsumerThread.getmany,
    driver.AIOKafkaConsumerThread.seek_wait,
    driver.AIOKafkaConsumerThread._seek_wait,
    driver.AIOKafkaConsumerThread._commit,
    driver.AIOKafkaConsumerThread._ensure_consumer,
    driver.Producer._ensure_producer,
    manager.TableManager._update_channels,
    manager.TableManager.on_rebalance,
    recovery.Recovery._add,
    recovery.Recovery._restart_recovery,
    recovery.Recovery._slurp_changelogs,
    recovery.Recovery.on_recovery_completed,
    recovery.Recovery.on_rebalance,
    queues.FlowControlEvent.resume,
    queues.FlowControlQueue.put,
    QueueServiceThread.call_thread,
    aiokafka.AIOKafkaConsumer.start,
    aiokafka.AIOKafkaConsumer.seek_to_committed,
    fetcher.Fetcher._get_actions_per_node,
    fetcher.Fetcher.fetched_records,
    fetcher.FetchResult.check_assignment,
    group_coordinator.GroupCoordinator.ensure_active_group,
    group_coordinator.GroupCoordinator._maybe_leave_group,
    group_coordinator.GroupCoordinator.reset_generation,
    group_coordinator.CoordinatorGroupRebalance.perform_group_join,
    message_accumulator.MessageAccumulator.add_batch,
    message_accumulator.MessageAccumulator.drain_by_nodes,
    producer.AIOKafkaProducer.send_batch,
    sender.Sender._sender_routine,
)

PRINTS = {
    "RawTopic._compile_decode": "6474178f8c21",
    "RawTopic.put": "f680fd1d81e1",
    "RunThread._create_worker_consumer": "c2701bfc3e6f",
    "RunThread.on_thread_stop": "8dfc004e258b",
    "RunThread._fetch_records": "39a2c6c79fc1",
    "RunConsumer._new_consumer_thread": "0870ec53dea7",
    "RunConsumer.on_buffer_full": "c8961679e0bc",
    "RunConsumer.on_buffer_drop": "4b57e8a418d5",
    "RunConsumer.verify_all_partitions_active": "4e0e46f5c297",
    "RunConsumer._filter_tps_with_pending_acks": "f6f923977423",
    "RunConsumer._new_offset": "1d2c7ea89a7a",
    "RunConsumer.perform_seek": "0e8c130ff4b0",
    "RunConsumer._drain_messages": "44a2500309e8",
    "FoldStore.persisted_offset": "fbba5c654497",
    "FoldStore.on_rebalance": "a32fbe3c18de",
    "FoldStore.apply_changelog_batch": "71863e3cd727",
    "FoldStore.on_recovery_completed": "a00bef343e13",
    "FoldTable._new_store": "914a2bda605d",
    "DeclaredTables.on_start": "365dd25fbc0e",
    "QuietMonitor.on_message_in": "b2a9a9045b2f",
    "QuietMonitor.on_stream_event_in": "df6d2e5f6397",
    "QuietMonitor.on_stream_event_out": "2d2277a6dbda",
    "QuietMonitor.on_message_out": "7c4054247cde",
    "HubApp._new_transport": "42db531312dd",
    "HubApp.on_rebalance_end": "b7ff69e1e377",
    "base.App._on_partitions_revoked": "d5c895bbe57d",
    "base.App._on_partitions_assigned": "de932b7927db",
    "base.App._update_assignment": "39d9f315c122",
    "base.App._stop_consumer": "55854a5de12c",
    "base.App.on_stop": "bfe5a933defb",
    "base.App.on_rebalance_start": "5c1e23de3067",
    "consumer.Consumer.force_commit": "cc094614d22c",
    "consumer.Consumer._commit_tps": "a20e230b05ae",
    "consumer.Consumer._filter_committable_offsets": "dc5e9baf5d99",
    "consumer.Consumer._commit_offsets": "1a6979904118",
    "consumer.Consumer._should_commit": "5ce941793947",
    "consumer.Consumer._get_active_partitions": "b24897f3c7af",
    "consumer.Consumer.on_partitions_revoked": "d04b7ae72c6f",
    "consumer.Consumer.on_stop": "45b1d2210ce2",
    "consumer.Fetcher.on_stop": "21f3bae9b455",
    "consumer.Fetcher._fetcher": "68f894f0b577",
    "conductor.Conductor._compile_message_handler": "9fbc0538097a",
    "aiokafka.ConsumerRebalanceListener.on_partitions_revoked": "348c3aec879f",
    "aiokafka.ConsumerRebalanceListener.on_partitions_assigned": "1c1f8406ad36",
    "aiokafka.AIOKafkaConsumerThread.getmany": "26fc5fc9f3b6",
    "aiokafka.AIOKafkaConsumerThread.seek_wait": "12e8d34e554e",
    "aiokafka.AIOKafkaConsumerThread._seek_wait": "9d221e816d94",
    "aiokafka.AIOKafkaConsumerThread._commit": "932852ce7a23",
    "aiokafka.AIOKafkaConsumerThread._ensure_consumer": "ff4a4c693b7e",
    "aiokafka.Producer._ensure_producer": "5592a4bbdf25",
    "manager.TableManager._update_channels": "88e3941facc9",
    "manager.TableManager.on_rebalance": "2d2c23a07bf5",
    "recovery.Recovery._add": "1584a197b11b",
    "recovery.Recovery._restart_recovery": "6bd8a8558a2d",
    "recovery.Recovery._slurp_changelogs": "7825c7e50f76",
    "recovery.Recovery.on_recovery_completed": "6ef567acf072",
    "recovery.Recovery.on_rebalance": "aa4d997a1795",
    "queues.FlowControlEvent.resume": "4dcdc1253fd0",
    "queues.FlowControlQueue.put": "0ba84eb5e357",
    "threads.QueueServiceThread.call_thread": "479edda75b54",
    "consumer.AIOKafkaConsumer.start": "2f1ba7044332",
    "consumer.AIOKafkaConsumer.seek_to_committed": "f6cd85c8b70a",
    "fetcher.Fetcher._get_actions_per_node": "1dab2cf937d1",
    "fetcher.Fetcher.fetched_records": "be4348896b9b",
    "fetcher.FetchResult.check_assignment": "b5340df67e3f",
    "group_coordinator.GroupCoordinator.ensure_active_group": "33c84c1a9301",
    "group_coordinator.GroupCoordinator._maybe_leave_group": "016cd88a16e6",
    "group_coordinator.GroupCoordinator.reset_generation": "537aa37c531b",
    "group_coordinator.CoordinatorGroupRebalance.perform_group_join": "ff2c2109b2e9",
    "message_accumulator.MessageAccumulator.add_batch": "5ed1c5b1367a",
    "message_accumulator.MessageAccumulator.drain_by_nodes": "fc995afbfc57",
    "producer.AIOKafkaProducer.send_batch": "bf42b0f0c5c0",
    "sender.Sender._sender_routine": "2380dc5e333d",
}


def overridden() -> Iterator[tuple[str, Any, Any]]:
    """(name, ours, theirs) for every method of a class of ours that stands in for theirs."""
    ours_by_name = vars(faust_seams) | vars(faust_tables)
    for ours in ours_by_name.values():
        if not (inspect.isclass(ours) and ours.__module__.startswith("streams.agents.faust_")):
            continue
        for name, member in vars(ours).items():
            theirs = next((vars(b)[name] for b in ours.__mro__[1:] if name in vars(b)), None)
            if inspect.isfunction(member) and inspect.isfunction(theirs) and name != "__init__":
                yield f"{ours.__name__}.{name}", member, theirs


def print_of(function: Any) -> str:
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12]


def prints() -> dict[str, str]:
    found = {name: print_of(theirs) for name, _, theirs in overridden()}
    relied = (getattr(member, "fun", member) for member in RELIED_UPON)  # mode wraps its tasks
    return found | {
        f"{f.__module__.rpartition('.')[2]}.{f.__qualname__}": print_of(f) for f in relied
    }


@pytest.mark.parametrize("name", VERSIONS)
def test_the_version_is_the_one_that_was_read(name: str) -> None:
    assert version(name) == VERSIONS[name]


def test_every_method_leaned_on_is_as_it_was_read() -> None:
    assert prints() == PRINTS


def test_every_override_says_what_it_stands_in_for_and_where_that_is() -> None:
    wrong = []
    for name, ours, theirs in overridden():
        file = inspect.getsourcefile(theirs) or ""
        said = re.search(r"([\w/]+\.py):([\d, and]+)", inspect.getdoc(ours) or "")
        lines = re.findall(r"\d+", said[2]) if said else []
        if not (said and file.endswith(said[1]) and str(theirs.__code__.co_firstlineno) in lines):
            wrong.append(f"{name}: {file}:{theirs.__code__.co_firstlineno}")
    assert wrong == []


def test_the_stream_skips_what_is_of_another_generation_or_of_a_stopped_flow() -> None:
    source = inspect.getsource(faust.streams)
    assert "message.generation_id != self.app.consumer_generation_id" in source
    assert "flow_control.is_active()" in source


def test_a_generation_that_the_coordinator_does_not_know_is_told_as_0() -> None:
    coordinator = inspect.getsource(group_coordinator.GroupCoordinator.__init__)
    assert "self.generation = OffsetCommitRequest.DEFAULT_GENERATION_ID" in coordinator
    unknown = group_coordinator.OffsetCommitRequest.DEFAULT_GENERATION_ID
    assert [faust_seams.known_generation(said) for said in (unknown, 0, 1, 9)] == [0, 0, 1, 9]
