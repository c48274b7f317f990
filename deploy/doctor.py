"""`lumbung doctor`: is everything here that Lumbung needs, and what to do where it is not.

Decides what is checked and what counts as needed. Refuses to repair anything.
"""

import json
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import sqlalchemy
import typer
from rich.console import Console
from rich.table import Table

from deploy.broker import lock
from deploy.broker.fetch import cached_jars
from deploy.broker.java import find_java
from deploy.broker.node import Broker
from deploy.cli_broker import kafka_folder
from deploy.errors import EXIT_DEPENDENCY, DependencyError, LumbungError
from deploy.guard import look
from deploy.halts import standing
from deploy.provision import admin, require_kafka
from deploy.settings import Settings, load
from deploy.wiring import fan_out_group, groups
from schemas.topics import MATCHES, TOPICS

_MEMORY_FREE_BYTES: Final = 1 << 30
_DISK_FREE_BYTES: Final = 2 << 30
_NO_KAFKA: Final = "no Kafka runs here"
_CLOCK_SKEW_SECONDS_MAX: Final = 5.0


class Verdict(StrEnum):
    """How a check ended; only what is missing fails the whole."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's table."""

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def diagnose(settings: Settings) -> Iterator[Check]:
    """Every check that these settings call for, one after the other."""
    embedded = settings.kafka.bootstrap is None
    for check in (_python, *((_java, _jars, _ports) if embedded else (_kafka,)), *_ALWAYS):
        yield check(settings)


def doctor(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder.")] = None,
    kafka: Annotated[str | None, typer.Option("--kafka", help="HOST:PORT of a cluster.")] = None,
    warehouse: Annotated[str | None, typer.Option("--warehouse", help="Database URL.")] = None,
    output: Annotated[str, typer.Option("-o", "--output", help="table or json")] = "table",
) -> None:
    """Check what Lumbung needs here; exit code 4 when something is missing."""
    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    checks = list(diagnose(load(flags).settings))
    if output == "json":
        typer.echo(json.dumps([asdict(check) for check in checks]))
    else:
        Console().print(_table(checks))
    if any(check.verdict is Verdict.MISSING for check in checks):
        raise typer.Exit(EXIT_DEPENDENCY)


def _table(checks: list[Check]) -> Table:
    signs = {Verdict.OK: "[green]✓", Verdict.WARNING: "[yellow]![/]", Verdict.MISSING: "[red]✗"}
    table = Table("", "what", box=None)
    for wide in ("found", "what to do"):
        table.add_column(wide, overflow="fold")
    for check in checks:
        table.add_row(signs[check.verdict], check.name, check.found, check.remedy)
    return table


def _python(_: Settings) -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Check("Python", Verdict.OK, found)
    return Check("Python", Verdict.MISSING, found, "Use Python 3.11, 3.12 or 3.13.")


def _java(_: Settings) -> Check:
    try:
        java = find_java()
    except DependencyError as error:
        return Check("Java", Verdict.MISSING, error.what, error.remedy)
    return Check("Java", Verdict.OK, f"{java.major} at {java.path} ({java.origin})")


def _jars(settings: Settings) -> Check:
    """The jars in full, every byte; without them, whether Maven could bring them."""
    folder = settings.kafka.jars or cached_jars()
    wrong = lock.problems(folder)
    if not wrong:
        count = len(lock.locked_jars())
        return Check("Kafka jars", Verdict.OK, f"{lock.kafka_version()}, {count} in {folder}")
    found = f"{len(wrong)} wrong or missing in {folder}"
    if shutil.which("mvn"):
        remedy = "They are fetched when needed: `lumbung broker fetch` does it now."
        return Check("Kafka jars", Verdict.WARNING, found, remedy)
    remedy = "Install Maven (`mvn`), or give --jars DIR, or use a cluster with --kafka HOST:PORT."
    return Check("Kafka jars", Verdict.MISSING, f"{found}, and no mvn", remedy)


def _ports(settings: Settings) -> Check:
    try:
        socket.create_server(("127.0.0.1", 0)).close()
    except OSError as error:
        remedy = "Allow programs to listen on 127.0.0.1."
        return Check("Ports", Verdict.MISSING, f"no port to be had: {error}", remedy)
    wanted = settings.metrics.port
    try:
        socket.create_server((settings.metrics.host, wanted)).close()
    except OSError:
        remedy = "Figures go to another port then; LUMBUNG_METRICS__PORT names the first."
        return Check("Ports", Verdict.WARNING, f"metrics port {wanted} is taken", remedy)
    return Check("Ports", Verdict.OK, "free ones on 127.0.0.1")


def _kafka(settings: Settings) -> Check:
    bootstrap = settings.kafka.bootstrap or ""
    try:
        require_kafka(bootstrap)
    except DependencyError as error:
        return Check("Kafka", Verdict.MISSING, error.what, error.remedy)
    return Check("Kafka", Verdict.OK, f"answers at {bootstrap}")


