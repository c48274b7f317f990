"""The figures that processes show, held against what the topics amount to.

Takes Prometheus text from addresses and files and adds it up over the processes. A process counts
from its own start, so the figures can only be those of the topics when every process has lived
since the first record; where one was started again, they may not be more. Refuses to know why a
figure is wrong.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from deploy.errors import DependencyError
from deploy.verify.findings import FIGURES, Report

Name = tuple[str, str]
"""A metric, and the value of its one label."""
_LABELS: Final = {
    "lumbung_records_total": "verdict",
    "lumbung_lines_total": "verdict",
    "lumbung_dead_letters_total": "reason",
    "lumbung_restarts_total": "process",
}
_RESTARTS: Final = "lumbung_restarts_total"
_SECONDS: Final = 10.0


def read(sources: Iterable[str]) -> Counter[Name]:
    """The figures of several processes, added up; DependencyError when one cannot be read."""
    found: Counter[Name] = Counter()
    for source in sources:
        try:
            families = list(text_string_to_metric_families(_text(source)))
        except (OSError, ValueError) as failed:
            raise DependencyError(
                "LB-F001",
                f"no figures can be read from {source}: {failed}",
                "Name a process's address, http://127.0.0.1:PORT/metrics, or a file of its text.",
            ) from failed
        for family in families:
            for sample in family.samples:
                label = _LABELS.get(sample.name)
                if label is not None:
                    found[sample.name, sample.labels.get(label, "")] += int(sample.value)
    return found


def _text(source: str) -> str:
    if not source.startswith(("http://", "https://")):
        return Path(source).read_text("utf-8")
    with urlopen(source, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme is looked at above
        return str(answer.read().decode("utf-8"))


def compare(found: Mapping[Name, int], report: Report) -> None:
    """Hold the counters against the checker's own counts."""
    totals = report.totals
    expected: dict[Name, int] = {
        ("lumbung_records_total", verdict): totals[verdict]
        for verdict in ("accepted", "duplicate", "rejected")
    }
    expected["lumbung_lines_total", "accepted"] = totals["ledger_lines"]
    expected["lumbung_lines_total", "refused"] = totals["refused_lines"]
    expected |= {("lumbung_dead_letters_total", why): n for why, n in report.reasons.items()}
    counted = {name for name in found if name[0] in _LABELS and name[0] != _RESTARTS}
    restarted = any(number for name, number in found.items() if name[0] == _RESTARTS)
    for name in sorted(expected.keys() | counted):
        report.held(FIGURES)
        wanted, told = expected.get(name, 0), found.get(name, 0)
        if told == wanted or (restarted and told < wanted):
            continue
        report.breach(
            FIGURES,
            f"{name[0]} of {name[1]} is not what the topics amount to",
            expected=f"at most {wanted}" if restarted else wanted,
            found=told,
        )
