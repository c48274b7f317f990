"""From a produced report to its demand record, at a steady rate of single-line reports.

The clock starts with the event's timestamp (the producer's, when it was handed to the client) and
stops when the broker appends the first demand record of its hub and commodity whose version covers
it. The first seconds, in which Python warms up, are left out.
"""

import argparse
import json
import sys
import time
from collections import defaultdict

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from bench.stage import cpu_seconds, stage, start_worker
from bench.villages import Load
from deploy.provision import admin
from schemas.records import EPOCH_STEP
from schemas.topics import DEMAND, EVENTS

PARTITIONS = 8
WARM_SECONDS = 5


def measure(rate: int, seconds: int) -> dict[str, object]:
    """One run at a rate."""
    load = Load(rate * (seconds + WARM_SECONDS), 1, 20_000, PARTITIONS)
    with stage(PARTITIONS) as stack:
        _stamp_on_append(stack.bootstrap)
        pid = start_worker(stack)
        cpu = cpu_seconds(pid)
        sent = _pace(stack.bootstrap, load, rate)
        time.sleep(2)
        share = (cpu_seconds(pid) - cpu) / (seconds + WARM_SECONDS)
        stack.supervisor.stop()
        waits = _waits(stack.bootstrap, sent, rate * WARM_SECONDS)
    return {
        "rate": rate,
        "reports": len(waits),
        "p50_ms": _share(waits, 0.5),
        "p99_ms": _share(waits, 0.99),
        "max_ms": waits[-1],
        "worker_cpu_share": round(share, 3),
    }


def _stamp_on_append(bootstrap: str) -> None:
    with admin(bootstrap) as client:
        config = {"message.timestamp.type": "LogAppendTime"}
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, DEMAND, config)])


Sent = dict[tuple[int, int], tuple[str, int, int]]
"""(partition, offset) -> (key of its demand record, ms produced, number)."""


def _pace(bootstrap: str, load: Load, rate: int) -> Sent:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    began, under_way, before = time.monotonic(), [], None
    for number, record in enumerate(load):
        due = began + number / rate
        while (now := time.monotonic()) < due:
            time.sleep(min(0.002, due - now))
        at_ms = time.time_ns() // 1_000_000
        value = json.loads(record.value)
        hub, code = value["data"]["coop"][:5], value["data"]["lines"][0]["commodity"]
        future = producer.send(
            EVENTS,
            key=record.key,
            value=record.value,
            partition=record.partition,
            timestamp_ms=max(at_ms, record.timestamp_ms or 0),
        )
        if record is not before:  # a repeat changes nothing, so no record answers it
            under_way.append((future, f"{hub}|{code}|now", at_ms, number))
        before = record
    producer.flush()
    producer.close()
    return {
        (future.value.partition, future.value.offset): (key, at_ms, number)
        for future, key, at_ms, number in under_way
    }


def _waits(bootstrap: str, sent: Sent, warm: int) -> list[int]:
    """How long each report waited, in ms, sorted."""
    appended: dict[str, list[tuple[int, int]]] = defaultdict(list)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(DEMAND, p) for p in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    while any(consumer.position(at) < ends[at] for at in places):
        for records in consumer.poll(timeout_ms=1000, max_records=20_000).values():
            for record in records:
                if record.key.endswith(b"|now"):
                    version = json.loads(record.value)["data"]["version"] % EPOCH_STEP
                    appended[record.key.decode()].append((version, record.timestamp))
    consumer.close()
    waits = []
    for (_, offset), (key, at_ms, number) in sent.items():
        done = min(at for version, at in appended[key] if version > offset)
        if number >= warm:
            waits.append(done - at_ms)
    return sorted(waits)


def _share(waits: list[int], share: float) -> int:
    return waits[min(len(waits) - 1, int(len(waits) * share))]


def main(argv: list[str] | None = None) -> None:
    """Run the rates asked for and print them."""
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("rates", nargs="*", type=int, default=[1_000], help="reports a second")
    parser.add_argument("--seconds", type=int, default=20)
    asked = parser.parse_args(argv)
    rows = [measure(rate, asked.seconds) for rate in asked.rates]
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
    print(json.dumps(rows))