def _warehouse(settings: Settings) -> Check:
    url = sqlalchemy.make_url(settings.warehouse_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Check("Warehouse", Verdict.OK, f"{shown}, to be made")
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        remedy = "Start the database, or correct --warehouse or LUMBUNG_WAREHOUSE__URL."
        return Check("Warehouse", Verdict.MISSING, f"{shown}: {error}".splitlines()[0], remedy)
    return Check("Warehouse", Verdict.OK, f"answers at {shown}")


def _running_kafka(settings: Settings) -> str | None:
    """The Kafka given, or the embedded one of the data folder while it runs."""
    if settings.kafka.bootstrap is not None:
        return settings.kafka.bootstrap
    broker = Broker(kafka_folder(settings), Path(), Path())
    return broker.bootstrap if broker.pid is not None else None


def _fan_out(settings: Settings) -> Check:
    """Whether matches wait for a fan-out that does not run."""
    bootstrap = _running_kafka(settings)
    if bootstrap is None:
        return Check("Fan-out", Verdict.OK, _NO_KAFKA)
    try:
        with admin(bootstrap) as client:
            if MATCHES not in client.list_topics():
                return Check("Fan-out", Verdict.OK, "no topic of matches yet")
            count = {topic.name: topic.count(settings.kafka.partitions) for topic in TOPICS}
            seen = look(client, fan_out_group(settings), {MATCHES: count[MATCHES]}, 0)
    except LumbungError as error:
        return Check("Fan-out", Verdict.WARNING, error.what, error.remedy)
    waiting = sum(seen.sample.lag(partition) for partition in seen.sample.end)
    if waiting and not seen.owners:
        found = f"{waiting} records of matches have not gone to their hubs, and none runs"
        return Check("Fan-out", Verdict.WARNING, found, "Start it: `lumbung run fan-out`.")
    return Check("Fan-out", Verdict.OK, f"{waiting} records of matches are still to go to hubs")


def _intake(settings: Settings) -> Check:
    """Whether a partition stands because too much was refused; only a Kafka that runs can tell."""
    bootstrap = _running_kafka(settings)
    if bootstrap is None:
        return Check("Intake", Verdict.OK, _NO_KAFKA)
    try:
        with admin(bootstrap) as client:
            halted = standing(client, groups(settings), settings.kafka.partitions)
    except LumbungError as error:
        return Check("Intake", Verdict.WARNING, error.what, error.remedy)
    if not halted:
        return Check("Intake", Verdict.OK, "no partition is halted")
    found = "; ".join(
        f"partition {n} of {topic} stands at {at}: {why}" for n, at, why, topic in halted
    )
    remedy = "See `lumbung dlq list`, mend the cause, then `lumbung dlq resume`."
    return Check("Intake", Verdict.WARNING, found, remedy)


def _memory(_: Settings) -> Check:
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        free = max(free, _available_linux())
    except (ValueError, OSError):
        return Check("Memory", Verdict.WARNING, "this system does not tell")
    found = f"{free / (1 << 30):.1f} GiB free"
    if free >= _MEMORY_FREE_BYTES:
        return Check("Memory", Verdict.OK, found)
    return Check("Memory", Verdict.WARNING, found, "1 GiB is wanted: close something.")


def _available_linux() -> int:
    """What the kernel would give, its caches included; 0 elsewhere."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return 0
    for line in meminfo.read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1_024
    return 0


def _disk(settings: Settings) -> Check:
    folder = settings.data_dir.resolve()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        remedy = "Choose another folder with --data DIR."
        return Check("Disk", Verdict.MISSING, f"{there} cannot be written", remedy)
    free = shutil.disk_usage(there).free
    found = f"{free / (1 << 30):.1f} GiB free at {there}"
    if free >= _DISK_FREE_BYTES:
        return Check("Disk", Verdict.OK, found)
    return Check("Disk", Verdict.WARNING, found, "2 GiB are wanted: free some, or use --data DIR.")


def _clock(_: Settings) -> Check:
    """The clock against the disk's, and against the age of this very file."""
    with tempfile.NamedTemporaryFile() as fresh:
        skew = abs(time.time() - Path(fresh.name).stat().st_mtime)
    remedy = "Set the clock (an NTP service keeps it right): reports are judged by it."
    if time.time() < Path(__file__).stat().st_mtime - 86_400:
        return Check("Clock", Verdict.MISSING, "is before this program was installed", remedy)
    if skew > _CLOCK_SKEW_SECONDS_MAX:
        return Check("Clock", Verdict.WARNING, f"{skew:.0f} s away from the disk's", remedy)
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return Check("Clock", Verdict.OK, now)


_ALWAYS: Final[tuple[Callable[[Settings], Check], ...]] = (
    _warehouse,
    _intake,
    _fan_out,
    _memory,
    _disk,
    _clock,
)
