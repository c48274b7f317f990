"""The checker over a warehouse written by hand: a changed row is found, and one too many."""

import sqlite3
from pathlib import Path

import pytest

from deploy.errors import DependencyError
from deploy.verify.findings import WAREHOUSE, Report
from deploy.verify.warehouse import opened
from tests.support.paper_log import PaperLog, checked
from tests.support.paper_warehouse import paper_warehouse


def test_a_warehouse_that_says_what_the_topics_say_passes(tmp_path: Path) -> None:
    report = checked(PaperLog(), paper_warehouse(tmp_path / "warehouse.db"))
    assert report.ok, str(report.first)
    assert report.checks[WAREHOUSE] > 20


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE v_ledger SET quantity = 5.000001 WHERE kind = 'stock.issued'", "hp1:2#1"),
        ("UPDATE v_ledger SET voided = 1 WHERE kind = 'stock.counted'", "hp1:1#1"),
        ("DELETE FROM v_ledger WHERE kind = 'order.placed'", "hp1:1#1"),
        ("UPDATE v_position SET on_hand = 116", "v_position"),
        ("UPDATE v_position SET committed = 0, available = 95", "v_position"),
        ("UPDATE v_order SET state = 'cancelled'", "v_order"),
        ("UPDATE v_hub_demand SET supply = 1 WHERE horizon = 'now'", "LADA-PUTIH|now|A|domestic"),
        ("DELETE FROM v_hub_demand WHERE horizon = '7d'", "LADA-PUTIH|7d"),
        ("UPDATE v_match SET version = 5", "v_match"),
        ("UPDATE v_match SET shipped_quantity = 1", "v_match"),
        ("UPDATE v_match SET lost_quantity = 1", "v_match"),
        ("UPDATE v_match SET held_quantity = 0", "v_match"),
        ("UPDATE v_match SET payment = 'claimed'", "v_match"),
        ("UPDATE v_order SET delivered = 1, open = 49", "v_order"),
        ("UPDATE v_match_history SET actor = 'nobody'", "v_match_history"),
        ("UPDATE v_dead_letter SET payload = x'00' WHERE line = 2", "hp1:1#2"),
        (
            "INSERT INTO v_position VALUES ('x', 'y', 'z', '', 1, 0, 1, 'KGM')",
            "rows of v_position",
        ),
        ("DELETE FROM judgement WHERE verdict = 'duplicate'", "verdicts"),
        ("UPDATE sink_offset SET next_offset = 5 WHERE next_offset = 6", "the sink's offset"),
    ],
)
def test_a_changed_row_is_found_and_named(tmp_path: Path, statement: str, words: str) -> None:
    path = paper_warehouse(tmp_path / "warehouse.db")
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    report = checked(PaperLog(), path)
    named = [breach.what for breach in report.breaches if breach.check == WAREHOUSE]
    assert any(words in what for what in named), report.breaches


def test_cells_of_nothing_may_stand_in_the_warehouse(tmp_path: Path) -> None:
    path = paper_warehouse(tmp_path / "warehouse.db")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO v_hub_demand VALUES"
            " ('19.02', 'LADA-PUTIH', 'now', 'B', 'export', 0, 0, 0, 0, 0, 'KGM', 'semi')"
        )
    connection.close()
    assert checked(PaperLog(), path).ok


def test_a_warehouse_that_is_not_there_is_a_failure_and_no_breach(tmp_path: Path) -> None:
    with (
        pytest.raises(DependencyError, match="LB-W009"),
        opened(f"sqlite:///{tmp_path / 'none.db'}", Report()),
    ):
        pass
