"""Letters on the bench: what can be changed, what would become of them, and what is noted."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from deploy import audit
from deploy.errors import CheckFailed, UsageError
from deploy.mend import DEVICE, Bench, Fault, Repair, changed, document_of
from deploy.picking import Chosen, moment, selection
from deploy.redrive import Redrive, Verdict, verdicts
from producers.address import Address
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Sent
from producers.ticks import tick_value
from schemas.errors import Reason
from schemas.market import Done, LegSide, Release, written
from schemas.reason_words import REASON_WORDS
from schemas.topics import EVENTS, MARKET
from sinks.queries.letters import Letter
from tests.support.sayings import (
    COOP,
    COUNTED,
    HOME,
    NOW_MS,
    PARTITIONS,
    PROFILE,
    RECEIVED,
    encoded,
    envelope,
    report,
)

BENCH = Bench(PARTITIONS, NOW_MS)
BAD = {**RECEIVED, "unit": "PELUKAN"}
RELEASE = Release(
    match="A" * 16, side=LegSide.OFFER, hub="19.02", family="PEPPER", version=7, generation=1
)
DONE = Done(partition=HOME, tick=3, version=9)


def letter(payload: bytes, line: int = 0, **more: Any) -> Letter:
    identity = f"{COOP}:hp1:42#{line}" if line else f"{EVENTS}/{HOME}/7"
    fields: dict[str, Any] = {
        "identity": identity,
        "topic": EVENTS,
        "partition": HOME,
        "offset": 7,
        "line": line,
        "reason": "unknown_unit",
        "field": "",
        "coop": COOP,
        "recorded_ms": NOW_MS,
        "payload": payload,
        "repaired_by": "",
        "said_ms": NOW_MS - 3_600_000,
        "event_type": "",
    }
    return Letter(**fields | more)


# ------------------------------------------------------------------ the document
def test_a_line_is_changed_as_it_is_and_a_report_by_co_op_time_and_lines() -> None:
    assert document_of(letter(encoded(BAD), 2), NOW_MS) == BAD
    whole = document_of(letter(encoded(report(BAD))), NOW_MS)
    assert (whole["coop"], whole["lines"]) == (COOP, [BAD])
    torn = document_of(letter(b"{torn", coop=""), NOW_MS)
    assert (torn["coop"], torn["lines"]) == ("", [])


@pytest.mark.parametrize(
    "other",
    [
        letter(encoded(envelope("profile", PROFILE))),
        letter(encoded(report(BAD)), identity=f"{COOP}:hp1:42#0"),
        letter(written(RELEASE, NOW_MS)),
        letter(b'{"type":"lumbung.leg.v1","torn":1}', identity=f"{MARKET}/{HOME}/7", topic=MARKET),
    ],
)
def test_what_is_no_report_is_not_repaired_by_one(other: Letter) -> None:
    with pytest.raises(CheckFailed, match="LB-D002"):
        document_of(other, NOW_MS)


def test_what_hubs_and_market_said_to_each_other_is_not_said_again_by_hand() -> None:
    said = [
        letter(written(RELEASE, NOW_MS)),
        letter(written(DONE, NOW_MS), identity=f"{MARKET}/{HOME}/7", topic=MARKET),
        letter(tick_value(3, NOW_MS), identity=f"{MARKET}/{HOME}/8", topic=MARKET),
    ]
    with create_engine("sqlite://").connect() as nothing:
        found = verdicts(nothing, said, BENCH)
    assert [(verdict.now, verdict.sendable) for verdict in found] == [
        ("of_the_market", False),
        ("of_the_market", False),
        ("of_the_clock", False),
    ]


def test_fields_are_set_as_text_or_as_json_and_left_out() -> None:
    whole = {"coop": COOP, "lines": [{"kind": "order.amended", "revision": 1, "colour": "red"}]}
    made = changed(whole, ["lines.1.revision:=2", "lines.1.quantity=3"], ["lines.1.colour"])
    assert made["lines"] == [{"kind": "order.amended", "revision": 2, "quantity": "3"}]
    assert whole["lines"] == [{"kind": "order.amended", "revision": 1, "colour": "red"}]
    assert changed(whole, [], ["lines.1"])["lines"] == []


@pytest.mark.parametrize("said", ["unit", "=KG", "lines.2.unit=KG", "no.such=1", "unit:=KG"])
def test_a_field_that_is_not_there_or_not_said_is_told(said: str) -> None:
    with pytest.raises(UsageError, match="LB-U030"):
        changed({"lines": [{}]}, [said], [])


# ------------------------------------------------------------------ judging
def test_a_repair_speaks_of_the_time_of_the_original() -> None:
    made = BENCH.repaired(letter(encoded(BAD), 2), {**BAD, "unit": "KG"})
    assert isinstance(made, Repair)
    assert (made.coop, made.said_ms, made.repairs) == (
        COOP,
        NOW_MS - 3_600_000,
        f"{COOP}:hp1:42#2",
    )
    whole = letter(encoded(report(RECEIVED)))
    again = BENCH.repaired(whole, document_of(whole, NOW_MS))
    assert isinstance(again, Repair)
    assert again.said_ms == NOW_MS


def test_what_is_wrong_is_told_by_field_and_in_two_languages() -> None:
    faults = BENCH.repaired(letter(encoded(BAD), 2), BAD)
    assert faults == [Fault("unit", "unknown_unit", *REASON_WORDS[Reason.UNKNOWN_UNIT])]
    whole = {"coop": COOP, "lines": [RECEIVED, BAD, {"kind": "dance"}]}
    found = BENCH.repaired(letter(b"{"), whole)
    assert isinstance(found, list)
    assert [(fault.field, fault.reason) for fault in found] == [
        ("lines.2.unit", "unknown_unit"),
        ("lines.3.kind", "unknown_kind"),
    ]


def test_packs_that_the_co_op_has_declared_count() -> None:
    line = {**RECEIVED, "commodity": "BERAS-MED", "unit": "KARUNG"}
    bench = Bench(PARTITIONS, NOW_MS, lambda coop: json.dumps({**PROFILE, "coop": coop}))
    assert isinstance(BENCH.repaired(letter(encoded(line), 1), line), list)
    assert isinstance(bench.repaired(letter(encoded(line), 1), line), Repair)


def test_a_record_of_another_partition_can_be_said_anew_but_not_repaired() -> None:
    away = letter(b"{", partition=HOME + 1, identity=f"{EVENTS}/{HOME + 1}/7")
    document = {"coop": COOP, "lines": [COUNTED]}
    assert not BENCH.is_within_reach(away, COOP)
    assert isinstance(BENCH.repaired(away, document), list)
    made = BENCH.repaired(away, document, bound=False)
    assert isinstance(made, Repair)
    assert made.repairs == ""


# ------------------------------------------------------------------ saying again
class Broker:
    """Takes everything, and remembers."""

    partitions = PARTITIONS

    def __init__(self) -> None:
        self.said: list[Outgoing] = []

    def publish(self, records: list[Outgoing]) -> list[Sent]:
        self.said += records
        return [Sent(record.partition, 0, NOW_MS) for record in records]

    publish_all = publish


def test_letters_are_said_again_at_their_rate_byte_for_byte_and_each_is_noted(
    tmp_path: Path,
) -> None:
    whole = [
        Verdict(letter(b"%d" % n), "accepted", address=Address(b"k", HOME)) for n in range(10)
    ]
    line = BENCH.repaired(letter(encoded(BAD), 2), {**BAD, "unit": "KG"})
    assert isinstance(line, Repair)
    broker, waits, now = Broker(), list[float](), [0.0]

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    with Outbox(tmp_path / "outbox.db") as outbox:
        sending = Redrive(tmp_path, outbox, broker, 20.0, lambda: now[0], sleep)  # type: ignore[arg-type]  # a broker of paper
        sending.run([*whole, Verdict(letter(encoded(BAD), 2), "accepted", line)])
        assert outbox.pending() == []
    assert [record.value for record in broker.said[:10]] == [b"%d" % n for n in range(10)]
    repair = json.loads(broker.said[10].value)["data"]
    assert (repair["device"], repair["repairs"]) == (DEVICE, f"{COOP}:hp1:42#2")
    assert sum(waits) == pytest.approx(0.4)  # four a turn, five turns a second
    noted = audit.entries(tmp_path)
    assert len(noted) == 11
    assert noted[-1]["report"] == f"{COOP}:{DEVICE}:1"


# ------------------------------------------------------------------ choosing, noting
def test_a_moment_is_so_long_ago_or_a_time_with_its_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deploy.picking.now_ms", lambda: NOW_MS)
    assert moment("2h") == NOW_MS - 7_200_000
    assert moment("2026-11-22T07:00:00+07:00") == NOW_MS
    assert selection(Chosen(since="3d")).since_ms == NOW_MS - 3 * 86_400_000
    assert moment("") == 0
    with pytest.raises(UsageError, match="LB-U003"):
        moment("yesterday")


def test_an_act_that_was_changed_or_taken_out_is_noticed(tmp_path: Path) -> None:
    for n in range(3):
        audit.note(tmp_path, "edit", letter=f"x#{n}")
    assert audit.broken_at(tmp_path) == 0
    lines = (tmp_path / audit.NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / audit.NAME).write_bytes(lines[0] + lines[2])
    assert audit.broken_at(tmp_path) == 2
    (tmp_path / audit.NAME).write_bytes(lines[0].replace(b"x#0", b"y#0") + lines[1])
    assert audit.broken_at(tmp_path) == 2
