"""What `get`, `trace`, the summary and the live table read from a warehouse."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from sinks.engines import reading
from sinks.queries.board import HubLine, board
from sinks.queries.listing import (
    LISTINGS,
    NAMES,
    Filters,
    UnknownFilter,
    dead_letter,
    get,
    last_reports,
)
from sinks.queries.summary import summary
from sinks.queries.trace import LINES_MAX, Trace, trace
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, HUB, NOW_MS, OTHER, laid, write
from tests.support.warehouses import fresh

OFFER, NEED, MATCH = f"{COOP}|LADA-PUTIH|A|", f"{OTHER}|PO-17", "ABCDEFGHIJKLMNOP"
COUNTED, CONVERTED, PLACED = f"{COOP}:hp1:0", f"{COOP}:hp1:1", f"{OTHER}:hp1:2"
STORY = [
    derived.ledger(0, lines=[derived.line(COUNTED)], positions=[derived.position(1)]),
    derived.ledger(
        1,
        lines=[
            derived.line(
                CONVERTED, 4, line_id=f"{CONVERTED}#4.1", commodity="PADI", quantity="-9"
            ),
            derived.line(CONVERTED, 4, line_id=f"{CONVERTED}#4.2", commodity="GABAH"),
            derived.line(CONVERTED, 42, commodity="BERAS"),
        ],
        positions=[
            derived.position(2, "-9", commodity="PADI"),
            derived.position(2, commodity="GABAH"),
            derived.position(2, commodity="BERAS", lot="L"),
        ],
    ),
    derived.ledger(
        2,
        coop=OTHER,
        lines=[derived.line(PLACED, kind="order.placed", order="PO-17", quantity="50")],
        orders=[derived.order(3)],
    ),
    derived.ledger(3, "duplicate", sequence=0),
    derived.ledger(4, "rejected", event_id="", coop="", hub="", reason="json_malformed"),
    derived.match(5),
    derived.why_not(5, [NEED]),
    derived.demand(5, [("A", "50")]),
    derived.dead_letter(4, coop="", payload=b"{broken\xff"),
    derived.dead_letter(1, f"{CONVERTED}#9", b'{"kind":"?"}', line=9, reason="unknown_kind"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = fresh(tmp_path_factory.mktemp("queries"))
    with open_warehouse(made) as warehouse:
        write(warehouse, laid(STORY))
    return made


@pytest.fixture
def db(url: str) -> Iterator[Connection]:
    with reading(url) as connection:
        yield connection


def ids(found: list[dict[str, object]], column: str) -> list[object]:
    return [row[column] for row in found]


def test_the_summary_adds_up(db: Connection) -> None:
    found = summary(db)
    assert found == {
        "read": 5,
        "accepted": 3,
        "duplicate": 1,
        "rejected": 1,
        "dead_letters": 2,
        "lines": 5,
        "positions": 4,
        "orders": 1,
        "matches": 1,
        "coops_heard": 2,
        "faults": 0,
        "matches_by_state": {"proposed": 1},
    }


def test_every_listing_can_be_shown_as_json(db: Connection) -> None:
    for name in NAMES:
        found = get(db, name, Filters(limit=3))
        assert found, name
        json.dumps(found)


@pytest.mark.parametrize(
    ("name", "filters", "column", "expected"),
    [
        ("coops", Filters(hub=HUB, limit=2), "coop", [COOP, OTHER]),
        ("demand", Filters(hub=HUB), "demand", [50]),
        ("demand", Filters(horizon="7d"), "demand", []),
        ("supply", Filters(commodity="LADA-PUTIH"), "supply", [5.5]),
        ("positions", Filters(commodity="PADI"), "on_hand", [-9]),
        ("orders", Filters(coop=OTHER, state="open"), "order_no", ["PO-17"]),
        ("orders", Filters(state="cancelled"), "order_no", []),
        ("matches", Filters(coop=OTHER), "match_id", [MATCH]),
        ("matches", Filters(hub="11.01"), "match_id", []),
        ("unmatched", Filters(state="no_leg"), "line", [NEED]),
        ("deadletters", Filters(state="unknown_kind"), "payload", ['{"kind":"?"}']),
        ("deadletters", Filters(state="json_malformed"), "payload", ["{broken\\xff"]),
    ],
)
def test_a_listing_is_filtered(
    db: Connection, name: str, filters: Filters, column: str, expected: list[object]
) -> None:
    assert ids(get(db, name, filters), column) == expected


def test_a_filter_that_does_not_apply_is_refused_and_not_ignored(db: Connection) -> None:
    with pytest.raises(UnknownFilter, match="coops cannot be chosen by commodity"):
        get(db, "coops", Filters(commodity="LADA-PUTIH"))
    with pytest.raises(UnknownFilter):
        get(db, "hubs", Filters(state="open"))


def test_filters_take_hostile_words_as_words(db: Connection) -> None:
    for name, listing in LISTINGS.items():
        for each in listing.filters:
            hostile: dict[str, Any] = {each: "' OR 1=1 --"}
            assert get(db, name, Filters(**hostile)) == []


def test_hubs_tell_how_many_of_their_coops_have_spoken(db: Connection) -> None:
    first, second = get(db, "hubs", Filters(limit=2))
    assert (first["hub"], first["coops"], first["coops_heard"]) == (HUB, 49, 2)
    assert first["last_report_ms"] == NOW_MS
    assert (second["coops_heard"], second["last_report_ms"]) == (0, None)
    assert last_reports(db) == {HUB: NOW_MS}


def test_a_dead_letter_gives_its_original_bytes(db: Connection) -> None:
    letter = dead_letter(db, "lumbung.events.v1/0/4")
    assert letter is not None
    assert letter["payload"] == b"{broken\xff"
    assert dead_letter(db, "nothing") is None


def test_the_live_table_counts_each_hub(db: Connection) -> None:
    assert board(db) == [
        HubLine(
            hub=HUB,
            name="Kabupaten Belitung",
            lines=5,
            coops_heard=2,
            offers_open=3,
            needs_open=1,
            matches=1,
            matches_live=1,
            dead_letters=1,
            last_report_ms=NOW_MS,
        )
    ]
    assert [each.lines for each in board(db, ["36.01", HUB])] == [0, 5]


def related(found: Trace) -> tuple[str, list[object], list[str], list[str]]:
    return (
        found.kind,
        ids(found.matches, "match_id"),
        sorted(map(str, ids(found.lines, "line_id"))),
        sorted(map(str, ids(found.events, "event_id"))),
    )


def test_a_match_leads_up_to_the_reports_of_both_sides(db: Connection) -> None:
    found = trace(db, MATCH)
    lines, events = [f"{COUNTED}#1", f"{PLACED}#1"], [COUNTED, COUNTED, PLACED]
    assert related(found) == ("match", [MATCH], lines, events)
    assert ids(found.positions, "offer") == [OFFER]
    assert ids(found.orders, "order_id") == [NEED]
    assert ids(found.history, "state") == ["proposed"]
    assert ids(found.unmatched, "line") == [NEED]


@pytest.mark.parametrize(
    ("name", "kind", "lines", "events"),
    [
        (OFFER, "offer", [f"{COUNTED}#1"], [COUNTED, COUNTED]),
        (NEED, "order", [f"{PLACED}#1"], [PLACED]),
        (f"{COUNTED}#1", "line", [f"{COUNTED}#1"], [COUNTED, COUNTED]),
        (COUNTED, "event", [f"{COUNTED}#1"], [COUNTED, COUNTED]),
        (PLACED, "event", [f"{PLACED}#1"], [PLACED]),
    ],
)
def test_everything_behind_a_match_leads_down_to_it(
    db: Connection, name: str, kind: str, lines: list[str], events: list[str]
) -> None:
    assert related(trace(db, name)) == (kind, [MATCH], lines, events)


def test_a_conversion_is_traced_with_all_its_parts_and_no_other_line(db: Connection) -> None:
    found = trace(db, f"{CONVERTED}#4")
    assert ids(found.lines, "line_id") == [f"{CONVERTED}#4.1", f"{CONVERTED}#4.2"]
    assert sorted(map(str, ids(found.positions, "commodity"))) == ["GABAH", "PADI"]
    assert found.matches == []


def test_a_broken_line_leads_to_its_report_and_a_broken_record_to_its_bytes(
    db: Connection,
) -> None:
    line = trace(db, f"{CONVERTED}#9")
    assert (line.kind, ids(line.events, "event_id")) == ("dead letter", [CONVERTED])
    assert ids(trace(db, CONVERTED).dead_letters, "identity") == [f"{CONVERTED}#9"]
    record = trace(db, "lumbung.events.v1/0/4")
    assert (record.kind, ids(record.dead_letters, "reason")) == ("dead letter", ["json_malformed"])
    assert ids(record.events, "verdict") == ["rejected"]


@pytest.mark.parametrize("name", ["", "x", "a|b|c|d", "x#1", "'; DROP TABLE match_; --", "%"])
def test_an_id_of_nothing_finds_nothing(db: Connection, name: str) -> None:
    assert trace(db, name) == Trace(name)


def test_a_position_of_very_many_lines_shows_the_newest_and_says_so(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    count = LINES_MAX + 5
    values = [
        derived.ledger(
            n,
            occurred_ms=NOW_MS + n,
            lines=[derived.line(f"{COOP}:hp1:{n}")],
            positions=[derived.position(n + 1)],
        )
        for n in range(count)
    ]
    with open_warehouse(url) as warehouse:
        write(warehouse, laid(values))
    with reading(url) as connection:
        found = trace(connection, OFFER)
    assert found.cut
    assert len(found.lines) == LINES_MAX
    assert found.lines[0]["sequence"] == count - 1
