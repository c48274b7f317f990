"""The checker's own reading of sayings: it comes to the promised verdicts without the program."""

import ast
from pathlib import Path

import pytest

from deploy.verify.bodies import BodyReader
from deploy.verify.goods import load
from deploy.verify.lines import LINES_MAX, LineReader
from deploy.verify.log import LogRecord
from deploy.verify.sayings import read
from deploy.verify.shapes import REPORT, TICK
from schemas import reference
from schemas.topics import EVENTS
from tests.support.case import Case
from tests.support.corpus import CASES
from tests.support.sayings import HOME, NOW_MS, PARTITIONS

VERIFY = Path(__file__).resolve().parents[2] / "deploy" / "verify"
KNOWN = load()
LINES = LineReader(KNOWN)
BODIES = BodyReader(KNOWN, LINES, f"{EVENTS}/{HOME}/")


def verdict_of(case: Case) -> str:
    at = NOW_MS if case.timestamp_ms is None else case.timestamp_ms
    record = LogRecord(case.partition, 0, at, case.key, case.value)
    said = read(record, PARTITIONS, KNOWN)
    if said is None or (said.type != TICK and not BODIES.is_sound(said)):
        return "rejected"
    if said.type != REPORT:
        return "accepted"
    if not 1 <= len(said.data["lines"]) <= LINES_MAX:
        return "rejected"
    return "line_rejected" if None in LINES.read(said, {}) else "accepted"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_gets_the_promised_verdict(case: Case) -> None:
    assert verdict_of(case) == case.verdict


def test_units_grades_and_hubs_are_those_of_the_files() -> None:
    table, catalogue, register = reference.units(), reference.catalogue(), reference.register()
    for commodity in catalogue.commodities:
        for unit in table.names(commodity):
            assert KNOWN.units[commodity, unit] == table.micro_per_unit(commodity, unit)
        for grade in catalogue.scale(commodity):
            assert KNOWN.rank(commodity, grade.code) == grade.rank
    assert len(KNOWN.units) == sum(len(table.names(c)) for c in catalogue.commodities)
    assert {hub: zone.utc_offset_hours for hub, zone in register.hubs.items()} == dict(KNOWN.hubs)
    assert len(KNOWN.villages) == len(register)


def test_the_checker_shares_no_code_with_what_it_checks() -> None:
    allowed = {"schemas.topics"}
    imported = set()
    for path in VERIFY.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    rooms = ("streams", "sinks", "producers", "schemas")
    assert {name for name in imported if name.split(".")[0] in rooms} <= allowed
