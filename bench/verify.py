"""Speed and memory of `lumbung verify` over a log that worker and sink have worked off.

Log and warehouse are made by the real parts, in reports of a given number of lines; what is
measured is the checker alone, in a process of its own, beside an idle broker. It must find no
breach, and it must have judged every record.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.stage import publish, work
from bench.villages import Load
from deploy.quiet import Patience, until_quiet
from deploy.settings import Settings, load
from deploy.stack import Stack, opened
from deploy.supervisor import lumbung_command
from deploy.warehouse_view import sink_progress

PARTITIONS = 8
COOPS = 20_000
LINES = 1_000_000
PATIENCE_SECONDS = 600.0


def fill(stack: Stack, asked: Load) -> int:
    """Publish, fold and store everything; how many records were said."""
    said = publish(stack, asked)
    work(stack, said)
    stack.supervisor.add(stack.sink())
    with sink_progress(stack.bootstrap, stack.settings.warehouse_url) as progress:
        until_quiet(lambda: [progress()], patience=Patience(seconds=PATIENCE_SECONDS))
    stack.supervisor.stop()
    return said


def checked(stack: Stack, *more: str) -> dict[str, Any]:
    """Run the checker over what is there: its own summary, and what it cost."""
    words = ("--data", str(stack.settings.data_dir), "--kafka", stack.bootstrap, *more)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(lumbung_command("verify", *words), stdout=subprocess.PIPE, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    summary: dict[str, Any] = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "ok": summary["ok"] and done.returncode == 0,
        "judged": summary.get("read", 0),
        "records": summary["records"],
        "rows": summary["checks"]["I8 warehouse is the fold"],
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mib": summary.get("peak_mib"),
    }


def measure(lines: int, each: int, folder: Path, *more: str) -> dict[str, Any]:
    """One log of `lines` lines in reports of `each`; a folder that is full already is kept."""
    asked = Load(lines // each, each, COOPS, PARTITIONS)
    with opened(settings_of(folder)) as stack:
        marked = folder / "said"
        if not marked.exists():
            marked.write_text(str(fill(stack, asked)), "utf-8")
        row = checked(stack, *more)
        row["ok"] = row["ok"] and row["judged"] == int(marked.read_text("utf-8"))
    wall = row["wall_seconds"]
    speed = {
        "lines_per_second": round(lines / wall),
        "records_per_second": round(row["records"] / wall),
    }
    return {"lines": lines, "lines_each": each, **row, **speed}


def settings_of(folder: Path) -> Settings:
    """A broker and a warehouse in one folder."""
    flags = {"data_dir": folder, "kafka.partitions": PARTITIONS, "metrics.port": 0}
    return load(flags).settings


def main(argv: list[str] | None = None) -> None:
    """Measure both lengths of report and print them."""
    parser = argparse.ArgumentParser(prog="bench verify", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help="lines in a log")
    parser.add_argument("--each", type=int, nargs="+", default=[20, 1], help="lines in a report")
    parser.add_argument("--jobs", type=int, help="processes of the checker")
    parser.add_argument("--keep", type=Path, help="a folder for the logs, to measure again later")
    asked = parser.parse_args(argv)
    more = () if asked.jobs is None else ("--jobs", str(asked.jobs))
    rows = []
    for each in asked.each:
        with ExitStack() as held:
            keep = asked.keep or Path(
                held.enter_context(tempfile.TemporaryDirectory(prefix="lumbung-bench-"))
            )
            row = measure(asked.lines, each, keep / f"{asked.lines}x{each}", *more)
        rows.append(row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr)
    print(json.dumps(rows))
