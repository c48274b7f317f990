"""The warehouse on real SQLite: what is written, what readers see, who may write, what fails how.

With LUMBUNG_TEST_POSTGRES (a URL of an empty database) the same story is told to PostgreSQL.
"""

import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, make_url, text
from sqlalchemy.schema import CreateTable

from sinks.compare import compare, digests
from sinks.engines import reading, writer_engine
from sinks.errors import WarehouseBusy, WarehouseError
from sinks.queries.contracts import on_contracts
from sinks.rows import SHAPES
from sinks.schema import HEAD, alembic_config, upgrade
from sinks.tables import METADATA
from sinks.upsert import GROUPS, offset_sql, prune_sql, upsert_sql
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.warehouses import ask, fresh, on_postgresql

ROOT = Path(__file__).parents[2]
EVENT = f"{COOP}:hp1:0"
STORY = [
    derived.ledger(
        0,
        lines=[derived.line(EVENT, 1), derived.line(EVENT, 2, line_id=f"{EVENT}#2.1", lot="L")],
        positions=[derived.position(1, "120", keep="10", expires_day=20_700)],
    ),
    derived.ledger(1, coop=OTHER, orders=[derived.order(2, "50")]),
    derived.ledger(2, "duplicate", sequence=0),
    derived.ledger(3, "rejected", event_id="", coop="", hub="", reason="json_malformed"),
    derived.ledger(4, event_type="lumbung.tick.v1", coop="", device=""),
    derived.ledger(5, voided=[f"{EVENT}#2"]),
    derived.demand(1, [("A", "50"), ("B", "1")]),
    derived.demand(2, [("A", "50")]),
    derived.match(6, "accepted", shipped_quantity="20", steps=("proposed", "accepted")),
    derived.why_not(6, [f"{OTHER}|PO-17"]),
    derived.dead_letter(3, payload=b"{\xff"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh(tmp_path) if request.param == "sqlite" else on_postgresql()


def test_the_views_show_the_story_in_base_units_and_utc(url: str) -> None:
    with open_warehouse(url) as warehouse:
        write(warehouse, laid(STORY))
    (held,) = ask(url, "SELECT * FROM v_position")
    # 120 there, 50 promised of which 20 have left, 10 kept back
    assert (held["on_hand"], held["committed"], held["available"]) == (120, 30, 80)
    assert (held["shortfall"], held["version"]) == (0, 1)
    assert str(held["expires_on"]) == "2026-09-04"
    assert "2026-11-18" in str(held["last_report_at"])
    (asked,) = ask(url, "SELECT * FROM v_order")
    assert (asked["quantity"], asked["open"], asked["delivered"]) == (50, 50, 0)
    assert asked["ceiling_price"] == 110_000
    (wanted,) = ask(url, "SELECT * FROM v_hub_demand")
    assert (wanted["grade"], wanted["demand"], wanted["supply"]) == ("A", 50, 5.5)
    (match,) = ask(url, "SELECT * FROM v_match")
    assert (match["state"], match["price"], match["why"]) == ("accepted", 100_000, "paling dekat")
    assert match["certified"]
    assert match["ship_by"] is None
    steps = ask(url, "SELECT state, actor, reason FROM v_match_history ORDER BY step")
    assert [step["state"] for step in steps] == ["proposed", "accepted"]
    (letter,) = ask(url, 'SELECT payload, "partition", "offset" FROM v_dead_letter')
    assert (bytes(letter["payload"]), letter["partition"], letter["offset"]) == (b"{\xff", 0, 3)
    lines = ask(url, "SELECT line_id, quantity, voided FROM v_ledger ORDER BY line_id")
    assert [(line["line_id"][-3:], bool(line["voided"])) for line in lines] == [
        ("0#1", False),
        ("2.1", True),
    ]
    (coop,) = ask(url, f"SELECT * FROM v_cooperative WHERE coop = '{COOP}'")
    assert (coop["hub"], coop["kind"], coop["hub_name"]) == ("19.02", "desa", "Kabupaten Belitung")
    assert coop["last_report_at"] is not None


CONTRACT = {
    "v_position": "coop hub commodity grade lot unit on_hand committed available shortfall"
    " expires_on version last_report_at",
    "v_ledger": "line_id coop device sequence kind commodity grade lot quantity unit occurred_at"
    " recorded_at voided",
    "v_order": "order_id coop hub commodity grade market quantity unit open delivered"
    " ceiling_price needed_by priority state",
    "v_hub_demand": "hub commodity stage grade market horizon unit supply planned demand matched"
    " gap freshest_at stalest_at",
    "v_match": "match_id tier state commodity to_commodity grade quantity unit from_coop from_hub"
    " to_coop to_hub partner price leg_cost certified at_risk ship_by arrive_by expires_at"
    " shipped_quantity received_quantity refused_quantity payment why",
    "v_match_history": "match_id state at actor reason",
    "v_dead_letter": "identity topic partition offset line reason field coop payload",
    "v_cooperative": "coop hub kind last_report_at",
}


@pytest.mark.parametrize("view", CONTRACT)
def test_a_public_view_has_the_columns_of_its_contract(view: str, tmp_path: Path) -> None:
    with reading(fresh(tmp_path)) as connection:
        columns = list(connection.execute(text(f"SELECT * FROM {view}")).keys())
    assert columns[: len(CONTRACT[view].split())] == CONTRACT[view].split()


def test_writing_everything_again_changes_nothing(url: str) -> None:
    with open_warehouse(url) as warehouse:
        write(warehouse, laid(STORY))
        before = digests(url)
        again = laid(
            STORY, {topic: at.next_offset for (topic, _), at in warehouse.reached.items()}
        )
        write(warehouse, reversed(again))
    assert digests(url) == before


def test_an_older_version_changes_nothing_and_a_newer_one_replaces_every_row(url: str) -> None:
    with open_warehouse(url) as warehouse:
        write(warehouse, laid([derived.demand(5, [("A", "1"), ("B", "2")])]))
        at = {topic: at.next_offset for (topic, _), at in warehouse.reached.items()}
        write(warehouse, laid([derived.demand(4, [("C", "3")])], at))
        assert [row["grade"] for row in ask(url, "SELECT grade FROM v_hub_demand ORDER BY 1")] == [
            "A",
            "B",
        ]
        at = {topic: at.next_offset for (topic, _), at in warehouse.reached.items()}
        write(warehouse, laid([derived.demand(6, [("C", "3")])], at))
    assert [row["grade"] for row in ask(url, "SELECT grade FROM v_hub_demand")] == ["C"]


def test_an_accepted_record_read_again_by_a_forgetful_worker_stays_accepted(url: str) -> None:
    with open_warehouse(url) as warehouse:
        write(warehouse, laid([derived.ledger(0), derived.ledger(0, "duplicate")]))
    assert [row["verdict"] for row in ask(url, "SELECT verdict FROM judgement")] == ["accepted"]


def test_the_lowest_offset_of_a_dead_letter_counts(url: str) -> None:
    letters = [derived.dead_letter(n, "x#1", str(n).encode()) for n in (7, 3, 9)]
    with open_warehouse(url) as warehouse:
        for record in laid(letters):
            write(warehouse, [record])
    assert [bytes(row["payload"]) for row in ask(url, "SELECT payload FROM v_dead_letter")] == [
        b"3"
    ]


def test_an_unreadable_record_is_kept_and_stops_nothing(url: str) -> None:
    broken = laid([derived.demand(1)])[0]._replace(value=b"\xff\x00")
    good = laid([derived.demand(2)], {broken.topic: 1})
    with open_warehouse(url) as warehouse:
        batch = write(warehouse, [broken, *good])
        assert batch.faults == 1
    (fault,) = ask(url, "SELECT * FROM sink_fault")
    assert (fault["topic"], fault["offset"], bytes(fault["value"])) == (
        broken.topic,
        0,
        b"\xff\x00",
    )
    assert len(ask(url, "SELECT * FROM v_hub_demand")) == 1


def test_a_batch_that_fails_leaves_neither_rows_nor_offsets(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    with open_warehouse(url) as warehouse:
        write(warehouse, laid([derived.demand(1)]))
        known = dict(warehouse.reached)
        warehouse._connection.exec_driver_sql("PRAGMA max_page_count = 10")
        warehouse._connection.commit()
        letters = [derived.dead_letter(n, payload=bytes(200_000)) for n in range(50)]
        with pytest.raises(WarehouseError) as full:
            write(warehouse, laid(letters))
        assert (full.value.code, full.value.passing) == ("LB-W005", True)
        assert warehouse.reached == known
        warehouse.reopen()
        assert warehouse.reached == known
        write(warehouse, laid(letters))
    assert len(ask(url, "SELECT identity FROM dead_letter")) == 50


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    code = (
        "import sys\n"
        "from sinks.errors import WarehouseBusy\n"
        "from sinks.warehouse import open_warehouse\n"
        "try:\n"
        "    with open_warehouse(sys.argv[1], wait_seconds=0.2): pass\n"
        "except WarehouseBusy as busy: print(busy)\n"
    )
    command_line = [sys.executable, "-c", code, url]
    with open_warehouse(url):
        held = subprocess.run(command_line, cwd=ROOT, check=True, capture_output=True)
    assert f"process {os.getpid()}" in held.stdout.decode()
    free = subprocess.run(command_line, cwd=ROOT, check=True, capture_output=True)
    assert free.stdout == b""


def test_nobody_migrates_under_a_writer(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    with open_warehouse(url):
        upgrade(url, wait_seconds=0)  # nothing to do, so no lock is asked for
        with reading(url) as connection, pytest.raises(Exception, match=r"readonly|read-only"):
            connection.execute(text("DELETE FROM meta"))
        marker = sqlite3.connect(tmp_path / "warehouse.db")
        marker.execute("UPDATE meta SET value = 'older register'")
        marker.commit()
        marker.close()
        with pytest.raises(WarehouseBusy):
            upgrade(url, wait_seconds=0)
    upgrade(url)
    (count,) = ask(url, "SELECT COUNT(*) AS n FROM v_cooperative")
    assert count["n"] == 83_762


def test_a_reader_never_checkpoints_even_as_the_last_to_leave(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    code = (
        "import os, sys\n"
        "from tests.support import derived\n"
        "from sinks.warehouse import open_warehouse\n"
        "with open_warehouse(sys.argv[1]) as warehouse:\n"
        "    derived.write(warehouse, derived.laid([derived.demand(1)]))\n"
        "    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, check=True)
    log = tmp_path / "warehouse.db-wal"
    size = log.stat().st_size
    assert size > 0
    assert len(ask(url, "SELECT * FROM v_hub_demand")) == 1
    assert log.stat().st_size == size


def test_a_database_of_no_or_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(WarehouseError, match="LB-W009"), reading(url):
        pass
    with pytest.raises(WarehouseError, match="LB-W003"), open_warehouse(url):
        pass
    (tmp_path / "text.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(WarehouseError) as broken, open_warehouse(f"sqlite:///{tmp_path}/text.db"):
        pass
    assert (broken.value.code, broken.value.passing) == ("LB-W004", False)


def test_two_warehouses_differ_where_a_row_differs_and_offsets_do_not_matter(
    tmp_path: Path,
) -> None:
    urls = [fresh(tmp_path, f"{name}.db") for name in "abc"]
    stories = (STORY, [*STORY[::-1]], [*STORY, derived.demand(9, [("A", "51")])])
    for url, story in zip(urls, stories, strict=True):
        with open_warehouse(url) as warehouse:
            write(warehouse, laid(story))
    assert compare(urls[0], urls[1]) == []
    assert compare(urls[0], urls[2]) == ["demand_head", "hub_demand"]


def test_without_versions_the_place_in_the_log_does_not_matter(tmp_path: Path) -> None:
    a, b = fresh(tmp_path, "a.db"), fresh(tmp_path, "b.db")
    for url, shift in ((a, 0), (b, 40)):
        story = [
            derived.ledger(
                shift,
                sequence=1,
                lines=[derived.line(EVENT)],
                positions=[derived.position(shift + 1)],
            ),
            derived.dead_letter(shift + 2),
        ]
        with open_warehouse(url) as warehouse:
            write(warehouse, laid(story))
    assert "position" in compare(a, b)
    assert compare(a, b, versions=False) == []


def test_the_migrations_make_exactly_the_tables_of_the_program(tmp_path: Path) -> None:
    engine = writer_engine(fresh(tmp_path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD
    engine.dispose()


def test_contracts_are_found_without_looking_at_all_that_was_said(tmp_path: Path) -> None:
    engine, asked = writer_engine(fresh(tmp_path)), list[tuple[str, Any]]()

    @event.listens_for(engine, "before_cursor_execute")
    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with engine.connect() as connection:
        on_contracts(connection, date(2026, 11, 23))
        statement, parameters = asked[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        assert [row[3] for row in plan] == ["SCAN judgement USING INDEX judgement_of_contracts"]
    engine.dispose()


def test_the_migrations_go_back_and_forth(tmp_path: Path) -> None:
    url = fresh(tmp_path)
    engine = writer_engine(url)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    engine.dispose()
    assert [row["name"] for row in ask(url, "SELECT name FROM sqlite_master")] == [
        "alembic_version",
        "sqlite_autoindex_alembic_version_1",
    ]
    upgrade(url)
    assert ask(url, "SELECT * FROM v_match") == []


def test_every_statement_has_its_words_in_postgresql() -> None:
    postgresql: Any = make_url("postgresql+psycopg://").get_dialect()
    dialect = postgresql(paramstyle="format")
    for shape in SHAPES:
        assert upsert_sql(shape, dialect).count("%s") == len(shape._fields)
    for shape in GROUPS:
        assert "DELETE FROM" in prune_sql(shape, dialect)
    assert offset_sql(dialect).count("%s") == 5
    for table in METADATA.sorted_tables:
        assert "ROWID" not in str(CreateTable(table).compile(dialect=dialect))
    views = ScriptDirectory.from_config(alembic_config()).get_revision("0002")
    assert views is not None
    for words in views.module.statements("postgresql"):
        assert "strftime" not in words
        assert "1000000.0" not in words
