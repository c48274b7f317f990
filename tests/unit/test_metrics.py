"""The catalogue of figures, the registry made from it, and the page that shows it."""

import ast
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.document_metrics import PAGE
from deploy.telemetry import SERIES_MAX, PrometheusMeter, export
from schemas.metrics import BY_NAME, CATALOGUE, Kind, as_markdown

ROOT = Path(__file__).parents[2]
FIGURE = re.compile(r"lumbung_[a-z_]+(\{[a-z_=,{}A-Z.-]*\})?")
METER_CALLS = {"count": Kind.COUNTER, "observe": Kind.HISTOGRAM, "set": Kind.GAUGE}


def told() -> Iterator[tuple[str, Kind, str, set[str]]]:
    """Every figure that a meter is told by a literal name: where, how, which, its labels."""
    for room in ("streams", "sinks", "producers", "deploy"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(attr=verb),
                        args=[ast.Constant(value=str(name)), *_],
                        keywords=keywords,
                    ) if verb in METER_CALLS and FIGURE.fullmatch(name):
                        labels = {word.arg for word in keywords if word.arg}
                        yield f"{path.name}:{node.lineno}", METER_CALLS[verb], name, labels


def test_every_figure_that_is_told_is_in_the_catalogue_as_it_is_told() -> None:
    calls = list(told())
    assert len(calls) > 3
    wrong = [
        f"{where}: {name}"
        for where, kind, name, labels in calls
        if name not in BY_NAME
        or BY_NAME[name].kind is not kind
        or not labels <= set(BY_NAME[name].labels)
    ]
    assert wrong == []


def test_names_follow_the_habits_of_prometheus() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    for metric in CATALOGUE:
        assert metric.name.startswith("lumbung_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM), metric.name
        if metric.name.endswith("_seconds"):
            assert metric.unit == "seconds"


def test_the_page_of_figures_is_made_from_the_catalogue() -> None:
    assert PAGE.read_text("utf-8") == as_markdown()


def test_what_a_process_tells_is_what_it_shows() -> None:
    meter = PrometheusMeter()
    meter.count("lumbung_records_total", 3, verdict="accepted")
    meter.count("lumbung_records_total", verdict="accepted")
    meter.set("lumbung_worker_ready", 7)
    meter.observe("lumbung_run_records", 5)
    exporter = export(meter)
    try:
        url = f"http://127.0.0.1:{exporter.port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            page = answer.read().decode()
    finally:
        exporter.close()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert samples["lumbung_records_total", "accepted"] == 4
    assert samples["lumbung_worker_ready",] == 7
    assert samples["lumbung_run_records_bucket", "10.0"] == 1
    assert samples["lumbung_run_records_bucket", "3.0"] == 0


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    first = export(PrometheusMeter())
    second = export(PrometheusMeter(), port=first.port)
    try:
        assert second.port != first.port
    finally:
        first.close()
        second.close()


def test_a_label_that_explodes_ends_in_one_series_called_other() -> None:
    meter = PrometheusMeter()
    for number in range(SERIES_MAX + 50):
        meter.count("lumbung_dead_letters_total", reason=f"r{number}")
    family = next(f for f in meter.registry.collect() if f.name == "lumbung_dead_letters")
    values = {s.labels["reason"]: s.value for s in family.samples if s.name.endswith("_total")}
    assert len(values) == SERIES_MAX + 1
    assert values["other"] == 50


@pytest.mark.parametrize("labels", [{}, {"wrong": "x"}, {"verdict": "x", "more": "y"}])
def test_labels_outside_the_catalogue_are_a_broken_program(labels: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="has labels"):
        PrometheusMeter().count("lumbung_records_total", **labels)


def test_every_figure_of_the_catalogue_is_told_by_some_process() -> None:
    rooms = ("streams", "sinks", "producers", "deploy")
    code = "".join(p.read_text("utf-8") for room in rooms for p in (ROOT / room).rglob("*.py"))
    assert [metric.name for metric in CATALOGUE if metric.name not in code] == []
