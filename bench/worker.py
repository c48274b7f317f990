"""Lines per CPU-second of one hub worker: whole process, real broker, every rule on.

The log is filled first; CPU (user and system, all threads) counts from the moment the worker is
ready to the moment all of it is committed. The answer is checked: supply of every hub and
commodity in `lumbung.demand.v1` against a dictionary.
"""

import argparse
import json
import sys

from kafka import KafkaConsumer, TopicPartition

from bench.stage import publish, stage, work
from bench.villages import Load
from schemas.topics import DEMAND

PARTITIONS = 8
COOPS = 20_000
DEFAULT = ("125000x1", "125000x20", "250000x1", "1000000x20")


def measure(lines: int, each: int, *, check: bool) -> dict[str, object]:
    """One run; `lines` in reports of `each`."""
    load = Load(lines // each, each, COOPS, PARTITIONS)
    with stage(PARTITIONS) as stack:
        sent = publish(stack, load)
        used = work(stack, sent)
        stack.supervisor.stop()
        right = wrong(stack.bootstrap, load) if check else None
    return {
        "lines": lines,
        "lines_each": each,
        "records": sent,
        "cpu_seconds": round(used.cpu_seconds, 2),
        "wall_seconds": round(used.wall_seconds, 2),
        "lines_per_cpu_second": round(lines / used.cpu_seconds),
        "us_per_report": round(used.cpu_seconds / sent * 1e6, 1),
        "peak_mib": round(used.peak_mib),
        "wrong": right,
    }


def wrong(bootstrap: str, load: Load) -> int:
    """How many supplies differ from the dictionary's."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(DEMAND, p) for p in range(load.partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    newest: dict[bytes, tuple[int, bytes]] = {}
    while any(consumer.position(at) < ends[at] for at in places):
        for records in consumer.poll(timeout_ms=1000, max_records=20_000).values():
            for record in records:
                if record.key.endswith(b"|now"):
                    newest[record.key] = (record.offset, record.value)
    consumer.close()
    found = {}
    for key, (_, value) in newest.items():
        hub, commodity, _ = key.decode().split("|")
        rows = json.loads(value)["data"]["rows"]
        found[hub, commodity] = sum(int(row["supply"]) for row in rows)
    return sum(found.get(at) != amount for at, amount in load.supply.items())


def main(argv: list[str] | None = None) -> None:
    """Run the sizes asked for and print them."""
    parser = argparse.ArgumentParser(prog="bench worker", description=__doc__)
    parser.add_argument("sizes", nargs="*", default=DEFAULT, help="lines x lines each: 125000x1")
    parser.add_argument("--no-check", action="store_true", help="leave the answer unchecked")
    asked = parser.parse_args(argv)
    rows = []
    for size in asked.sizes:
        lines, each = (int(part) for part in size.split("x"))
        row = measure(lines, each, check=not asked.no_check)
        rows.append(row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
    print(json.dumps(rows))
