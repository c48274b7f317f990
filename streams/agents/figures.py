"""The worker's figures: what a stretch of a run tells the meter.

Decides how counts of the core become metrics of the catalogue; refuses to know how figures are
shown.
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from schemas.metrics import Meter

_STAGES = ("fold", "state", "outputs")


def tell(
    meter: Meter,
    counts: Mapping[str, int],
    records: int,
    times: tuple[float, float, float, float],
) -> None:
    """One stretch: its counts, its size, and the moments (seconds) that its stages lie between."""
    meter.count("lumbung_runs_total")
    meter.observe("lumbung_run_records", records)
    for stage, (begun, ended) in zip(_STAGES, pairwise(times), strict=True):
        meter.observe("lumbung_run_seconds", ended - begun, stage=stage)
    for figure, number in counts.items():
        name, labels = parsed(figure)
        meter.count(name, number, **labels)


@cache
def parsed(figure: str) -> tuple[str, Mapping[str, str]]:
    """``name{a=b,c=d}`` as the name and its labels."""
    name, _, rest = figure.partition("{")
    pairs = (pair.partition("=") for pair in rest.rstrip("}").split(",") if pair)
    return name, {label: value for label, _, value in pairs}
